package report

import "fmt"

// count returns "1 cluster", "2 clusters", "12,345 clusters".
func count(n int64, noun string) string {
	return Thousands(n) + " " + plural(n, noun)
}

// plural returns the noun as it follows the number n.
func plural(n int64, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// Thousands returns n, which is not negative, with commas: 1,234,567.
func Thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
