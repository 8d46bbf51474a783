package ascending_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/ascending"
)

// TestList does random operations on a list and on a slice of numbers.
func TestList(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var lists [2]ascending.List
		lists[0].Append(7)
		lists[0].Count(100)
		lists[0].Reset()
		var want [2][]int
		last := func(k int) int {
			if len(want[k]) == 0 {
				return 0
			}
			return want[k][len(want[k])-1]
		}
		for range 60 {
			k := rng.IntN(2)
			l, w := &lists[k], &want[k]
			n := rng.IntN(200)
			switch v := last(k); rng.IntN(4) {
			case 0:
				gap := rng.IntN(1 << rng.IntN(12))
				l.Append(v + gap)
				*w = append(*w, v+gap)
			case 1:
				if len(*w) == 0 {
					continue
				}
				l.Repeat(n)
				*w = append(*w, slices.Repeat([]int{v}, n)...)
			case 2:
				if len(*w) == 0 {
					continue
				}
				l.Count(n)
				for i := range n {
					*w = append(*w, v+1+i)
				}
			case 3:
				of := want[1-k]
				from, _ := slices.BinarySearch(of, v)
				if from == len(of) {
					continue
				}
				from += rng.IntN(len(of) - from)
				to := from + rng.IntN(len(of)-from+1)
				l.AppendFrom(&lists[1-k], from, to)
				*w = append(*w, of[from:to]...)
			}
		}
		for k := range lists {
			var got []int
			for i := range lists[k].Len() {
				got = append(got, lists[k].At(i))
			}
			if !slices.Equal(got, want[k]) {
				t.Fatalf("seed %d: got %v, want %v", seed, got, want[k])
			}
			if len(got) == 0 {
				continue
			}
			from := rng.IntN(len(got))
			for c, rest := lists[k].From(from), want[k][from:]; len(rest) > 0; rest = rest[1:] {
				if v := c.Next(); v != rest[0] {
					t.Fatalf("seed %d: from %d on: got %d, %d before the end of %v", seed, from, v, len(rest), want[k])
				}
			}
		}
	}
}

// TestListIsSmall: as much as is said, a number that counts up by one.
func TestListIsSmall(t *testing.T) {
	t.Parallel()
	const n = 1 << 20
	l := ascending.New(n, n)
	l.Append(0)
	l.Count(n - 1)
	if l.At(n-1) != n-1 || l.Bytes() > n*3/8+64 {
		t.Errorf("last %d, %d bytes", l.At(n-1), l.Bytes())
	}
}
