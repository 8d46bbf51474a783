package verify

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// slowOverlap is the definition, on a map.
func slowOverlap(a, b []uint64) int {
	in := make(map[uint64]bool, len(a))
	for _, v := range a {
		in[v] = true
	}
	n := 0
	for _, v := range b {
		if in[v] {
			n++
		}
	}
	return n
}

// randomSets returns two sorted sets of na and nb values that share exactly
// the given number.
func randomSets(r *rand.Rand, na, nb, shared int) (a, b []uint64) {
	seen := map[uint64]bool{}
	draw := func() uint64 {
		for {
			if v := r.Uint64(); !seen[v] {
				seen[v] = true
				return v
			}
		}
	}
	for range shared {
		v := draw()
		a, b = append(a, v), append(b, v)
	}
	for len(a) < na {
		a = append(a, draw())
	}
	for len(b) < nb {
		b = append(b, draw())
	}
	slices.Sort(a)
	slices.Sort(b)
	return a, b
}

// checkOverlap holds OverlapAtLeast to its contract for one input.
func checkOverlap(t *testing.T, a, b []uint64, need int) {
	t.Helper()
	checkOverlapOf(t, a, b, need, slowOverlap(a, b))
}

// checkOverlapOf is checkOverlap for sets whose overlap is known.
func checkOverlapOf(t *testing.T, a, b []uint64, need, want int) {
	t.Helper()
	got, ok := OverlapAtLeast(a, b, need)
	if ok != (want >= need) {
		t.Fatalf("OverlapAtLeast(%v, %v, %d) says %v, overlap is %d", a, b, need, ok, want)
	}
	if ok && got != want {
		t.Fatalf("OverlapAtLeast(%v, %v, %d) = %d, want %d", a, b, need, got, want)
	}
	if !ok && got > want {
		t.Fatalf("OverlapAtLeast(%v, %v, %d) = %d, over the overlap of %d", a, b, need, got, want)
	}
}

// members lists the numbers whose bits are set, spread over the value range so
// that 0 and the largest value are among them.
func members(mask uint) (s []uint64) {
	spread := [...]uint64{0, 1, 7, 1 << 31, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	for i, v := range spread {
		if mask>>i&1 == 1 {
			s = append(s, v)
		}
	}
	return s
}

func TestOverlapOfAllSmallSets(t *testing.T) {
	for x := range uint(256) {
		for y := range uint(256) {
			a, b, want := members(x), members(y), bits.OnesCount(x&y)
			for need := range 9 {
				checkOverlapOf(t, a, b, need, want)
			}
		}
	}
}

func TestOverlapOfRandomSets(t *testing.T) {
	for trial := range 1500 {
		r := rand.New(rand.NewPCG(uint64(trial), 7))
		// Sizes around the exit interval, far apart (gallop) and close (merge).
		na, nb := r.IntN(80), r.IntN(80)
		if trial%3 == 0 {
			nb *= 40
		}
		shared := 0
		if m := min(na, nb); m > 0 {
			shared = r.IntN(m + 1)
		}
		a, b := randomSets(r, na, nb, shared)
		if got := Overlap(a, b); got != shared {
			t.Fatalf("trial %d: Overlap of %d and %d values = %d, want %d", trial, na, nb, got, shared)
		}
		for _, need := range []int{0, 1, shared, shared + 1, min(na, nb), min(na, nb) + 1} {
			checkOverlapOf(t, a, b, need, shared)
			checkOverlapOf(t, b, a, need, shared)
		}
	}
}

// Sets whose common values crowd one end are the worst for a merge from both.
func TestOverlapOfLopsidedSets(t *testing.T) {
	for n := range 70 {
		low, high, all := make([]uint64, n), make([]uint64, n), make([]uint64, 2*n)
		for i := range all {
			all[i] = uint64(i)
		}
		copy(low, all[:n])
		copy(high, all[n:])
		for need := range 2*n + 2 {
			checkOverlapOf(t, low, all, need, n)
			checkOverlapOf(t, high, all, need, n)
			checkOverlapOf(t, low, high, need, 0)
			checkOverlapOf(t, all, all, need, 2*n)
		}
	}
}

func FuzzOverlap(f *testing.F) {
	f.Add([]byte("abc"), []byte("bcd"), 2)
	f.Add([]byte("q"), []byte("the quick brown fox jumps over the lazy dog"), 1)
	f.Add([]byte{}, []byte{0, 255}, 0)
	f.Fuzz(func(t *testing.T, x, y []byte, need int) {
		checkOverlap(t, setOf(x), setOf(y), need)
	})
}

// setOf makes a set of the bytes and of each two neighbours.
func setOf(data []byte) (s []uint64) {
	for i, c := range data {
		s = append(s, uint64(c)<<56)
		if i > 0 {
			s = append(s, uint64(c)<<56|uint64(data[i-1]))
		}
	}
	slices.Sort(s)
	return slices.Compact(s)
}
