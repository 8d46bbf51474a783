package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroup is a part of the flags in a help text.
type flagGroup struct {
	title string
	flags []string
}

// flagGroups are those that many verbs have; what a verb has of its own comes before.
func flagGroups() []flagGroup {
	return []flagGroup{
		{"What is read", []string{"input-format", "text-field", "id-field", "source-field", "where", "encoding", "html", "csv-delimiter", "csv-header", "csv-lazy-quotes",
			"max-record", "max-expansion", "on-error"}},
		{"What counts as alike", []string{"preset", "threshold", "similarity", "shingle", "figures", "boilerplate", "date-field", "window", "features", "weights"}},
		{"How it is searched for", []string{"recall", "candidates", "bands", "rows", "max-hashes", "key-terms", "max-bucket", "hash-family", "seed"}},
		{"What stays", []string{"clustering", "keep", "keep-per", "against", "isolate", "decisions"}},
		{"What is cut out", []string{"dedup", "dedup-keep", "dedup-min-chars", "min-count", "min-length", "cut"}},
		{"When to stop", []string{"max-bad", "max-removed", "max-removed-per-source", "small-source", "max-cluster-share", "fail-on-found"}},
		{"What it may take", []string{"memory", "threads", "temp", "no-space-check"}},
	}
}

// placeholders are what the values of flags without a kind of their own are called.
func placeholders() map[string]string {
	return map[string]string{
		"actor": "NAME", "against": "INPUT", "config": "FILE", "cpuprofile": "FILE", "date-field": "FIELD", "decisions": "FILE", "format": "NAME", "id-field": "FIELD",
		"item-field": "FIELD", "keep": "POLICY", "labels": "FILE", "keep-per": "WHAT", "log-format": "NAME", "mark": "TEXT", "memprofile": "FILE", "note": "TEXT", "output": "PATH",
		"page": "FILE", "progress": "MODE", "quarantine": "FILE", "s3-endpoint": "URL", "s3-region": "NAME", "save": "DIR", "source-field": "FIELD", "temp": "DIR",
		"text": "TEXT", "text-field": "FIELD", "trace": "FILE", "truth": "FILE", "work": "DIR",
	}
}

// named is a value with another name for its kind.
type named struct {
	pflag.Value
	kind string
}

func (n named) Type() string { return n.kind }

// shownFlags writes flags with the kinds of their values in capitals, as the
// texts have them.
func shownFlags(flags []*pflag.Flag) string {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	fs.SortFlags = false
	kinds := placeholders()
	for _, f := range flags {
		shown := *f
		switch kind := f.Value.Type(); kind {
		case "string", "stringArray":
			shown.Value = named{f.Value, kinds[f.Name]}
		case "int":
			shown.Value = named{f.Value, "N"}
		}
		if shown.DefValue == "[]" {
			shown.DefValue = ""
		}
		fs.AddFlag(&shown)
	}
	return strings.TrimRight(fs.FlagUsages(), "\n")
}

// grouped parts the flags of a verb: its own first.
func grouped(fs *pflag.FlagSet) (titles []string, parts [][]*pflag.Flag) {
	groups := flagGroups()
	of := make([][]*pflag.Flag, len(groups))
	var own []*pflag.Flag
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		at := slices.IndexFunc(groups, func(g flagGroup) bool { return slices.Contains(g.flags, f.Name) })
		if at < 0 {
			own = append(own, f)
		} else {
			of[at] = append(of[at], f)
		}
	})
	titles, parts = []string{"Flags"}, [][]*pflag.Flag{own}
	for i, g := range groups {
		if len(of[i]) == 0 {
			continue
		}
		// In the order of the group: the ones that are used most come first.
		slices.SortFunc(of[i], func(x, y *pflag.Flag) int { return slices.Index(g.flags, x.Name) - slices.Index(g.flags, y.Name) })
		titles, parts = append(titles, g.title), append(parts, of[i])
	}
	return titles, parts
}

// usage writes how a verb is used, with its flags in groups: the library's has them in
// one list.
func usage(cmd *cobra.Command) error {
	var b strings.Builder
	b.WriteString("Usage:")
	if cmd.Runnable() {
		fmt.Fprintf(&b, "\n  %s", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n  %s [command]", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\n\nExamples:\n%s", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n\nAvailable Commands:")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				fmt.Fprintf(&b, "\n  %-*s %s", sub.NamePadding(), sub.Name(), sub.Short)
			}
		}
	}
	titles, parts := grouped(cmd.LocalFlags())
	for i, title := range titles {
		if len(parts[i]) > 0 {
			fmt.Fprintf(&b, "\n\n%s:\n%s", title, shownFlags(parts[i]))
		}
	}
	if cmd.HasAvailableInheritedFlags() {
		_, all := grouped(cmd.InheritedFlags())
		fmt.Fprintf(&b, "\n\nGlobal Flags:\n%s", shownFlags(slices.Concat(all...)))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n\nUse %q for more information about a command.", cmd.CommandPath()+" [command] --help")
	}
	_, err := fmt.Fprintln(cmd.OutOrStderr(), b.String())
	return err
}
