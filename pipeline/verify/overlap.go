package verify

import "github.com/doppel-dedup/doppel/internal/kernel/sets"

// Overlap returns the number of values that a and b share. Both are sorted and
// distinct.
func Overlap(a, b []uint64) int {
	n, _ := sets.Overlap(a, b, 0)
	return n
}

// OverlapAtLeast reports whether a and b share at least need values. If so,
// overlap is the exact number of values shared; if not, it is 0, because the
// comparison ends as soon as what is left of a set cannot fill the gap. Both
// sets are sorted and distinct.
func OverlapAtLeast(a, b []uint64, need int) (overlap int, ok bool) {
	return sets.Overlap(a, b, need)
}
