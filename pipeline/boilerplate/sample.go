package boilerplate

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// textSample holds up to size of the distinct texts it was offered: those with the
// least digests, so that neither their order nor how often each came has a say
// (a bottom-k sample, Cohen and Kaplan, Summarizing data using bottom-k sketches,
// 2007). It takes 16 bytes for each of twice as many texts at most.
type textSample struct {
	size  int
	texts []rankedText
	full  bool
	last  uint64 // rank from which on nothing is let in, if full
}

// rankedText is a text by the first 64 bits of its digest and its first document.
type rankedText struct {
	rank uint64
	id   corpus.ID
}

func (s *textSample) add(d shingle.Digest, id corpus.ID) {
	rank := binary.LittleEndian.Uint64(d[:8])
	if s.full && rank >= s.last {
		return
	}
	s.texts = append(s.texts, rankedText{rank, id})
	if len(s.texts) == 2*s.size {
		s.settle()
	}
}

// settle leaves only the sample, in the order of ranks.
func (s *textSample) settle() {
	s.texts = distinctTexts(s.texts)
	if len(s.texts) >= s.size {
		s.texts = s.texts[:s.size]
		s.full, s.last = true, s.texts[s.size-1].rank
	}
}

// distinctTexts sorts by rank, and leaves one of each text. Somebody may have made unlike
// texts of one rank.
func distinctTexts(texts []rankedText) []rankedText {
	slices.SortFunc(texts, func(a, b rankedText) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.id, b.id)) })
	return slices.CompactFunc(texts, func(a, b rankedText) bool { return a == b })
}

// union settles samples and returns their texts, by id.
func union(samples []*textSample) []rankedText {
	var texts []rankedText
	for _, s := range samples {
		s.settle()
		texts = append(texts, s.texts...)
	}
	texts = distinctTexts(texts)
	slices.SortFunc(texts, func(a, b rankedText) int { return cmp.Compare(a.id, b.id) })
	return texts
}

func idsOf(texts []rankedText) []corpus.ID {
	ids := make([]corpus.ID, len(texts))
	for i, t := range texts {
		ids[i] = t.id
	}
	return ids
}

// Shingles are counted by their upper 49 bits at first: the lower ones have room for the
// number of a text in the largest sample. Two of ten million shingles have equal
// upper bits once in ten times.
const (
	sampleBits = 15
	sampleMask = 1<<sampleBits - 1
)

// shingleSet is a hash table of shingles, by all bits but the lowest. The zero value is
// empty.
type shingleSet struct {
	slots []uint64 // the lowest bit is set; 0 is free
	used  int
}

func (s *shingleSet) add(h uint64) {
	if 2*(s.used+1) > len(s.slots) {
		old := s.slots
		s.slots = make([]uint64, max(2*len(old), 64))
		for _, k := range old {
			if k != 0 {
				s.slots[s.find(k)] = k
			}
		}
	}
	if i := s.find(h); s.slots[i] == 0 {
		s.slots[i] = h | 1
		s.used++
	}
}

func (s *shingleSet) has(h uint64) bool { return s.used > 0 && s.slots[s.find(h)] != 0 }

// find returns the slot of h, or the free one where it belongs.
func (s *shingleSet) find(h uint64) int {
	h |= 1
	mask := len(s.slots) - 1
	i := int(h >> (bits.LeadingZeros64(uint64(mask)) & 63))
	for s.slots[i] != 0 && s.slots[i] != h {
		i = (i + 1) & mask
	}
	return i
}
