package idf

import (
	"math"
	"slices"

	"github.com/doppel-dedup/doppel/shingle"
)

// Sizes of the sketch.
const (
	counterRows = 2
	rowBits     = 21 // of the number of a row's cells
)

// Counter counts in how many documents of a corpus each term is, in 16 MB whatever
// the size of the corpus. Make one with NewCounter; it belongs to one goroutine at
// a time. Counts do not depend on the order of documents, nor on how they are
// divided among counters that are merged later.
//
// It is a count-min sketch (Cormode and Muthukrishnan, An improved data stream
// summary, 2005) of 2 rows of 2^21 cells: each document of a term adds one to a
// cell of each row, which other terms may share, and the smallest of its cells is
// the term's count. So a count is never too low. Let N be the number of terms of
// all documents, each counted once a document: a given count is too high by more
// than e*N/2^21 with probability at most e^-2, which is 195 documents for a million
// of 150 terms. Mostly it is far less, since half of N belongs to a few hundred
// terms.
type Counter struct {
	cells     []uint32 // row by row
	documents uint64
	words     uint64 // of all documents
	common    uint64 // of them, those that are common in English
	english   *Lexicon
	distinct  []uint64
	scratch   []uint64
}

// NewCounter returns a Counter of no documents, for terms of the seed of the lexicon.
func NewCounter(english *Lexicon) *Counter {
	return &Counter{cells: make([]uint32, counterRows<<rowBits), english: english}
}

// Add counts a document: terms are all of its terms in any order, as often as it
// has them. A document without terms does not count. Add does not keep terms.
func (c *Counter) Add(terms []shingle.Term) {
	if len(terms) == 0 {
		return
	}
	c.documents++
	c.words += uint64(len(terms))
	c.distinct = c.distinct[:0]
	for _, t := range terms {
		if c.english.isCommon(t) {
			c.common++
		}
		c.distinct = append(c.distinct, uint64(t))
	}
	c.scratch = sortHashes(c.distinct, c.scratch)
	for _, t := range slices.Compact(c.distinct) {
		for _, i := range cellsOf(shingle.Term(t)) {
			c.cells[i] = addUpTo(c.cells[i], 1)
		}
	}
	c.distinct, c.scratch = trimmed(c.distinct), trimmed(c.scratch)
}

// Merge adds what other has counted. It does not keep other.
func (c *Counter) Merge(other *Counter) {
	c.documents += other.documents
	c.words += other.words
	c.common += other.common
	for i, n := range other.cells {
		c.cells[i] = addUpTo(c.cells[i], n)
	}
}

// Documents returns the number of documents counted.
func (c *Counter) Documents() uint64 { return c.documents }

// DF returns the number of documents that t is in, or more: see Counter.
func (c *Counter) DF(t shingle.Term) uint64 {
	df := uint32(math.MaxUint32)
	for _, i := range cellsOf(t) {
		df = min(df, c.cells[i])
	}
	return uint64(df)
}

// englishShare is the share of common words from which on a corpus is English.
// docs/background.md has the shares of real texts.
const englishShare = 0.25

// EnglishShare returns the share of words that are among the about 200 most
// frequent of English, in [0,1]; 0 if there are no words.
func (c *Counter) EnglishShare() float64 {
	if c.words == 0 {
		return 0
	}
	return float64(c.common) / float64(c.words)
}

// English reports whether the corpus is mostly in English, so that the background
// is a model of it.
func (c *Counter) English() bool { return c.EnglishShare() >= englishShare }

// cellsOf returns the cells of a term, one in each row.
func cellsOf(t shingle.Term) [counterRows]uint64 {
	return [counterRows]uint64{uint64(t) >> (64 - rowBits), 1<<rowBits | uint64(t)<<rowBits>>(64-rowBits)}
}

// addUpTo adds two counts, but not beyond the largest there is: in any order, the
// sum of many is the same.
func addUpTo(a, b uint32) uint32 { return a + min(b, math.MaxUint32-a) }
