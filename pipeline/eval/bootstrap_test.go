package eval

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// slowRound scores a draw copy by copy: each drawn cluster brings its own copies
// of its documents, and every pair of copies is looked at.
func slowRound(truth, predicted []rune, similarity map[[2]int]float64, times []int64, numbers map[rune]int) roundScore {
	type copied struct{ doc, copy int }
	var all []copied
	for i, c := range truth {
		for k := range times[numbers[c]] {
			all = append(all, copied{i, int(k)})
		}
	}
	whole := func(i int) (both, inTrue, inPredicted float64) {
		for j := range truth {
			if truth[i] == truth[j] {
				inTrue++
			}
			if predicted[i] == predicted[j] {
				inPredicted++
			}
			if truth[i] == truth[j] && predicted[i] == predicted[j] {
				both++
			}
		}
		return both, inTrue, inPredicted
	}
	var s roundScore
	var tp, fp, fn int64
	for x, a := range all {
		both, inTrue, inPredicted := whole(a.doc)
		n := float64(len(all))
		s.bCubed.Recall += both / inTrue / n
		precision, same := 1., 0.
		if both == inTrue {
			same = 1
		}
		for _, b := range all {
			if truth[a.doc] != truth[b.doc] && predicted[a.doc] == predicted[b.doc] { // a stranger
				precision -= 1 / inPredicted
				if both == inTrue {
					same -= 1 / (inPredicted - both)
				}
			}
		}
		s.bCubed.Precision += precision / n
		s.sameSet += same / n
		for _, b := range all[:x] {
			isTrue, isPredicted := truth[a.doc] == truth[b.doc], predicted[a.doc] == predicted[b.doc]
			switch {
			case isTrue && a.copy != b.copy: // copies of one cluster do not meet
			case isTrue && isPredicted:
				tp++
			case isTrue:
				fn++
			case isPredicted:
				fp++
			}
		}
	}
	s.pairs = newPairScore(tp, fp, fn)
	s.bCubed.Precision, s.sameSet = max(0, s.bCubed.Precision), max(0, s.sameSet)
	s.bCubed.F1 = harmonic(s.bCubed.Precision, s.bCubed.Recall)
	s.average = slowAverage(truth, similarity, func(i, j int) float64 {
		m, n := times[numbers[truth[i]]], times[numbers[truth[j]]]
		if truth[i] == truth[j] {
			return float64(m)
		}
		return float64(m * n)
	})
	return s
}

func TestRoundsEqualSlowReference(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for round := range 300 {
		truth, similarity := randomRanking(r)
		predicted := make([]rune, len(truth))
		for i := range predicted {
			predicted[i] = 'a' + rune(r.IntN(1+round%9))
		}
		numbers := map[rune]int{}
		for _, c := range truth {
			if _, ok := numbers[c]; !ok {
				numbers[c] = len(numbers)
			}
		}
		known := truthOf(t, string(truth))
		b := newResampler(newTable(known, labels(string(predicted))))
		b.ranking = rank(t, known, singles(len(truth)), similarity)
		b.ranking.sort()
		times := make([]int64, len(numbers))
		var d drawer
		d.start(round)
		d.draw(times)
		got, want := b.score(times), slowRound(truth, predicted, similarity, times, numbers)
		if got.pairs != want.pairs || !near(got.bCubed.Precision, want.bCubed.Precision) || !near(got.bCubed.Recall, want.bCubed.Recall) ||
			!near(got.bCubed.F1, want.bCubed.F1) || !near(got.sameSet, want.sameSet) || !near(got.average, want.average) {
			t.Fatalf("%s against %s, draw %v:\n got %+v\nwant %+v", string(predicted), string(truth), times, got, want)
		}
	}
}

// TestOneOfEachIsTheScore: the draw that takes every cluster once changes nothing.
func TestOneOfEachIsTheScore(t *testing.T) {
	truth, predicted := truthOf(t, "aaabbccdddee"), labels("xxyyzzz-vvww")
	b := newResampler(newTable(truth, predicted))
	got, want := b.score([]int64{1, 1, 1, 1, 1}), Score(truth, predicted)
	if got.pairs != want.Pairs || !near(got.bCubed.Precision, want.BCubed.Precision) || !near(got.bCubed.F1, want.BCubed.F1) || !near(got.sameSet, want.SameSet) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// world draws a corpus of n true clusters of 1 to 5 documents. Of each cluster
// every document is found with its first one or stands alone; now and then a
// cluster is glued to the one before it.
func world(r *rand.Rand, n int) (*Truth, map[string]string) {
	var text strings.Builder
	text.WriteString("id,cluster\n")
	predicted := map[string]string{}
	for c := range n {
		name := fmt.Sprint(c)
		if c > 0 && r.IntN(20) == 0 {
			name = fmt.Sprint(c - 1)
		}
		hard := r.IntN(2) // clusters differ: their documents share a fate
		for k := range 1 + r.IntN(5) {
			id := fmt.Sprintf("%d-%d", c, k)
			fmt.Fprintf(&text, "%s,%d\n", id, c)
			if k == 0 || r.IntN(4) > 2*hard {
				predicted[id] = name
			}
		}
	}
	truth, err := ReadTruth(strings.NewReader(text.String()))
	if err != nil {
		panic(err)
	}
	return truth, predicted
}

// TestIntervalsCover: of the intervals made from small corpora 95% hold the score
// of a very large one, give or take what chance does, and those of precision more.
func TestIntervalsCover(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	large, predicted := world(r, 100_000)
	want := Score(large, predicted)
	const corpora = 300
	covered := map[string]int{}
	for range corpora {
		truth, predicted := world(r, 200)
		v, err := Bootstrap(t.Context(), truth, predicted, nil, 200)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			in    Interval
			value float64
		}{
			"pair precision":    {v.Pairs.Precision, want.Pairs.Precision},
			"pair recall":       {v.Pairs.Recall, want.Pairs.Recall},
			"B-cubed precision": {v.BCubed.Precision, want.BCubed.Precision},
			"B-cubed recall":    {v.BCubed.Recall, want.BCubed.Recall},
			"same set":          {v.SameSet, want.SameSet},
		} {
			if c.in.Low <= c.value && c.value <= c.in.High {
				covered[name]++
			}
		}
	}
	for name, n := range covered {
		share := float64(n) / corpora
		t.Logf("%s %.4f", name, share)
		if share < 0.91 || share > 0.985 && !strings.HasSuffix(name, "precision") {
			t.Errorf("%s: %.3f of the intervals hold the value, want about 0.95", name, share)
		}
	}
	if len(covered) != 5 {
		t.Errorf("covered %v, want five scores", covered)
	}
}

func TestBootstrap(t *testing.T) {
	truth, predicted := world(rand.New(rand.NewPCG(6, 6)), 50)
	ranking := NewRanking(truth)
	for key := range truth.All {
		ranking.AddGroup([]string{key})
	}
	ranking.AddPairs(0, 1, .5)
	first, err := Bootstrap(t.Context(), truth, predicted, ranking, MinRounds)
	if err != nil {
		t.Fatal(err)
	}
	if first.AveragePrecision == nil || first.Rounds != MinRounds || first.Level != 0.95 {
		t.Errorf("got %+v", first)
	}
	again, err := Bootstrap(t.Context(), truth, predicted, ranking, MinRounds)
	if err != nil || !reflect.DeepEqual(again, first) {
		t.Errorf("got %+v, %v, then %+v", first, err, again)
	}
	if _, err := Bootstrap(t.Context(), truth, predicted, nil, MinRounds-1); err == nil || !strings.Contains(err.Error(), "99 bootstrap rounds") {
		t.Errorf("too few rounds: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Bootstrap(ctx, truth, predicted, nil, MinRounds); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	// Without a document there is nothing to be uncertain about.
	v, err := Bootstrap(t.Context(), &Truth{}, nil, nil, MinRounds)
	if one := (Interval{1, 1}); err != nil || v.Pairs.F1 != one || v.BCubed.F1 != one || v.SameSet != one {
		t.Errorf("no document: %+v, %v", v, err)
	}
}

func BenchmarkBootstrap(b *testing.B) {
	truth, predicted := world(rand.New(rand.NewPCG(8, 8)), 10_000)
	for b.Loop() {
		if _, err := Bootstrap(b.Context(), truth, predicted, nil, 1000); err != nil {
			b.Fatal(err)
		}
	}
}
