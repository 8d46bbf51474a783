// Package json holds the two inner loops of reading JSONL: [Unescape], which
// finds the end of a JSON string and copies its content on the way, and
// [ValidUTF8]. Both touch each byte once, 64 at a time with AVX-512, 32 with
// AVX2 and 8 in portable Go, so that a reader built on them is bound by the
// escapes in its texts and not by their length.
//
// In come bytes of any kind, from files that nobody has checked; nothing is read
// or written outside the slices given. Out come lengths and truth values that are
// the same at every level of [kernel.Active]; the portable function in unescape.go
// and unicode/utf8.Valid are the specification. The functions keep nothing, allocate
// nothing, and may be called from many goroutines.
//
// ValidUTF8 follows J. Keiser and D. Lemire, "Validating UTF-8 in less than one
// instruction per byte", 2021.
package json

//go:generate go run -modfile=../../../go.tools.mod ./_asm -out json_amd64.s -stubs json_amd64_asm.go -pkg json

import "encoding/binary"

// most is the number of bytes that one call of assembly takes, in which the
// runtime cannot stop a goroutine, for a garbage collection, say, and would keep
// all others waiting. More are several calls.
const most = 64 << 10

const (
	low  = 0x0101010101010101 // the lowest bit of each byte
	high = 0x8080808080808080 // the highest bit of each byte
)

func word(p []byte) uint64 { return binary.LittleEndian.Uint64(p) }
