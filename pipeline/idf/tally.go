package idf

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/doppel-dedup/doppel/shingle"
)

// Count is in how many of some documents a term is.
type Count struct {
	Term      shingle.Term
	Documents uint32
}

// Counts are of some documents, such as those of a batch. The zero value is of none.
type Counts struct {
	Documents uint64
	Words     uint64 // of all documents
	Common    uint64 // of them, those that are common in English
	Terms     []Count
}

// Reset makes c those of no documents. It keeps the memory of c.Terms.
func (c *Counts) Reset() { *c = Counts{Terms: c.Terms[:0]} }

// Tally counts terms exactly, of a few documents at a time, which a Counter then adds
// up: it stays in the nearest caches, which a Counter does not. Make one with NewTally;
// it belongs to one goroutine and takes 32 bytes for each distinct term at most.
type Tally struct {
	english *Lexicon
	spread  uint64 // odd and secret: nobody can write words that meet in one place
	slots   []slot
	used    int
	counts  Counts // but for the terms
}

// slot is a place in a Tally for a term; it is free if no document has it.
type slot struct {
	term      shingle.Term
	documents uint32
	last      uint32 // number of the last document that has it
}

// Sizes of a Tally, in slots.
const (
	leastSlots = 1 << 12
	keptSlots  = 1 << 17
)

// NewTally returns a Tally of no documents, for terms of the seed of the lexicon.
func NewTally(english *Lexicon) *Tally {
	var secret [8]byte
	rand.Read(secret[:]) // never fails
	return &Tally{english: english, spread: binary.LittleEndian.Uint64(secret[:]) | 1, slots: make([]slot, leastSlots)}
}

// Add counts a document, as [Counter.Add] does.
func (t *Tally) Add(terms []shingle.Term) {
	if len(terms) == 0 {
		return
	}
	t.counts.Documents++
	t.counts.Words += uint64(len(terms))
	document := uint32(t.counts.Documents) // a batch has fewer
	for _, term := range terms {
		if t.english.isCommon(term) {
			t.counts.Common++
		}
		s := t.find(term)
		if s.documents == 0 {
			if 2*t.used >= len(t.slots) {
				t.grow()
				s = t.find(term)
			}
			t.used++
			s.term = term
		}
		if s.last != document {
			s.last = document
			s.documents++
		}
	}
}

// find returns the slot of a term, or the free one where it belongs.
func (t *Tally) find(term shingle.Term) *slot {
	mask := len(t.slots) - 1
	i := int(uint64(term) * t.spread >> (bits.LeadingZeros64(uint64(mask)) & 63))
	for t.slots[i].documents != 0 && t.slots[i].term != term {
		i = (i + 1) & mask
	}
	return &t.slots[i]
}

func (t *Tally) grow() {
	old := t.slots
	t.slots = make([]slot, 2*len(old))
	for i := range old {
		if old[i].documents != 0 {
			*t.find(old[i].term) = old[i]
		}
	}
}

// Flush appends what was counted to what dst has, in any order of terms, and leaves t
// without documents. A term may come again in dst.
func (t *Tally) Flush(dst *Counts) {
	dst.Documents += t.counts.Documents
	dst.Words += t.counts.Words
	dst.Common += t.counts.Common
	for i := range t.slots {
		if s := &t.slots[i]; s.documents != 0 {
			dst.Terms = append(dst.Terms, Count{s.term, s.documents})
		}
	}
	if len(t.slots) > keptSlots { // giant batches must not be paid for ever after
		t.slots = make([]slot, leastSlots)
	} else {
		clear(t.slots)
	}
	t.used, t.counts = 0, Counts{}
}

// AddCounts counts the documents that counts are of.
func (c *Counter) AddCounts(counts *Counts) {
	c.documents += counts.Documents
	c.words += counts.Words
	c.common += counts.Common
	for _, t := range counts.Terms {
		for _, i := range cellsOf(t.Term) {
			c.cells[i] = addUpTo(c.cells[i], t.Documents)
		}
	}
}

// Reset makes c one of no documents.
func (c *Counter) Reset() {
	clear(c.cells)
	c.documents, c.words, c.common = 0, 0, 0
}

// AppendTo appends what c has counted to dst: the numbers of documents, words and
// common words, and of each cell that is not 0 the distance from the last one and its
// count, all as uvarints. That is some bytes for each distinct term. Checkpoints hold it:
// their version changes with it, and with the cells of terms.
func (c *Counter) AppendTo(dst []byte) []byte {
	for _, n := range []uint64{c.documents, c.words, c.common} {
		dst = binary.AppendUvarint(dst, n)
	}
	last := -1
	for i, n := range c.cells {
		if n != 0 {
			dst = binary.AppendUvarint(dst, uint64(i-last))
			dst = binary.AppendUvarint(dst, uint64(n))
			last = i
		}
	}
	return dst
}

// errNoCounts is the error of bytes that are no counts.
var errNoCounts = errors.New("idf: these bytes are no counts of terms")

// AddFrom adds what [Counter.AppendTo] has written. On an error, part of it may have been
// added.
func (c *Counter) AddFrom(data []byte) error {
	bad := false
	next := func() uint64 {
		v, n := binary.Uvarint(data)
		if n <= 0 {
			bad, data = true, nil
			return 0
		}
		data = data[n:]
		return v
	}
	c.documents += next()
	c.words += next()
	c.common += next()
	for last := -1; len(data) > 0; {
		gap, n := next(), next()
		if bad || gap == 0 || gap > uint64(len(c.cells)-1-last) || n == 0 || n > 1<<32-1 {
			return errNoCounts
		}
		last += int(gap)
		c.cells[last] = addUpTo(c.cells[last], uint32(n))
	}
	if bad {
		return errNoCounts
	}
	return nil
}
