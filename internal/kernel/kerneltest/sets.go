package kerneltest

import (
	"math/rand/v2"
	"slices"
)

// Shared returns how many values two sets have in common. It is the definition, on a
// map.
func Shared(a, b []uint64) int {
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

// RandomSets returns two sorted sets of na and nb values that have exactly shared of
// them in common.
func RandomSets(r *rand.Rand, na, nb, shared int) (a, b []uint64) {
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

// SetOf makes a sorted set of the bytes of data and of each two neighbours.
func SetOf(data []byte) (s []uint64) {
	for i, c := range data {
		s = append(s, uint64(c)<<56)
		if i > 0 {
			s = append(s, uint64(c)<<56|uint64(data[i-1]))
		}
	}
	slices.Sort(s)
	return slices.Compact(s)
}
