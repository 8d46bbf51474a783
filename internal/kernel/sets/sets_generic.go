//go:build !amd64 || purego

package sets

// gallopRatio is the ratio of sizes from which searching the larger set for each
// value of the smaller one beats merging them.
func gallopRatio() int { return mergeRatio }

// intersect is merge: neither set is empty, need is at most the smaller size.
func intersect(a, b []uint64, need int) int { return merge(a, b, need) }

// matchLeast is the number of values of either set that matchSteps wants.
func matchLeast() int { return 2 }

// matchSteps is mergeMatches.
func matchSteps(a, b []uint64, m *Matches) (n int, left Left) { return mergeMatches(a, b, m) }

func prefetchSet([]uint64) {}
