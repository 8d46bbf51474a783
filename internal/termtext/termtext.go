// Package termtext shows foreign text on a terminal: harmless, and in as many
// columns as there are.
//
// Texts and names of a corpus are hostile: an escape sequence in a title would
// act on the reader's terminal. [Plain] makes every such character visible or
// drops it, [Columns] says how wide what is left will be, and [Fit] and [Pad]
// bring it to a width. All functions are pure.
package termtext

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
	"golang.org/x/text/width"
)

const ellipsis = "…"

// maxMarks bounds the characters of one grapheme that are printed, so that a
// letter under a million accents stays one letter. Emoji sequences need 10.
const maxMarks = 16

// Plain returns s as it may be shown on a terminal: nothing in it moves the
// cursor, changes colours or turns the direction of writing around. With escape
// set such characters become visible, so that two names that differ look
// different; otherwise they become a space or vanish.
func Plain(s string, escape bool) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		first := s[0]
		s = s[size:]
		switch {
		case r == utf8.RuneError && size == 1 && escape:
			fmt.Fprintf(&b, `\x%02x`, first)
		case !isHidden(r):
			b.WriteRune(r)
		case !escape:
			if !unicode.Is(unicode.Cf, r) {
				b.WriteByte(' ')
			}
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	return b.String()
}

// isPlain reports whether s is printable ASCII, as most names are.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// isHidden reports whether a character acts on the display instead of standing
// in it. The two joiners stay: emoji and Indic and Arabic scripts need them.
func isHidden(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = 0x200c, 0x200d
	if r == zeroWidthNonJoiner || r == zeroWidthJoiner {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Columns returns the terminal columns that s takes.
func Columns(s string) int {
	if isPlain(s) {
		return len(s)
	}
	n := 0
	for g := graphemes.FromString(s); g.Next(); {
		n += graphemeColumns(g.Value())
	}
	return n
}

// graphemeColumns is 2 for East Asian wide characters and emoji, 0 for marks
// that stand alone, else 1 (UAX #11 and the usual practice of terminals).
func graphemeColumns(g string) int {
	const emojiStyle = 0xfe0f
	n := 0
	for _, r := range g {
		switch {
		case r == emojiStyle && n > 0:
			return 2
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case isWide(r):
			return 2
		default:
			n = 1
		}
	}
	return n
}

func isWide(r rune) bool {
	if r < 0x1100 { // the first wide character
		return false
	}
	if r >= 0x1f1e6 && r <= 0x1f1ff { // letters that make flags in pairs
		return true
	}
	k := width.LookupRune(r).Kind()
	return k == width.EastAsianWide || k == width.EastAsianFullwidth
}

// Fit returns s cut to at most limit columns; a cut ends in "…". Overlong
// graphemes are cut too.
func Fit(s string, limit int) string {
	if isPlain(s) && len(s) <= limit {
		return s
	}
	if limit < 1 {
		return ""
	}
	var b strings.Builder
	used, cut := 0, 0 // cut: length of b that leaves a column for the ellipsis
	for g := graphemes.FromString(s); g.Next(); {
		v := g.Value()
		n := graphemeColumns(v)
		if used+n > limit {
			return strings.TrimRight(b.String()[:cut], " ") + ellipsis
		}
		used += n
		b.WriteString(firstRunes(v, maxMarks))
		if used < limit {
			cut = b.Len()
		}
	}
	return b.String()
}

// firstRunes returns the first n runes of s.
func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Pad returns s followed by spaces up to n columns.
func Pad(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-Columns(s)))
}
