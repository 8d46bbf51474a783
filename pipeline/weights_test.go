package pipeline_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/pipeline/idf"
)

// newsDocs returns the first n documents of a set of news.
func newsDocs(t testing.TB, set string, n int) []doc {
	t.Helper()
	var docs []doc
	for _, r := range plant.Records(t, set) {
		if len(docs) == n {
			break
		}
		docs = append(docs, doc{ID: r.ID, Text: r.Text})
	}
	return docs
}

// TestKeysDoNotChangeTheReport: levels whose candidates come from keys give the
// same bytes on any number of threads and with stores in memory or on disk.
func TestKeysDoNotChangeTheReport(t *testing.T) {
	t.Parallel()
	news, texts := writeJSONL(t, newsDocs(t, "fnc1_train", 300)), writeJSONL(t, planted(900, 5))
	for _, c := range []struct {
		input string
		o     pipeline.Options
	}{
		{news, pipeline.Options{Preset: pipeline.Story}},
		{news, pipeline.Options{Preset: pipeline.Story, Identity: pipeline.Identity{Candidates: pipeline.KeyTerms, MaxBucket: 3}}},
		{news, pipeline.Options{Preset: pipeline.Story, Identity: pipeline.Identity{Candidates: pipeline.KeyTerms, Weights: idf.Corpus, Similarity: pipeline.WeightedJaccard, Clustering: cluster.Community}}},
		{texts, pipeline.Options{Identity: pipeline.Identity{Similarity: pipeline.Containment}}},
		{texts, pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{Candidates: pipeline.AllPairs, Clustering: cluster.Average}}},
	} {
		var want string
		for i, speed := range []pipeline.Options{{Threads: 1}, {Threads: 4}, {Threads: 3, Memory: 16 << 20}} {
			o := c.o
			o.Inputs, o.Threads, o.Memory = []string{c.input}, speed.Threads, speed.Memory
			got := reportOf(t, run(t, o))
			if i == 0 {
				want = got
			}
			if got != want {
				t.Errorf("%+v, %d threads: the report differs\n%s", c.o.Identity, o.Threads, firstDifference(got, want))
			}
		}
	}
}

// TestOrderDoesNotChangeStories shuffles news: the same clusters come out, in the
// same order.
func TestOrderDoesNotChangeStories(t *testing.T) {
	t.Parallel()
	docs := newsDocs(t, "ecbplus_odd", 250)
	rng := rand.New(rand.NewPCG(2, 3))
	for _, candidates := range []pipeline.Candidates{pipeline.AllPairs, pipeline.KeyTerms} {
		var want string
		for i := range 4 {
			res := runDocs(t, pipeline.Options{Preset: pipeline.Story, Identity: pipeline.Identity{Candidates: candidates}}, docs)
			got := facts(t, res)
			if i == 0 {
				want = got
			}
			if got != want {
				t.Errorf("%v: another order gives other clusters\n%s", candidates, firstDifference(got, want))
			}
			rng.Shuffle(len(docs), func(a, b int) { docs[a], docs[b] = docs[b], docs[a] })
		}
	}
}

// TestStoryOnLabelledSets holds one setting against two sets of events:
// docs/accuracy.md has the figures.
func TestStoryOnLabelledSets(t *testing.T) {
	t.Parallel()
	sets := map[string]struct{ averagePrecision, bCubed, pairs float64 }{
		"ecbplus_odd": {0.90, 0.88, 0.84},
		"fnc1_train":  {0.90, 0.88, 0.80},
	}
	for set, want := range sets {
		input, truthFile := plant.Dataset(t, set)
		f, err := os.Open(truthFile)
		if err != nil {
			t.Fatal(err)
		}
		truth, err := eval.ReadTruth(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, candidates := range []pipeline.Candidates{pipeline.CandidatesAuto, pipeline.KeyTerms} {
			res := run(t, pipeline.Options{Inputs: []string{input}, Preset: pipeline.Story, Identity: pipeline.Identity{Candidates: candidates}})
			s, err := res.Score(truth)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, candidates by %v: %d candidate pairs, B-cubed F1 %.4f, pair F1 %.4f", set, candidates, res.Counts().Candidates, s.BCubed.F1, s.Pairs.F1)
			if s.BCubed.F1 < want.bCubed || s.Pairs.F1 < want.pairs {
				t.Errorf("%s, candidates by %v: B-cubed F1 %.4f and pair F1 %.4f, want at least %v and %v", set, candidates, s.BCubed.F1, s.Pairs.F1, want.bCubed, want.pairs)
			}
		}
		if set == "fnc1_train" && os.Getenv("DOPPEL_LONG") == "" {
			continue // a million pairs
		}
		all := run(t, pipeline.Options{Inputs: []string{input}, Preset: pipeline.Story, Identity: pipeline.Identity{Candidates: pipeline.AllPairs, Threshold: 0.01}})
		ranking, err := all.Ranking(truth)
		if err != nil {
			t.Fatal(err)
		}
		ap := ranking.AveragePrecision().Value
		t.Logf("%s: average precision %.4f", set, ap)
		if ap < want.averagePrecision {
			t.Errorf("%s: average precision %.4f, want at least %v", set, ap, want.averagePrecision)
		}
	}
}

// TestWeightedExplanation: the words named are in both texts, their shares fall and
// sum to at most 1, and the similarity is the report's.
func TestWeightedExplanation(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, seedDocs(t))
	o := pipeline.Options{Inputs: []string{input}, Preset: pipeline.Story}
	job, err := pipeline.Prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	e, err := pipeline.Explain(t.Context(), job, moscow[0], moscow[1])
	if err != nil {
		t.Fatal(err)
	}
	w := e.Weighted
	if w == nil || len(w.Words) == 0 || len(w.Factors) != 2 {
		t.Fatalf("explanation %+v", w)
	}
	if got := math.Sqrt(w.Factors[0].Similarity * w.Factors[1].Similarity); math.Abs(got-w.Similarity) > 1e-6 {
		t.Errorf("factors %v give %v, not %v", w.Factors, got, w.Similarity)
	}
	sum, last := 0.0, 1.0
	for _, word := range w.Words {
		if word.Word == "" || word.Share > last {
			t.Errorf("word %+v after a share of %v", word, last)
		}
		sum, last = sum+word.Share, word.Share
	}
	if sum > 1+1e-9 || w.Similarity != e.B.Similarity {
		t.Errorf("shares sum to %v; similarity %v, that of the report is %v", sum, w.Similarity, e.B.Similarity)
	}
}

// TestQueryByWeights finds a story by a text of another report of it.
func TestQueryByWeights(t *testing.T) {
	t.Parallel()
	docs := seedDocs(t)
	job, err := pipeline.Prepare(pipeline.Options{Inputs: []string{writeJSONL(t, docs[1:])}, Preset: pipeline.Story})
	if err != nil {
		t.Fatal(err)
	}
	s, err := pipeline.NewSearcher(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found, err := s.Find([]byte(docs[0].Text))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].ID != moscow[1] || found[1].ID != moscow[2] {
		t.Errorf("found %+v, want %v", found, moscow[1:])
	}
}

// TestGiantClusterIsStopped names the passage that made it.
func TestGiantClusterIsStopped(t *testing.T) {
	t.Parallel()
	var docs []doc
	notice := words("notice", 60)
	for i := range 40 {
		docs = append(docs, doc{ID: string(rune('a'+i/26)) + string(rune('a'+i%26)), Text: join(notice, words(string(rune('a'+i%26))+"x", 5))})
	}
	for i := range 20 {
		docs = append(docs, doc{ID: "alone" + string(rune('a'+i)), Text: join(words(string(rune('a'+i))+"alone", 60))})
	}
	res := runDocs(t, pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{Clustering: cluster.Components}}, docs)
	if err := res.CheckShare(t.Context(), 0.7); err != nil {
		t.Errorf("a cluster of 40 of 60 is no share over 0.7: %v", err)
	}
	err := res.CheckShare(t.Context(), 0.5)
	var giant *pipeline.GiantClusterError
	if !errors.As(err, &giant) {
		t.Fatalf("error %v", err)
	}
	if giant.Members != 40 || giant.Documents != 60 || len(giant.Common) == 0 || giant.Common[0].Share != 1 || giant.Common[0].Text != join(notice[:3]) {
		t.Errorf("alarm %+v", giant)
	}
}

// TestLongTextsAreTold: pairs of words are made of the first of a giant text only.
func TestLongTextsAreTold(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("xape xbear xcat xdog xeel ", idf.MaxContentWords/5)
	docs := []doc{{ID: "long", Text: long + "xfox xgnu xhen"}, {ID: "edge", Text: long + "xfox xgnu"}, {ID: "short", Text: "ape bear"}}
	res := runDocs(t, pipeline.Options{Preset: pipeline.Story, Identity: pipeline.Identity{Weights: idf.Background, Candidates: pipeline.AllPairs}}, docs)
	var told []string
	for _, w := range res.Warnings() {
		if w.Code == "long_texts" {
			told = append(told, w.Message)
		}
	}
	if want := "1 text has more than 131,072 content words: the pairs of words behind them do not count"; len(told) != 1 || told[0] != want {
		t.Errorf("warnings %q, want %q", told, want)
	}
}

// TestForecastIsNotCounted: the sample that the plan reads does not count twice. Of
// three documents, weights by the corpus tell a word in one from a word in two.
func TestForecastIsNotCounted(t *testing.T) {
	t.Parallel()
	docs := []doc{{ID: "a", Text: "ape bear cat"}, {ID: "b", Text: "ape bear dog"}, {ID: "c", Text: "eel fox gnu"}}
	id := pipeline.Identity{Weights: idf.Corpus, Threshold: 0.001, Candidates: pipeline.AllPairs, Similarity: pipeline.Cosine}
	var err error
	if id.Features, err = idf.ParseFeatures("word:1"); err != nil {
		t.Fatal(err)
	}
	res := runDocs(t, pipeline.Options{Preset: pipeline.Story, Identity: id}, docs)
	// With P = (df+0.5)/(n+1), by hand: weights of 0.47 in both texts, of 0.98 else.
	in2, in1 := -math.Log(2.5/4), -math.Log(1.5/4)
	want := 2 * in2 * in2 / (2*in2*in2 + in1*in1)
	for p := range res.Pairs() {
		if math.Abs(p.Similarity-want) > 0.01 {
			t.Errorf("%s and %s: similarity %v, want %v", p.A, p.B, p.Similarity, want)
		}
		want = -1
	}
	if want != -1 {
		t.Error("no pair is similar")
	}
}
