package pipeline_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
)

// TestHardCases runs near over texts on which such a search may do what nobody
// wants. docs/accuracy.md shows what every preset makes of them.
func TestHardCases(t *testing.T) {
	t.Parallel()
	for _, c := range plant.HardCases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			var docs []doc
			for _, d := range c.Documents {
				docs = append(docs, doc{ID: d.ID, Text: d.Text})
			}
			want := [][]string{}
			for _, group := range c.Together {
				want = append(want, slices.Sorted(slices.Values(group)))
			}
			slices.SortFunc(want, slices.Compare)
			hashSeeds := int64(3)
			if len(docs[0].Text) > 1<<20 {
				hashSeeds = 1
			}
			for seed := range hashSeeds {
				res := runDocs(t, pipeline.Options{Identity: pipeline.Identity{Seed: seed}}, docs)
				if got := partition(t, res); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("hash seed %d: clusters %v, want %v: %s", seed, got, want, c.Why)
				}
				if counts := res.Counts(); counts.Documents != int64(len(docs)) || counts.Quarantined != 0 {
					t.Errorf("%d documents read and %d bad records of %d", counts.Documents, counts.Quarantined, len(docs))
				}
			}
		})
	}
}

// TestHardCasesEmptyAreCounted: texts without a word are named in the warnings,
// and none of them goes.
func TestHardCasesEmptyAreCounted(t *testing.T) {
	t.Parallel()
	cases := plant.HardCases()
	empty := cases[len(cases)-1]
	var docs []doc
	for _, d := range empty.Documents {
		docs = append(docs, doc{ID: d.ID, Text: d.Text})
	}
	docs = append(docs, doc{ID: "word", Text: "word"})
	for _, preset := range []pipeline.Preset{pipeline.Verbatim, pipeline.Near, pipeline.Edited} {
		res := runDocs(t, pipeline.Options{Preset: preset}, docs)
		counts := res.Counts()
		if counts.Empty != int64(len(empty.Documents)) || counts.Kept != int64(len(docs)) || counts.Pruned != 0 {
			t.Errorf("%s: %+v, want %d empty and all kept", preset, counts, len(empty.Documents))
		}
		warned := false
		for _, w := range res.Warnings() {
			warned = warned || w.Code == "empty"
		}
		if !warned {
			t.Errorf("%s: no warning about empty documents in %v", preset, res.Warnings())
		}
	}
}
