package pipeline

import (
	"bytes"
	"iter"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/shingle"
)

// newRemainder returns a function that reports whether a text has a token left
// without what an edit cuts out.
func newRemainder() func(text []byte, e *passage.Edit) bool {
	normalizer := shingle.NewNormalizer()
	var left, norm []byte
	return func(text []byte, e *passage.Edit) bool {
		if plainlyRemains(text, e) {
			return true
		}
		if cap(left)+cap(norm) > 4*passage.LargeText {
			left, norm = nil, nil // a giant text must not be paid for ever after
		}
		left = left[:0]
		for part := range partsLeft(text, e) {
			left = append(left, part...)
		}
		if len(bytes.TrimSpace(left)) == 0 {
			return false
		}
		norm = normalizer.Append(norm[:0], left)
		return shingle.HasToken(norm)
	}
}

// partsLeft yields what an edit leaves of a text.
func partsLeft(text []byte, e *passage.Edit) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		at := 0
		for _, s := range e.Spans {
			if !yield(text[at:s.Start]) {
				return
			}
			at = s.End
		}
		yield(text[at:])
	}
}

// plainlyRemains reports whether a letter or digit of ASCII is left before anything that
// markup may begin with, or that may turn into it. Nothing behind it takes it away.
func plainlyRemains(text []byte, e *passage.Edit) bool {
	for part := range partsLeft(text, e) {
		for _, c := range part {
			switch {
			case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9':
				return true
			case c == '<', c == '&', c >= utf8.RuneSelf:
				return false
			}
		}
	}
	return false
}
