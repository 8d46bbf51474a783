package extsort

import "slices"

// radixMin is the length below which a comparison sort is faster.
const radixMin = 256

// radixSort sorts v ascending, one byte a pass from the lowest. scratch must be
// at least as long as v. Bytes that are equal in all values cost no pass, so
// packed pairs of small IDs need four or five passes, not eight.
func radixSort(v, scratch []uint64) {
	if len(v) < radixMin {
		slices.Sort(v)
		return
	}
	var counts [8][256]int
	for _, x := range v {
		for b := range counts {
			counts[b][byte(x>>(8*b))]++
		}
	}
	from, to := v, scratch[:len(v)]
	for b := range counts {
		c := &counts[b]
		if c[byte(v[0]>>(8*b))] == len(v) {
			continue
		}
		scatter(to, from, c, 8*b)
		from, to = to, from
	}
	if &from[0] != &v[0] {
		copy(v, from)
	}
}

// scatter moves from to to, stably, in the order of the byte at shift. It turns
// c, the number of values with each byte, into write positions.
func scatter(to, from []uint64, c *[256]int, shift int) {
	at := 0
	for i, n := range c {
		c[i] = at
		at += n
	}
	for _, x := range from {
		i := byte(x >> shift)
		to[c[i]] = x
		c[i]++
	}
}
