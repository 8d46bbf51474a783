package verify

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// maxSieved bounds the terms of a document, so that the sums of Passes fit: a
// product of two weights has 32 bits.
const maxSieved = 128

// A Sieve keeps apart documents whose most telling words are too unlike: it drops
// candidate pairs by some dozens of terms a document, before anything else is read
// of the two. What it drops was not compared, so a pair may be missed.
//
// It holds 6 bytes a term and 16 a document, all in memory. It is filled by one
// goroutine; after that it may be used by many. A nil Sieve keeps no pair apart. The
// zero value is not usable: see NewSieve.
type Sieve struct {
	cut     uint64 // in thousandths
	hashes  []uint32
	weights []uint16
	ends    []uint64 // by corpus.ID, of its terms in hashes and weights
	squares []uint64 // by corpus.ID, of the weights, summed
}

// NewSieve returns an empty sieve that lets pairs pass whose terms have a cosine of
// cut thousandths or more, 1 to 1000. It reserves room for so many terms in all.
func NewSieve(cut, terms int) *Sieve {
	if cut < 1 || cut > 1000 {
		panic(fmt.Sprintf("verify: sieve with a cut of %d thousandths, want 1 to 1000", cut))
	}
	return &Sieve{cut: uint64(cut), hashes: make([]uint32, 0, terms), weights: make([]uint16, 0, terms)}
}

// Add takes the terms of document id, up to 128 entries hash<<16 | weight,
// ascending, with weights in 1..65535. IDs must ascend; those left out have no
// terms, and pass with none. Of a hash, 32 bits are kept: in one of 2^32 pairs of
// terms they are taken for equal that are not.
func (s *Sieve) Add(id corpus.ID, row []uint64) error {
	if uint64(id) < uint64(len(s.ends)) {
		return fmt.Errorf("verify: terms of document %d added after those of document %d, want ascending IDs", id, len(s.ends)-1)
	}
	if len(row) > maxSieved {
		return fmt.Errorf("verify: document %d has %d terms for the sieve, want at most %d", id, len(row), maxSieved)
	}
	for uint64(len(s.ends)) < uint64(id) {
		s.ends, s.squares = append(s.ends, uint64(len(s.hashes))), append(s.squares, 0)
	}
	squares := uint64(0)
	for _, e := range row {
		w := e & weightMask
		squares += w * w
		s.hashes, s.weights = append(s.hashes, uint32(e>>32)), append(s.weights, uint16(w))
	}
	s.ends, s.squares = append(s.ends, uint64(len(s.hashes))), append(s.squares, squares)
	return nil
}

// Passes reports whether the cosine of the terms of a and b reaches the cut: of
// integers, so it is the same on every machine.
func (s *Sieve) Passes(a, b corpus.ID) bool {
	if s == nil {
		return true
	}
	shared := s.shared(a, b)
	if shared == 0 {
		return false
	}
	// shared / sqrt(squares * squares) >= cut / 1000, without roots or rounding.
	hi, lo := bits.Mul64(shared*1000, shared*1000)
	needHi, needLo := bits.Mul64(s.cut*s.cut*s.squares[a], s.squares[b])
	return hi > needHi || hi == needHi && lo >= needLo
}

// shared is the sum of the products of the weights of terms that both have.
func (s *Sieve) shared(a, b corpus.ID) (sum uint64) {
	i, endA := s.span(a)
	j, endB := s.span(b)
	for i < endA && j < endB {
		x, y := s.hashes[i], s.hashes[j]
		if x == y {
			sum += uint64(s.weights[i]) * uint64(s.weights[j])
		}
		i += uint64(one(x <= y))
		j += uint64(one(y <= x))
	}
	return sum
}

// span returns where the terms of a document are.
func (s *Sieve) span(id corpus.ID) (from, end uint64) {
	if uint64(id) >= uint64(len(s.ends)) {
		return 0, 0
	}
	if id > 0 {
		from = s.ends[id-1]
	}
	return from, s.ends[id]
}

// Filter drops the pairs that do not pass, in place, and returns the others in their
// order.
func (s *Sieve) Filter(pairs []corpus.Pair) []corpus.Pair {
	if s == nil {
		return pairs
	}
	return slices.DeleteFunc(pairs, func(p corpus.Pair) bool { return !s.Passes(p.A, p.B) })
}

// MemoryBytes returns the bytes that terms take.
func (s *Sieve) MemoryBytes() int64 {
	return int64(len(s.hashes))*6 + int64(len(s.ends))*16
}

// one is 1 if yes and 0 otherwise; it compiles to a flag, not to a jump.
func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
