package eval

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// judged makes pairs of documents of their own: "+.8 -.3" is a pair that is the
// same at .8 and one that is not at .3.
func judged(t *testing.T, fields ...string) []LabelledPair {
	t.Helper()
	var pairs []LabelledPair
	for i, f := range fields {
		p := LabelledPair{A: fmt.Sprint("a", i), B: fmt.Sprint("b", i), Same: f[0] == '+'}
		if _, err := fmt.Sscan(f[1:], &p.Similarity); err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, p)
	}
	return pairs
}

func TestScoreThreshold(t *testing.T) {
	pairs := judged(t, "+.9", "-.8", "+.7", "-.2")
	for _, c := range []struct {
		threshold  float64
		tp, fp, fn int64
	}{{1, 0, 0, 2}, {.9, 1, 0, 1}, {.8, 1, 1, 1}, {.7, 2, 1, 0}, {.1, 2, 2, 0}} {
		s := ScoreThreshold(pairs, c.threshold)
		if s.PairScore != newPairScore(c.tp, c.fp, c.fn) || s.PrecisionInterval != Wilson(c.tp, c.tp+c.fp) || s.RecallInterval != Wilson(c.tp, 2) {
			t.Errorf("%v: %+v", c.threshold, s)
		}
	}
}

func TestSuggestThreshold(t *testing.T) {
	for _, c := range []struct {
		name  string
		pairs []LabelledPair
		want  float64
	}{
		{"a gap: its middle", judged(t, "+.9", "+.8", "-.5", "-.3"), .65},
		{"the middle, in as few digits as stay in the gap", judged(t, "+.8004", "-.8002"), .8003},
		{"no room between", judged(t, "+.80000004", "-.80000002"), .80000004},
		{"none that differs", judged(t, "+.9", "+.8"), .4},
		// At .9 F1 is 2/3, at .5 it is 4/5: one wrong pair is worth it.
		{"a wrong one inside", judged(t, "+.9", "-.7", "+.5", "-.1"), .3},
		// Ties count together: at .6 there are one of each.
		{"a tie", judged(t, "+.9", "+.6", "-.6", "-.6", "-.6"), .75},
		{"of equal F1 the highest", judged(t, "+.9", "-.8", "-.7", "+.6"), .85},
	} {
		s, ok := SuggestThreshold(c.pairs, MinRounds)
		if !ok || s.Threshold != c.want || s.Interval != nil || s.Groups != len(c.pairs) {
			t.Errorf("%s: got %+v, %t, want %v", c.name, s, ok, c.want)
		}
		// No other threshold does better.
		for _, p := range c.pairs {
			if o := ScoreThreshold(c.pairs, p.Similarity); o.F1 > s.F1 {
				t.Errorf("%s: F1 %v at %v, %v at %v", c.name, s.F1, s.Threshold, o.F1, p.Similarity)
			}
		}
	}
	if s, ok := SuggestThreshold(judged(t, "-.9", "-.1"), MinRounds); ok {
		t.Errorf("nothing is the same, and yet %+v", s)
	}
	if s, ok := SuggestThreshold(judged(t, "+0", "-.1"), MinRounds); ok {
		t.Errorf("no threshold finds a pair at 0, and yet %+v", s)
	}
}

func TestSuggestionInterval(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 8))
	var pairs []LabelledPair
	for i := range 200 {
		s := float64(i) / 200
		pairs = append(pairs, LabelledPair{A: fmt.Sprint("a", i), B: fmt.Sprint("b", i), Similarity: s, Same: s+r.NormFloat64()/20 > .6})
	}
	s, ok := SuggestThreshold(pairs, 500)
	if !ok || s.Groups != 200 || s.Interval == nil {
		t.Fatalf("got %+v, %t", s, ok)
	}
	if i := *s.Interval; !(i.Low <= s.Threshold && s.Threshold <= i.High && i.High-i.Low > .01 && i.High-i.Low < .2) || s.Threshold < .5 || s.Threshold > .7 {
		t.Errorf("threshold %v in %v, want about 0.6", s.Threshold, i)
	}
	// Pairs that hang together by a document are one group and no sample.
	for i := range pairs {
		pairs[i].A = "hub"
	}
	if s, ok := SuggestThreshold(pairs, 500); !ok || s.Groups != 1 || s.Interval != nil {
		t.Errorf("got %+v, %t, want one group and no interval", s, ok)
	}
}
