package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
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

With --json each match is an object of type "match".`,
		Example: `  doppel query article.txt news/
  doppel query --preset story --text "Russia backs India's bid" seeds/
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
				if query, err = a.readQuery(args); err != nil {
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
	cmd.Flags().StringVar(&text, "text", "", "the text to look for, instead of a file")
	cmd.Flags().IntVar(&limit, "limit", 20, "print at most so many matches; 0 for all")
	return cmd
}

// readQuery reads the text named by the first argument.
func (a *app) readQuery(args []string) ([]byte, error) {
	if args[0] != "-" {
		return os.ReadFile(args[0])
	}
	for _, in := range args[1:] {
		if in == "-" {
			return nil, usagef("standard input cannot be both the query and the corpus")
		}
	}
	return io.ReadAll(a.stdin)
}

func (a *app) query(cmd *cobra.Command, o pipeline.Options, text []byte, limit int) error {
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
	err = a.output("", func(w io.Writer) error { return a.writeMatches(w, shown) })
	a.log.Info("done", "documents", s.Counts().Documents, "matches", len(matches), "shown", len(shown))
	return err
}

func (a *app) writeMatches(w io.Writer, matches []pipeline.Match) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, m := range matches {
		var err error
		if a.json {
			err = enc.Encode(m)
		} else {
			kind := "     "
			if m.Exact {
				kind = "exact"
			}
			_, err = fmt.Fprintf(w, "%.4f  %s  %s  %s\n", m.Similarity, kind, safe(m.ID), safe(m.Title))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
