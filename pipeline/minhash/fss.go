package minhash

import (
	"math"
	"math/bits"
)

// fssRound is the hash function of one round of the family FSS.
type fssRound struct {
	mulAdd
	inverse uint64 // of a, modulo 2^64
}

// newFSS returns the 2k rounds of a sketch of k bins: the first 2k functions of
// MulAdd64 under the same seed. Persisted through signatures.
func newFSS(k int, seed int64) []fssRound {
	rounds := make([]fssRound, 2*k)
	for i, f := range newMulAdd(2*k, seed) {
		inverse := f.a // right in the 3 lowest bits, twice as many each step
		for range 5 {
			inverse *= 2 - f.a*inverse
		}
		rounds[i] = fssRound{f, inverse}
	}
	return rounds
}

// element returns the mixed element whose value in this round is u.
func (r *fssRound) element(u uint64) uint64 { return (u - r.b) * r.inverse }

// fssBin maps a value to one of k bins, in order: the high half of the product
// of k and the value's upper 32 bits. No bin's share differs from 1/k by more
// than 2^-32.
func fssBin(u, k uint64) uint64 { return (u >> 32) * k >> 32 }

// fssEmpty marks a bin that no element has reached. See signFSS.
const fssEmpty = math.MaxUint64

// Sizes of signFSS's buffers, in elements.
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
	open    [MaxHashes]uint8       // 1 for a bin that no earlier round has reached
	reached [MaxHashes / 64]uint64 // bit set of the open bins reached in this round
	left    int                    // number of open bins
}

// signFSS writes the sketch of set to dst, whose bins must all be fssEmpty.
// rounds has two entries a bin. In round i, an element's value is
//
//	u = a_i*mix(x) + b_i mod 2^64
//
// and its bin is fssBin(u) for i < k, and i-k from then on, so that every bin is
// filled in the end. A bin belongs to the first round that reaches it, and in
// that round to the element of the least value. What dst holds in the end is
// the mixed hash of that element.
//
// The value 2^64-1 stands for an empty bin: in the first k rounds, an element
// that has it reaches none. That is one value in 2^64 and changes nothing else.
func signFSS(dst, set []uint64, rounds []fssRound) {
	var s fssState
	k := len(dst)
	for rest := set; len(rest) > 0; {
		chunk := rest[:min(len(rest), fssChunk)]
		rest = rest[len(chunk):]
		throwAll(dst, chunk, rounds[0].mulAdd, &s.mixed)
	}
	s.left = settleFirst(dst, &rounds[0], &s.open)
	for i := 1; i < k && s.left > 0; i++ {
		if len(set) <= fssChunk {
			s.throw(dst, s.mixed[:len(set)], rounds[i].mulAdd)
		} else {
			for rest := set; len(rest) > 0; {
				s.throw(dst, s.mix(&rest), rounds[i].mulAdd)
			}
		}
		s.settle(dst, &rounds[i])
	}
	for bin := 0; s.left > 0; bin++ {
		if s.open[bin] == 0 {
			continue
		}
		r := &rounds[k+bin]
		for _, x := range set {
			dst[bin] = min(dst[bin], r.a*mix(x)+r.b)
		}
		dst[bin] = r.element(dst[bin])
		s.left--
	}
}

// mix cuts a chunk from the head of rest and returns it mixed.
func (s *fssState) mix(rest *[]uint64) []uint64 {
	head := (*rest)[:min(len(*rest), fssChunk)]
	*rest = (*rest)[len(head):]
	for i, x := range head {
		s.mixed[i] = mix(x)
	}
	return s.mixed[:len(head)]
}

// throwAll lowers the bins of a chunk to its elements' values in round f, and
// leaves the mixed elements behind.
//
// It has no branch: with as many elements as bins, half of the values are new
// minima, and which cannot be predicted. Inlined, it runs out of registers.
//
//go:noinline
func throwAll(dst, chunk []uint64, f mulAdd, mixed *[fssChunk]uint64) {
	k, all := uint64(len(dst)), mixed[:len(chunk)]
	for i, x := range chunk {
		y := mix(x)
		all[i] = y
		u := f.a*y + f.b
		bin := fssBin(u, k)
		dst[bin] = min(dst[bin], u)
	}
}

// throw is throwAll for open bins alone, and notes which it has reached. Values
// that hit an open bin are first gathered without a branch, then treated: which
// ones do is as unpredictable as in throwAll.
func (s *fssState) throw(dst, mixed []uint64, f mulAdd) {
	k := uint64(len(dst))
	for len(mixed) > 0 {
		block := mixed[:min(len(mixed), fssBlock)]
		mixed = mixed[len(block):]
		for _, u := range s.hits[:gather(&s.hits, block, f, &s.open, k)] {
			bin := fssBin(u, k)
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
func gather(hits *[fssBlock]uint64, mixed []uint64, f mulAdd, open *[MaxHashes]uint8, k uint64) int {
	n := 0
	for _, y := range mixed {
		u := f.a*y + f.b
		hits[uint(n)%fssBlock] = u
		n += int(open[fssBin(u, k)%MaxHashes])
	}
	return n
}

// settleFirst ends the first round: it turns the values of the bins that were
// reached into elements, opens the others and returns their number. It has no
// branch either, and must not be inlined, for the same reasons as throwAll.
//
//go:noinline
func settleFirst(dst []uint64, r *fssRound, open *[MaxHashes]uint8) int {
	left := 0
	for bin, u := range dst {
		y, one := r.element(u), uint8(0)
		if u == fssEmpty {
			y = fssEmpty
		}
		if u == fssEmpty {
			one = 1
		}
		dst[bin] = y
		open[uint(bin)%MaxHashes] = one
		left += int(one)
	}
	return left
}

// settle ends a later round: it closes the bins that were reached and turns
// their values into elements.
func (s *fssState) settle(dst []uint64, r *fssRound) {
	for w := range (len(dst) + 63) / 64 {
		for m := s.reached[w]; m != 0; m &= m - 1 {
			bin := w*64 + bits.TrailingZeros64(m)
			dst[bin] = r.element(dst[bin])
			s.open[bin] = 0
			s.left--
		}
		s.reached[w] = 0
	}
}
