package main

import (
	"math"
	"slices"
	"strconv"
)

// wilson is the interval of 95% for a share of which k of n were counted (Wilson
// 1927). It holds for independent trials; pairs of one document are not, so that
// for them it is somewhat too narrow. Of nothing it is [0, 1].
func wilson(k, n int64) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959964
	p, size := float64(k)/float64(n), float64(n)
	centre := p + z*z/(2*size)
	spread := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	scale := 1 + z*z/size
	low, high = (centre-spread)/scale, (centre+spread)/scale
	if k == 0 {
		low = 0 // which rounding may miss
	}
	if k == n {
		high = 1
	}
	return low, high
}

// counted is a share with its interval, at x.
func counted(x float64, k, n int64) point {
	low, high := wilson(k, n)
	y := float64(k) / float64(n)
	return point{x, y, low, high}
}

// share writes k of n with the digits that mean something, "-" of nothing.
func share(k, n int64) string {
	if n == 0 {
		return "-"
	}
	return decimals(float64(k)/float64(n), 3)
}

// shareWithInterval writes k of n and its interval of 95%.
func shareWithInterval(k, n int64) string {
	if n == 0 {
		return "-"
	}
	low, high := wilson(k, n)
	return decimals(float64(k)/float64(n), 4) + " (" + decimals(low, 4) + " to " + decimals(high, 4) + ")"
}

// decimals rounds, and writes no more zeros than needed. What is below 1 is never
// shown as 1.
func decimals(v float64, n int) string {
	scale := math.Pow(10, float64(n))
	rounded := math.Round(v*scale) / scale
	if v < 1 && rounded == 1 {
		rounded = 1 - 1/scale
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// median of nothing is 0.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	m := len(s) / 2
	if len(s)%2 == 1 {
		return s[m]
	}
	return (s[m-1] + s[m]) / 2
}

// jaccard of two sorted sets without repetition. It is written out here so that
// what is checked does not check itself.
func jaccard(a, b []uint64) float64 {
	shared := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			shared, i, j = shared+1, i+1, j+1
		}
	}
	if len(a)+len(b) == 0 {
		return 0
	}
	return float64(shared) / float64(len(a)+len(b)-shared)
}
