package verify

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// TestSidesLeaveOutPairsOfOneSide: a verifier with sides yields what one without them
// does, less the pairs of one side, listed in full or chained.
func TestSidesLeaveOutPairsOfOneSide(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 3))
		sets := make([][]uint64, 30)
		sides := &Sides{Of: make([]uint32, len(sets))}
		var members []corpus.ID
		for i := range sets {
			for h := range uint64(12) {
				if r.IntN(6) > 0 {
					sets[i] = append(sets[i], h)
				}
			}
			sides.Of[i] = []uint32{0, 1, Mixed, Mixed - 1}[r.IntN(4)]
			members = append(members, corpus.ID(i))
		}
		v := newVerifier(t, storeOf(t, 1<<20, sets...), Jaccard, 0.6)
		same := func(p corpus.Pair) bool { return sides.Of[p.A] == sides.Of[p.B] && sides.Of[p.A] != Mixed }
		pairs := allPairs(len(sets))
		all, err := v.Verify(pairs, nil, new(Scratch))
		if err != nil {
			t.Fatal(err)
		}
		chained, _, err := v.Chain(t.Context(), members, nil, new(Scratch))
		if err != nil {
			t.Fatal(err)
		}
		between := v.Between(sides)
		less := func(list []Scored) []Scored {
			return slices.DeleteFunc(slices.Clone(list), func(s Scored) bool { return same(s.Pair) })
		}
		if got, err := between.Verify(pairs, nil, new(Scratch)); err != nil || !slices.Equal(got, less(all)) || len(got) == len(all) {
			t.Errorf("seed %d: %d of %d pairs, want %d, %v", seed, len(got), len(all), len(less(all)), err)
		}
		if got, st, err := between.Chain(t.Context(), members, nil, new(Scratch)); err != nil || !slices.Equal(got, less(chained)) || st.Verified != len(got) {
			t.Errorf("seed %d: chained %d of %d pairs, want %d, %v", seed, len(got), len(chained), len(less(chained)), err)
		}
		if got := sides.Filter(slices.Clone(pairs)); slices.ContainsFunc(got, same) || len(got) == len(pairs) {
			t.Errorf("seed %d: the filter leaves %d of %d pairs", seed, len(got), len(pairs))
		}
	}
	if (*Sides)(nil).Same(1, 2) || len((*Sides)(nil).Filter(allPairs(5))) != 10 {
		t.Error("no sides, and they keep something apart")
	}
}
