//go:build amd64 && !purego

package json

import (
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/internal/kernel"
)

func unescape(dst, src []byte) (written, read int, nonASCII bool) {
	part := src
	if len(src) > most {
		part = src[:most]
	}
	switch kernel.Active() {
	case kernel.AVX512:
		written, read, nonASCII = unescapeAVX512(dst, part)
	case kernel.AVX2:
		written, read, nonASCII = unescapeAVX2(dst, part)
		if len(part)-read < sizeAVX2 {
			w, r, n := unescapePortable(dst[written:], part[read:])
			written, read, nonASCII = written+w, read+r, nonASCII || n
		}
	default:
		return unescapePortable(dst, src)
	}
	if len(src) > most && read >= most-1 {
		return unescapeMore(dst, src, written, read, nonASCII)
	}
	return written, read, nonASCII
}

// unescapeMore goes on with unescape behind the first most bytes, or before the
// last of them: that may be a backslash that begins an escape. If it is not, the
// next part stops there too.
func unescapeMore(dst, src []byte, written, read int, nonASCII bool) (int, int, bool) {
	for {
		part := src[read:min(len(src), read+most)]
		last := read+len(part) == len(src)
		w, r, n := unescape(dst[written:], part)
		written, read, nonASCII = written+w, read+r, nonASCII || n
		if last || r < most-1 {
			return written, read, nonASCII
		}
	}
}

// The bytes that a step of the kernels takes.
const (
	sizeAVX2   = 32
	sizeAVX512 = 64
)

func validUTF8(p []byte) bool {
	for len(p) > most {
		// In a valid text, a character starts here or up to three bytes
		// before. Another does not become valid by a cut.
		cut := most
		for cut > most-3 && !utf8.RuneStart(p[cut]) {
			cut--
		}
		if !validPart(p[:cut]) {
			return false
		}
		p = p[cut:]
	}
	return validPart(p)
}

// validPart is validUTF8 for up to most bytes. It leaves the blocks in the middle
// of p to assembly and does the beginning and the end, where that cannot look,
// itself.
func validPart(p []byte) bool {
	blocks, size := utf8BlocksAVX512, sizeAVX512
	switch kernel.Active() {
	case kernel.Portable:
		return utf8.Valid(p)
	case kernel.AVX2:
		blocks, size = utf8BlocksAVX2, sizeAVX2
	}
	at := 0 // the first character that begins at 3 or later
	for at < 3 && at < len(p) {
		r, n := utf8.DecodeRune(p[at:])
		if r == utf8.RuneError && n == 1 {
			return false
		}
		at += n
	}
	n := (len(p) - at) / size * size
	if n == 0 {
		return utf8.Valid(p[at:])
	}
	return blocks(p[at-3:]) && utf8.Valid(p[lastStart(p[:at+n]):])
}

// lastStart returns where the last character of p begins, if p may end within it,
// and the length of p otherwise. Of p is known that it is valid but for its end.
func lastStart(p []byte) int {
	for i := len(p) - 1; i >= len(p)-3; i-- {
		if p[i] >= 0xc0 {
			return i
		}
	}
	return len(p)
}
