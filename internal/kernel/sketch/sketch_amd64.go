//go:build amd64 && !purego

package sketch

import (
	"math/bits"

	"github.com/doppel-dedup/doppel/internal/kernel"
)

// binsAVX2 is the largest number of bins that fssAVX2 takes: their bits are one
// vector. No preset has more.
const binsAVX2 = 256

func fss(dst, set []uint64, rounds []Round) {
	var open [MaxPositions / 64]uint64
	var left int
	switch level := kernel.Active(); {
	case level >= kernel.AVX512:
		left = fssAVX512(dst, set, &rounds[0].A, &open)
	case level >= kernel.AVX2 && len(dst) <= binsAVX2:
		left = fssAVX2(dst, set, &rounds[0].A, &open)
	default:
		fssPortable(dst, set, rounds)
		return
	}
	if left == 0 {
		return
	}
	// Only sets of a few elements get here.
	for w, m := range open {
		for ; m != 0; m &= m - 1 {
			bin := w*64 + bits.TrailingZeros64(m)
			dst[bin] = lastRound(set, &rounds[len(dst)+bin])
		}
	}
}

func classic32(dst, set []uint64, f Funcs32) {
	switch level := kernel.Active(); {
	case level >= kernel.AVX512:
		classic32AVX512(dst, set, &f.a[0], &f.b[0])
	case level >= kernel.AVX2:
		classic32AVX2(dst, set, &f.a[0], &f.b[0])
	default:
		classic32Portable(dst, set, f)
	}
}

func bandKeys(dst, sig []uint64, rows int) {
	if kernel.Active() < kernel.AVX512 {
		bandKeysPortable(dst, sig, rows)
		return
	}
	bandKeysAVX512(dst, sig, rows)
}
