package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
)

// families returns documents that share more or less of their words, some with
// figures.
func families(seed uint64) []doc {
	rng := rand.New(rand.NewPCG(seed, 7))
	var docs []doc
	for f := range 12 {
		base := words(fmt.Sprintf("f%dw", f), 30)
		for range 6 {
			text := slices.Clone(base)
			for range rng.IntN(9) {
				text[rng.IntN(len(text))] = fmt.Sprintf("other%d", rng.IntN(1000))
			}
			text = append(text, fmt.Sprint(rng.IntN(3)))
			docs = append(docs, doc{ID: fmt.Sprintf("d%d", len(docs)), Text: join(text[:20+rng.IntN(11)])})
		}
	}
	return docs
}

// TestPairFloorChangesNoCluster, by any similarity, clustering or way to candidates,
// and gives the pairs that a run at the floor verifies.
func TestPairFloorChangesNoCluster(t *testing.T) {
	t.Parallel()
	const floor = 0.3
	weak := 0
	for name, id := range map[string]pipeline.Identity{
		"cover":       {Threshold: 0.7},
		"components":  {Threshold: 0.7, Clustering: cluster.Components},
		"average":     {Threshold: 0.7, Clustering: cluster.Average},
		"community":   {Threshold: 0.7, Clustering: cluster.Community},
		"giants":      {Threshold: 0.7, MaxBucket: 2},
		"containment": {Threshold: 0.9, Similarity: pipeline.Containment},
		"cosine":      {Threshold: 0.8, Similarity: pipeline.Cosine, Clustering: cluster.Cover},
		"figures":     {Threshold: 0.7, Figures: pipeline.FiguresApart},
		"exact":       {Similarity: pipeline.Exact, Threshold: 1},
	} {
		for _, candidates := range []pipeline.Candidates{pipeline.CandidatesAuto, pipeline.AllPairs} {
			if candidates == pipeline.AllPairs && (id.Similarity == pipeline.Exact || id.MaxBucket > 0) {
				continue
			}
			id.Candidates = candidates
			o := pipeline.Options{Preset: pipeline.Loose, Identity: id}
			docs := families(uint64(len(name)))
			plain := runDocs(t, o, docs)
			o.PairFloor = floor
			low := runDocs(t, o, docs)
			if reportOf(t, plain) != reportOf(t, low) {
				t.Errorf("%s, %s: the floor changed the report", name, candidates)
			}
			got := allRows(t, low.PairRows)
			if candidates != pipeline.AllPairs {
				continue
			}
			o.PairFloor, o.Identity.Threshold = 0, low.PairsFrom()
			if o.Identity.Clustering == cluster.Average {
				o.Identity.Clustering = cluster.Cover
			}
			if want := allRows(t, runDocs(t, o, docs).PairRows); !slices.Equal(got, want) {
				t.Errorf("%s: %d pairs from %v on, want %d", name, len(got), low.PairsFrom(), len(want))
			}
			weak += len(got) - len(allRows(t, plain.PairRows))
		}
	}
	if weak < 100 {
		t.Errorf("%d pairs under what clustering needs: the test shows nothing", weak)
	}
}

// TestSavedRunWithFloor can be clustered again down to the floor.
func TestSavedRunWithFloor(t *testing.T) {
	t.Parallel()
	docs := families(3)
	o := pipeline.Options{Preset: pipeline.Loose, Identity: pipeline.Identity{Candidates: pipeline.AllPairs}, PairFloor: 0.4, Save: true}
	dir := t.TempDir() + "/saved"
	if err := runDocs(t, o, docs).Save(t.Context(), pipeline.SaveOptions{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	saved, err := pipeline.OpenRun(dir, pipeline.SavedOptions{Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer saved.Close()
	if saved.VerifiedFrom() != 0.4 {
		t.Errorf("pairs from %v", saved.VerifiedFrom())
	}
	for _, threshold := range []float64{0.4, 0.55, 0.7, 0.9} {
		found, err := saved.Rethreshold(t.Context(), pipeline.RethresholdOptions{Threshold: threshold})
		if err != nil {
			t.Fatal(err)
		}
		o.Identity.Threshold = threshold
		o.PairFloor = 0
		want := runDocs(t, o, docs).Counts()
		if got := found.Counts(); got.Clusters != want.Clusters || got.Pruned != want.Pruned || got.Verified != want.Verified {
			t.Errorf("at %v: %+v, want %+v", threshold, got, want)
		}
	}
	if _, err := saved.Rethreshold(t.Context(), pipeline.RethresholdOptions{Threshold: 0.39}); err == nil {
		t.Error("under the floor there are no pairs, and nobody said so")
	}
}

func TestDefaultPairFloor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id          pipeline.Identity
		asked, want float64
	}{
		{pipeline.Near.Identity(), 0, 0.7},
		{pipeline.Near.Identity(), 0.2, 0.2},
		{pipeline.Near.Identity(), 0.95, 0.8},
		{pipeline.Story.Identity(), 0, 0.05},
		{pipeline.Verbatim.Identity(), 0, 1},
		{pipeline.Identity{Threshold: 0.15, Similarity: pipeline.Jaccard}, 0, 0.075},
		{pipeline.Identity{Threshold: 0.8, Figures: pipeline.FiguresApart}, 0.3, 0.8},
	} {
		if got := c.id.PairFloor(c.asked); got != c.want {
			t.Errorf("floor %v of threshold %v: got %v, want %v", c.asked, c.id.Threshold, got, c.want)
		}
	}
}
