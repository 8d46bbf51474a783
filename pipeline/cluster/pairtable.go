package cluster

import "math/bits"

// pairTable finds the pair of two clusters: open addressing with linear probes,
// at most half full. Nothing is taken out. What clusters that are no more have
// left behind is never asked for, and goes when the table grows.
type pairTable struct {
	slots []pairSlot // a power of two
	shift int        // from a hash to a place in slots
	used  int
}

// pairSlot is free while its key is 0, which no two clusters have.
type pairSlot struct {
	key  uint64
	pair uint32
}

func (s *pairSlot) isFree() bool { return s.key == 0 }

func newPairTable(pairs int) pairTable {
	log := bits.Len(uint(2*pairs + 1))
	return pairTable{slots: make([]pairSlot, 1<<log), shift: 64 - log}
}

// find returns the slot of two clusters, or the free one that would be theirs.
func (t *pairTable) find(a, b uint32) *pairSlot {
	return t.findKey(keyOf(a, b))
}

func keyOf(a, b uint32) uint64 { return uint64(min(a, b))<<32 | uint64(max(a, b)) }

func (t *pairTable) findKey(key uint64) *pairSlot {
	// Fibonacci hashing: 1<<64 over the golden ratio.
	for i := key * 0x9e3779b97f4a7c15 >> t.shift; ; i = (i + 1) & uint64(len(t.slots)-1) {
		if s := &t.slots[i]; s.key == key || s.isFree() {
			return s
		}
	}
}

// add enters the pair of two clusters, which has no slot yet. If there is no
// room, the table is made anew with the pairs of clusters that are alive.
func (t *pairTable) add(a, b, pair uint32, alive func(uint32) bool) {
	if 2*t.used >= len(t.slots) {
		t.rebuild(alive)
	}
	s := t.find(a, b)
	*s = pairSlot{keyOf(a, b), pair}
	t.used++
}

func (t *pairTable) rebuild(alive func(uint32) bool) {
	isAlive := func(key uint64) bool { return key != 0 && alive(uint32(key>>32)) && alive(uint32(key)) }
	live := 0
	for _, s := range t.slots {
		if isAlive(s.key) {
			live++
		}
	}
	next := newPairTable(2 * live) // at most a quarter full
	for _, s := range t.slots {
		if isAlive(s.key) {
			*next.findKey(s.key) = s
		}
	}
	next.used = live
	*t = next
}
