package passage

import "github.com/doppel-dedup/doppel/internal/extsort"

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
