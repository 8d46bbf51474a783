package verify

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

func TestWindowOutside(t *testing.T) {
	days := []int32{0, 3, 4, -4, NoDay, math.MaxInt32, math.MinInt32 + 1}
	outside := func(w *Window) (pairs []corpus.Pair) {
		for _, p := range allPairs(8) { // document 7 is beyond the days
			if w.Outside(p.A, p.B) != w.Outside(p.B, p.A) {
				t.Errorf("%v: not the same in both directions", p)
			}
			if w.Outside(p.A, p.B) {
				pairs = append(pairs, p)
			}
		}
		return pairs
	}
	far := []corpus.Pair{{A: 0, B: 5}, {A: 0, B: 6}, {A: 1, B: 5}, {A: 1, B: 6}, {A: 2, B: 5}, {A: 2, B: 6}, {A: 3, B: 5}, {A: 5, B: 6}}
	for _, c := range []struct {
		span int32
		near []corpus.Pair
	}{
		{0, []corpus.Pair{{A: 0, B: 1}, {A: 0, B: 2}, {A: 0, B: 3}, {A: 1, B: 2}, {A: 1, B: 3}, {A: 2, B: 3}}},
		{3, []corpus.Pair{{A: 0, B: 2}, {A: 0, B: 3}, {A: 1, B: 3}, {A: 2, B: 3}}},
		{4, []corpus.Pair{{A: 1, B: 3}, {A: 2, B: 3}}},
		{7, []corpus.Pair{{A: 2, B: 3}}},
		{8, nil},
	} {
		want := slices.Concat(far, c.near, []corpus.Pair{{A: 3, B: 6}})
		slices.SortFunc(want, func(a, b corpus.Pair) int { return slices.Compare([]corpus.ID{a.A, a.B}, []corpus.ID{b.A, b.B}) })
		if got := outside(&Window{days, c.span}); !slices.Equal(got, want) {
			t.Errorf("span %d: outside are %v, want %v", c.span, got, want)
		}
	}
	if got := outside(nil); len(got) != 0 {
		t.Errorf("no window, but %v are outside", got)
	}
}

// randomWindow has some days unknown if asked, and some documents far away.
func randomWindow(r *rand.Rand, n int, unknown bool) *Window {
	w := &Window{Span: r.Int32N(12)}
	for range n {
		day := r.Int32N(100) - 50
		switch r.IntN(20) {
		case 0:
			day = math.MaxInt32 - r.Int32N(3)
		case 1:
			if unknown {
				day = NoDay
			}
		}
		w.Days = append(w.Days, day)
	}
	return w
}

// TestVerifyWithinAWindow: no pair outside is compared, none inside is lost.
func TestVerifyWithinAWindow(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 8))
		pairs := allPairs(60)
		w := randomWindow(r, 60, true)
		inside := w.Filter(slices.Clone(pairs))
		if len(inside) == 0 || len(inside) == len(pairs) {
			t.Fatalf("seed %d: %d of %d pairs inside", seed, len(inside), len(pairs))
		}
		for _, m := range slices.Concat(measures, weighted) {
			sets := familiesUnder(m, seed, 60)
			want := bruteForce(sets, m, 0.1, inside)
			v := newVerifier(t, storeOf(t, 1<<24, sets...), m, 0.1)
			got, err := v.Within(w).Verify(pairs, nil, new(Scratch))
			if err != nil || !slices.Equal(got, want) || len(want) == 0 {
				t.Fatalf("seed %d, %v: %d pairs, want %d (err %v)", seed, m, len(got), len(want), err)
			}
			if got, err := v.Verify(pairs, nil, new(Scratch)); err != nil || len(got) <= len(want) {
				t.Fatalf("seed %d, %v: %d pairs without a window, %d with one (err %v)", seed, m, len(got), len(want), err)
			}
		}
	}
}

// TestChainWithinAWindow: a chain of few members compares all pairs inside.
func TestChainWithinAWindow(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	w := randomWindow(r, MaxRepresentatives, true)
	var sets [][]uint64
	var ids []corpus.ID
	for i := range corpus.ID(MaxRepresentatives) {
		sets, ids = append(sets, []uint64{1, 2, 3, 100 + uint64(i)}), append(ids, i)
	}
	// All are similar: who is no representative has one inside the window.
	v := newVerifier(t, storeOf(t, 1<<20, sets...), Jaccard, 0.6).Within(w)
	got, st, err := v.Chain(t.Context(), ids, nil, new(Scratch))
	if err != nil || st.Compared != len(got) || st.Verified != len(got) || st.Unmatched != 0 {
		t.Fatalf("%+v, %d pairs, %v", st, len(got), err)
	}
	linked := map[corpus.ID]bool{}
	for _, e := range got {
		if w.Outside(e.Pair.A, e.Pair.B) {
			t.Errorf("%v is outside", e.Pair)
		}
		linked[e.Pair.A], linked[e.Pair.B] = true, true
	}
	for _, p := range w.Filter(allPairs(len(ids))) {
		if !linked[p.A] || !linked[p.B] {
			t.Errorf("%v is inside, but not linked to anything", p)
		}
	}
}

// TestRunsHoldAllPairsInside the window, and little else.
func TestRunsHoldAllPairsInside(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 10))
		n := r.IntN(80)
		w := randomWindow(r, n, seed%2 == 0)
		var ids []corpus.ID
		for i := range n {
			ids = append(ids, corpus.ID(i))
		}
		r.Shuffle(n, func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		order := map[corpus.ID]int{}
		for i, id := range ids {
			order[id] = i
		}
		together, total := map[corpus.Pair]bool{}, 0
		for k, run := range w.Runs(ids) {
			total += len(run)
			first, last := int64(math.MaxInt64), int64(math.MinInt64)
			for i, a := range run {
				if day := w.Days[a]; day != NoDay {
					first, last = min(first, int64(day)), max(last, int64(day))
				}
				for _, b := range run[i+1:] {
					if order[a] >= order[b] {
						t.Fatalf("seed %d: run %d is out of order", seed, k)
					}
					together[corpus.MakePair(a, b)] = true
				}
			}
			if len(run) < n && last-first >= 2*int64(max(w.Span, 1)) {
				t.Errorf("seed %d: run %d from day %d to %d, span is %d", seed, k, first, last, w.Span)
			}
		}
		if total > 3*n {
			t.Errorf("seed %d: %d members in the runs of %d", seed, total, n)
		}
		for _, p := range w.Filter(allPairs(n)) {
			if !together[p] {
				t.Fatalf("seed %d: %v are never together", seed, p)
			}
		}
	}
	var none *Window
	if got := none.Runs([]corpus.ID{3, 1, 2}); len(got) != 1 || !slices.Equal(got[0], []corpus.ID{3, 1, 2}) {
		t.Errorf("no window: runs %v", got)
	}
}
