package verify

import (
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// checkOverlap holds OverlapAtLeast to its contract for one input.
func checkOverlap(t *testing.T, a, b []uint64, need int) {
	t.Helper()
	checkOverlapOf(t, a, b, need, kerneltest.Shared(a, b))
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
		a, b := kerneltest.RandomSets(r, na, nb, shared)
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
		checkOverlap(t, kerneltest.SetOf(x), kerneltest.SetOf(y), need)
	})
}
