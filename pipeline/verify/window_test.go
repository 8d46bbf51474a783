package verify

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

func TestWindowOutside(t *testing.T) {
	days := []int32{0, 3, 4, -4, NoTime, math.MaxInt32, math.MinInt32 + 1}
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
		if got := outside(&Window{Times: days, Span: c.span}); !slices.Equal(got, want) {
			t.Errorf("span %d: outside are %v, want %v", c.span, got, want)
		}
	}
	if got := outside(nil); len(got) != 0 {
		t.Errorf("no window, but %v are outside", got)
	}
}

// slowOutside compares all times of a and b.
func slowOutside(w *Window, a, b corpus.ID) bool {
	for _, s := range append([]int32{w.Times[a]}, w.More[a]...) {
		for _, t := range append([]int32{w.Times[b]}, w.More[b]...) {
			if w.Times[a] == NoTime || w.Times[b] == NoTime || math.Abs(float64(s)-float64(t)) <= float64(w.Span) {
				return false
			}
		}
	}
	return true
}

// TestWindowOfSeveralTimes: the nearest ones count.
func TestWindowOfSeveralTimes(t *testing.T) {
	outside := 0
	for seed := range uint64(20) {
		w := randomWindow(rand.New(rand.NewPCG(seed, 11)), 60, true)
		for _, p := range allPairs(60) {
			want := slowOutside(w, p.A, p.B)
			if w.Outside(p.A, p.B) != want || w.Outside(p.B, p.A) != want {
				t.Fatalf("seed %d, %v: outside is not %t", seed, p, want)
			}
			if want && len(w.More[p.A]) > 0 && len(w.More[p.B]) > 0 {
				outside++
			}
		}
	}
	if outside == 0 {
		t.Error("no pair with several times each is outside")
	}
}

// randomWindow has some days unknown if asked, some documents far away, and some
// with several days.
func randomWindow(r *rand.Rand, n int, unknown bool) *Window {
	w := &Window{Span: r.Int32N(12), More: map[corpus.ID][]int32{}}
	for id := range corpus.ID(n) {
		day := r.Int32N(100) - 50
		switch r.IntN(20) {
		case 0:
			day = math.MaxInt32 - r.Int32N(3)
		case 1:
			if unknown {
				day = NoTime
			}
		}
		w.Times = append(w.Times, day)
		if r.IntN(6) == 0 {
			more := []int32{r.Int32N(100) - 50, r.Int32N(300), 1 << 30}[:1+r.IntN(3)]
			slices.Sort(more)
			w.More[id] = slices.Compact(more)
		}
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

// fits tells whether each of run has a time in one stretch of less than two spans.
func fits(w *Window, run []corpus.ID) bool {
	times := func(id corpus.ID) []int32 { return append([]int32{w.Times[id]}, w.More[id]...) }
	for _, id := range run {
		for _, from := range times(id) {
			in := func(t int32) bool { return t >= from && int64(t)-int64(from) < 2*int64(max(w.Span, 1)) }
			if !slices.ContainsFunc(run, func(other corpus.ID) bool { return !slices.ContainsFunc(times(other), in) }) {
				return true
			}
		}
	}
	return false
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
			for i, a := range run {
				for _, b := range run[i+1:] {
					if order[a] >= order[b] {
						t.Fatalf("seed %d: run %d is out of order", seed, k)
					}
					together[corpus.MakePair(a, b)] = true
				}
			}
			if len(run) < n && !fits(w, run) {
				t.Errorf("seed %d: run %d covers two spans or more", seed, k)
			}
		}
		times := n
		for _, more := range w.More {
			times += len(more)
		}
		if total > 3*times {
			t.Errorf("seed %d: %d members in the runs of %d with %d times", seed, total, n, times)
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
