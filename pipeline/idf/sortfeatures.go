package idf

import (
	"cmp"
	"math/bits"
	"slices"
)

// Limits of sortFeatures.
const (
	fewFeatures = 32 // up to so many, inserting is fastest
	digitBits   = 11 // of a round of the radix sort
)

// sortFeatures sorts f by hash by means of scratch, and returns the sorted features and
// the other slice. Hashes are random to whoever writes texts, so their upper bits place
// nearly all: about as many as there are features, in one round or two, and insertion
// does the rest. Features that are there again and again, between others of the same
// upper bits, go to slices.SortFunc.
func sortFeatures(f, scratch []feature) (sorted, other []feature) {
	if len(f) > fewFeatures {
		scratch = slices.Grow(scratch[:0], len(f))[:len(f)]
		if n := bits.Len(uint(len(f))); n <= digitBits+1 {
			scatterFeatures(scratch, f, 64-min(n, digitBits))
			f, scratch = scratch, f
		} else {
			scatterFeatures(scratch, f, 64-2*digitBits)
			scatterFeatures(f, scratch, 64-digitBits)
		}
	}
	insertFeatures(f)
	return f, scratch
}

// scatterFeatures moves from to to, stably, in the order of up to digitBits bits from
// shift on.
func scatterFeatures(to, from []feature, shift int) {
	var counts [1 << digitBits]uint32
	at := counts[:1<<min(64-shift, digitBits)]
	mask := uint64(len(at) - 1)
	for i := range from {
		at[from[i].hash>>shift&mask]++
	}
	sum := uint32(0)
	for i, n := range at {
		at[i] = sum
		sum += n
	}
	for _, x := range from {
		p := &at[x.hash>>shift&mask]
		to[*p] = x
		*p++
	}
}

// insertFeatures sorts f, which is nearly sorted, or leaves it to slices.SortFunc when
// that turns out to be wrong.
func insertFeatures(f []feature) {
	moves := maxMoves * max(len(f), fewFeatures)
	for i := 1; i < len(f); i++ {
		x, j := f[i], i
		for ; j > 0 && f[j-1].hash > x.hash; j-- {
			f[j] = f[j-1]
		}
		f[j] = x
		if moves -= i - j; moves < 0 {
			slices.SortFunc(f, func(a, b feature) int { return cmp.Compare(a.hash, b.hash) })
			return
		}
	}
}
