//go:build amd64 && !purego

package sketch

import (
	"math/bits"

	"github.com/doppel-dedup/doppel/internal/kernel"
)

// binsAVX2 is the largest number of bins that fssAVX2 takes: their bits are one
// vector. No preset has more.
const binsAVX2 = 256

// The Go runtime cannot interrupt assembly: while it runs, the garbage collector
// and with it all goroutines may have to wait. So no call of a kernel gets more
// than these, and a larger set is taken in pieces, between which the runtime gets
// its turn. A call takes about half a millisecond then, at most.
const (
	// fssPiece is in elements. Pieces are at least half as large, so that there
	// are 32 elements or more for each bin: one round fills all bins. Only a set
	// that repeats few elements over and over, which callers do not have, takes a
	// call longer, up to k rounds.
	fssPiece = 64 * MaxPositions
	// classicPiece is in elements times functions, classicElements in elements:
	// few functions cost less than mixing the elements does.
	classicPiece    = 1 << 22
	classicElements = 1 << 17
)

func fss(dst, set []uint64, rounds []Round) {
	switch level := kernel.Active(); {
	case level < kernel.AVX2, level < kernel.AVX512 && len(dst) > binsAVX2:
		fssPortable(dst, set, rounds)
	case len(set) <= fssPiece:
		fssKernel(level, dst, set, rounds)
	case !fssPieces(level, dst, set, rounds):
		fssPortable(dst, set, rounds)
	}
}

// fssPieces is fss for a set of more than one piece if each of them fills all bins
// in the first round: the least value of a bin is then the least among pieces.
// Otherwise it returns false.
func fssPieces(level kernel.Level, dst, set []uint64, rounds []Round) bool {
	var room [MaxPositions]uint64
	part, r, k := room[:len(dst)], &rounds[0], uint64(len(dst))
	for i := range dst {
		dst[i] = empty
	}
	// All pieces have one size. To that end the last one may repeat elements of
	// the one before, which changes no sketch.
	pieces := (len(set) + fssPiece - 1) / fssPiece
	size := (len(set) + pieces - 1) / pieces
	for at := 0; at < len(set); at += size {
		from := min(at, len(set)-size)
		fssKernel(level, part, set[from:from+size], rounds)
		for bin, y := range part {
			// The element is of the first round if that takes it to this bin,
			// because then the bin was not open any more in others.
			u := r.A*y + r.B
			if u == empty || Bin(u, k) != uint64(bin) {
				return false
			}
			dst[bin] = min(dst[bin], u)
		}
	}
	for bin, u := range dst {
		dst[bin] = r.Element(u)
	}
	return true
}

// fssKernel is fss in one call of a kernel.
func fssKernel(level kernel.Level, dst, set []uint64, rounds []Round) {
	var open [MaxPositions / 64]uint64
	var left int
	if level >= kernel.AVX512 {
		left = fssAVX512(dst, set, &rounds[0].A, &open)
	} else {
		left = fssAVX2(dst, set, &rounds[0].A, &open)
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
	// A kernel takes chunks, of which a piece has only whole ones.
	size := min(classicPiece/len(dst), classicElements) / chunk32 * chunk32
	switch level := kernel.Active(); {
	case level < kernel.AVX2:
		classic32Portable(dst, set, f)
	case len(set) <= size:
		classic32Kernel(level, dst, set, f)
	default:
		classic32Pieces(level, dst, set, size, f)
	}
}

// classic32Pieces is classic32 for a set of more than one piece of size elements.
func classic32Pieces(level kernel.Level, dst, set []uint64, size int, f Funcs32) {
	var room [MaxPositions]uint64
	part := room[:len(dst)]
	classic32Kernel(level, dst, set[:size], f)
	for at := size; at < len(set); at += size {
		classic32Kernel(level, part, set[at:min(at+size, len(set))], f)
		for i, v := range part {
			dst[i] = min(dst[i], v)
		}
	}
}

// classic32Kernel is classic32 in one call of a kernel.
func classic32Kernel(level kernel.Level, dst, set []uint64, f Funcs32) {
	if level >= kernel.AVX512 {
		classic32AVX512(dst, set, &f.a[0], &f.b[0])
	} else {
		classic32AVX2(dst, set, &f.a[0], &f.b[0])
	}
}

func bandKeys(dst, sig []uint64, rows int) {
	if kernel.Active() < kernel.AVX512 {
		bandKeysPortable(dst, sig, rows)
		return
	}
	bandKeysAVX512(dst, sig, rows)
}
