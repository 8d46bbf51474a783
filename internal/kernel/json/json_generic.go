//go:build !amd64 || purego

package json

import "unicode/utf8"

func unescape(dst, src []byte) (written, read int, nonASCII bool) {
	return unescapePortable(dst, src)
}

func validUTF8(p []byte) bool { return utf8.Valid(p) }
