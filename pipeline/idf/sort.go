package idf

import "slices"

// Limits of sortHashes.
const (
	noRadix    = 64      // up to so many, comparing is faster
	fewHashes  = 1 << 13 // up to here, 16 bits tell nearly all hashes apart
	maxMoves   = 8       // steps back for each element, on average, before slices.Sort takes over
	maxScratch = 1 << 18 // elements of a buffer that are kept from one document to the next
)

// sortHashes sorts h by means of scratch, which it returns. The upper bits of h are
// hashes, so they place nearly all: 16 or 24 of them by a radix sort, and insertion
// does the rest. What is alike because somebody wished it so goes to slices.Sort.
func sortHashes[T ~uint64](h, scratch []T) []T {
	if len(h) <= noRadix {
		slices.Sort(h)
		return scratch
	}
	scratch = slices.Grow(scratch[:0], len(h))[:len(h)]
	from, to := h, scratch
	low := 64 - 24
	if len(h) <= fewHashes {
		low = 64 - 16
	}
	for shift := low; shift < 64; shift += 8 {
		scatter(to, from, shift)
		from, to = to, from
	}
	if &from[0] != &h[0] {
		copy(h, from)
	}
	insert(h)
	return scratch
}

// scatter moves from to to, stably, in the order of the byte at shift.
func scatter[T ~uint64](to, from []T, shift int) {
	var at [256]int
	for _, x := range from {
		at[byte(x>>shift)]++
	}
	sum := 0
	for i, n := range at {
		at[i] = sum
		sum += n
	}
	for _, x := range from {
		p := &at[byte(x>>shift)]
		to[*p] = x
		*p++
	}
}

// insert sorts h, which is nearly sorted, or leaves it to slices.Sort when that
// turns out to be wrong.
func insert[T ~uint64](h []T) {
	moves := maxMoves * len(h)
	for i := 1; i < len(h); i++ {
		x, j := h[i], i
		for ; j > 0 && h[j-1] > x; j-- {
			h[j] = h[j-1]
		}
		h[j] = x
		if moves -= i - j; moves < 0 {
			slices.Sort(h)
			return
		}
	}
}

// trimmed returns a buffer for the next document: none if it has become large.
func trimmed[T any](buffer []T) []T {
	if cap(buffer) > maxScratch {
		return nil
	}
	return buffer[:0]
}
