//go:build amd64 && !purego

package json

import (
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/internal/kernel"
)

func unescape(dst, src []byte) (written, read int, nonASCII bool) {
	switch kernel.Active() {
	case kernel.AVX512:
		return unescapeAVX512(dst, src)
	case kernel.AVX2:
		written, read, nonASCII = unescapeAVX2(dst, src)
		if len(src)-read >= sizeAVX2 {
			return written, read, nonASCII
		}
		w, r, n := unescapePortable(dst[written:], src[read:])
		return written + w, read + r, nonASCII || n
	}
	return unescapePortable(dst, src)
}

// The bytes that a step of the kernels takes.
const (
	sizeAVX2   = 32
	sizeAVX512 = 64
)

// validUTF8 leaves the blocks in the middle of p to assembly and does the
// beginning and the end, where that cannot look, itself.
func validUTF8(p []byte) bool {
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
