package passage

import (
	"bytes"
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/shingle"
)

// sequence is a text as the elements that a substring consists of: tokens, or bytes.
type sequence struct {
	in    Measure
	text  []byte
	words words // of Tokens
	// segments are the places of the tokens in the text, once asked for.
	segments []shingle.Segment
	located  bool
}

func (s *sequence) len() int {
	if s.in == Bytes {
		return len(s.text)
	}
	return len(s.words.tokens)
}

// equal reports whether n elements from i on are those of t from k on.
func (s *sequence) equal(i int, t *sequence, k, n int) bool {
	if i+n > s.len() || k+n > t.len() {
		return false
	}
	if s.in == Bytes {
		return bytes.Equal(s.text[i:i+n], t.text[k:k+n])
	}
	return s.words.equal(i, &t.words, k, n)
}

// appendValues appends numbers below prime to dst, which stand for elements from up to
// to-1.
func (s *sequence) appendValues(dst []uint64, from, to int, seed uint64) []uint64 {
	if s.in == Tokens {
		return s.words.appendHashes(dst, from, to, seed)
	}
	for _, b := range s.text[from:to] {
		dst = append(dst, uint64(b)+1)
	}
	return dst
}

// sequence makes s the sequence of text, which it keeps.
func (r *reader) sequence(s *sequence, in Measure, text []byte) {
	s.in, s.text, s.located = in, text, false
	if in == Tokens {
		r.read(&s.words, text)
	}
}

// windowFinder is the Finder of substrings. Its units are all windows of N elements.
type windowFinder struct {
	o      Options
	hash   Hash
	textOf func(uint32) ([]byte, error)
	reader reader
	own    sequence
	cache  [8]struct {
		doc   uint32
		valid bool
		seq   sequence
	}

	anchors  *Anchors // nil: every window has a key
	winnower *winnower
	rollers  [2]roller
	values   []uint64
	hashes   [2][]uint64
	keys     []extsort.Triple
}

// Seeds of hashes that must not hang together.
const (
	windowSeed = iota // and the next one
	_
	anchorSeed
)

func newWindowFinder(o Options, hash Hash, anchors *Anchors, textOf func(uint32) ([]byte, error)) *windowFinder {
	f := &windowFinder{o: o, hash: hash, textOf: textOf, reader: newReader(), anchors: anchors}
	for i := range f.rollers {
		f.rollers[i] = newRoller(o.MinLength.N, hash.Seed+windowSeed+uint64(i))
	}
	if anchors != nil {
		f.winnower = newWinnower(o.MinLength, hash)
	}
	return f
}

// Keys implements [Finder].
func (f *windowFinder) Keys(doc uint32, text []byte, yield func([]extsort.Triple) error) error {
	f.reader.sequence(&f.own, f.o.MinLength.In, text)
	if f.anchors == nil {
		return f.keysOf(doc, 0, f.own.len()-f.o.MinLength.N+1, yield)
	}
	from, to := 0, 0 // windows that may be repeated and have no keys yet
	for a := range f.winnower.walk(&f.own) {
		if !f.anchors.has(a.hash) {
			continue
		}
		if a.from != to {
			if err := f.keysOf(doc, from, to, yield); err != nil {
				return err
			}
			from = a.from
		}
		to = a.to
	}
	return f.keysOf(doc, from, to, yield)
}

// keysOf makes the keys of windows from up to to-1 of f.own.
func (f *windowFinder) keysOf(doc uint32, from, to int, yield func([]extsort.Triple) error) error {
	n := f.o.MinLength.N
	for ; from < to; from += len(f.keys) {
		elements := min(from+max(blockWindows, n), to) + n - 1
		for i, r := range f.rollers {
			f.values = f.own.appendValues(f.values[:0], from, elements, f.hash.Seed+windowSeed+uint64(i))
			f.hashes[i] = r.append(f.hashes[i][:0], f.values)
		}
		f.keys = f.keys[:0]
		for i := range f.hashes[0] {
			f.keys = append(f.keys, f.hash.key(f.hashes[0][i], f.hashes[1][i], At(doc, from+i)))
		}
		if err := yield(f.keys); err != nil {
			return err
		}
	}
	return nil
}

// start and end return the byte where element i of s begins, and ends.
func (f *windowFinder) start(s *sequence, i int) int { return f.place(s, i).Start }
func (f *windowFinder) end(s *sequence, i int) int   { return f.place(s, i).End }

func (f *windowFinder) place(s *sequence, i int) shingle.Segment {
	if s.in == Bytes {
		return shingle.Segment{Start: i, End: i + 1}
	}
	if !s.located {
		s.segments, s.located = f.reader.normalizer.Segments(s.text), true
	}
	return s.segments[i]
}

// repeat is a run of elements of a text that is also in another place: element first
// of text doc and those behind it.
type repeat struct {
	start, end int
	doc        uint32
	first      int
}

// Spans implements [Finder].
func (f *windowFinder) Spans(dst []Span, doc uint32, text []byte, matches []Match) ([]Span, error) {
	f.reader.sequence(&f.own, f.o.MinLength.In, text)
	for i := range f.cache {
		f.cache[i].valid = false // views may be of memory that is used again
	}
	repeats, err := f.repeats(doc, matches)
	if err != nil {
		return dst, err
	}
	n, covered := len(dst), 0 // elements that are in a span already
	for _, r := range repeats {
		if r.start < covered {
			r.first += covered - r.start
			r.start = covered
		}
		if r.start >= r.end {
			continue
		}
		first, err := f.sequenceOf(r.doc, doc)
		if err != nil {
			return dst, err
		}
		s := Span{Start: f.start(&f.own, r.start), End: f.gapEnd(r.end), First: r.doc, FirstStart: f.start(first, r.first)}
		covered = r.end
		if len(dst) > n {
			s.Start = max(s.Start, dst[len(dst)-1].End)
		}
		if s.Start < s.End {
			dst = append(dst, s)
		}
	}
	return dst[:n+snap(dst[n:], text, f.o.Cut)], nil
}

// repeats makes runs of matches on one diagonal, and compares them element by
// element. They are sorted by their starts.
func (f *windowFinder) repeats(doc uint32, matches []Match) ([]repeat, error) {
	var repeats []repeat
	for i := 0; i < len(matches); {
		m, k := matches[i], 1
		for i+k < len(matches) && matches[i+k].At == m.At+Position(k) && matches[i+k].First == m.First+Position(k) {
			k++
		}
		first, err := f.sequenceOf(m.First.Doc(), doc)
		if err != nil {
			return nil, err
		}
		n := k - 1 + f.o.MinLength.N
		at, from := m.At.Offset(), m.First.Offset()
		if !f.own.equal(at, first, from, n) {
			return nil, ErrCollision
		}
		r := repeat{start: at, end: at + n, doc: m.First.Doc(), first: from}
		if r.doc == doc && f.o.Keep == KeepFirst {
			// What the first window has of a later one stays.
			shift := max(0, from+f.o.MinLength.N-at)
			r.start, r.first = r.start+shift, r.first+shift
		}
		repeats = append(repeats, r)
		i += k
	}
	slices.SortStableFunc(repeats, func(a, b repeat) int { return cmp.Compare(a.start, b.start) })
	return repeats, nil
}

// sequenceOf returns text number doc as a sequence; own is the number of f.own.
func (f *windowFinder) sequenceOf(doc, own uint32) (*sequence, error) {
	if doc == own {
		return &f.own, nil
	}
	e := &f.cache[doc%uint32(len(f.cache))]
	if e.valid && e.doc == doc {
		return &e.seq, nil
	}
	text, err := f.textOf(doc)
	if err != nil {
		return nil, err
	}
	// The text is good until the next one is asked for.
	f.reader.sequence(&e.seq, f.o.MinLength.In, append(e.seq.text[:0:0], text...))
	e.doc, e.valid = doc, true
	return &e.seq, nil
}

// gapEnd returns the byte up to which a span of the elements before end goes: with
// tokens, over the white space behind the last one and the punctuation before that, so
// that neither is left twice.
func (f *windowFinder) gapEnd(end int) int {
	at := f.end(&f.own, end-1)
	if f.own.in == Bytes {
		return at
	}
	text := f.own.text
	if end == f.own.len() {
		return len(text)
	}
	gap := text[at:max(at, f.start(&f.own, end))]
	if i := bytes.LastIndexFunc(gap, unicode.IsSpace); i >= 0 {
		_, size := utf8.DecodeRune(gap[i:])
		return at + i + size
	}
	return at
}
