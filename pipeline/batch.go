package pipeline

import (
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/shingle"
)

// maxKept is the size in bytes beyond which a batch's buffers are not reused.
const maxKept = 4 << 20

// titleRunes is the length of a document's title in reports.
const titleRunes = 80

// batch is one block of the corpus on its way through pass 1. Its buffers are
// reused; nothing in it outlives the sink.
type batch struct {
	blockHolder
	in corpus.Batch

	// Of each document in in.Docs:
	digests []shingle.Digest // of the normalised text
	stamps  []uint64         // likewise, by which equal digests are confirmed
	noToken []bool
	lens    []uint32 // characters
	titles  []byte   // first words, end to end
	titleAt []int
	keys    []uint64 // that make candidates, end to end; those of empty documents mean nothing
	keyEnd  []int
	sigs    []uint64 // signatures, likewise, if onSignature wants them

	// What number finds out:
	leads   []bool // no other document before has the text
	dropped []int  // documents that are bad records, since their key was taken

	words idf.Counts // of all documents, if words have weights

	size int64 // of a block's data that is not here any more
}

// empty makes b ready for a block. It is called when b has served, so that idle
// ones hold nothing large: a block of countless tiny documents, or a giant one,
// must not be paid for ever after.
func (b *batch) empty() {
	if cap(b.titles) > maxKept || cap(b.keys) > maxKept/8 || cap(b.words.Terms) > maxKept/16 {
		*b = batch{}
	}
	b.block = nil
	b.in.Reset()
	b.digests, b.stamps, b.noToken, b.lens = b.digests[:0], b.stamps[:0], b.noToken[:0], b.lens[:0]
	b.titles, b.titleAt = b.titles[:0], b.titleAt[:0]
	b.keys, b.keyEnd, b.sigs = b.keys[:0], b.keyEnd[:0], b.sigs[:0]
	b.words.Reset()
	b.leads, b.dropped, b.size = b.leads[:0], b.dropped[:0], 0
}

func (b *batch) keysOf(doc int) []uint64 { return partOf(b.keys, b.keyEnd, doc) }

// partOf returns part i of all, where parts end at ends.
func partOf(all []uint64, ends []int, i int) []uint64 {
	from := 0
	if i > 0 {
		from = ends[i-1]
	}
	return all[from:ends[i]]
}

func (b *batch) title(doc int) []byte {
	if doc+1 == len(b.titleAt) {
		return b.titles[b.titleAt[doc]:]
	}
	return b.titles[b.titleAt[doc]:b.titleAt[doc+1]]
}
