package verify

import (
	"math/bits"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// setIndex turns documents into row numbers: the n-th document that was added is
// row n. It takes 1.5 bits for each document up to the last one, added or not
// (rank in a bitmap; Jacobson, Space-efficient static trees and graphs, 1989,
// here with a count for every word).
type setIndex struct {
	words []uint64 // bit id%64 of word id/64: the document has a row
	ranks []uint32 // rows before the word
	rows  uint32
}

// add gives id, which is above all before it, the next row.
func (x *setIndex) add(id corpus.ID) {
	for uint64(len(x.words)) <= uint64(id/64) {
		x.words = append(x.words, 0)
		x.ranks = append(x.ranks, x.rows)
	}
	x.words[id/64] |= 1 << (id % 64)
	x.rows++
}

// row returns the row of id, and whether it has one.
func (x *setIndex) row(id corpus.ID) (row int, ok bool) {
	at := int(id / 64)
	if at >= len(x.words) {
		return 0, false
	}
	word, bit := x.words[at], uint64(1)<<(id%64)
	return int(x.ranks[at]) + bits.OnesCount64(word&(bit-1)), word&bit != 0
}
