package sketch

import (
	"fmt"
	"math"
	"math/bits"
)

// Round is the hash function of one round of [FSS]: A*Mix(x) + B mod 2^64.
type Round struct {
	A, B    uint64
	inverse uint64 // of A, modulo 2^64
}

// NewRound returns the round with the constants a, which must be odd, and b.
func NewRound(a, b uint64) Round {
	inverse := a // right in the 3 lowest bits, twice as many each step
	for range 5 {
		inverse *= 2 - a*inverse
	}
	return Round{a, b, inverse}
}

// Element returns the mixed element whose value in this round is u.
func (r *Round) Element(u uint64) uint64 { return (u - r.B) * r.inverse }

// Bin maps a value to one of k bins, in order: the high half of the product of k
// and the value's upper 32 bits. No bin's share differs from 1/k by more than
// 2^-32.
func Bin(u, k uint64) uint64 { return (u >> 32) * k >> 32 }

// empty marks a bin that no element has reached.
const empty = math.MaxUint64

// FSS writes the sketch of set, which must not be empty, to dst, whose length is
// the number k of bins, 1 to [MaxPositions]. rounds has two entries a bin. In
// round i, the value of an element x is
//
//	u = A_i*Mix(x) + B_i mod 2^64
//
// and its bin is Bin(u, k) for i < k, and i-k from then on, so that every bin is
// filled in the end. A bin belongs to the first round that reaches it, and in
// that round to the element of the least value. What dst holds in the end is
// the mixed hash of that element.
//
// The value 2^64-1 stands for an empty bin: in the first k rounds, an element
// that has it reaches none. That is one value in 2^64 and changes nothing else.
func FSS(dst, set []uint64, rounds []Round) {
	if len(dst) == 0 || len(dst) > MaxPositions || len(rounds) != 2*len(dst) || len(set) == 0 {
		panic(fmt.Sprintf("sketch: %d elements, %d bins and %d rounds", len(set), len(dst), len(rounds)))
	}
	fss(dst, set, rounds)
}

// Sizes of the portable function's buffers, in elements.
const (
	// fssChunk is how many are mixed at a time. Sets up to this size are mixed
	// once; larger ones in every round, of which they need few.
	fssChunk = 512
	// fssBlock is how many are thrown before the hits among them are looked at.
	fssBlock = 128
)

// fssState is the scratch memory of one sketch.
type fssState struct {
	mixed   [fssChunk]uint64
	hits    [fssBlock]uint64
	open    [MaxPositions]uint8       // 1 for a bin that no earlier round has reached
	reached [MaxPositions / 64]uint64 // bit set of the open bins reached in this round
	left    int                       // number of open bins
}

func fssPortable(dst, set []uint64, rounds []Round) {
	var s fssState
	for i := range dst {
		dst[i] = empty
	}
	k := len(dst)
	for rest := set; len(rest) > 0; {
		chunk := rest[:min(len(rest), fssChunk)]
		rest = rest[len(chunk):]
		throwAll(dst, chunk, &rounds[0], &s.mixed)
	}
	s.left = settleFirst(dst, &rounds[0], &s.open)
	for i := 1; i < k && s.left > 0; i++ {
		if len(set) <= fssChunk {
			s.throw(dst, s.mixed[:len(set)], &rounds[i])
		} else {
			for rest := set; len(rest) > 0; {
				s.throw(dst, s.mix(&rest), &rounds[i])
			}
		}
		s.settle(dst, &rounds[i])
	}
	for bin := 0; s.left > 0; bin++ {
		if s.open[bin] != 0 {
			dst[bin] = lastRound(set, &rounds[k+bin])
			s.left--
		}
	}
}

// lastRound returns the mixed element of the least value in round r: the winner
// of the only bin of one of the last k rounds.
func lastRound(set []uint64, r *Round) uint64 {
	least := uint64(empty)
	for _, x := range set {
		least = min(least, r.A*Mix(x)+r.B)
	}
	return r.Element(least)
}

// mix cuts a chunk from the head of rest and returns it mixed.
func (s *fssState) mix(rest *[]uint64) []uint64 {
	head := (*rest)[:min(len(*rest), fssChunk)]
	*rest = (*rest)[len(head):]
	for i, x := range head {
		s.mixed[i] = Mix(x)
	}
	return s.mixed[:len(head)]
}

// factors are those of Mix; nobody changes them.
var factors = [2]uint64{mixA, mixB}

// throwAll lowers the bins of a chunk to its elements' values in the first round,
// and leaves the mixed elements behind.
//
// It has no branch: with as many elements as bins, half of the values are new
// minima, and which cannot be predicted. Inlined, it runs out of registers. The
// mixer's factors come from a variable, and Mix and Bin are written out, because
// the compiler would load constants anew for each element and leave a no-op for
// each call.
//
//go:noinline
func throwAll(dst, chunk []uint64, r *Round, mixed *[fssChunk]uint64) {
	first, second := factors[0], factors[1]
	a, b, k, all := r.A, r.B, uint64(len(dst)), mixed[:len(chunk)]
	for i, x := range chunk {
		x ^= x >> 30
		x *= first
		x ^= x >> 27
		x *= second
		x ^= x >> 31
		all[i] = x
		u := a*x + b
		bin := (u >> 32) * k >> 32
		dst[bin] = min(dst[bin], u)
	}
}

// throw is throwAll for open bins alone, and notes which it has reached. Values
// that hit an open bin are first gathered without a branch, then treated: which
// ones do is as unpredictable as in throwAll.
func (s *fssState) throw(dst, mixed []uint64, r *Round) {
	k := uint64(len(dst))
	for len(mixed) > 0 {
		block := mixed[:min(len(mixed), fssBlock)]
		mixed = mixed[len(block):]
		for _, u := range s.hits[:gather(&s.hits, block, r, &s.open, k)] {
			bin := Bin(u, k)
			if u < dst[bin] {
				dst[bin] = u
				s.reached[bin/64%uint64(len(s.reached))] |= 1 << (bin % 64)
			}
		}
	}
}

// gather writes to hits the values of at most fssBlock mixed elements that fall
// into open bins, and returns their number.
//
//go:noinline
func gather(hits *[fssBlock]uint64, mixed []uint64, r *Round, open *[MaxPositions]uint8, k uint64) int {
	a, b, n := r.A, r.B, 0
	for _, y := range mixed {
		u := a*y + b
		hits[uint(n)%fssBlock] = u
		n += int(open[Bin(u, k)%MaxPositions])
	}
	return n
}

// settleFirst ends the first round: it turns the values of the bins that were
// reached into elements, opens the others and returns their number. It has no
// branch either, and must not be inlined, for the same reasons as throwAll.
//
//go:noinline
func settleFirst(dst []uint64, r *Round, open *[MaxPositions]uint8) int {
	b, inverse, left, bits := r.B, r.inverse, 0, open[:len(dst)]
	for bin, u := range dst {
		y, one := (u-b)*inverse, 0
		if u == empty {
			y = empty
		}
		if u == empty {
			one = 1
		}
		dst[bin] = y
		bits[bin] = uint8(one)
		left += one
	}
	return left
}

// settle ends a later round: it closes the bins that were reached and turns
// their values into elements.
func (s *fssState) settle(dst []uint64, r *Round) {
	for w := range (len(dst) + 63) / 64 {
		for m := s.reached[w]; m != 0; m &= m - 1 {
			bin := w*64 + bits.TrailingZeros64(m)
			dst[bin] = r.Element(dst[bin])
			s.open[bin] = 0
			s.left--
		}
		s.reached[w] = 0
	}
}
