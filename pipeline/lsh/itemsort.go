package lsh

import (
	"math/bits"
	"slices"
)

// itemSort sorts the few items of a partition that the filter has left. They are
// uniform in their top bits, so one counting pass brings each to within a place
// or two of where it belongs, and an insertion sort does the rest.
type itemSort struct {
	items   []uint64
	scratch []uint64
	starts  []uint32
}

// longRun is the number of items with equal top bits from which they are sorted
// by comparison: a bucket of many documents, or keys that are not uniform.
const longRun = 24

// room returns a buffer for n items and one more, which becomes items when it
// has been filled.
func (s *itemSort) room(n int) []uint64 {
	if cap(s.items) <= n {
		s.items = make([]uint64, n+n/4+1)
	}
	return s.items[:n+1]
}

// sorted returns the items in ascending order, in memory that is good until the
// next call of room or sorted.
func (s *itemSort) sorted() []uint64 {
	n := len(s.items)
	if n <= longRun {
		insertionSort(s.items)
		return s.items
	}
	top := bits.Len(uint(n - 1))
	if len(s.starts) <= 1<<top {
		s.starts = make([]uint32, 1<<top+1)
	}
	if cap(s.scratch) < n {
		s.scratch = make([]uint64, cap(s.items))
	}
	starts, out := s.starts[:1<<top+1], s.scratch[:n]
	clear(starts)
	shift := uint(64-top) & 63
	for _, v := range s.items {
		starts[v>>shift+1]++
	}
	for i := range starts[1:] {
		starts[i+1] += starts[i]
	}
	for _, v := range s.items {
		at := &starts[v>>shift]
		out[*at] = v
		*at++
	}
	// Every start has moved to its run's end.
	from := uint32(0)
	for _, to := range starts[:1<<top] {
		if to-from > longRun {
			slices.Sort(out[from:to])
		}
		from = to
	}
	insertionSort(out)
	return out
}

// insertionSort is for items that are nearly in order.
func insertionSort(vs []uint64) {
	for i := 1; i < len(vs); i++ {
		v, at := vs[i], i
		for ; at > 0 && vs[at-1] > v; at-- {
			vs[at] = vs[at-1]
		}
		vs[at] = v
	}
}
