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

// sortTriples sorts v ascending, in place, from byte at of 24 on, the highest first;
// the bytes before it are equal in all of v. What has come down to few values is left
// to a comparison sort (McIlroy, Bostic and McIlroy, Engineering radix sort, 1993).
func sortTriples(v []Triple, at int) {
	for ; at < tripleBytes && len(v) >= radixMin; at++ {
		word, shift := at/8, 56-8*(at%8)
		var counts [256]int
		for i := range v {
			counts[byte(v[i][word]>>shift)]++
		}
		if counts[byte(v[0][word]>>shift)] == len(v) {
			continue
		}
		permute(v, &counts, word, shift)
		for _, n := range counts {
			sortTriples(v[:n], at+1)
			v = v[n:]
		}
		return
	}
	slices.SortFunc(v, compareTriples)
}

// permute puts v in the order of one byte; counts are the numbers of values with each.
func permute(v []Triple, counts *[256]int, word, shift int) {
	var next, end [256]int
	at := 0
	for b, n := range counts {
		next[b] = at
		at += n
		end[b] = at
	}
	for b := range end {
		for next[b] < end[b] {
			t := v[next[b]]
			for {
				to := byte(t[word] >> shift)
				v[next[to]], t = t, v[next[to]]
				next[to]++
				if int(to) == b {
					break
				}
			}
		}
	}
}
