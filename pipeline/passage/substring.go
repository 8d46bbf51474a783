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
	// places are those of the tokens in the text, nil until asked for.
	places *shingle.Places
}

func (s *sequence) len() int {
	if s.in == Bytes {
		return len(s.text)
	}
	return s.words.len()
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
	s.in, s.text, s.places = in, text, nil
	if in == Tokens {
		r.read(&s.words, text)
	}
}

// bytes returns the memory that s takes.
func (s *sequence) bytes() int {
	n := len(s.text) + s.words.bytes()
	if s.places != nil {
		n += s.places.Bytes()
	}
	return n
}

// known is the sequence of a text that may be asked for again.
type known struct {
	doc   uint32
	valid bool
	seq   sequence
}

// windowFinder is the Finder of substrings. Its units are all windows of N elements.
type windowFinder struct {
	o      Options
	hash   Hash
	texts  Texts
	reader reader
	own    sequence
	ownDoc int64    // of own; -1 for none
	cache  [8]known // of small texts
	large  known    // of the last other one

	readOwn, readOther func(uint32) ([]byte, error)

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

func newWindowFinder(o Options, hash Hash, anchors *Anchors, texts Texts) *windowFinder {
	f := &windowFinder{o: o, hash: hash, texts: texts, reader: newReader(), ownDoc: -1, anchors: anchors}
	if texts.Reader != nil {
		f.readOwn, f.readOther = texts.Reader(), texts.Reader()
	}
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
	defer f.release()
	f.ownDoc = int64(doc)
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

// release lets go of what is large: a giant text must not be paid for ever after.
func (f *windowFinder) release() {
	f.large = known{}
	if f.ownDoc = -1; f.own.bytes() > 4*LargeText {
		f.own = sequence{}
	}
}

// start and end return the byte where element i of s begins, and ends.
func (f *windowFinder) start(s *sequence, i int) int {
	start, _ := f.place(s, i)
	return start
}

func (f *windowFinder) end(s *sequence, i int) int {
	_, end := f.place(s, i)
	return end
}

func (f *windowFinder) place(s *sequence, i int) (start, end int) {
	if s.in == Bytes {
		return i, i + 1
	}
	if s.places == nil {
		s.places = f.reader.normalizer.Places(s.text)
	}
	return s.places.At(i)
}

// repeat is a run of elements of a text that is also in another place: what goes of a
// run of matches.
type repeat struct {
	Run
	start, end int
	firstStart int  // byte of the other text where the like of start begins
	compared   bool // and firstStart known
}

// Spans implements [Finder].
func (f *windowFinder) Spans(runs []Run, yield func(doc uint32, text []byte, spans []Span) error) error {
	defer f.release()
	repeats := make([]repeat, 0, len(runs))
	for runs := range byText(runs) {
		repeats = f.appendRepeats(repeats, runs)
	}
	if err := f.compareLarge(repeats); err != nil {
		return err
	}
	for len(repeats) > 0 {
		doc, n := repeats[0].At.Doc(), 1
		for n < len(repeats) && repeats[n].At.Doc() == doc {
			n++
		}
		if err := f.sequenceOfOwn(doc); err != nil {
			return err
		}
		for i := range repeats[:n] {
			if err := f.compare(&repeats[i]); err != nil {
				return err
			}
		}
		if err := yield(doc, f.own.text, f.spansOf(repeats[:n])); err != nil {
			return err
		}
		repeats = repeats[n:]
	}
	return nil
}

// spansOf returns the spans of what goes of f.own.
func (f *windowFinder) spansOf(repeats []repeat) (spans []Span) {
	for _, r := range repeats {
		if r.start >= r.end {
			continue
		}
		s := Span{Start: f.start(&f.own, r.start), End: f.gapEnd(r.end), First: r.First.Doc(), FirstStart: r.firstStart}
		if n := len(spans); n > 0 {
			s.Start = max(s.Start, spans[n-1].End)
		}
		if s.Start < s.End {
			spans = append(spans, s)
		}
	}
	return spans[:snap(spans, f.own.text, f.o.Cut)]
}

// appendRepeats appends what goes of each run at a text, by their starts, no element
// twice.
func (f *windowFinder) appendRepeats(dst []repeat, runs []Run) []repeat {
	n := len(dst)
	for _, run := range runs {
		at, from := run.At.Offset(), run.First.Offset()
		r := repeat{Run: run, start: at, end: at + run.N - 1 + f.o.MinLength.N}
		if run.First.Doc() == run.At.Doc() && f.o.Keep == KeepFirst {
			// What the first window has of a later one stays.
			r.start += max(0, from+f.o.MinLength.N-at)
		}
		dst = append(dst, r)
	}
	slices.SortStableFunc(dst[n:], func(a, b repeat) int { return cmp.Compare(a.start, b.start) })
	covered := 0 // elements that go already
	for i := n; i < len(dst); i++ {
		r := &dst[i]
		if r.start = max(r.start, covered); r.start < r.end {
			covered = r.end
		}
	}
	return dst
}

// compareLarge compares the repeats whose first occurrences are in large texts, one of
// these after the other: each is made a sequence once, and no two are held.
func (f *windowFinder) compareLarge(repeats []repeat) error {
	var order []int32
	for i := range repeats {
		if first := repeats[i].First.Doc(); first != repeats[i].At.Doc() && f.texts.Size(first) > LargeText {
			order = append(order, int32(i))
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		return cmp.Compare(repeats[a].First.Doc(), repeats[b].First.Doc())
	})
	for _, i := range order {
		if err := f.sequenceOfOwn(repeats[i].At.Doc()); err != nil {
			return err
		}
		if err := f.compare(&repeats[i]); err != nil {
			return err
		}
	}
	f.large = known{}
	return nil
}

// compare compares a repeat of f.own with the first occurrence, element by element, if
// that was not done before, and finds where it stands.
func (f *windowFinder) compare(r *repeat) error {
	if r.compared {
		return nil
	}
	first, err := f.sequenceOf(r.First.Doc())
	if err != nil {
		return err
	}
	at, from := r.At.Offset(), r.First.Offset()
	if !f.own.equal(at, first, from, r.N-1+f.o.MinLength.N) {
		return ErrCollision
	}
	if r.compared = true; r.start < r.end {
		r.firstStart = f.start(first, from+r.start-at)
	}
	return nil
}

// sequenceOfOwn makes f.own the sequence of text number doc.
func (f *windowFinder) sequenceOfOwn(doc uint32) error {
	if f.ownDoc == int64(doc) {
		return nil
	}
	f.ownDoc = -1
	text, err := f.readOwn(doc)
	if err != nil {
		return err
	}
	if f.own.bytes() > 4*LargeText {
		f.own = sequence{}
	}
	f.reader.sequence(&f.own, f.o.MinLength.In, text)
	f.ownDoc = int64(doc)
	return nil
}

// sequenceOf returns text number doc as a sequence.
func (f *windowFinder) sequenceOf(doc uint32) (*sequence, error) {
	if f.ownDoc == int64(doc) {
		return &f.own, nil
	}
	small := &f.cache[doc%uint32(len(f.cache))]
	for _, e := range []*known{small, &f.large} {
		if e.valid && e.doc == doc {
			return &e.seq, nil
		}
	}
	e, isLarge := small, f.texts.Size(doc) > LargeText
	if isLarge {
		f.large = known{}
		e = &f.large
	}
	text, err := f.readOther(doc)
	if err != nil {
		return nil, err
	}
	if !isLarge { // which is good until the next one is asked for
		text = append(small.seq.text[:0], text...)
	}
	e.valid = false
	f.reader.sequence(&e.seq, f.o.MinLength.In, text)
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
