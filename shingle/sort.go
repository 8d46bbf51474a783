package shingle

import "slices"

// Limits of sorter.
const (
	noRadix    = 24      // sets up to this size are sorted by comparing only
	fewHashes  = 1 << 12 // up to here, 16 bits tell nearly all hashes apart
	fewBits    = 8       // of a digit then
	manyBits   = 11      // of a digit in larger sets
	maxMoves   = 8       // steps back for each element, on average, before slices.Sort takes over
	maxScratch = 1 << 20 // elements sorted with a copy
)

// A sorter sorts shingle hashes. The zero value is ready for use; it keeps
// buffers and belongs to one goroutine at a time.
//
// The hashes are uniform, so their first bits place nearly all of them: two
// passes of a radix sort go by 16 or 22 bits, from the lower ones up, and a last
// one brings the few that are still out of order to their places by insertion
// and drops those that are there already. Hashes that are alike because somebody
// wished it to be so go to slices.Sort.
type sorter struct {
	few     [2][1 << fewBits]uint32 // counts of the lower and the upper digit
	many    [2][1 << manyBits]uint32
	scratch []uint64
}

// distinct sorts h, moves the distinct ones to its front and returns their
// number.
func (s *sorter) distinct(h []uint64) int {
	if len(h) <= noRadix || uint64(len(h)) > 1<<32-1 {
		slices.Sort(h)
		return len(slices.Compact(h))
	}
	if len(h) > maxScratch {
		s.sortHuge(h)
		s.release()
		return insertDistinct(h)
	}
	s.scratch = slices.Grow(s.scratch[:0], len(h))[:len(h)]
	if len(h) <= fewHashes {
		s.sortFew(h)
	} else {
		s.sortMany(h, 64)
	}
	s.release()
	return insertDistinct(h)
}

// release lets go of more scratch than is kept.
func (s *sorter) release() {
	if cap(s.scratch) > maxScratch {
		s.scratch = nil
	}
}

// sortFew sorts h by its first 2*fewBits bits. It is sortMany with other
// constants, written out because shifts by constants and indexes that cannot be
// out of range make it a third faster.
func (s *sorter) sortFew(h []uint64) {
	const high, low = 64 - fewBits, 64 - 2*fewBits
	lower, upper := &s.few[0], &s.few[1]
	*lower, *upper = [1 << fewBits]uint32{}, [1 << fewBits]uint32{}
	for _, x := range h {
		lower[uint8(x>>low)]++
		upper[uint8(x>>high)]++
	}
	startAt(lower[:], upper[:])
	scratch := s.scratch
	for _, x := range h {
		p := &lower[uint8(x>>low)]
		scratch[*p] = x
		*p++
	}
	for _, x := range scratch {
		p := &upper[uint8(x>>high)]
		h[*p] = x
		*p++
	}
}

// sortHuge sorts h by its first bits without a copy of it: in place by the first
// fewBits of them (the American flag sort of McIlroy, Bostic and McIlroy, Engineering
// radix sort, 1993), and the parts of one such digit by more. What is alike because
// somebody wished it to be so is sorted by comparing.
func (s *sorter) sortHuge(h []uint64) {
	const high = 64 - fewBits
	var at, end [1 << fewBits]int
	for _, x := range h {
		end[x>>high]++
	}
	for d, from := 0, 0; d < len(end); d++ {
		at[d], from = from, from+end[d]
		end[d] = from
	}
	for d := range at {
		for from := at[d]; from < end[d]; from = at[d] {
			x := h[from]
			for to := x >> high; to != uint64(d); to = x >> high {
				h[at[to]], x = x, h[at[to]]
				at[to]++
			}
			h[from] = x
			at[d]++
		}
	}
	from := 0
	for _, to := range end {
		if part := h[from:to]; len(part) > maxScratch {
			slices.Sort(part)
		} else {
			s.scratch = slices.Grow(s.scratch[:0], len(part))[:len(part)]
			s.sortMany(part, high)
		}
		from = to
	}
}

// sortMany sorts h by 2*manyBits bits, of which top is behind the highest.
func (s *sorter) sortMany(h []uint64, top uint) {
	const mask = 1<<manyBits - 1
	high, low := (top-manyBits)&63, (top-2*manyBits)&63
	lower, upper := &s.many[0], &s.many[1]
	*lower, *upper = [1 << manyBits]uint32{}, [1 << manyBits]uint32{}
	for _, x := range h {
		lower[x>>low&mask]++
		upper[x>>high&mask]++
	}
	startAt(lower[:], upper[:])
	scratch := s.scratch
	for _, x := range h {
		p := &lower[x>>low&mask]
		scratch[*p] = x
		*p++
	}
	for _, x := range scratch {
		p := &upper[x>>high&mask]
		h[*p] = x
		*p++
	}
}

// startAt turns counts into the places where each digit begins.
func startAt(lower, upper []uint32) {
	upper = upper[:len(lower)]
	var a, b uint32
	for i := range lower {
		lower[i], a = a, a+lower[i]
		upper[i], b = b, b+upper[i]
	}
}

// insertDistinct does what distinct does for hashes that are nearly sorted. Others
// it leaves to slices.Sort as soon as it has stepped back too often, be it to place
// a hash or to find that it is there already: both are quadratic for hashes that
// somebody chose.
func insertDistinct(h []uint64) int {
	kept := rising(h)
	moves := maxMoves * len(h)
	for i := kept; i < len(h); i++ {
		x := h[i]
		if x > h[kept-1] {
			h[kept] = x
			kept++
			continue
		}
		j := kept - 1
		for j >= 0 && h[j] > x {
			j--
		}
		moves -= kept - j
		if moves < 0 { // with x not placed yet
			h = h[:kept+copy(h[kept:], h[i:])]
			slices.Sort(h)
			return len(slices.Compact(h))
		}
		if j >= 0 && h[j] == x {
			continue
		}
		copy(h[j+2:kept+1], h[j+1:kept])
		h[j+1] = x
		kept++
	}
	return kept
}

// rising returns how many hashes h starts with that are each greater than the one
// before. It is all of a set of a few hundred as often as not.
func rising(h []uint64) int {
	last := h[0]
	for i, x := range h[1:] {
		if x <= last {
			return i + 1
		}
		last = x
	}
	return len(h)
}
