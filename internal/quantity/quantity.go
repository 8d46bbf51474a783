// Package quantity words numbers for people: grouped by thousands, and with the noun
// that follows them.
//
//	quantity.Of(0, "cluster", "clusters")     // 0 clusters
//	quantity.Of(1, "cluster", "clusters")     // 1 cluster
//	quantity.Of(12345, "cluster", "clusters") // 12,345 clusters
//	quantity.Number(12345)                    // 12,345
//
// All that a person reads is worded by it: terminals, pages, warnings, errors of
// guards. What programs read (JSON, CSV, metrics) is not, and neither are settings,
// lines and places in files, which people copy.
//
// The words are given in full, since a verb may follow the noun ("1 file was",
// "2 files were"), and not all nouns take an s ("copies").
//
// Note: it is internal, and not part of package report, as packages that report
// imports word numbers too.
//
// Functions are pure and may be called from many goroutines.
package quantity

import "strconv"

// Of returns n, grouped, a space, and one if n is 1, otherwise many. So 0 takes many.
func Of[N ~int | ~int64](n N, one, many string) string {
	return Number(n) + " " + Noun(n, one, many)
}

// Noun returns one if n is 1, otherwise many: the words of [Of] where the number stands
// apart from them, in a column of its own.
func Noun[N ~int | ~int64](n N, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// Number returns n in decimal digits, in groups of three with commas between them:
// 1,234,567. A negative one begins with a hyphen.
func Number[N ~int | ~int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	first := 1
	if n < 0 {
		first = 2
	}
	for i := len(s) - 3; i >= first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
