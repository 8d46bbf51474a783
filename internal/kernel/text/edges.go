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

// edgesPortable writes eight places at a time, though the last ones may be none: how many
// eights a word has can be told beforehand more often than how many places.
func edgesPortable(dst []uint32, words []uint64) int {
	var last uint64
	n := 0
	for b, w := range words {
		t := w ^ (w<<1 | last)
		last = w >> 63
		base := uint32(64 * b)
		count := bits.OnesCount64(t)
		for room := dst[n:]; t != 0; room = room[8:] {
			d := (*[8]uint32)(room)
			d[0], t = base+uint32(bits.TrailingZeros64(t)), t&(t-1)
			d[1], t = base+uint32(bits.TrailingZeros64(t)), t&(t-1)
			d[2], t = base+uint32(bits.TrailingZeros64(t)), t&(t-1)
			d[3], t = base+uint32(bits.TrailingZeros64(t)), t&(t-1)
			d[4], t = base+uint32(bits.TrailingZeros64(t)), t&(t-1)
			d[5], t = base+uint32(bits.TrailingZeros64(t)), t&(t-1)
			d[6], t = base+uint32(bits.TrailingZeros64(t)), t&(t-1)
			d[7], t = base+uint32(bits.TrailingZeros64(t)), t&(t-1)
		}
		n += count
	}
	return n
}
