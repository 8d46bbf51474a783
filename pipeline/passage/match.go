package passage

import (
	"errors"
	"iter"

	"github.com/doppel-dedup/doppel/internal/extsort"
)

// ErrCollision says that two units had one key and were not equal. That happens
// once in 2^100 pairs or so, and not under another seed.
var ErrCollision = errors.New("passage: two different passages have one hash")

// Position is a place in the texts: the number of the text in the upper half, and in
// the lower half a byte, or of substrings by tokens the number of a token.
type Position uint64

// At returns the position of byte or token at in text number doc.
func At(doc uint32, at int) Position { return Position(doc)<<32 | Position(uint32(at)) }

// Doc returns the number of the text.
func (p Position) Doc() uint32 { return uint32(p >> 32) }

// Offset returns the byte or token.
func (p Position) Offset() int { return int(uint32(p)) }

// Match is an occurrence that is to go and the first one like it.
type Match struct{ At, First Position }

// Run is N matches in a row: the first one, and those whose occurrence and whose first
// one are each by 1, 2, ... further on.
type Run struct {
	Match
	N int
}

// AppendMatch appends the match that follows those in runs, and returns the extended
// slice.
func AppendMatch(runs []Run, m Match) []Run {
	if last := len(runs) - 1; last >= 0 {
		if r := &runs[last]; m.At == r.At+Position(r.N) && m.First == r.First+Position(r.N) && m.At.Doc() == r.At.Doc() && m.First.Doc() == r.First.Doc() {
			r.N++
			return runs
		}
	}
	return append(runs, Run{m, 1})
}

// byText yields the runs at each text, and its number.
func byText(runs []Run) iter.Seq2[[]Run, uint32] {
	return func(yield func([]Run, uint32) bool) {
		for len(runs) > 0 {
			doc, n := runs[0].At.Doc(), 1
			for n < len(runs) && runs[n].At.Doc() == doc {
				n++
			}
			if !yield(runs[:n:n], doc) {
				return
			}
			runs = runs[n:]
		}
	}
}

// Span is a part of a text that is to go: bytes Start to End.
type Span struct {
	Start, End int
	// Chars is the number of characters in it.
	Chars int
	// First is the number of the text with the first occurrence, and FirstStart the
	// byte where that begins.
	First      uint32
	FirstStart int
}

// Grouper finds in sorted keys those that are equal and numerous enough. Make one
// with NewGrouper.
type Grouper struct {
	minCount int
	emit     func(Match) error

	key     [2]uint64
	first   Position
	count   int
	waiting []Position // of the group, until it is numerous enough
	keep    Keep
}

// NewGrouper returns a Grouper that hands every match to emit.
func NewGrouper(o Options, emit func(Match) error) *Grouper {
	return &Grouper{minCount: o.MinCount, keep: o.Keep, emit: emit}
}

// Add goes on with the next keys, which ascend from call to call.
func (g *Grouper) Add(keys []extsort.Triple) error {
	for _, k := range keys {
		if g.count == 0 || g.key != [2]uint64{k[0], k[1]} {
			g.key, g.first, g.count, g.waiting = [2]uint64{k[0], k[1]}, Position(k[2]), 0, g.waiting[:0]
		}
		g.count++
		g.waiting = append(g.waiting, Position(k[2]))
		if g.count < g.minCount {
			continue
		}
		for _, at := range g.waiting {
			if at == g.first && g.keep == KeepFirst {
				continue
			}
			if err := g.emit(Match{at, g.first}); err != nil {
				return err
			}
		}
		g.waiting = g.waiting[:0]
	}
	return nil
}

// Finder makes keys of texts and spans of matches. It belongs to one goroutine.
type Finder interface {
	// Keys hands the keys of text number doc to yield, some thousands at a time: two
	// numbers of hash and the Position. yield must not keep the slice; its error ends
	// Keys and is returned.
	Keys(doc uint32, text []byte, yield func([]extsort.Triple) error) error
	// Spans hands what is to go of texts to yield: in order and not overlapping, for
	// each text that runs of matches are at. runs ascend. Spans returns [ErrCollision]
	// if one is false.
	Spans(runs []Run, yield func(doc uint32, text []byte, spans []Span) error) error
}

// Hash is the hash function of keys. Results do not depend on it.
type Hash struct {
	Seed uint64
	// Drop is the number of bits, up to 64, that are dropped of each half of a key,
	// so that tests see collisions. Default: 0.
	Drop uint8
}

// key returns the key of a unit with the given hash at a position.
func (h Hash) key(hi, lo uint64, at Position) extsort.Triple {
	return extsort.Triple{hi << h.Drop, lo << h.Drop, uint64(at)}
}

// Texts are the texts of a search.
type Texts struct {
	// Reader returns a function that returns the text of a number. What it returns must
	// stay good until it is called again, and if it is longer than [LargeText] for as
	// long as anyone has it.
	Reader func() func(doc uint32) ([]byte, error)
	// Size returns the size of a text in bytes.
	Size func(doc uint32) int
}

// LargeText is the size in bytes of a text from which on as few as can be are held.
const LargeText = 64 << 10

// NewFinder returns a Finder for o, which must be valid and have a unit. Of all
// keys made under one hash, those are equal whose units are, and hardly any others.
// anchors, if not nil, are those of all texts under the hash: windows whose anchor
// occurs once have no keys. texts are for Spans alone.
func NewFinder(o Options, h Hash, anchors *Anchors, texts Texts) Finder {
	if o.Unit == Substring {
		return newWindowFinder(o, h, anchors, texts)
	}
	return newUnitFinder(o, h, texts)
}
