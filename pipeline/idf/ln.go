package idf

import "math/bits"

// Weights are whole multiples of small units, and every step from counts to them is
// one of integers: floating point may be rounded differently from machine to
// machine, and rows must not differ.
const (
	idfBits = 9  // an idf is a multiple of 2^-9: two of at most 23 add up to less than 2^16 of them
	tfBits  = 16 // of the factor for the number of occurrences
	qBits   = 8  // of the weight in a row
)

// lnSteps is the number of steps that a power of two is divided into; between
// them the logarithm is taken to be straight, which is wrong by less than 2^-22.
const lnSteps = 1 << 10

// ln returns the natural logarithm of x, at least 1, as a multiple of 2^-32. It
// grows with x and is wrong by less than 2^-22.
func ln(x uint64) uint64 {
	n := bits.LeadingZeros64(x)
	x <<= n
	i, rest := x<<1>>54, x<<11>>32
	a, b := log2Table[i], log2Table[i+1]
	l := uint64(63-n)<<32 + a + (b-a)*rest>>32
	const ln2 = 0xB17217F7D1CF79AB // of 2^64
	hi, _ := bits.Mul64(l, ln2)
	return hi
}

// round returns v, a multiple of 2^-32, as a multiple of 2^-n.
func round(v uint64, n int) uint64 { return (v + 1<<(31-n)) >> (32 - n) }

// log2Table has the logarithms to base 2 of 1, 1+1/lnSteps and so on up to 2, as
// multiples of 2^-32.
var log2Table = func() (t [lnSteps + 1]uint64) {
	for i := range lnSteps {
		// Squaring doubles a logarithm: what comes to 2 or more is a one.
		m := uint64(lnSteps+i) * (1 << 63 / lnSteps)
		for range 32 {
			t[i] *= 2
			m, _ = bits.Mul64(m, m)
			if m>>63 != 0 {
				t[i]++
			} else {
				m *= 2
			}
		}
	}
	t[lnSteps] = 1 << 32
	return t
}()
