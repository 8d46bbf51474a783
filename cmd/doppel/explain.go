package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline"
)

func newExplain(a *app) *cobra.Command {
	var o pipeline.Options
	cmd := &cobra.Command{
		Use:   "explain A B INPUT...",
		Short: "Say why two documents are, or are not, in one cluster",
		Long: `Compares the documents with ids A and B: similarities, the bands in which they met,
the clusters they ended in and why, the passages they share, and where they
differ, side by side. The id of a reference of --against is ref:FILE:ID.`,
		Example: `  doppel explain 000_6cc9cd58440914a4.txt 002_200e7f99c6b5dcc2.txt --preset story seeds/
  doppel explain doc-17 doc-42 --json corpus.jsonl.gz
  doppel explain doc-17 ref:books.jsonl:b4 --against books.jsonl corpus.jsonl`,
		Args: inputsOrUsage(3, "explain needs two ids and an input: doppel explain A B INPUT..."),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			o.Inputs = args[2:]
			job, err := a.prepare(o)
			if err != nil {
				return err
			}
			e, err := pipeline.Explain(cmd.Context(), job, args[0], args[1])
			a.watch.line.Stop()
			if err != nil {
				return err
			}
			a.quarantined = e.Quarantined
			return a.output("", func(w io.Writer) error {
				if a.json {
					return jsonLines(w).Encode(e)
				}
				_, err := io.WriteString(w, explainText(e))
				return err
			})
		}),
	}
	addLevelFlags(cmd, &o, pipeline.Near)
	addInputFlags(cmd, &o)
	addScopeFlags(cmd, &o)
	return cmd
}

// explainText is the explanation for a person.
func explainText(e *pipeline.Explanation) string {
	var b strings.Builder
	writeSide(&b, "A", &e.A)
	writeSide(&b, "B", &e.B)
	fmt.Fprintf(&b, "\n%s\n\n", safe(e.Verdict))
	fmt.Fprintf(&b, "  Jaccard        %.4f   %s shared of %s + %s\n", e.Jaccard, quantity.Number(e.Shared), quantity.Number(e.A.Shingles), quantity.Of(e.B.Shingles, "shingle", "shingles"))
	if e.A.Boilerplate+e.B.Boilerplate > 0 {
		fmt.Fprintf(&b, "  boilerplate             %s + %s, left out\n", quantity.Number(e.A.Boilerplate), quantity.Of(e.B.Boilerplate, "shingle", "shingles"))
	}
	fmt.Fprintf(&b, "  containment    %.4f   of A in B\n", e.AInB)
	fmt.Fprintf(&b, "                 %.4f   of B in A\n", e.BInA)
	if e.Weighted != nil {
		writeWeighted(&b, e.Weighted)
	}
	if e.BandCount > 0 {
		fmt.Fprintf(&b, "  estimated      %.4f   by signatures, standard error %.4f\n", e.Estimate, e.StandardError)
		fmt.Fprintf(&b, "  bands met      %s of %s%s; expected with probability %.4f\n", quantity.Number(len(e.Bands)), quantity.Number(e.BandCount), bandList(e.Bands), e.CandidateProbability)
	}
	writePassages(&b, e)
	writeAlignment(&b, e)
	return b.String()
}

// writeWeighted tells by which words two texts are alike.
func writeWeighted(b *strings.Builder, w *pipeline.Weighted) {
	factors := make([]string, len(w.Factors))
	for i, f := range w.Factors {
		factors[i] = fmt.Sprintf("%s %.4f", f.Features, f.Similarity)
	}
	label := w.Measure
	if label == pipeline.WeightedJaccard.String() {
		label = "tf-idf Jaccard"
	}
	fmt.Fprintf(b, "  %-14s %.4f   %s\n", label, w.Similarity, strings.Join(factors, ", "))
	words := make([]string, 0, shownWords)
	for _, word := range w.Words[:min(len(w.Words), shownWords)] {
		words = append(words, fmt.Sprintf("%s %.0f%%", safe(word.Word), 100*word.Share))
	}
	fmt.Fprintf(b, "  words in both  %s\n", strings.Join(words, ", "))
}

func writeSide(b *strings.Builder, name string, s *pipeline.Side) {
	fmt.Fprintf(b, "%s  %s   %s:%d\n   %s\n", name, safe(s.ID), safe(s.File), s.Line, safe(s.Title))
	if s.Reference {
		b.WriteString("   a reference: never pruned, and never written\n")
	}
	switch {
	case s.Cluster == "":
		b.WriteString("   in no cluster\n")
	case s.Keep:
		fmt.Fprintf(b, "   in cluster %s, kept\n", safe(s.Cluster))
	default:
		fmt.Fprintf(b, "   in cluster %s, would go: covered by %s at %.4f\n", safe(s.Cluster), safe(s.CoveredBy), s.Similarity)
	}
}

// bandList shows the first few bands.
func bandList(bands []int) string {
	const most = 12
	if len(bands) == 0 {
		return ""
	}
	s := strings.Trim(fmt.Sprint(bands[:min(len(bands), most)]), "[]")
	if len(bands) > most {
		s += " ..."
	}
	return " (" + s + ")"
}

// These bound what a terminal is asked to show; --json has everything.
const (
	shownPassages  = 12
	shownWords     = 10
	shownStretches = 60
	shownRunes     = 240
)

func writePassages(b *strings.Builder, e *pipeline.Explanation) {
	fmt.Fprintf(b, "\npassages in both, wherever they stand: %s", quantity.Number(len(e.Passages)))
	if len(e.Passages) > shownPassages {
		fmt.Fprintf(b, "; the %s longest (--json has all)", quantity.Number(shownPassages))
	}
	b.WriteByte('\n')
	longest := slices.Clone(e.Passages)
	slices.SortStableFunc(longest, func(x, y pipeline.Passage) int { return y.Words - x.Words })
	for _, p := range longest[:min(len(longest), shownPassages)] {
		fmt.Fprintf(b, "  %3s %-5s  %s\n", quantity.Number(p.Words), quantity.Noun(p.Words, "word", "words"), safe(shorten(p.A, shownRunes)))
	}
}

func writeAlignment(b *strings.Builder, e *pipeline.Explanation) {
	if len(e.Alignment) == 0 {
		b.WriteString("\ntoo different to show side by side\n")
		return
	}
	b.WriteString("\nside by side   (= both, - only A, + only B)\n")
	for i, s := range e.Alignment {
		if i == shownStretches {
			fmt.Fprintf(b, "  ... and %s (--json has all)\n", quantity.Of(len(e.Alignment)-i, "more stretch", "more stretches"))
			return
		}
		if s.Equal {
			fmt.Fprintf(b, "  = %s\n", safe(shorten(s.A, shownRunes)))
			continue
		}
		if s.A != "" {
			fmt.Fprintf(b, "  - %s\n", safe(shorten(s.A, shownRunes)))
		}
		if s.B != "" {
			fmt.Fprintf(b, "  + %s\n", safe(shorten(s.B, shownRunes)))
		}
	}
}

// shorten puts a text on one line and cuts its middle if it has more than most
// characters.
func shorten(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	r := []rune(s)
	half := most / 2
	return string(r[:half]) + " ... " + string(r[len(r)-half:])
}
