package main

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// seedSet is the seeds as a labelled set, one of them twice.
func seedSet(t *testing.T) *labelled {
	t.Helper()
	records, err := readSeeds(slices.Concat(seedEvent, seedOthers))
	if err != nil {
		t.Fatal(err)
	}
	records = append(records, record{ID: "copy", Text: records[1].Text + " "})
	s := &labelled{name: "seeds", path: filepath.Join(t.TempDir(), "seeds.jsonl"), records: records, index: map[string]int{}}
	if err := writeRecords(s.path, records); err != nil {
		t.Fatal(err)
	}
	truth := "id,cluster\n"
	for i, r := range records {
		s.index[r.ID] = i
		truth += r.ID + "," + []string{"a", "a", "a", "b", "c", "a"}[i] + "\n"
	}
	if s.truth, err = eval.ReadTruth(strings.NewReader(truth)); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestScoreAtAgreesWithRun holds clusters made of kept pairs against whole runs.
func TestScoreAtAgreesWithRun(t *testing.T) {
	set := seedSet(t)
	for _, l := range []*lexical{lexicals()[0], lexicals()[9]} {
		s, err := similaritiesOf(t.Context(), set, l.identity, .005)
		if err != nil {
			t.Fatal(err)
		}
		for _, threshold := range []float64{.01, .05, .1, .2, .4} {
			id := l.identity
			id.Threshold, id.Candidates, id.Clustering = threshold, pipeline.AllPairs, pipeline.Story.Identity().Clustering
			err := runWith(t.Context(), pipeline.Options{Inputs: []string{set.path}, Preset: storyPreset, Identity: id}, func(res *pipeline.Result) error {
				want, err := res.Score(set.truth)
				if got := s.scoreAt(threshold); got != want {
					t.Errorf("%s at %v: clusters of kept pairs score %+v, a run %+v", l.name, threshold, got, want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestCurveRanksCopiesFirstAndTiesAsOne(t *testing.T) {
	truth, err := eval.ReadTruth(strings.NewReader("id,cluster\na,1\nb,1\nc,1\nd,2\n"))
	if err != nil {
		t.Fatal(err)
	}
	set := &labelled{records: []record{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "d"}}, index: map[string]int{"a": 0, "b": 1, "c": 2, "d": 3}, truth: truth}
	pair := func(a, b int, similarity float64) verify.Scored {
		return verify.Scored{Pair: corpus.Pair{A: corpus.ID(a), B: corpus.ID(b)}, Overlap: fixedPoint(similarity)}
	}
	s := &similarities{set: set, copies: map[int][]int{0: {0, 1}, 2: {2}, 3: {3}}, pairs: []verify.Scored{pair(0, 2, .5), pair(0, 3, .5)}}
	// The copies a and b, then one rank of four pairs: a-c and b-c, a-d and b-d.
	var got []float64
	for _, p := range s.curve() {
		got = append(got, p.X, p.Y)
	}
	if want := []float64{0, 1, 1. / 3, 1, 1, 3. / 5}; !slices.EqualFunc(got, want, func(x, y float64) bool { return math.Abs(x-y) < 1e-12 }) {
		t.Errorf("recall and precision are %v, want %v", got, want)
	}
}

func TestBestThreshold(t *testing.T) {
	scores := func(f1 ...float64) (list []eval.ClusterScore) {
		for _, v := range f1 {
			list = append(list, eval.ClusterScore{BCubed: eval.BCubed{F1: v}})
		}
		return list
	}
	l := &lexical{step: .1, steps: 3, scores: [][]eval.ClusterScore{scores(.5, .9, .9), scores(.8, .3, .6)}}
	if got := l.best(func(i int) float64 { return l.f1(0, i) }); got != 1 {
		t.Errorf("the best threshold of the first set is number %d, want 1", got)
	}
	if got := l.best(l.mean); got != 2 || math.Abs(l.threshold(got)-.4) > 1e-12 {
		t.Errorf("the best one of both is number %d at %v, want 2 at 0.4", got, l.threshold(got))
	}
}
