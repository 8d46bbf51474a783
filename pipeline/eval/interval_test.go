package eval

import (
	"math"
	"slices"
	"testing"
)

// TestWilson has the closed forms at the ends, and published values.
func TestWilson(t *testing.T) {
	const z2 = 1.959963984540054 * 1.959963984540054
	for _, c := range []struct {
		successes, trials int64
		low, high         float64
	}{
		{0, 0, 0, 1},
		{0, 10, 0, z2 / (10 + z2)},
		{10, 10, 10 / (10 + z2), 1},
		{1, 1, 1 / (1 + z2), 1},
		{5, 10, 0.2366, 0.7634},
		{81, 263, 0.2553, 0.3662}, // Newcombe 1998, table I
		{15, 148, 0.0624, 0.1605}, // likewise
	} {
		got := Wilson(c.successes, c.trials)
		if math.Abs(got.Low-c.low) > 5e-5 || math.Abs(got.High-c.high) > 5e-5 {
			t.Errorf("%d of %d: %v, want %v to %v", c.successes, c.trials, got, c.low, c.high)
		}
	}
	for n := int64(1); n <= 60; n++ {
		for k := int64(0); k <= n; k++ {
			i, p := Wilson(k, n), float64(k)/float64(n)
			if !(0 <= i.Low && i.Low <= p && p <= i.High && i.High <= 1) {
				t.Errorf("%d of %d: %v does not hold the share", k, n, i)
			}
			if o := Wilson(n-k, n); !near(o.Low, 1-i.High) || !near(o.High, 1-i.Low) {
				t.Errorf("%d of %d: %v, the other way round %v", k, n, i, o)
			}
		}
	}
}

// TestPercentile: of 1,000 values the 25th from either end, of 100 the 2nd.
func TestPercentile(t *testing.T) {
	for n, k := range map[int]float64{100: 2, 119: 3, 999: 25, 1000: 25} {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(n - i) // n down to 1
		}
		if got, want := percentile(values), (Interval{k, float64(n) + 1 - k}); got != want {
			t.Errorf("%d values: %v, want %v", n, got, want)
		}
	}
}

// TestDrawsArePinned: intervals are to be the same on every machine.
func TestDrawsArePinned(t *testing.T) {
	var d drawer
	times := make([]int64, 7)
	var sum int64
	for round := range 100 {
		d.start(round)
		d.draw(times)
		for _, n := range times {
			sum += n
		}
	}
	if want := []int64{1, 2, 0, 0, 0, 1, 3}; !slices.Equal(times, want) || sum != 700 {
		t.Errorf("draw %v, sum %d, want %v and 700", times, sum, want)
	}
}
