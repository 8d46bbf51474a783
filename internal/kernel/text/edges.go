package text

import "math/bits"

// Edges writes the places at which the runs of set bits in a bitmap start and
// end, in order: dst[2*i] is the first bit of run i and dst[2*i+1] the first one
// behind it. It returns how many places that are, which is an even number. The
// last bit must be zero.
//
// dst must have 64 places for each word, or Edges panics, and words no more than
// 2^26; dst behind the places returned holds anything afterwards.
func Edges(dst []uint32, words []uint64) int {
	n := 64 * len(words)
	if len(dst) < n {
		panic("text: no room for Edges")
	}
	return edges(dst[:n:n], words)
}

func edgesPortable(dst []uint32, words []uint64) int {
	var last uint64
	n := 0
	for b, w := range words {
		t := w ^ (w<<1 | last)
		last = w >> 63
		base := uint32(64 * b)
		for ; t != 0; t &= t - 1 {
			dst[n] = base + uint32(bits.TrailingZeros64(t))
			n++
		}
	}
	return n
}
