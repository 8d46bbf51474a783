package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/doppel-dedup/doppel/pipeline"
)

func newConfig(a *app) *cobra.Command {
	show := &cobra.Command{
		Use:   "show [VERB]",
		Short: "Print the settings of a verb (default: cluster) as a file with settings",
		Example: `  doppel config show
  doppel config show prune --origin
  DOPPEL_MEMORY=2GiB doppel config show --origin --json`,
		Args: cobra.MaximumNArgs(1),
	}
	var withOrigin bool
	show.Flags().BoolVar(&withOrigin, "origin", false, "say where each value is from")
	show.RunE = a.verb(func(cmd *cobra.Command, args []string) error {
		name := "cluster"
		if len(args) > 0 {
			name = args[0]
		}
		verb, _, err := cmd.Root().Find([]string{name})
		if err != nil || verb == cmd.Root() || verb.HasSubCommands() {
			return usagef("doppel has no verb %q with settings", name)
		}
		return a.showConfig(verb, withOrigin)
	})
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the settings and where they come from",
		Long: `Settings come from four places; the first that has one wins:

  the command line            --threshold 0.7
  the environment             DOPPEL_THRESHOLD=0.7
  doppel.yaml                 in the working folder, or the file of --config
  doppel/config.yaml          in the user's folder for configuration

A file has a line a setting, "threshold: 0.7", under the names of the flags; below the
name of a verb stand those for it alone. An empty value is none. Unknown keys are errors. Presets and defaults
fill what is left.`,
		Example: show.Example,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(show)
	return cmd
}

// shownSetting is one line of config show.
type shownSetting struct {
	Type   string `json:"type"`
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"`

	list []string // of a flag that can be given more than once
}

// yaml writes the value, a list in brackets.
func (s *shownSetting) yaml() string {
	if len(s.list) == 0 {
		return yamlScalar(s.Value)
	}
	var items []string
	for _, item := range s.list {
		items = append(items, yamlScalar(item))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func (a *app) showConfig(verb *cobra.Command, withOrigin bool) error {
	c := configFlags{file: a.config.file, none: a.config.none}
	if err := c.apply(verb); err != nil {
		return err
	}
	resolved, err := resolvedByPreset(verb)
	if err != nil {
		return err
	}
	var shown []shownSetting
	verb.Flags().VisitAll(func(f *pflag.Flag) {
		if !isSetting(f) {
			return
		}
		s := shownSetting{Type: "setting", Name: f.Name, Value: f.Value.String(), Origin: c.origins[f.Name]}
		if many, ok := f.Value.(pflag.SliceValue); ok {
			s.list = many.GetSlice()
			s.Value = strings.Join(s.list, ",")
		}
		if preset, ok := resolved[f.Name]; s.Origin == "" && ok {
			s.Value, s.Origin = preset, "preset"
		}
		s.Origin = cmp.Or(s.Origin, "default")
		shown = append(shown, s)
	})
	slices.SortFunc(shown, func(x, y shownSetting) int { return strings.Compare(x.Name, y.Name) })
	return a.output("", func(w io.Writer) error { return a.writeSettings(w, shown, withOrigin) })
}

func (a *app) writeSettings(w io.Writer, shown []shownSetting, withOrigin bool) error {
	for _, s := range shown {
		var err error
		switch {
		case a.json:
			err = json.NewEncoder(w).Encode(s)
		case withOrigin:
			_, err = fmt.Fprintf(w, "%s: %s # %s\n", s.Name, s.yaml(), safe(s.Origin))
		default:
			_, err = fmt.Fprintf(w, "%s: %s\n", s.Name, s.yaml())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// yamlScalar writes a value so that it is read as the same text: plain if it holds
// nothing that YAML gives a meaning to, else in JSON's quotes, which YAML reads.
func yamlScalar(s string) string {
	plain := s != "" && s == strings.TrimFunc(s, func(r rune) bool { return r == ' ' }) && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/:", r))
	}) && !strings.ContainsAny(s[:1], "-.") && !strings.HasSuffix(s, ":") && !strings.EqualFold(s, "null")
	if plain {
		return s
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(quoted)
}

// resolvedByPreset returns what the preset of a verb's flags stands for, by flag.
func resolvedByPreset(verb *cobra.Command) (map[string]string, error) {
	f := verb.Flags().Lookup("preset")
	if f == nil {
		return nil, nil
	}
	preset, err := pipeline.ParsePreset(f.Value.String())
	if err != nil {
		return nil, usageError{err}
	}
	id := preset.Identity()
	all := map[string]string{
		"shingle": id.Shingle.String(), "similarity": id.Similarity.String(), "threshold": fmt.Sprint(id.Threshold), "recall": fmt.Sprint(id.Recall),
		"max-hashes": fmt.Sprint(id.MaxHashes), "clustering": id.Clustering.String(), "features": id.Features.String(), "key-terms": fmt.Sprint(id.KeyTerms),
	}
	for name, value := range all {
		if value == "" || value == "0" {
			delete(all, name)
		}
	}
	return all, nil
}
