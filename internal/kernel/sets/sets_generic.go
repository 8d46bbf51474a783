//go:build !amd64 || purego

package sets

// gallopRatio is the ratio of sizes from which searching the larger set for each
// value of the smaller one beats merging them.
func gallopRatio() int { return mergeRatio }

// intersect is merge: neither set is empty, need is at most the smaller size.
func intersect(a, b []uint64, need int) int { return merge(a, b, need) }

func prefetchSet([]uint64) {}
