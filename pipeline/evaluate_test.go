package pipeline_test

import (
	"math"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/eval"
)

// TestRankingKnowsCopiesAndPairs: documents of one text rank at 1, and each of them
// is in every pair that the text is in.
func TestRankingKnowsCopiesAndPairs(t *testing.T) {
	t.Parallel()
	base := words("base", 200)
	res := runDocs(t, pipeline.Options{Preset: pipeline.Near}, []doc{
		{ID: "a", Text: join(base)},
		{ID: "a-copy", Text: strings.ToUpper(join(base))},
		{ID: "near", Text: join(base, words("end", 5))},
		{ID: "wrong", Text: join(base, words("other", 9))},
		{ID: "alone", Text: join(words("alone", 100))},
	})
	truth, err := eval.ReadTruth(strings.NewReader("id,cluster\na,1\na-copy,1\nnear,1\nwrong,2\nalone,2\n"))
	if err != nil {
		t.Fatal(err)
	}
	ranking, err := res.Ranking(truth)
	if err != nil {
		t.Fatal(err)
	}
	got := ranking.AveragePrecision()
	// In order: the copies; a and near twice; then near-wrong or a-wrong twice, all
	// false. Of 10 pairs the missed one, wrong-alone, comes last.
	if want := (3 + 4./10) / 4; math.Abs(got.Value-want) > 1e-12 || got.Pairs != 6 || got.Ranked != 3 || got.TruePairs != 4 {
		t.Errorf("got %+v, want the value %v with 6 pairs, 3 of 4 true ones among them", got, want)
	}
	v, err := res.Intervals(t.Context(), truth, ranking, eval.MinRounds)
	if err != nil || v.AveragePrecision == nil || v.Pairs.Recall.High != 1 {
		t.Errorf("got %+v, %v", v, err)
	}
}
