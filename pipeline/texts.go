package pipeline

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// textTable maps the key of a text to the first document that has it. It is
// an open hash table in parts that grow one by one, so that growing never holds
// a second copy of the whole. It takes 20 bytes a slot, of which at least a
// quarter is free.
type textTable struct {
	parts [64]textPart
	// The seeds differ from run to run, so that no corpus can be written whose
	// texts all fall on one slot. They decide nothing that a user sees.
	seeds [2]uint64
}

type textPart struct {
	keys []textKey
	ids  []uint32 // ID + 1; 0 is a free slot
	used int
}

func newTextTable() *textTable { return &textTable{seeds: [2]uint64{rand.Uint64(), rand.Uint64()}} }

// slot spreads a key over the parts, by the top bits, and their slots.
func (t *textTable) slot(k *textKey) uint64 {
	lo, hi := binary.LittleEndian.Uint64(k[:8]), binary.LittleEndian.Uint64(k[8:])
	// The two halves of a product of 128 bits: each bit of the result hangs on
	// every bit of both factors, and on the seeds.
	high, low := bits.Mul64(lo^t.seeds[0], hi^t.seeds[1])
	return high ^ low
}

// add returns the first document with the key, which becomes id if none has
// been added with it before.
func (t *textTable) add(k textKey, id corpus.ID) (first corpus.ID, seen bool) {
	h := t.slot(&k)
	p := &t.parts[h>>58]
	if 4*(p.used+1) > 3*len(p.ids) {
		t.grow(p)
	}
	i := p.find(h, &k)
	if p.ids[i] != 0 {
		return corpus.ID(p.ids[i] - 1), true
	}
	p.keys[i], p.ids[i] = k, uint32(id)+1
	p.used++
	return id, false
}

// get returns the first document with the key.
func (t *textTable) get(k textKey) (first corpus.ID, seen bool) {
	h := t.slot(&k)
	p := &t.parts[h>>58]
	if p.used == 0 {
		return 0, false
	}
	i := p.find(h, &k)
	return corpus.ID(p.ids[i] - 1), p.ids[i] != 0
}

// find returns the slot that holds the key, or the free one where it belongs.
func (p *textPart) find(h uint64, k *textKey) int {
	mask := len(p.ids) - 1
	i := int(h>>16) & mask
	for p.ids[i] != 0 && p.keys[i] != *k {
		i = (i + 1) & mask
	}
	return i
}

func (t *textTable) grow(p *textPart) {
	old := *p
	n := max(2*len(old.ids), 64)
	*p = textPart{keys: make([]textKey, n), ids: make([]uint32, n), used: old.used}
	for i, id := range old.ids {
		if id != 0 {
			at := p.find(t.slot(&old.keys[i]), &old.keys[i])
			p.keys[at], p.ids[at] = old.keys[i], id
		}
	}
}
