//go:build amd64 && !purego

package text

import (
	"unsafe"

	"github.com/doppel-dedup/doppel/internal/kernel"
)

// The shortest texts for the AVX2 code: a vector and the bytes beside it.
const (
	minMarksAVX2 = 33
	minBreakAVX2 = 34
)

func findMarks(text []byte) (m Mark) {
	level := kernel.Active()
	for {
		// A mark of two bytes may lie across the end of a part.
		part := text[:min(len(text), mostBytes+1)]
		switch {
		case level == kernel.AVX512 && len(part) > 0:
			m |= Mark(marksAVX512(unsafe.SliceData(part), len(part)))
		case level == kernel.AVX2 && len(part) >= minMarksAVX2:
			m |= Mark(marksAVX2(unsafe.SliceData(part), len(part)))
		default:
			m |= marksPortable(part)
		}
		if len(part) == len(text) {
			return m
		}
		text = text[mostBytes:]
	}
}

func lineBreak(text []byte) int {
	level := kernel.Active()
	for from := 0; ; from += mostBytes {
		// What is looked for is a byte with one on either side.
		part := text[from:min(len(text), from+mostBytes+2)]
		i := -1
		switch {
		case level == kernel.AVX512 && len(part) > 2:
			i = breakAVX512(unsafe.SliceData(part), len(part))
		case level == kernel.AVX2 && len(part) >= minBreakAVX2:
			i = breakAVX2(unsafe.SliceData(part), len(part))
		default:
			i = breakPortable(part)
		}
		if i >= 0 {
			return from + i
		}
		if from+len(part) == len(text) {
			return -1
		}
	}
}
