package corpus

import (
	"unicode"
	"unicode/utf8"
)

// Title returns the first words of text on one line of at most maxRunes
// characters, for people to read: white space becomes single spaces, and what
// could disturb a terminal is left out (control and format characters, bytes
// that are not UTF-8). A cut is marked with "…" and made at the end of a word
// if that keeps half of the line.
func Title(text []byte, maxRunes int) []byte {
	var dst []byte
	runes, wordEnd, pending := 0, 0, 0 // pending is 1 if a space comes before the next character
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case unicode.IsSpace(r):
			pending = min(runes, 1)
		case r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf):
		case runes+pending+1 > maxRunes:
			if pending > 0 && runes < maxRunes {
				wordEnd = len(dst)
			}
			return cutTitle(dst, wordEnd)
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

// cutTitle ends a title that is too long at its last word, or, if that would
// lose more than half of it, one character earlier.
func cutTitle(title []byte, wordEnd int) []byte {
	if 2*wordEnd < len(title) {
		_, last := utf8.DecodeLastRune(title)
		wordEnd = len(title) - last
	}
	return append(title[:wordEnd], "…"...)
}
