package corpus

import (
	"unicode"
	"unicode/utf8"
)

// AppendTitle appends to dst the first words of text on one line of at most
// maxRunes characters, for people to read: white space becomes single spaces,
// and what could disturb a terminal is left out (control and format characters,
// bytes that are not UTF-8). A cut is marked with "…" and made at the end of a
// word if that keeps half of the line.
func AppendTitle(dst, text []byte, maxRunes int) []byte {
	from := len(dst)
	runes, wordEnd, pending := 0, from, 0 // pending is 1 if a space comes before the next character
	for len(text) > 0 {
		r, n := rune(text[0]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text)
		}
		switch {
		case isSpace(r):
			pending = min(runes, 1)
		case isInvisible(r):
		case runes+pending+1 > maxRunes:
			if pending > 0 && runes < maxRunes {
				wordEnd = len(dst)
			}
			return cutTitle(dst, from, wordEnd)
		default:
			if pending > 0 {
				wordEnd = len(dst)
				dst = append(dst, ' ')
			}
			dst = append(dst, text[:n]...)
			runes, pending = runes+pending+1, 0
		}
		text = text[n:]
	}
	return dst
}

// isSpace and isInvisible decide most characters without a table.
func isSpace(r rune) bool {
	if r > ' ' && r < 0x7f {
		return false
	}
	return unicode.IsSpace(r)
}

func isInvisible(r rune) bool {
	if r >= ' ' && r < 0x7f {
		return false
	}
	return r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf)
}

// cutTitle ends a title that is too long, dst[from:], at its last word, or, if
// that would lose more than half of it, one character earlier.
func cutTitle(dst []byte, from, wordEnd int) []byte {
	if 2*(wordEnd-from) < len(dst)-from {
		_, last := utf8.DecodeLastRune(dst[from:])
		wordEnd = len(dst) - last
	}
	return append(dst[:wordEnd], "…"...)
}
