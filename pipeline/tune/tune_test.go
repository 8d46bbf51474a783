package tune_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/pipeline/tune"
)

// Short names of what tests make corpora of.
type doc = plant.Record

var (
	words   = plant.Words
	join    = plant.Join
	planted = plant.Mixture
)

// writeJSONL writes docs to a file of its own and returns its path.
func writeJSONL(t testing.TB, docs []doc) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "corpus.jsonl")
	if err := os.WriteFile(path, []byte(plant.JSONL(docs)), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// tuneDocs tunes over docs with word:3 shingles from floor on.
func tuneDocs(t *testing.T, docs []doc, floor float64, o tune.Options) *tune.Tuning {
	t.Helper()
	return tuneOf(t, pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Preset: pipeline.Edited,
		Identity: pipeline.Identity{Threshold: floor}, Temp: t.TempDir()}, o)
}

func tuneOf(t *testing.T, o pipeline.Options, to tune.Options) *tune.Tuning {
	t.Helper()
	j, err := pipeline.Prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	out, err := tune.Run(t.Context(), j, to)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTuneFindsTheBorder: pairs of known similarity stand in their bins and on
// their sides of the thresholds.
func TestTuneFindsTheBorder(t *testing.T) {
	t.Parallel()
	// Of two documents with n and n+k words in one order the similarity is
	// (n-2)/(n+k-2).
	var docs []doc
	add := func(name string, n, k int) {
		w := words(name, n)
		docs = append(docs, doc{ID: name, Text: join(w)}, doc{ID: name + "+", Text: join(w, words(name+"x", k))})
	}
	add("even", 102, 100)  // 100/200
	add("below", 101, 103) // 99/202
	add("near", 102, 11)   // 100/111
	docs = append(docs, doc{ID: "copy", Text: strings.ToUpper(docs[0].Text)}, doc{ID: "alone", Text: join(words("alone", 50))}, doc{ID: "empty", Text: "!"})
	got := tuneDocs(t, docs, 0.3, tune.Options{})
	if got.Documents != 9 || got.Sampled != 9 || got.Copies != 1 || got.Pairs != 3 || got.Shingle != "word:3" || got.Recall < 0.99 {
		t.Errorf("got %+v", got)
	}
	for _, b := range got.Histogram {
		want := map[float64][2]int64{ // by Low: pairs, and documents so far
			0.95: {0, 2}, 0.9: {1, 4}, 0.5: {1, 5}, 0.45: {1, 7}, 0.3: {0, 7},
		}
		if w, ok := want[b.Low]; ok && (b.Pairs != w[0] || b.Documents != w[1]) || b.Reach < 0.99 || b.Reach > 1 {
			t.Errorf("%v: %+v, want %v", b.Low, b, w)
		}
	}
	if n := len(got.Histogram); n != 14 || got.Histogram[0].High != 1 || got.Histogram[n-1].Low != 0.3 {
		t.Errorf("%d bins: %+v", n, got.Histogram)
	}
	var levels []string
	for _, l := range got.Levels {
		s := fmt.Sprint(l.Threshold, l.Preset)
		for _, b := range l.Above {
			s += " >=" + b.A
		}
		for _, b := range l.Below {
			s += " <" + b.A
		}
		levels = append(levels, s)
	}
	if want := []string{"0.9 >=near", "0.8", "0.7loose", "0.5edited >=even <below"}; !slices.Equal(levels, want) {
		t.Errorf("levels %q, want %q", levels, want)
	}
	b := got.Levels[3].Above[0]
	if b.B != "even+" || b.Similarity != 0.5 || b.Shared != 102 || b.OnlyA != 0 || b.OnlyB != 100 || len(b.Differences) != 1 || len(b.Passages) != 0 {
		t.Fatalf("got %+v", b)
	}
	if d := b.Differences[0]; d.A != "" || d.WordsB != 100 || !strings.HasPrefix(d.B, "evenx0 evenx1") || strings.Count(d.B, " ") != 39 {
		t.Errorf("got %+v", d)
	}
}

// TestTuneShowsPassagesOfUnlikeTexts: where words hardly align, what is in both.
func TestTuneShowsPassagesOfUnlikeTexts(t *testing.T) {
	t.Parallel()
	quote := words("quote", 20)
	got := tuneDocs(t, []doc{
		{ID: "a", Text: join(quote, words("a", 60))},
		{ID: "b", Text: join(words("b", 60), quote)},
	}, 0.02, tune.Options{})
	if n := len(got.Levels); n == 0 || got.Levels[n-1].Threshold != 0.03 {
		t.Fatalf("got %+v", got.Levels)
	}
	for _, l := range got.Levels {
		for _, b := range append(l.Above, l.Below...) {
			if l.Threshold == 0.1 {
				continue // 18 of 142 shingles
			}
			t.Errorf("%v: %+v is not near", l.Threshold, b)
		}
	}
	got = tuneDocs(t, []doc{
		{ID: "a", Text: join(quote[:7], words("a", 60))},
		{ID: "b", Text: join(words("b", 60), quote[:7])},
	}, 0.02, tune.Options{})
	above := got.Levels[len(got.Levels)-1].Above // 5 of 125 shingles
	if len(above) != 1 || len(above[0].Differences) != 0 || len(above[0].Passages) != 1 || above[0].Passages[0].Words != 7 || above[0].Passages[0].A != join(quote[:7]) {
		t.Errorf("got %+v", above)
	}
}

// TestTuneSampleDependsOnIdsAlone: neither the order of the documents nor the
// memory or the threads decide what is drawn, and a smaller sample is part of it.
func TestTuneSampleDependsOnIdsAlone(t *testing.T) {
	t.Parallel()
	docs := planted(800, 40)
	marshal := func(x *tune.Tuning) string {
		x.Levels = nil // which of two documents is A depends on the order
		b, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	o := tune.Options{Sample: 400}
	first := tuneDocs(t, docs, 0.3, o)
	if first.Documents != int64(len(docs)) || first.Sampled != 400 || first.Pairs == 0 {
		t.Fatalf("%d of %d documents, %d pairs", first.Sampled, first.Documents, first.Pairs)
	}
	want := marshal(first)
	turned := slices.Clone(docs)
	slices.Reverse(turned)
	if got := marshal(tuneDocs(t, turned, 0.3, o)); got != want {
		t.Errorf("in another order:\n%s\n%s", got, want)
	}
	small := tuneOf(t, pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Preset: pipeline.Edited, Threads: 1, Memory: 16 << 20,
		Identity: pipeline.Identity{Threshold: 0.3}, Temp: t.TempDir()}, o)
	if got := marshal(small); got != want {
		t.Errorf("with little memory:\n%s\n%s", got, want)
	}
	if less := tuneDocs(t, docs, 0.3, tune.Options{Sample: 200}); less.Sampled != 200 || less.Pairs > first.Pairs {
		t.Errorf("a smaller sample: %d documents and %d pairs", less.Sampled, less.Pairs)
	}
	whole := tuneDocs(t, docs, 0.3, tune.Options{Sample: len(docs)})
	res, err := pipeline.Run(t.Context(), pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Preset: pipeline.Edited,
		Identity: pipeline.Identity{Threshold: 0.3}, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if whole.Pairs != res.Counts().Verified {
		t.Errorf("the whole corpus: %d pairs, a run finds %d", whole.Pairs, res.Counts().Verified)
	}
}

// TestTuneLabels: labelled pairs are compared exactly, be they in the sample, below
// the floor, copies, or have nothing in common.
func TestTuneLabels(t *testing.T) {
	t.Parallel()
	base := words("base", 102)
	docs := []doc{
		{ID: "a", Text: join(base)},
		{ID: "copy", Text: strings.ToUpper(join(base))},
		{ID: "half", Text: join(base, words("x", 100))},
		{ID: "tenth", Text: join(base[:12], words("y", 0))}, // 10 of 100
		{ID: "other", Text: join(words("other", 30))},
	}
	labels := []eval.Label{
		{A: "a", B: "copy", Same: true, Line: 2},
		{A: "half", B: "a", Same: true, Line: 3},
		{A: "a", B: "tenth", Line: 4},
		{A: "a", B: "other", Line: 5},
		{A: "nobody", B: "a", Line: 6},
		{A: "a", B: "nowhere", Same: true, Line: 7},
	}
	// A sample of two documents does not hold all of them.
	got := tuneDocs(t, docs, 0.3, tune.Options{Sample: 2, Labels: labels}).Labels
	if got == nil || got.Pairs != 4 || got.Same != 2 || got.DifferentInReach != 0 || !slices.Equal(got.Missing, []tune.MissingLabel{{Line: 6, ID: "nobody"}, {Line: 7, ID: "nowhere"}}) {
		t.Fatalf("got %+v", got)
	}
	for _, s := range got.Thresholds {
		tp := int64(1)
		if s.Threshold <= 0.5 {
			tp = 2
		}
		if s.TP != tp || s.FP != 0 || s.FN != 2-tp {
			t.Errorf("%v: %+v", s.Threshold, s.PairScore)
		}
	}
	if s := got.Suggestion; s == nil || s.Threshold != 0.3 || s.F1 != 1 || s.Interval != nil {
		t.Errorf("suggestion %+v, want 0.3: halfway between 0.5 and 0.1", got.Suggestion)
	}
	if none := tuneDocs(t, docs, 0.3, tune.Options{}); none.Labels != nil {
		t.Errorf("without labels: %+v", none.Labels)
	}
}

// TestTuneEstimatesWhatItMissed: with bands that miss half of the pairs, the share
// found is known all the same.
func TestTuneEstimatesWhatItMissed(t *testing.T) {
	t.Parallel()
	docs := planted(4000, 60)
	o := pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Preset: pipeline.Edited, Temp: t.TempDir(),
		Identity: pipeline.Identity{Threshold: 0.3, Bands: 12, Rows: 3}}
	few := tuneOf(t, o, tune.Options{})
	all := tuneDocs(t, docs, 0.3, tune.Options{})
	missed := 0
	for i, b := range few.Histogram {
		there := float64(all.Histogram[i].Pairs)
		if there < 100 {
			continue
		}
		if found := float64(b.Pairs) / there; math.Abs(found-b.Reach) > 0.1 {
			t.Errorf("%v: %.3f of %v pairs found, estimated %.3f", b.Low, found, there, b.Reach)
		}
		if b.Reach < 0.7 {
			missed++
		}
	}
	if missed < 2 {
		t.Errorf("only %d bins in which much is missed", missed)
	}
}

func TestTuneRefuses(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, []doc{{ID: "a", Text: "some words"}, {ID: "a", Text: "its id again"}})
	for _, c := range []struct {
		preset pipeline.Preset
		o      tune.Options
		want   string
	}{
		{pipeline.Verbatim, tune.Options{}, "this is exact"},
		{pipeline.Near, tune.Options{Sample: 1}, "a sample of 1 documents"},
		{pipeline.Near, tune.Options{Rounds: 3}, "3 bootstrap rounds"},
	} {
		j, err := pipeline.Prepare(pipeline.Options{Inputs: []string{input}, Preset: c.preset})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tune.Run(t.Context(), j, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	out := tuneOf(t, pipeline.Options{Inputs: []string{input}}, tune.Options{})
	if out.Documents != 1 || out.Quarantined != 1 {
		t.Errorf("an id used twice: %+v", out)
	}
}

// TestTuneOnRealPages: every level has pairs to look at, each on its side.
func TestTuneOnRealPages(t *testing.T) {
	t.Parallel()
	docs, _ := plant.Dataset(t, "cockroach_versions")
	out := tuneOf(t, pipeline.Options{Inputs: []string{docs}, Preset: pipeline.Edited, Identity: pipeline.Identity{Threshold: 0.3}}, tune.Options{})
	if len(out.Levels) != 4 || out.Pairs < 1000 || out.Copies < 1000 {
		t.Fatalf("got %+v", out)
	}
	for _, l := range out.Levels {
		if len(l.Above) != tune.Border || len(l.Below) != tune.Border {
			t.Errorf("%v: %d pairs above, %d below", l.Threshold, len(l.Above), len(l.Below))
		}
		for i, b := range slices.Concat(l.Above, l.Below) {
			if (i < len(l.Above)) != (b.Similarity >= l.Threshold) || math.Abs(b.Similarity-l.Threshold) > tune.Window || len(b.Differences) == 0 {
				t.Errorf("%v: %+v", l.Threshold, b)
			}
		}
	}
}
