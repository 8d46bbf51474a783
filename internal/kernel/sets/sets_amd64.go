//go:build amd64 && !purego

package sets

import (
	"unsafe"

	"github.com/doppel-dedup/doppel/internal/kernel"
)

//go:generate go run -modfile=../../../go.tools.mod ./_asm -out sets_amd64.s -stubs sets_amd64_asm.go -pkg sets

// gallopRatio is the ratio of sizes from which searching the larger set for each
// value of the smaller one beats intersecting them.
func gallopRatio() int {
	if kernel.Active() == kernel.AVX512 {
		return 2 * mergeRatio
	}
	return mergeRatio
}

// intersect is merge on the level in use. Neither set is empty; need is at most
// the size of the smaller.
func intersect(a, b []uint64, need int) int {
	switch kernel.Active() {
	case kernel.AVX512:
		return overlapAVX512(&a[0], &b[0], len(a), len(b), need)
	case kernel.AVX2:
		return overlapAVX2(&a[0], &b[0], len(a), len(b), need)
	}
	return merge(a, b, need)
}

// matchLeast is the number of values of either set that matchSteps wants.
func matchLeast() int {
	if kernel.Active() == kernel.Portable {
		return 2
	}
	return 8
}

// matchSteps is mergeMatches on the level in use, which leaves fewer than matchLeast
// values of a set, or ends as Match does.
func matchSteps(a, b []uint64, m *Matches) (n int, left Left) {
	left.EndA, left.EndB = len(a), len(b)
	switch kernel.Active() {
	case kernel.AVX512:
		n, left.FrontA, left.FrontB = matchAVX512(&a[0], &b[0], len(a), len(b), MatchBlock, &m.A[0], &m.B[0])
	case kernel.AVX2:
		n, left.FrontA, left.FrontB = matchAVX2(&a[0], &b[0], len(a), len(b), MatchBlock, &m.A[0], &m.B[0])
	default:
		return mergeMatches(a, b, m)
	}
	return n, left
}

func prefetchSet(a []uint64) { prefetch(unsafe.SliceData(a), len(a)) }
