package shingle

import (
	"math/rand/v2"
	"slices"
	"testing"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
)

func TestSorterEqualsSortAndCompact(t *testing.T) {
	const seed = 3
	rng := rand.New(rand.NewPCG(seed, 0))
	kinds := map[string]func() uint64{
		"uniform":       rng.Uint64,
		"few":           func() uint64 { return kernels.Mix(rng.Uint64N(50)) },
		"skewed":        func() uint64 { return kernels.Mix(rng.Uint64N(1 + rng.Uint64N(1000))) },
		"one":           func() uint64 { return 1<<64 - 1 },
		"same top bits": func() uint64 { return 5<<60 | rng.Uint64N(1<<20) },
		"ends":          func() uint64 { return -(rng.Uint64() & 1) },
	}
	sizes := []int{100000, maxScratch + 5}
	for n := range 3 * noRadix {
		sizes = append(sizes, n, n*17)
	}
	var s sorter
	for name, kind := range kinds {
		for _, n := range sizes {
			h := make([]uint64, n)
			for i := range h {
				h[i] = kind()
			}
			want := slices.Clone(h)
			slices.Sort(want)
			want = slices.Compact(want)
			got := h[:s.distinct(h)]
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, %s, %d hashes: got %d distinct ones, want %d, or another order", seed, name, n, len(got), len(want))
			}
			if cap(s.scratch) > maxScratch {
				t.Fatalf("%d hashes: scratch of %d is kept, more than %d", n, cap(s.scratch), maxScratch)
			}
		}
	}
}

// TestSorterOfChosenHashes has hashes with the same first bits, which the radix
// passes leave as they are, and that all belong far before where they stand. A
// sorter that steps back for each would take more than the time limit of go test,
// hence the numbers.
func TestSorterOfChosenHashes(t *testing.T) {
	const m = 1 << 21
	kinds := map[string]func(i int) uint64{
		"one value again and again": func(i int) uint64 { return 1 },
		"all values once more":      func(i int) uint64 { return uint64(i) + 1 },
		"all values, falling":       func(i int) uint64 { return uint64(m - i) },
		"new values, falling":       func(i int) uint64 { return 1<<42 - 1 - uint64(i) },
	}
	var s sorter
	for name, kind := range kinds {
		h := make([]uint64, 2*m)
		for i := range m {
			h[i] = uint64(i) + 1
			h[m+i] = kind(i)
		}
		want := slices.Clone(h)
		slices.Sort(want)
		want = slices.Compact(want)
		if got := h[:s.distinct(h)]; !slices.Equal(got, want) {
			t.Errorf("%s: got %d distinct ones, want %d, or another order", name, len(got), len(want))
		}
	}
}

// TestInsertDistinctGivesUp makes it hand over to slices.Sort at various places,
// both for a hash that is there already and for one that is not.
func TestInsertDistinctGivesUp(t *testing.T) {
	for _, again := range []bool{true, false} {
		for m := 1; m < 100; m++ {
			h := make([]uint64, 0, 2*m)
			for i := range m {
				h = append(h, uint64(2*i+2))
			}
			for i := range m {
				if again {
					h = append(h, uint64(2+i%3*2))
				} else {
					h = append(h, uint64(2*m-2*i-1))
				}
			}
			want := slices.Clone(h)
			slices.Sort(want)
			want = slices.Compact(want)
			if got := h[:insertDistinct(h)]; !slices.Equal(got, want) {
				t.Errorf("again %v, %d hashes: got %v, want %v", again, 2*m, got, want)
			}
		}
	}
}
