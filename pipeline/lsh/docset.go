package lsh

import (
	"iter"
	"math/bits"
	"sync/atomic"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// docSet is a set of documents, one bit each, between a first and a last one.
type docSet struct {
	first corpus.ID // of bit 0
	words []uint64
}

// newDocSet returns an empty set that can hold the documents from first to last,
// or none if n is 0.
func newDocSet(first, last corpus.ID, n int) *docSet {
	if n == 0 {
		return &docSet{}
	}
	return &docSet{first: first, words: make([]uint64, (uint64(last)-uint64(first))/64+1)}
}

// add may be called from many goroutines. Most documents in a pair are in
// several, hence the look before the write.
func (s *docSet) add(id corpus.ID) {
	at := id - s.first
	word, bit := &s.words[at/64], uint64(1)<<(at%64)
	if atomic.LoadUint64(word)&bit == 0 {
		atomic.OrUint64(word, bit)
	}
}

// all returns the documents of the set, ascending. Nothing is added meanwhile.
func (s *docSet) all() iter.Seq[corpus.ID] {
	return func(yield func(corpus.ID) bool) {
		for i, word := range s.words {
			for ; word != 0; word &= word - 1 {
				if !yield(s.first + corpus.ID(64*i+bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}
