package passage

import (
	"sort"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"github.com/clipperhouse/uax29/v2/sentences"

	"github.com/doppel-dedup/doppel/internal/ascending"
)

// snap moves the ends of spans to boundaries, and counts their characters: those of a
// run of spans that touch inwards, and where two of them meet to the next one. It works
// in place and returns how many are left; those that span no boundaries go.
func snap(spans []Span, text []byte, b Boundary) int {
	f := fence{text: text, kind: b}
	n := 0
	for from := 0; from < len(spans); {
		to := from + 1
		for to < len(spans) && spans[to].Start == spans[to-1].End {
			to++
		}
		start, end := f.from(spans[from].Start), f.upTo(spans[to-1].End)
		for _, s := range spans[from:to] {
			s.Start, s.End = start, min(f.from(s.End), end)
			if s.Start < s.End {
				s.Chars = utf8.RuneCount(text[s.Start:s.End])
				spans[n] = s
				n++
				start = s.End
			}
		}
		from = to
	}
	return n
}

// fence finds boundaries of a text.
type fence struct {
	text   []byte
	kind   Boundary
	bounds *ascending.List // all of them, once they are needed
}

// isPlain reports whether at is a boundary as a glance shows.
func (f *fence) isPlain(at int) bool { return f.kind == AtCharacter && plainBoundary(f.text, at) }

// find returns the place of at, or of the first boundary behind it, in f.bounds.
func (f *fence) find(at int) (i int, exact bool) {
	if f.bounds == nil {
		f.bounds = boundaries(f.text, f.kind)
	}
	i = sort.Search(f.bounds.Len(), func(i int) bool { return f.bounds.At(i) >= at })
	return i, i < f.bounds.Len() && f.bounds.At(i) == at
}

// from returns the first boundary from at on.
func (f *fence) from(at int) int {
	if f.isPlain(at) {
		return at
	}
	i, _ := f.find(at)
	return f.bounds.At(i)
}

// upTo returns the last boundary up to at.
func (f *fence) upTo(at int) int {
	if f.isPlain(at) {
		return at
	}
	i, exact := f.find(at)
	if !exact {
		i--
	}
	return f.bounds.At(i)
}

// plainBoundary reports whether byte at of text is between two characters of ASCII that
// are plainly two for a reader, or at an end.
func plainBoundary(text []byte, at int) bool {
	if at == 0 || at == len(text) {
		return true
	}
	return text[at-1] < utf8.RuneSelf && text[at] < utf8.RuneSelf && (text[at-1] != '\r' || text[at] != '\n')
}

// boundaries returns the bytes where the segments of text begin, and its end.
func boundaries(text []byte, b Boundary) *ascending.List {
	split := graphemes.SplitFunc
	if b == AtSentence {
		split = sentences.SplitFunc
	}
	bounds := new(ascending.List)
	bounds.Append(0)
	for at := 0; at < len(text); {
		size, _, err := split(text[at:], true)
		if err != nil || size <= 0 {
			panic("passage: no boundary") // there is one at the end of the text
		}
		at += size
		bounds.Append(at)
	}
	return bounds
}
