package verify

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

func TestFiguresAgree(t *testing.T) {
	for _, c := range []struct {
		a, b                []uint64
		jaccard, containedA bool // at 0.5
	}{
		{nil, nil, true, true},
		{nil, []uint64{1}, false, true},
		{[]uint64{1}, nil, false, false},
		{[]uint64{1}, []uint64{1}, true, true},
		{[]uint64{1}, []uint64{2}, false, false},
		{[]uint64{1, 2}, []uint64{1}, true, true},
		{[]uint64{1, 2, 3}, []uint64{1}, false, false},
		{[]uint64{1}, []uint64{1, 2, 3}, false, true},
		{[]uint64{1, 2, 3}, []uint64{2, 3, 4}, true, true},
	} {
		for _, m := range []Measure{Jaccard, Containment, Cosine, WeightedJaccard} {
			want := c.jaccard
			if m == Containment {
				want = c.containedA
			}
			if got := m.FiguresAgree(c.a, c.b, 0.5); got != want {
				t.Errorf("%v: %v and %v agree: %t", m, c.a, c.b, got)
			}
		}
	}
}

// TestVerifyAgreeing: of the similar pairs those are left whose figures agree, for
// sets and weighted rows, with figures in memory and on the disk.
func TestVerifyAgreeing(t *testing.T) {
	const threshold, figureThreshold = 0.1, 0.5
	pairs := allPairs(60)
	r := rand.New(rand.NewPCG(4, 4))
	var numbers [][]uint64
	for range 60 {
		var set []uint64
		for x := range uint64(4) {
			if r.IntN(3) > 0 {
				set = append(set, x)
			}
		}
		numbers = append(numbers, set)
	}
	for _, m := range slices.Concat(measures, weighted) {
		sets := familiesUnder(m, 5, 60)
		var want []Scored
		all := bruteForce(sets, m, threshold, pairs)
		for _, e := range all {
			a, b := e.Pair.A, e.Pair.B
			there := m.Directed(int(e.Overlap), len(sets[a]), len(sets[b])) < threshold || m.FiguresAgree(numbers[a], numbers[b], figureThreshold)
			back := m.Directed(int(e.Overlap), len(sets[b]), len(sets[a])) < threshold || m.FiguresAgree(numbers[b], numbers[a], figureThreshold)
			if there && back {
				want = append(want, e)
			}
		}
		if len(want) == 0 || len(want) == len(all) {
			t.Fatalf("%v: %d of %d pairs agree", m, len(want), len(all))
		}
		for _, budget := range []int64{1 << 20, 0} {
			v := newVerifier(t, storeOf(t, 1<<20, sets...), m, threshold).Agreeing(storeOf(t, budget, numbers...), figureThreshold)
			got, err := v.Verify(pairs, nil, new(Scratch))
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%v: %d pairs, want %d (%v)", m, len(got), len(want), err)
			}
			// Of two members the first is always a representative.
			for _, p := range pairs[:200] {
				i, alone := slices.BinarySearchFunc(want, p, func(e Scored, p corpus.Pair) int { return cmp.Compare(e.Pair.Pack(), p.Pack()) })
				got, st, err := v.Chain(t.Context(), []corpus.ID{p.A, p.B}, nil, new(Scratch))
				if err != nil || len(got) != st.Verified || alone != (len(got) == 1) || alone && got[0] != want[i] {
					t.Fatalf("%v, %v chained: %v, %+v, %v", m, p, got, st, err)
				}
			}
		}
	}
}
