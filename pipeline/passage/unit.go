package passage

import (
	"bytes"
	"unicode/utf8"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/shingle"
)

// part is a paragraph or line of a text: its bytes, and where the next one begins,
// behind line ends and blank lines.
type part struct{ start, end, next int }

// nextPart returns the first part of text from byte at on. ok is false if there is
// none.
func nextPart(u Unit, text []byte, at int) (p part, ok bool) {
	for at < len(text) && isBlankLine(text[at:]) {
		at += lineEnd(text[at:])
	}
	if at == len(text) {
		return part{}, false
	}
	p.start = at
	at += lineEnd(text[at:])
	for u == Paragraph && at < len(text) && !isBlankLine(text[at:]) {
		at += lineEnd(text[at:])
	}
	p.end = at
	for at < len(text) && isBlankLine(text[at:]) {
		at += lineEnd(text[at:])
	}
	p.next = at
	if u == Line {
		p.next = p.end // blank lines between lines stay
	}
	return p, true
}

// lineEnd is the length of the line that text starts with, with its end.
func lineEnd(text []byte) int {
	if n := bytes.IndexByte(text, '\n') + 1; n > 0 {
		return n
	}
	return len(text)
}

// isBlankLine reports whether the line that text starts with is white space alone.
func isBlankLine(text []byte) bool {
	return len(bytes.TrimSpace(text[:lineEnd(text)])) == 0
}

// unitFinder is the Finder of paragraphs and lines.
type unitFinder struct {
	o          Options
	hash       Hash
	own, other func(uint32) ([]byte, error)
	large      []byte // the last large text with first occurrences, nil for none
	largeDoc   uint32
	normalizer *shingle.Normalizer
	norm, want []byte
	keys       []extsort.Triple
}

func newUnitFinder(o Options, hash Hash, texts Texts) *unitFinder {
	f := &unitFinder{o: o, hash: hash, normalizer: shingle.NewNormalizer()}
	if texts.Reader != nil {
		f.own, f.other = texts.Reader(), texts.Reader()
	}
	return f
}

// Keys implements [Finder].
func (f *unitFinder) Keys(doc uint32, text []byte, yield func([]extsort.Triple) error) error {
	f.keys = f.keys[:0]
	for p, ok := nextPart(f.o.Unit, text, 0); ok; p, ok = nextPart(f.o.Unit, text, p.next) {
		// No character has fewer bytes written than 1, but normalising may make
		// several of one.
		f.norm = f.normalizer.Append(f.norm[:0], text[p.start:p.end])
		if len(f.norm) < f.o.MinChars || utf8.RuneCount(f.norm) < f.o.MinChars {
			continue
		}
		h := xxh3.Hash128Seed(f.norm, f.hash.Seed)
		f.keys = append(f.keys, f.hash.key(h.Hi, h.Lo, At(doc, p.start)))
	}
	return yield(f.keys)
}

// Spans implements [Finder].
func (f *unitFinder) Spans(runs []Run, yield func(doc uint32, text []byte, spans []Span) error) error {
	defer func() { f.large = nil }()
	for runs, doc := range byText(runs) {
		text, err := f.own(doc)
		if err != nil {
			return err
		}
		spans, err := f.spansOf(text, runs)
		if err != nil {
			return err
		}
		if err := yield(doc, text, spans); err != nil {
			return err
		}
	}
	return nil
}

func (f *unitFinder) spansOf(text []byte, runs []Run) (dst []Span, err error) {
	for _, m := range runs { // of one match each: a unit has more than one byte
		start := m.At.Offset()
		p, ok := nextPart(f.o.Unit, text, start)
		if !ok || p.start != start {
			return dst, ErrCollision
		}
		if same, err := f.same(text[p.start:p.end], m.Match); !same || err != nil {
			if err == nil {
				err = ErrCollision
			}
			return dst, err
		}
		dst = append(dst, Span{Start: start, End: p.next, Chars: utf8.RuneCount(text[start:p.next]),
			First: m.First.Doc(), FirstStart: m.First.Offset()})
	}
	return dst, nil
}

// first returns text number doc.
func (f *unitFinder) first(doc uint32) ([]byte, error) {
	if f.large != nil && f.largeDoc == doc {
		return f.large, nil
	}
	text, err := f.other(doc)
	if err == nil && len(text) > LargeText {
		f.large, f.largeDoc = text, doc
	}
	return text, err
}

// same reports whether unit, the one at m.At, is equal to the first after
// normalising.
func (f *unitFinder) same(unit []byte, m Match) (bool, error) {
	if m.At == m.First {
		return true, nil
	}
	text, err := f.first(m.First.Doc())
	if err != nil {
		return false, err
	}
	p, ok := nextPart(f.o.Unit, text, m.First.Offset())
	if !ok || p.start != m.First.Offset() {
		return false, nil
	}
	first := text[p.start:p.end]
	if bytes.Equal(unit, first) {
		return true, nil
	}
	f.norm = f.normalizer.Append(f.norm[:0], unit)
	f.want = f.normalizer.Append(f.want[:0], first)
	return bytes.Equal(f.norm, f.want), nil
}
