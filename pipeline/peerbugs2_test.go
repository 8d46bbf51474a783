package pipeline_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
)

// A filter that looks at too few of its bits takes unrelated texts for copies. Nothing here
// goes by a filter alone: of 2,000 unrelated texts none goes, at any level and however
// candidates are found.
func TestPeerBug08_UnrelatedTextsAllStay(t *testing.T) {
	t.Parallel()
	docs := make([]doc, 2000)
	for i := range docs {
		docs[i] = doc{ID: fmt.Sprint(i), Text: join(words(fmt.Sprintf("text%d", i), 40))}
	}
	for _, o := range []pipeline.Options{
		{Preset: pipeline.Verbatim}, {Preset: pipeline.Near}, {Preset: pipeline.Edited}, {Preset: pipeline.Story},
		{Preset: pipeline.Edited, Identity: pipeline.Identity{Similarity: pipeline.Containment}},
	} {
		c := runDocs(t, o, docs).Counts()
		if c.Kept != 2000 || c.Distinct != 2000 || c.Verified != 0 {
			t.Errorf("%s: %d kept, %d distinct, %d verified pairs, want 2,000, 2,000 and 0", o.Preset, c.Kept, c.Distinct, c.Verified)
		}
	}
}

// The number of hash functions follows from a promise, and so can run away: it never
// passes its limit, and what cannot be promised within it is an error.
func TestPeerBug12_HashesAreBounded(t *testing.T) {
	t.Parallel()
	docs := []doc{{ID: "a", Text: "one text"}}
	refused := 0
	for _, threshold := range []float64{0.01, 0.06, 0.3, 0.5, 0.8, 0.99, 1} {
		for _, recall := range []float64{0.05, 0.5, 0.9, 0.999999} {
			for _, limit := range []int{1, 16, 128, 1024} {
				id := pipeline.Identity{Threshold: threshold, Recall: recall, MaxHashes: limit, Candidates: pipeline.MinHash}
				job, err := pipeline.Prepare(pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Temp: t.TempDir(), Identity: id})
				if err != nil {
					refused++
					continue
				}
				if p := job.Plan(); p.Params.Hashes() > limit || p.Recall < recall {
					t.Errorf("threshold %v: %d hashes of recall %v, want at most %d and at least %v", threshold, p.Params.Hashes(), p.Recall, limit, recall)
				}
				if err := job.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if refused == 0 || refused > 80 {
		t.Errorf("%d of 112 settings are refused, want some", refused)
	}
}

// What an earlier run has left is neither overwritten nor taken for that of a run with
// other options or another input.
func TestPeerBug27_NothingStaleIsUsed(t *testing.T) {
	t.Parallel()
	docs := planted(60, 3)
	o := pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Temp: t.TempDir(), Reread: true}
	o.Checkpoint = &checkpoint.Options{Dir: filepath.Join(t.TempDir(), "left"), Every: 1000}
	run(t, o)
	for name, change := range map[string]func(o *pipeline.Options){
		"threshold": func(o *pipeline.Options) { o.Identity.Threshold = 0.7 },
		"seed":      func(o *pipeline.Options) { o.Identity.Seed = 9 },
		"keep":      func(o *pipeline.Options) { o.Identity.Keep = "first" },
		"input":     func(o *pipeline.Options) { o.Inputs = []string{writeJSONL(t, planted(60, 4))} },
	} {
		changed := o
		change(&changed)
		res, err := pipeline.Run(t.Context(), changed)
		if !errors.As(err, new(*checkpoint.Error)) {
			t.Errorf("%s: result %v, error %v, want one that refuses what was left", name, res, err)
		}
	}
	o.Checkpoint = nil
	out := filepath.Join(t.TempDir(), "out")
	res := run(t, o)
	if _, err := res.Prune(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	if _, err := res.Prune(t.Context(), out); err == nil {
		t.Error("a pruned corpus was written over another one")
	}
}
