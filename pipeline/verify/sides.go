package verify

import (
	"math"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Mixed is the side of a document that stands for copies on several sides.
const Mixed uint32 = math.MaxUint32

// Sides keeps apart documents that are on the same side: only pairs between sides
// count. It may be used by many goroutines. Nil Sides keep no pair apart.
type Sides struct {
	// Of has the side of each document, by corpus.ID: any number, or Mixed.
	Of []uint32
}

// Same reports whether both documents are on one side and on no other.
func (s *Sides) Same(a, b corpus.ID) bool {
	return s != nil && s.Of[a] == s.Of[b] && s.Of[a] != Mixed
}

// Filter drops the pairs of one side, in place, and returns the others in their
// order; see [Window.Filter].
func (s *Sides) Filter(pairs []corpus.Pair) []corpus.Pair {
	if s == nil {
		return pairs
	}
	return slices.DeleteFunc(pairs, func(p corpus.Pair) bool { return s.Same(p.A, p.B) })
}

// Between returns a verifier that does as v and yields no pair of one side. Chain
// compares such pairs, so that what is alike on one side takes one place among the
// representatives.
func (v *Verifier) Between(s *Sides) *Verifier {
	narrow := *v
	narrow.sides = s
	return &narrow
}
