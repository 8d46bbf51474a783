package sets

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// check holds Overlap, and the version behind it whatever the sizes, to the
// contract.
func check(t *testing.T, a, b []uint64, need, want int) {
	t.Helper()
	wantN := want
	if want < need {
		wantN = 0
	}
	if n, ok := Overlap(a, b, need); n != wantN || ok != (want >= need) {
		t.Fatalf("%d x %d values: Overlap(%#x, %#x, %d) = %d, %v; they share %d", len(a), len(b), a, b, need, n, ok, want)
	}
	if len(a) == 0 || len(b) == 0 || need < 0 || need > min(len(a), len(b)) {
		return
	}
	if n := intersect(a, b, need); n > want || want >= need && n != want || want < need && n >= need {
		t.Fatalf("%d x %d values: intersect(%#x, %#x, %d) = %d; they share %d", len(a), len(b), a, b, need, n, want)
	}
}

// needs are the demands around an overlap at which something may change.
func needs(overlap, na, nb int) []int {
	return []int{-1, 0, 1, overlap - 1, overlap, overlap + 1, min(na, nb), min(na, nb) + 1}
}

// TestAllSizes takes sets of all small sizes from memory with fences on both
// sides, dense in each other so that every lane meets every other.
func TestAllSizes(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(1, 1))
		aEnd, aStart := kerneltest.Guarded[uint64](t, 70)
		bEnd, bStart := kerneltest.Guarded[uint64](t, 70)
		for na := range 71 {
			for nb := range 71 {
				if testing.Short() && (na+nb)%3 != 0 {
					continue
				}
				for _, spread := range []uint64{1, 3, 1 << 40} {
					a, b := drawn(rng, na, spread), drawn(rng, nb, spread)
					want := kerneltest.Shared(a, b)
					fa, fb := aEnd[70-na:], bEnd[70-nb:]
					copy(fa, a)
					copy(fb, b)
					copy(aStart, a)
					copy(bStart, b)
					for _, need := range needs(want, na, nb) {
						check(t, fa, fb, need, want)
						check(t, aStart[:na], bStart[:nb], need, want)
					}
				}
			}
		}
	})
}

// drawn returns n values of about n*spread consecutive ones: the larger spread,
// the fewer two such sets share. The smallest and the largest value of all are
// among them now and then.
func drawn(rng *rand.Rand, n int, spread uint64) (s []uint64) {
	v := uint64(0) - uint64(rng.IntN(2))
	for range n {
		s = append(s, v)
		v += 1 + rng.Uint64N(spread)
	}
	slices.Sort(s)
	return slices.Compact(s)
}

// TestAllOverlaps shares every number of values, spread and at either end.
func TestAllOverlaps(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(2, 2))
		for _, size := range [][2]int{{8, 8}, {16, 33}, {40, 40}, {17, 64}, {3, 90}} {
			for shared := range size[0] + 1 {
				a, b := kerneltest.RandomSets(rng, size[0], size[1], shared)
				for need := range size[0] + 2 {
					check(t, a, b, need, shared)
					check(t, b, a, need, shared)
				}
			}
		}
		for n := range 70 {
			all := make([]uint64, 2*n)
			for i := range all {
				all[i] = uint64(i)
			}
			low, high := all[:n], all[n:]
			for need := range 2*n + 2 {
				check(t, low, all, need, n)
				check(t, high, all, need, n)
				check(t, low, high, need, 0)
				check(t, all, all, need, 2*n)
			}
		}
	})
}

// TestExtremes takes all sets of eight values that include 0 and the largest.
func TestExtremes(t *testing.T) {
	values := [...]uint64{0, 1, 7, 1 << 31, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	members := func(mask uint) (s []uint64) {
		for i, v := range values {
			if mask>>i&1 == 1 {
				s = append(s, v)
			}
		}
		return s
	}
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for x := range uint(256) {
			for y := range uint(256) {
				for need := range 9 {
					check(t, members(x), members(y), need, bits.OnesCount(x&y))
				}
			}
		}
	})
}

// TestLargeSets samples sizes up to thousands, at odd offsets and far-apart sizes.
func TestLargeSets(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for trial := range uint64(400) {
			rng := rand.New(rand.NewPCG(trial, 3))
			na, nb := rng.IntN(1+rng.IntN(3000)), rng.IntN(1+rng.IntN(3000))
			a, b := kerneltest.RandomSets(rng, na, nb, rng.IntN(min(na, nb)+1))
			skip := rng.IntN(8)
			a, b = a[min(skip, na):], b[min(skip/2, nb):]
			want := kerneltest.Shared(a, b)
			for _, need := range needs(want, len(a), len(b)) {
				check(t, a, b, need, want)
			}
		}
	})
}

func TestOverlapDoesNotAllocate(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		a, b := kerneltest.RandomSets(rand.New(rand.NewPCG(4, 4)), 300, 300, 100)
		if n := testing.AllocsPerRun(10, func() { Overlap(a, b, 50) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func TestPrefetchReadsNothing(t *testing.T) {
	for n := range 100 {
		end, start := kerneltest.Guarded[uint64](t, n)
		Prefetch(end)
		Prefetch(start)
	}
	Prefetch(nil)
}

func FuzzOverlap(f *testing.F) {
	f.Add([]byte("abc"), []byte("bcd"), 2)
	f.Add([]byte("q"), []byte("the quick brown fox jumps over the lazy dog"), 1)
	f.Add([]byte{}, []byte{0, 255}, 0)
	f.Fuzz(func(t *testing.T, x, y []byte, need int) {
		a, b := kerneltest.SetOf(x), kerneltest.SetOf(y)
		want := kerneltest.Shared(a, b)
		for l := kernel.Portable; l <= kernel.Best(); l++ {
			restore := kernel.Use(l)
			check(t, a, b, need, want)
			restore()
		}
	})
}

func ExampleOverlap() {
	a, b := []uint64{1, 3, 5, 7, 9}, []uint64{3, 4, 5, 6, 7}
	fmt.Println(Overlap(a, b, 2))
	fmt.Println(Overlap(a, b, 4))
	// Output:
	// 3 true
	// 0 false
}
