package shingle

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
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
// be normalised apart, all tokens have the span of the run.
//
// Time and memory are in proportion to the text, without a fast path:
// Segments is meant for showing texts, not for comparing them.
func Segments(text []byte) []Segment {
	var (
		segs  []Segment
		n     = NewNormalizer()
		start = 0 // of the run of characters other than white space
	)
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if unicode.IsSpace(r) {
			segs = n.appendSegments(segs, text, start, i)
			start = i + size
		}
		i += size
	}
	return n.appendSegments(segs, text, start, len(text))
}

// A piece is a part of a run that is normalised apart from the others: where
// it ends in the text and in the normalised run.
type piece struct{ text, norm int }

// appendSegments appends the tokens of text[start:end], which holds no white
// space.
func (n *Normalizer) appendSegments(segs []Segment, text []byte, start, end int) []Segment {
	whole := n.Append(nil, text[start:end])
	pieces := n.pieces(text, start, end, whole)
	first, begin := 0, start // the piece that the token starts in, and its start
	for s := (scanner{text: whole}); s.next(); {
		for pieces[first].norm <= s.start {
			begin = pieces[first].text
			first++
		}
		last := first
		for pieces[last].norm < s.end {
			last++
		}
		segs = append(segs, Segment{begin, pieces[last].text, string(whole[s.start:s.end])})
	}
	return segs
}

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
		joined = n.Append(joined, text[from:i])
		pieces = append(pieces, piece{i, len(joined)})
	}
	if !bytes.Equal(joined, whole) {
		return []piece{{end, len(whole)}}
	}
	return pieces
}
