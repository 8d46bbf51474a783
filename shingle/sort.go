package shingle

import (
	"math/bits"
	"slices"
)

// Limits of sorter.
const (
	smallSort  = 12      // buckets up to this size are sorted by insertion
	noBuckets  = 48      // sets up to this size are sorted without buckets
	maxBuckets = 1 << 14 // their counts fit the second level cache
	maxScratch = 1 << 20 // elements kept from one call to the next
)

// A sorter sorts shingle hashes. The zero value is ready for use; it keeps
// buffers and belongs to one goroutine at a time.
//
// The hashes are uniform, so their first bits place nearly all of them: one
// counting pass leaves buckets of about two, which are then sorted by
// insertion. A bucket that is large because a shingle is repeated, a text is
// long or somebody wished it to be, goes to slices.Sort.
type sorter struct {
	ends    []uint32
	scratch []uint64
}

// distinct sorts h, moves the distinct ones to its front and returns their
// number.
func (s *sorter) distinct(h []uint64) int {
	if len(h) <= noBuckets || uint64(len(h)) > 1<<32-1 {
		slices.Sort(h)
		return len(slices.Compact(h))
	}
	buckets := min(1<<(bits.Len(uint(len(h)))-1), maxBuckets)
	shift := 64 - (bits.Len(uint(buckets)) - 1)
	s.scratch = append(s.scratch[:0], h...)
	s.ends = slices.Grow(s.ends[:0], buckets)[:buckets]
	ends := s.ends
	clear(ends)
	for _, x := range h {
		ends[x>>shift]++
	}
	var sum uint32
	for i, count := range ends {
		ends[i] = sum
		sum += count
	}
	for _, x := range s.scratch {
		b := x >> shift
		h[ends[b]] = x
		ends[b]++
	}
	var begin uint32
	kept := 0
	for _, end := range ends {
		bucket := h[begin:end]
		begin = end
		sortBucket(bucket)
		for i, x := range bucket {
			if i == 0 || x != h[kept-1] {
				h[kept] = x
				kept++
			}
		}
	}
	if cap(s.scratch) > maxScratch {
		s.scratch = nil
	}
	return kept
}

// sortBucket sorts h.
func sortBucket(h []uint64) {
	if len(h) > smallSort {
		slices.Sort(h)
		return
	}
	for i := 1; i < len(h); i++ {
		x := h[i]
		j := i
		for ; j > 0 && h[j-1] > x; j-- {
			h[j] = h[j-1]
		}
		h[j] = x
	}
}
