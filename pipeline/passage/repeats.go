package passage

import (
	"bytes"
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"
)

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
