package shingle

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/doppel-dedup/doppel/internal/ascending"
)

// A Segment is a token of a text and the place where it stands in it.
type Segment struct {
	Start, End int    // bytes text[Start:End], whole characters
	Norm       string // the token as it is in the normalised text
}

// Segments returns the tokens of a text as it was written, in order; the text
// need not be normalised. Their Norm fields are exactly the tokens of the
// normalised text. What is not a token is in no segment.
//
// Starts and ends never decrease. Two spans overlap only where normalising
// divides one character between tokens: those of U+337F, which stands for four
// letters, all have its span. In the rare run of characters whose parts cannot
// be normalised apart, all tokens have the span of the run. A word broken by a
// hyphen or by markup has the span of all its parts.
//
// Time is in proportion to the text, and memory to 10 times it or so: Segments is meant
// for showing texts. [Normalizer.Places] takes less.
func Segments(text []byte) []Segment { return NewNormalizer().Segments(text) }

// Segments is [Segments], by a Normalizer that knows the characters it has met.
func (n *Normalizer) Segments(text []byte) []Segment {
	t := n.trace(text)
	var segs []Segment
	norm := string(t.text) // one piece of memory for all Norms
	for s := (scanner{text: t.text}); s.next(); {
		segs = append(segs, Segment{t.start(s.start), t.end(s.end - 1), norm[s.start:s.end]})
	}
	return segs
}

// Places returns the places of the tokens of a text as it was written, as [Segment] has
// them. While it runs it
// takes 5 times the text or so.
func (n *Normalizer) Places(text []byte) *Places {
	t, p := n.trace(text), new(Places)
	for s := (scanner{text: t.text}); s.next(); {
		p.append(t.start(s.start), t.end(s.end-1))
	}
	return p
}

// trace normalises a text.
func (n *Normalizer) trace(text []byte) traced {
	t, _ := traced{text: text}.withoutMarkup()
	t = n.foldTraced(t)
	if plain, changed := t.withoutMarkup(); changed {
		t = n.foldTraced(plain)
	}
	return t.withoutBreaks()
}

// traced is a text on its way to its normal form, with the part of the text as it was
// written that each byte is from. Starts and ends of these never decrease.
type traced struct {
	text         []byte
	starts, ends *ascending.List // nil: each byte is from itself
}

// newTraced returns an empty text that is to be made of u.
func newTraced(u traced) traced {
	last := len(u.text)
	if last > 0 {
		last = u.end(last - 1)
	}
	return traced{make([]byte, 0, len(u.text)), ascending.New(len(u.text), last), ascending.New(len(u.text), last)}
}

// start and end return the part that byte i is from.
func (t *traced) start(i int) int {
	if t.starts == nil {
		return i
	}
	return t.starts.At(i)
}

func (t *traced) end(i int) int {
	if t.ends == nil {
		return i + 1
	}
	return t.ends.At(i)
}

// add appends the form of a part of u.
func (t *traced) add(form []byte, u traced, start, end int) {
	if len(form) == 0 {
		return
	}
	t.text = append(t.text, form...)
	t.starts.Append(u.start(start))
	t.starts.Repeat(len(form) - 1)
	t.ends.Append(u.end(end - 1))
	t.ends.Repeat(len(form) - 1)
}

// addEach appends the form of a part of u, in which a byte is from each byte of the
// part.
func (t *traced) addEach(form []byte, u traced, start int) {
	t.text = append(t.text, form...)
	end := start + len(form)
	switch {
	case start == end:
	case u.starts == nil:
		t.starts.Append(start)
		t.starts.Count(end - start - 1)
		t.ends.Append(start + 1)
		t.ends.Count(end - start - 1)
	default:
		t.starts.AppendFrom(u.starts, start, end)
		t.ends.AppendFrom(u.ends, start, end)
	}
}

// edited returns t after edits.
func (t traced) edited(edits []edit) traced {
	if len(edits) == 0 {
		return t
	}
	to := newTraced(t)
	from := 0
	for _, e := range edits {
		to.addEach(t.text[from:e.start], t, from)
		to.add([]byte(e.with), t, e.start, e.end)
		from = e.end
	}
	to.addEach(t.text[from:], t, from)
	return to
}

// withoutMarkup is rewriter.remove.
func (t traced) withoutMarkup() (_ traced, changed bool) {
	for _, find := range slices.Concat(markupPasses, breakPasses) {
		if edits := find(nil, t.text); len(edits) > 0 {
			t, changed = t.edited(edits), true
		}
	}
	return t, changed
}

// withoutBreaks is mendBreaks.
func (t traced) withoutBreaks() traced {
	var edits []edit
	for at := nextBreak(t.text, 0); at >= 0; at = nextBreak(t.text, at+1) {
		edits = append(edits, edit{start: at, end: at + len("- ")})
	}
	return t.edited(edits)
}

// foldTraced is appendFolded, by runs of characters other than white space.
func (n *Normalizer) foldTraced(t traced) traced {
	to := newTraced(t)
	start := 0 // of the run
	for i := 0; i <= len(t.text); {
		r, size := utf8.DecodeRune(t.text[i:])
		if i == len(t.text) || unicode.IsSpace(r) {
			n.foldRun(&to, t, start, i)
			start = i + max(size, 1)
		}
		i += max(size, 1)
	}
	return to
}

// foldRun appends the form of a run to to, behind a space if there is something
// already.
func (n *Normalizer) foldRun(to *traced, t traced, start, end int) {
	whole, ascii := n.appendFolded(n.run[:0], t.text[start:end])
	n.run = whole
	if len(whole) == 0 {
		return
	}
	if len(to.text) > 0 {
		to.add([]byte(" "), t, start, start+1)
	}
	if ascii { // each character is a piece
		to.addEach(whole, t, start)
		return
	}
	done := 0
	for _, p := range n.pieces(t.text, start, end, whole) {
		if p.norm > done {
			to.add(whole[done:p.norm], t, start, p.text)
			done = p.norm
		}
		start = p.text
	}
}

// A piece is a part of a run that is normalised apart from the others: where
// it ends in the text and in the normalised run.
type piece struct{ text, norm int }

// pieces cuts text[start:end] before every character that never combines with
// one before it. If the pieces' forms do not make up whole, the form of them
// all, it returns one piece.
func (n *Normalizer) pieces(text []byte, start, end int, whole []byte) []piece {
	var (
		pieces []piece
		joined []byte
	)
	for i := start; i < end; {
		from := i
		_, size := utf8.DecodeRune(text[i:end])
		for i += size; i < end; i += size {
			var r rune
			r, size = utf8.DecodeRune(text[i:end])
			if r == utf8.RuneError || norm.NFKC.Properties(text[i:end]).BoundaryBefore() {
				break
			}
		}
		joined, _ = n.appendFolded(joined, text[from:i])
		pieces = append(pieces, piece{i, len(joined)})
	}
	if !bytes.Equal(joined, whole) {
		return []piece{{end, len(whole)}}
	}
	return pieces
}

// Written returns the part of text that segments of it, one after another, have: as
// its author wrote it, "" of none.
func Written(text []byte, segments []Segment) string {
	if len(segments) == 0 {
		return ""
	}
	return string(text[segments[0].Start:segments[len(segments)-1].End])
}

// Norms returns the normalised tokens of segments, in their order.
func Norms(segments []Segment) []string {
	words := make([]string, len(segments))
	for i, s := range segments {
		words[i] = s.Norm
	}
	return words
}
