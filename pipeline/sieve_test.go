package pipeline_test

import (
	"math"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/idf"
)

// story returns the options of the story level with candidates by key terms.
func story(input string, recall float64) pipeline.Options {
	return pipeline.Options{Inputs: []string{input}, Preset: pipeline.Story,
		Identity: pipeline.Identity{Candidates: pipeline.KeyTerms, Recall: recall}}
}

// TestSieveKeepsItsRecall: on the set that had no say in the cuts, a lower recall
// compares fewer pairs, finds a part of those that a higher one does, and keeps
// what it says but for three standard errors.
func TestSieveKeepsItsRecall(t *testing.T) {
	t.Parallel()
	input, _ := plant.Dataset(t, "ecbplus_odd")
	all := run(t, pipeline.Options{Inputs: []string{input}, Preset: pipeline.Story, Identity: pipeline.Identity{Candidates: pipeline.AllPairs}})
	before, compared := foundByKeys(all), all.Counts().Candidates
	n := float64(len(before))
	for _, recall := range []float64{0.9999, 0.995, 0.97, 0.93, 0.5} {
		res := run(t, story(input, recall))
		found := foundByKeys(res)
		for p, similarity := range found {
			if before[p] != similarity {
				t.Fatalf("recall %v: pair %v has similarity %v, and %v with a higher recall", recall, p, similarity, before[p])
			}
		}
		share := float64(len(found)) / n
		cut := res.Plan().Identity.KeyTermCut
		t.Logf("recall %v: cut %d, %d pairs compared, %.4f found", recall, cut, res.Counts().Candidates, share)
		if share < min(recall, 0.998)-3*math.Sqrt(recall*(1-recall)/n) {
			t.Errorf("recall %v: %.4f of the pairs are found", recall, share)
		}
		if res.Counts().Candidates >= compared || (cut == 0) != (recall == 0.9999) {
			t.Errorf("recall %v: cut %d, %d pairs compared, with a higher recall %d", recall, cut, res.Counts().Candidates, compared)
		}
		before, compared = found, res.Counts().Candidates
	}
}

// foundByKeys returns the similarities of the verified pairs.
func foundByKeys(r *pipeline.Result) map[[2]string]float64 {
	pairs := map[[2]string]float64{}
	for p := range r.Pairs() {
		pairs[[2]string{p.A, p.B}] = p.Similarity
	}
	return pairs
}

// TestSieveOnlyWhereItWasMeasured: other settings have no cut, and neither have
// weights of the corpus where they turn out to be it.
func TestSieveOnlyWhereItWasMeasured(t *testing.T) {
	t.Parallel()
	wordsAlone, err := idf.ParseFeatures("word:1")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(*pipeline.Identity)
		cut    int
	}{
		"the level":           {func(*pipeline.Identity) {}, 130},
		"background":          {func(id *pipeline.Identity) { id.Weights = idf.Background }, 130},
		"higher threshold":    {func(id *pipeline.Identity) { id.Threshold = 0.2 }, 130},
		"more key terms":      {func(id *pipeline.Identity) { id.KeyTerms = 30 }, 130},
		"lower recall":        {func(id *pipeline.Identity) { id.Recall = 0.93 }, 220},
		"lowest recall":       {func(id *pipeline.Identity) { id.Recall = 0.01 }, 250},
		"recall out of reach": {func(id *pipeline.Identity) { id.Recall = 0.999 }, 0},
		"all pairs":           {func(id *pipeline.Identity) { id.Candidates = pipeline.AllPairs }, 0},
		"corpus":              {func(id *pipeline.Identity) { id.Weights = idf.Corpus }, 0},
		"lower threshold":     {func(id *pipeline.Identity) { id.Threshold = 0.05 }, 0},
		"fewer key terms":     {func(id *pipeline.Identity) { id.KeyTerms = 20 }, 0},
		"weighted Jaccard":    {func(id *pipeline.Identity) { id.Similarity = pipeline.WeightedJaccard }, 0},
		"other features":      {func(id *pipeline.Identity) { id.Features = wordsAlone }, 0},
		"a cut that is given": {func(id *pipeline.Identity) { id.KeyTermCut = 7 }, 130},
	} {
		o := pipeline.Options{Inputs: []string{"x"}, Preset: pipeline.Story}
		tt.change(&o.Identity)
		plan, err := o.Plan(pipeline.Stats{Documents: 100_000, Bytes: 200_000_000})
		if err != nil {
			t.Fatal(err)
		}
		if got := plan.Identity.KeyTermCut; got != tt.cut {
			t.Errorf("%s: cut %d, want %d", name, got, tt.cut)
		}
		if told := strings.Contains(plan.String(), "cosine >= 0.13:"); told != (tt.cut == 130) {
			t.Errorf("%s: the plan tells of the cut: %v\n%s", name, told, plan)
		}
	}
	if near, err := (pipeline.Options{Inputs: []string{"x"}}).Plan(pipeline.Stats{}); err != nil || near.Identity.KeyTermCut != 0 {
		t.Errorf("near: cut %d (err %v)", near.Identity.KeyTermCut, err)
	}
	foreign := writeJSONL(t, planted(200, 5))
	with, without := run(t, story(foreign, 0.5)), run(t, story(foreign, 0.9999))
	if a, b := with.Counts().Candidates, without.Counts().Candidates; a != b || a == 0 {
		t.Errorf("by weights of the corpus, %d pairs are compared with a cut and %d without", a, b)
	}
}

// TestSieveIsInTheForecast: what it holds is told.
func TestSieveIsInTheForecast(t *testing.T) {
	t.Parallel()
	const documents = 1_000_000
	memory := func(recall float64) int64 {
		o := story("x", recall)
		o.Memory = 64 << 30
		plan, err := o.Plan(pipeline.Stats{Documents: documents, Bytes: documents * 2000})
		if err != nil {
			t.Fatal(err)
		}
		return plan.Forecast.Memory
	}
	if more := memory(0.99) - memory(0.9999); more < documents*256 || more > documents*256*5/4 {
		t.Errorf("the sieve adds %d bytes a document to the forecast, want 256 and some to spare", more/documents)
	}
}
