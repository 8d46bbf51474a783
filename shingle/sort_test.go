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
