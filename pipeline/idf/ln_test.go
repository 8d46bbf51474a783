package idf

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLn(t *testing.T) {
	check := func(x uint64) {
		t.Helper()
		got, want := float64(ln(x))/(1<<32), math.Log(float64(x))
		if math.Abs(got-want) > 1.0/(1<<22) {
			t.Errorf("ln(%d) = %.9f, want %.9f", x, got, want)
		}
	}
	if got := ln(1); got != 0 {
		t.Errorf("ln(1) = %d, want 0", got)
	}
	var last uint64
	for x := uint64(1); x < 1<<17; x++ {
		check(x)
		if l := ln(x); l < last {
			t.Fatalf("ln(%d) = %d is less than ln(%d) = %d", x, l, x-1, last)
		} else {
			last = l
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10000 {
		x := r.Uint64() >> r.IntN(64)
		if x > 0 && x < math.MaxUint64 {
			check(x)
			if ln(x) > ln(x+1) {
				t.Fatalf("ln(%d) is more than ln(%d)", x, x+1)
			}
		}
	}
	check(math.MaxUint64)
}

func TestRound(t *testing.T) {
	for _, tt := range []struct {
		v    uint64
		n    int
		want uint64
	}{{0, 9, 0}, {1 << 32, 9, 512}, {1<<22 - 1, 9, 0}, {1 << 22, 9, 1}, {3 << 22, 9, 2}, {5 << 31, 16, 5 << 15}} {
		if got := round(tt.v, tt.n); got != tt.want {
			t.Errorf("round(%d, %d) = %d, want %d", tt.v, tt.n, got, tt.want)
		}
	}
}
