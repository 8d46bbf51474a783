package idf

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSortHashes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	kinds := map[string]func(i, n int) uint64{
		"uniform":      func(int, int) uint64 { return r.Uint64() },
		"few values":   func(int, int) uint64 { return r.Uint64N(5) << 60 },
		"low bits":     func(int, int) uint64 { return r.Uint64N(1 << 30) },
		"falling":      func(i, n int) uint64 { return uint64(n - i) },
		"equal":        func(int, int) uint64 { return 7 << 40 },
		"alike on top": func(int, int) uint64 { return 0xABCDEF<<40 | r.Uint64()>>24 },
	}
	var scratch []uint64
	for name, value := range kinds {
		for _, n := range []int{0, 1, 2, noRadix, noRadix + 1, 1000, fewHashes, fewHashes + 1, 30000} {
			h := make([]uint64, n)
			for i := range h {
				h[i] = value(i, n)
			}
			want := slices.Sorted(slices.Values(h))
			if scratch = sortHashes(h, scratch); !slices.Equal(h, want) {
				t.Errorf("%d hashes, %s: not sorted", n, name)
			}
		}
	}
}

func TestSortFeatures(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	kinds := map[string]func(i, n int) uint64{
		"uniform":      func(int, int) uint64 { return r.Uint64() },
		"few values":   func(int, int) uint64 { return r.Uint64N(5) << 60 },
		"low bits":     func(int, int) uint64 { return r.Uint64N(1 << 30) },
		"falling":      func(i, n int) uint64 { return uint64(n - i) },
		"equal":        func(int, int) uint64 { return 7 << 40 },
		"alike on top": func(int, int) uint64 { return 0xABCDEF<<40 | r.Uint64()>>24 },
	}
	var scratch []feature
	for name, value := range kinds {
		for _, n := range []int{0, 1, 2, fewFeatures, fewFeatures + 1, 1000, 1<<(digitBits+1) - 1, 1 << (digitBits + 1), 30000} {
			f := make([]feature, n)
			for i := range f {
				hash := value(i, n)
				f[i] = feature{hash, uint16(hash * 31)}
			}
			want := slices.SortedFunc(slices.Values(f), func(a, b feature) int { return cmp.Compare(a.hash, b.hash) })
			if f, scratch = sortFeatures(f, scratch); !slices.Equal(f, want) {
				t.Errorf("%d features, %s: not sorted", n, name)
			}
		}
	}
}
