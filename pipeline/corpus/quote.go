package corpus

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// unescapes maps the character after a backslash to what both stand for; "u" is
// another matter, and the others stand for themselves.
var unescapes = [256]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', '"': '"', '\\': '\\', '/': '/'}

// appendUnquoted appends the content of a valid JSON string, given with its
// quotes, to dst. It never appends more bytes than the string has.
func appendUnquoted(dst, quoted []byte) []byte {
	s := quoted[1 : len(quoted)-1]
	for {
		n := bytes.IndexByte(s, '\\')
		if n < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:n]...)
		if s = s[n:]; s[1] != 'u' {
			dst, s = append(dst, unescapes[s[1]]), s[2:]
			continue
		}
		r, size := unescapeRune(s)
		dst, s = utf8.AppendRune(dst, r), s[size:]
	}
}

// unescapeRune returns the character that s, which begins with \uXXXX, begins
// with and the length of its escape. Half of a surrogate pair without the other
// is U+FFFD, as in encoding/json.
func unescapeRune(s []byte) (rune, int) {
	r := hexRune(s[2:6])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if pair := utf16.DecodeRune(r, hexRune(s[8:12])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// hexRune returns the number that hexadecimal digits are. The low half of a
// letter's byte counts from 1, and its bit 6 tells it from a digit.
func hexRune(digits []byte) (r rune) {
	for _, c := range digits {
		r = r<<4 | rune(c&0xf+c>>6*9)
	}
	return r
}

// AppendJSONString appends s, with quotes, as the JSON string that a [Container]'s
// records have for it: escaped is only what must be. Bytes that are not UTF-8 stay what
// they are: the parser of records will say so.
func AppendJSONString[T string | []byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(dst, s[from:]...), '"')
}
