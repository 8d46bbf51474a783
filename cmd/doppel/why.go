package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

func newWhy(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "why RUN ID...",
		Short: "Say why documents of a run were kept, dropped or left out",
		Long: `Looks documents up in the finished run in the folder RUN, or in a folder that "doppel
apply" has written: what became of each, for which kept document it went, and how
similar the two are. An id is as the reports have it.

"doppel explain" shows two texts side by side; "doppel decide" notes another decision.`,
		Example: `  doppel why run/ doc-17
  doppel why run/ doc-17 news.jsonl:1841 --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usagef("why needs the folder of a run and ids: doppel why RUN ID...")
			}
			return nil
		},
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			fates, err := runfolder.FatesOf(cmd.Context(), args[0], args[1:])
			if err != nil {
				return err
			}
			return a.output("", func(w io.Writer) error { return a.writeFates(w, fates) })
		}),
	}
}

func (a *app) writeFates(w io.Writer, fates []runfolder.Fate) error {
	enc, p := jsonLines(w), printer{w: w}
	for _, f := range fates {
		if !a.json {
			p.printf("%s", fateText(&f))
			continue
		}
		err := enc.Encode(struct {
			Type string `json:"type"`
			runfolder.Fate
		}{"member", f})
		if err != nil {
			return err
		}
	}
	return p.err
}

// fateText tells a person what became of a record.
func fateText(f *runfolder.Fate) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n  %s\n", safe(calledAt(&f.MemberRow)), safe(fateReason(f)))
	if f.By != nil {
		fmt.Fprintf(&b, "  in its place: %s\n", safe(calledAt(f.By)))
	}
	if f.Cluster != "" {
		fmt.Fprintf(&b, "  cluster %s\n", safe(f.Cluster))
	}
	return b.String()
}

// calledAt is the id of a record with where it stands, unless the id says so.
func calledAt(r *pipeline.MemberRow) string {
	place := fmt.Sprintf("%s:%d", r.File, r.Line)
	if r.ID == place || r.ID == r.File {
		return r.ID
	}
	return r.ID + "   " + place
}

// fateReason says in words why a record is where it is.
func fateReason(f *runfolder.Fate) string {
	switch f.Class {
	case pipeline.ClassKept:
		return "kept: it stands for " + quantity.Of(f.Covers, "other document", "other documents")
	case pipeline.ClassSingleton:
		return "kept: nothing else is similar enough"
	case pipeline.ClassEmpty:
		return "kept: it has no letter or number, and is like nothing else"
	case pipeline.ClassProtected:
		return "a reference of --against: never pruned and not written; it stands for " + quantity.Of(f.Covers, "document", "documents")
	case pipeline.ClassEmptied:
		return "not written: it was to be kept, but all of its text repeats elsewhere"
	case pipeline.ClassQuarantined:
		return "left out as a bad record: " + f.Reason
	}
	switch {
	case f.Reason == "decision":
		return "dropped: somebody decided so (see decisions.jsonl)"
	case f.Reason == "exact":
		return "dropped: the same text, but for case, width and white space, as " + f.Keeper
	}
	return fmt.Sprintf("dropped: its similarity to %s is %.4f", f.Keeper, f.Similarity)
}
