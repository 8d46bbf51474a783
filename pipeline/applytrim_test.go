package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// patchwork are documents of paragraphs that are in several of them.
func patchwork(r *rand.Rand, n int) []doc {
	docs := make([]doc, n)
	for i := range docs {
		docs[i] = doc{ID: fmt.Sprintf("d%02d", i), Source: string(rune('A' + r.IntN(3)))}
		var parts []string
		for range 1 + r.IntN(4) {
			var words []string
			k := r.IntN(12)
			for w := range 12 {
				words = append(words, fmt.Sprintf("paragraph%d-%d", k, w))
			}
			parts = append(parts, strings.Join(words, " "))
		}
		if r.IntN(3) > 0 {
			parts = append(parts, fmt.Sprintf("and this stands in the document %d alone, as its number %d says", i, i*i))
		}
		docs[i].Text = strings.Join(parts, "\n\n")
	}
	return docs
}

// TestApplyCutsAgain: another keep policy and decisions, applied to a run that cuts
// passages out, give what a run with them gives: pruned corpus, spans and rows.
func TestApplyCutsAgain(t *testing.T) {
	t.Parallel()
	cut, emptied := 0, 0
	for seed := range uint64(24) {
		r := rand.New(rand.NewPCG(seed, 11))
		docs := patchwork(r, 10+r.IntN(30))
		o := pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Preset: pipeline.Edited, Temp: t.TempDir(), Reread: true, Sources: true,
			Identity: pipeline.Identity{Passages: passage.Options{Unit: []passage.Unit{passage.Paragraph, passage.Line, passage.Substring}[seed%3]}}}
		dir, _ := save(t, o)
		s := openToApply(t, dir)
		log := logOf(t, decision.Event{Action: decision.Drop, IDs: []string{docs[r.IntN(len(docs))].ID}})
		if seed%2 == 0 {
			log = nil
		}
		a, err := s.Apply(t.Context(), pipeline.ApplyOptions{Keep: "first", Decisions: log})
		if err != nil {
			t.Fatal(err)
		}
		with := o
		with.Identity.Keep, with.Decisions = "first", log
		res := run(t, with)
		dir = filepath.Join(t.TempDir(), "pruned")
		acc, err := res.Prune(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := appliedFiles(t, s, o, a), filesIn(t, dir); got != want {
			t.Errorf("seed %d\n%s", seed, firstDifference(got, want))
		}
		want := map[string]pipeline.MemberRow{}
		if err := res.Members(t.Context(), func(row *pipeline.MemberRow) error { want[row.ID] = *row; return nil }); err != nil {
			t.Fatal(err)
		}
		if err := a.Members(t.Context(), func(row *pipeline.MemberRow) error {
			if want[row.ID] != *row {
				t.Errorf("seed %d: %+v, want %+v", seed, *row, want[row.ID])
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if acc.Total.CutCharacters > 0 {
			cut++
		}
		if acc.Total.Emptied > 0 {
			emptied++
		}
	}
	if cut < 15 || emptied < 5 {
		t.Errorf("%d corpora in which something was cut out and %d in which nothing was left of a document: the test sees nothing", cut, emptied)
	}
}

// TestApplyDoesNotCutWhatHasChanged: the inputs are held against those of the run before
// anything is made of them.
func TestApplyDoesNotCutWhatHasChanged(t *testing.T) {
	t.Parallel()
	docs := patchwork(rand.New(rand.NewPCG(1, 11)), 20)
	o := pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Reread: true, Identity: pipeline.Identity{Passages: passage.Options{Unit: passage.Paragraph}}}
	dir, _ := save(t, o)
	s := openToApply(t, dir)
	a, err := s.Apply(t.Context(), pipeline.ApplyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.PlanTrim(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "takes the inputs again") {
		t.Errorf("without the inputs: %v", err)
	}
	docs[7].Text = strings.ToUpper(docs[7].Text[:1]) + docs[7].Text[1:]
	path := writeJSONL(t, docs)
	c := inputsAgain(t, s.ReadOptions(), path)
	if _, err := a.PlanTrim(t.Context(), c); err == nil || !strings.Contains(err.Error(), "corpus.jsonl") || !strings.Contains(err.Error(), "changed") {
		t.Errorf("with another input: %v", err)
	}
}
