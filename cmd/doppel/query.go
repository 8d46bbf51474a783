package main

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

func newQuery(a *app) *cobra.Command {
	var o pipeline.Options
	var text string
	var limit int
	cmd := &cobra.Command{
		Use:   "query (QUERY | --text TEXT) INPUT...",
		Short: "Find the documents of a corpus that are near a text",
		Long: `Reads the text of the file QUERY (- for standard input), or TEXT itself, and prints the
documents whose exact similarity to it reaches the threshold, most similar
first. The corpus is indexed in memory; it is meant for small ones.

With --json each match is an object of type "match", and a summary ends them.`,
		Example: `  doppel query article.txt news/
  doppel query --preset story seeds/001_611cf8fc74704ec0.txt seeds/
  cat draft.txt | doppel query - corpus.jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			need, what := 2, "query needs a text and an input: doppel query FILE INPUT..."
			if cmd.Flags().Changed("text") {
				need, what = 1, "query --text needs an input to look in"
			}
			return inputsOrUsage(need, what)(cmd, args)
		},
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			query := []byte(text)
			if !cmd.Flags().Changed("text") {
				var err error
				if query, err = a.readQuery(cmd.Context(), args, o); err != nil {
					return err
				}
				args = args[1:]
			}
			if limit < 0 {
				return usagef("--limit %d is less than 0", limit)
			}
			o.Inputs = args
			return a.query(cmd, o, query, limit)
		}),
	}
	addLevelFlags(cmd, &o, pipeline.Near)
	addInputFlags(cmd, &o)
	addAgainst(cmd, &o)
	cmd.Flags().StringVar(&text, "text", "", "the text to look for, instead of a file")
	cmd.Flags().IntVar(&limit, "limit", 20, "print at most so many matches; 0 for all")
	return cmd
}

// readQuery reads the text named by the first argument as text inputs are read:
// compressed or not, checked to be UTF-8, and given up when ctx ends.
func (a *app) readQuery(ctx context.Context, args []string, o pipeline.Options) ([]byte, error) {
	if args[0] == "-" && slices.Contains(args[1:], "-") {
		return nil, usagef("standard input cannot be both the query and the corpus")
	}
	c, err := corpus.Open(args[:1], corpus.Options{Format: corpus.Text, Stdin: a.stdin, MaxRecord: o.Identity.MaxRecord})
	if err != nil {
		return nil, err
	}
	if n := len(c.Files()); n != 1 {
		return nil, usagef("%s is %s, and a query is one text", args[0], quantity.Of(n, "file", "files"))
	}
	var batch corpus.Batch
	parser := corpus.NewParser(c)
	err = c.Scan(ctx, func(b *corpus.Block) error {
		parser.Parse(b, &batch)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case len(batch.Errs) > 0:
		return nil, batch.Errs[0]
	}
	return batch.Docs[0].Text, nil
}

func (a *app) query(cmd *cobra.Command, o pipeline.Options, text []byte, limit int) error {
	if o.Defaults().Identity.Similarity == pipeline.Exact {
		return usagef("a query needs signatures, and similarity exact has none: choose another level")
	}
	job, err := a.prepare(o)
	if err != nil {
		return err
	}
	s, err := pipeline.NewSearcher(cmd.Context(), job)
	a.watch.line.Stop()
	if err != nil {
		return err
	}
	defer s.Close()
	a.quarantined = s.Counts().Quarantined
	matches, err := s.Find(text)
	if err != nil {
		return err
	}
	shown := matches
	if limit > 0 && len(shown) > limit {
		shown = shown[:limit]
	}
	err = a.output("", func(w io.Writer) error { return a.writeMatches(w, s.Counts().Documents, len(matches), shown) })
	a.log.Info("done", "documents", s.Counts().Documents, "matches", len(matches), "shown", len(shown))
	return err
}

// querySummary ends the matches as JSON.
type querySummary struct {
	Type      string `json:"type"` // "summary"
	Documents int64  `json:"documents"`
	Matches   int    `json:"matches"`
	Shown     int    `json:"shown"`
}

func (a *app) writeMatches(w io.Writer, documents int64, found int, shown []pipeline.Match) error {
	if !a.json {
		p := printer{w: w}
		for _, m := range shown {
			kind := "     "
			if m.Exact {
				kind = "exact"
			}
			reference := ""
			if m.Reference {
				reference = ", a reference"
			}
			p.printf("%.4f  %s  %s%s  %s\n", m.Similarity, kind, safe(m.ID), reference, safe(m.Title))
		}
		return p.err
	}
	enc := jsonLines(w)
	for _, m := range shown {
		if err := enc.Encode(m); err != nil {
			return err
		}
	}
	return enc.Encode(querySummary{"summary", documents, found, len(shown)})
}
