package json

import (
	"encoding/binary"
	"math/bits"
)

// unescapes maps the character after a backslash to what the two stand for, and
// those that need more than a table, "u" and what is no escape, to 0.
var unescapes = [256]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', '"': '"', '\\': '\\', '/': '/'}

// Unescape copies the content of a JSON string, which begins at src[0], to dst
// and replaces its two-byte escapes by what they stand for. It stops before the
// first byte that it cannot copy: the closing quote, a control character (below
// 0x20), a backslash that does not begin a two-byte escape (that of \uXXXX, of an
// unknown escape, or the last byte of src), or the end of src.
//
// It returns the number of bytes written, the number of bytes read, and whether
// one of those was 0x80 or more. UTF-8 is not checked.
//
// dst must be as long as src, or longer, or Unescape panics, and not overlap it.
// dst[written:len(src)] may be overwritten with anything.
func Unescape(dst, src []byte) (written, read int, nonASCII bool) {
	if len(dst) < len(src) {
		panic("json: no room for Unescape")
	}
	return unescape(dst[:len(src):len(src)], src)
}

func unescapePortable(dst, src []byte) (written, read int, nonASCII bool) {
	var seen uint64 // of the highest bits
	for {
		n, bits := copyPlain(dst[written:], src[read:])
		seen |= bits
		written, read = written+n, read+n
		if len(src)-read < 2 || src[read] != '\\' || unescapes[src[read+1]] == 0 {
			return written, read, seen&high != 0
		}
		dst[written] = unescapes[src[read+1]]
		written, read = written+1, read+2
	}
}

// copyPlain copies src to dst up to the first quote, backslash or control
// character, and returns where that stands and all bytes before it, or-ed.
func copyPlain(dst, src []byte) (n int, seen uint64) {
	dst = dst[:len(src)]
	for ; n <= len(src)-16; n += 16 {
		v, w := word(src[n:n+8]), word(src[n+8:n+16])
		if stops(v)|stops(w) != 0 {
			break
		}
		binary.LittleEndian.PutUint64(dst[n:n+8], v)
		binary.LittleEndian.PutUint64(dst[n+8:n+16], w)
		seen |= v | w
	}
	for ; n <= len(src)-8; n += 8 {
		v := word(src[n : n+8])
		binary.LittleEndian.PutUint64(dst[n:n+8], v)
		if stop := stops(v); stop != 0 {
			before := bits.TrailingZeros64(stop) &^ 7
			return n + before/8, seen | v&(1<<before-1)
		}
		seen |= v
	}
	for ; n < len(src) && src[n] >= 0x20 && src[n] != '"' && src[n] != '\\'; n++ {
		seen |= uint64(src[n])
		dst[n] = src[n]
	}
	return n, seen
}

// stops returns a word whose lowest bit set is the highest of the first byte of v
// that is a quote, a backslash or a control character; 0 if there is none. Bits
// above the lowest mean nothing: a subtraction borrows from the bytes above. Bytes
// of 0x80 or more are none of the three, so one &^ v serves all.
func stops(v uint64) uint64 {
	const quote, backslash = '"' * low, '\\' * low
	q, b := v^quote, v^backslash
	return ((v - 0x20*low) | (q - low) | (b - low)) &^ v & high
}
