package eval

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

func always(p float64) func(float64) float64 { return func(float64) float64 { return p } }

// TestOracle: documents 0, 1 and 3 with Jaccard 01 = 3/5, 03 = 1, 13 = 3/5, and
// 4 which shares 1 of 7 with them; document 2 takes no part.
func TestOracle(t *testing.T) {
	sets := []shingle.Set{{1, 2, 3, 4}, {2, 3, 4, 5}, nil, {1, 2, 3, 4}, {4, 10, 11, 12}}
	pair := func(a, b corpus.ID) corpus.Pair { return corpus.Pair{A: a, B: b} }
	in := OracleInput{
		Sets: sets, Threshold: .5, Floor: .1, Predict: func(j float64) float64 { return j },
		Candidates: []corpus.Pair{pair(0, 2), pair(0, 3), pair(0, 4), pair(1, 3), pair(2, 4)},
		Verified:   []verify.Scored{{Pair: pair(0, 3), Overlap: 4}, {Pair: pair(0, 4), Overlap: 1}, {Pair: pair(1, 3), Overlap: 2}},
	}
	got, err := Oracle(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := OracleScore{
		True: 3, CandidatesFound: 2, VerifiedFound: 2,
		Candidates: 5, Verified: 3, WrongOverlap: 1,
		CandidateRecall: 2. / 3, PredictedRecall: 2.2 / 3, StdErr: math.Sqrt(.6*.4*2) / 3,
		Recall: 2. / 3, Precision: 2. / 3,
		Missed: []verify.Scored{{Pair: pair(0, 1), Overlap: 3}},
		Curve: []CurveBin{
			{Low: .1, High: .15, Pairs: 3, Candidates: 1, Measured: 1. / 3, Predicted: 1. / 7, MeasuredInterval: Wilson(1, 3)},
			{Low: .6, High: .65, Pairs: 2, Candidates: 1, Measured: .5, Predicted: .6, MeasuredInterval: Wilson(1, 2)},
			{Low: .95, High: 1, Pairs: 1, Candidates: 1, Measured: 1, Predicted: 1, MeasuredInterval: Wilson(1, 1)},
		},
	}
	if !near(got.PredictedRecall, want.PredictedRecall) || !near(got.StdErr, want.StdErr) || !near(got.Curve[0].Predicted, 1./7) {
		t.Errorf("predictions %g %g %g", got.PredictedRecall, got.StdErr, got.Curve[0].Predicted)
	}
	got.PredictedRecall, got.StdErr, got.Curve[0].Predicted = want.PredictedRecall, want.StdErr, want.Curve[0].Predicted
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	in.Floor = 0
	if got, err = Oracle(t.Context(), in); err != nil || len(got.Curve) != 2 || got.True != 3 {
		t.Errorf("floor at the threshold: %+v, %v", got, err)
	}
}

func TestOracleOfNothing(t *testing.T) {
	got, err := Oracle(t.Context(), OracleInput{Threshold: .5, Predict: always(1)})
	if err != nil || got.Recall != 1 || got.Precision != 1 || got.PredictedRecall != 1 || got.StdErr != 0 || got.Curve != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestOracleOfPerfectRun reports what AllPairs finds: nothing may be amiss.
func TestOracleOfPerfectRun(t *testing.T) {
	sets := randomSets(rand.New(rand.NewPCG(5, 5)), 400)
	for _, m := range []verify.Measure{verify.Jaccard, verify.Containment} {
		verified := allPairs(t, sets, m, .3)
		candidates := make([]corpus.Pair, len(verified))
		for i, v := range verified {
			candidates[i] = v.Pair
		}
		in := OracleInput{Sets: sets, Measure: m, Threshold: .3, Predict: always(.25), Candidates: candidates, Verified: verified}
		got, err := Oracle(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		n := int64(len(verified))
		if got.True != n || got.Recall != 1 || got.Precision != 1 || got.CandidateRecall != 1 || got.WrongOverlap != 0 || len(got.Missed) != 0 {
			t.Errorf("%v: got %+v, want %d pairs and no fault", m, got, n)
		}
		if !near(got.PredictedRecall, .25) || !near(got.StdErr, math.Sqrt(.25*.75/float64(n))) {
			t.Errorf("%v: predicted %g, standard error %g", m, got.PredictedRecall, got.StdErr)
		}
		in.Verified = nil
		if got, err = Oracle(t.Context(), in); err != nil || len(got.Missed) != MaxMissed || got.Recall != 0 {
			t.Errorf("%v: nothing reported: %+v, %v", m, got, err)
		}
	}
}

func TestOracleErrors(t *testing.T) {
	good := OracleInput{Threshold: .5, Predict: always(1), Sets: []shingle.Set{{1}, {1}, {1}}}
	pairs := []corpus.Pair{{A: 0, B: 2}, {A: 0, B: 1}}
	for _, c := range []struct {
		change func(*OracleInput)
		want   string
	}{
		{func(in *OracleInput) { in.Threshold = 0 }, "threshold 0 and floor 0"},
		{func(in *OracleInput) { in.Floor = .6 }, "threshold 0.5 and floor 0.6"},
		{func(in *OracleInput) { in.Predict = nil }, "no prediction"},
		{func(in *OracleInput) { in.Candidates = pairs }, "candidate {0 1} follows {0 2}"},
		{func(in *OracleInput) { in.Verified = []verify.Scored{{Pair: pairs[0]}, {Pair: pairs[0]}} }, "verified pair {0 2} follows {0 2}"},
	} {
		in := good
		c.change(&in)
		if _, err := Oracle(t.Context(), in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Oracle(ctx, good); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func TestBinOf(t *testing.T) {
	for i := range curveBins {
		low := float64(i) / curveBins
		if got := binOf(low); got != i {
			t.Errorf("%g: bin %d, want %d", low, got, i)
		}
		if below := math.Nextafter(low, 0); i > 0 && binOf(below) != i-1 {
			t.Errorf("%.20f: bin %d, want %d", below, binOf(below), i-1)
		}
	}
	if got := binOf(1); got != curveBins-1 {
		t.Errorf("1: bin %d", got)
	}
}
