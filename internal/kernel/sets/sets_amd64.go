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

func prefetchSet(a []uint64) { prefetch(unsafe.SliceData(a), len(a)) }
