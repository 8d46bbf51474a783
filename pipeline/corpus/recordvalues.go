package corpus

import (
	"unicode/utf16"
	"unicode/utf8"

	jsonkernel "github.com/doppel-dedup/doppel/internal/kernel/json"
)

// Here are the quickReader's steps below a member: names, strings, numbers, and values
// that nobody wants. Each begins at a place of data and returns the one after it, -1 to
// give up.

// quickDepth is how deep records may be nested for the quickReader.
const quickDepth = 32

// space returns the place of the first byte from at on that is no white space.
func (q *quickReader) space(at int) int {
	for q.data[at] == ' ' || q.data[at] == '\t' || q.data[at] == '\r' {
		at++
	}
	return at
}

// name returns the place after the name that begins at the quote data[at].
func (q *quickReader) name(at int) int {
	if q.data[at] != '"' {
		return -1
	}
	for at++; ; at++ {
		switch c := q.data[at]; {
		case c == '"':
			return at + 1
		case c < ' ' || c == '\\':
			return -1
		case c >= utf8.RuneSelf:
			q.mustCheck = true
		}
	}
}

// colon returns the place of the value behind a name that ends at at.
func (q *quickReader) colon(at int) int {
	at = q.space(at)
	if q.data[at] != ':' {
		return -1
	}
	return q.space(at + 1)
}

// copyString copies the content of the string that begins at the quote data[at]
// behind the arena, and returns its length there, the place after the string,
// and whether the content is ASCII.
func (q *quickReader) copyString(at int) (n, end int, ascii bool) {
	room := q.batch.arena[len(q.batch.arena):cap(q.batch.arena)]
	at++
	ascii = true
	for {
		written, read, nonASCII := jsonkernel.Unescape(room[n:], q.data[at:])
		n, at = n+written, at+read
		if nonASCII {
			ascii, q.mustCheck = false, true
		}
		if q.data[at] == '"' {
			return n, at + 1, ascii
		}
		from := at
		for q.data[at] == '\\' {
			r, size := quickRune(q.data[at:])
			if size == 0 {
				break
			}
			if r < utf8.RuneSelf {
				room[n] = byte(r)
				n++
			} else {
				n += utf8.EncodeRune(room[n:], r)
				ascii = false
			}
			at += size
		}
		if at == from {
			return 0, -1, false
		}
	}
}

// quickRune returns the character that the escapes at the start of s, \uXXXX or
// two of them, stand for, as unescapeRune does, and their length; 0 if s begins
// with no such escape or the second is none.
func quickRune(s []byte) (rune, int) {
	if len(s) < 8 || s[1] != 'u' {
		return 0, 0
	}
	r := quickHex(s[2:6])
	switch {
	case r < 0:
		return 0, 0
	case !utf16.IsSurrogate(r):
		return r, 6
	case s[6] != '\\' || s[7] != 'u':
		return utf8.RuneError, 6
	case len(s) < 12:
		return 0, 0
	}
	second := quickHex(s[8:12])
	if second < 0 {
		return 0, 0
	}
	if pair := utf16.DecodeRune(r, second); pair != utf8.RuneError {
		return pair, 12
	}
	return utf8.RuneError, 6
}

// quickHex returns the number that four hexadecimal digits are, or one below 0 if
// they are none. Which of them are letters is nothing to branch on.
func quickHex(digits []byte) rune {
	_ = digits[3]
	return hexDigits[digits[0]]<<12 | hexDigits[digits[1]]<<8 | hexDigits[digits[2]]<<4 | hexDigits[digits[3]]
}

// hexDigits maps hexadecimal digits to their values and other bytes to -1.
var hexDigits = func() (t [256]rune) {
	for c := range t {
		t[c] = -1
	}
	for v, c := range "0123456789abcdef" {
		t[c] = rune(v)
	}
	for v, c := range "ABCDEF" {
		t[c] = rune(v + 10)
	}
	return t
}()

// number returns the place after the number that begins at data[at].
func (q *quickReader) number(at int) int {
	if q.data[at] == '-' {
		at++
	}
	if q.data[at] == '0' {
		at++
	} else if at = q.digits(at); at < 0 {
		return -1
	}
	if q.data[at] == '.' {
		if at = q.digits(at + 1); at < 0 {
			return -1
		}
	}
	if q.data[at]|0x20 == 'e' {
		at++
		if q.data[at] == '+' || q.data[at] == '-' {
			at++
		}
		at = q.digits(at)
	}
	return at
}

// digits returns the place after the digits at at, of which there is one or more.
func (q *quickReader) digits(at int) int {
	start := at
	for q.data[at]-'0' <= 9 {
		at++
	}
	if at == start {
		return -1
	}
	return at
}

// skip returns the place after the value that begins at data[at], which stands
// in depth arrays and objects.
func (q *quickReader) skip(at, depth int) int {
	switch c := q.data[at]; c {
	case '"':
		_, end, _ := q.copyString(at) // and forget the copy
		return end
	case '{', '[':
		if depth == quickDepth {
			return -1
		}
		return q.skipNested(at, depth+1)
	case 't', 'f', 'n':
		n := len(literalAt(q.data[at:]))
		if n == 0 {
			return -1
		}
		return at + n
	}
	return q.number(at)
}

// skipNested returns the place after the object or array that begins at data[at].
func (q *quickReader) skipNested(at, depth int) int {
	isObject := q.data[at] == '{'
	last := byte(']')
	if isObject {
		last = '}'
	}
	at = q.space(at + 1)
	if q.data[at] == last {
		return at + 1
	}
	for {
		if isObject {
			if at = q.name(at); at < 0 {
				return -1
			}
			if at = q.colon(at); at < 0 {
				return -1
			}
		}
		if at = q.skip(at, depth); at < 0 {
			return -1
		}
		at = q.space(at)
		switch q.data[at] {
		case ',':
			at = q.space(at + 1)
		case last:
			return at + 1
		default:
			return -1
		}
	}
}
