//go:build amd64 && !purego

package text

import (
	"unsafe"

	"github.com/doppel-dedup/doppel/internal/kernel"
)

// continuing has no code for AVX-512: what was tried was slower than that for AVX2.
func continuing(text []byte) (n int) {
	if kernel.Active() == kernel.Portable {
		return continuingPortable(text)
	}
	for len(text) >= 32 {
		blocks := min(len(text), mostBytes) / 32
		n += continuingAVX2(unsafe.SliceData(text), blocks)
		text = text[32*blocks:]
	}
	return n + continuingPortable(text)
}
