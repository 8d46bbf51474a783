package corpus

import (
	"bytes"
	"encoding/binary"
	"math/bits"
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
	runes, pending := 0, 0 // pending is 1 if a space comes before the next character
	for len(text) > 0 {
		if pending == 0 && text[0] < utf8.RuneSelf {
			n := plainPrefix(text, maxRunes-runes, runes == 0)
			dst, text, runes = append(dst, text[:n]...), text[n:], runes+n
			if len(text) == 0 {
				break
			}
		}
		r, n := rune(text[0]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(text)
		}
		switch {
		case isSpace(r):
			pending = min(runes, 1)
		case isInvisible(r):
		case runes+pending+1 > maxRunes:
			return cutTitle(dst, from, pending > 0 && runes < maxRunes)
		default:
			if pending > 0 {
				dst = append(dst, ' ')
			}
			dst = utf8.AppendRune(dst, r)
			runes, pending = runes+pending+1, 0
		}
		text = text[n:]
	}
	return dst
}

// plainPrefix returns how many bytes at the start of text, up to limit, stand in a
// title as they are: ASCII without control characters and with single spaces
// between words. It looks at eight bytes at once, so it may stop early. A space
// stands neither at the end nor, if atStart is set, at the beginning.
func plainPrefix(text []byte, limit int, atStart bool) int {
	const low, high = 0x0101010101010101, 0x8080808080808080
	n := 0
	space := uint64(0) // 0x80 if the byte before was a space
	if atStart {
		space = 0x80
	}
	for n < limit && n <= len(text)-8 {
		v := binary.LittleEndian.Uint64(text[n : n+8])
		// The highest bits of bytes below 0x20, of 0x7f and above, and of spaces
		// after spaces. Borrows may set some above the lowest.
		s := v ^ ' '*low
		spaces := (s - low) &^ s & high
		odd := ((v-0x20*low)|(v+low)|v)&high | spaces&(spaces<<8|space)
		if odd != 0 {
			n += bits.TrailingZeros64(odd) / 8
			break
		}
		n, space = n+8, spaces>>56
	}
	n = max(0, min(n, limit))
	if n > 0 && text[n-1] == ' ' {
		n--
	}
	return n
}

// isSpace and isInvisible decide most characters without a table.
func isSpace(r rune) bool {
	switch {
	case r > ' ' && r < 0x7f, r > 0xa0 && r < 0x1680, r > 0x200a && r < 0x2028, r > 0x3000:
		return false
	}
	return unicode.IsSpace(r)
}

func isInvisible(r rune) bool {
	switch {
	case r >= ' ' && r < 0x7f, r > 0xad && r < 0x600, r > 0x200f && r < 0x2028, r > 0x206f && r < 0xfeff:
		return false
	}
	return r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf)
}

// cutTitle ends a title that is too long, dst[from:]: as it is if it ends with a
// whole word, else before its last word, or, if that would lose more than half of
// it, one character earlier.
func cutTitle(dst []byte, from int, isWordEnd bool) []byte {
	end := len(dst)
	if !isWordEnd {
		end = from + max(0, bytes.LastIndexByte(dst[from:], ' '))
	}
	if 2*(end-from) < len(dst)-from {
		_, last := utf8.DecodeLastRune(dst[from:])
		end = len(dst) - last
	}
	return append(dst[:end], "…"...)
}
