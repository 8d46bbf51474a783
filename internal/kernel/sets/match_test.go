package sets

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// matchAll calls Match until nothing is left of a set, and returns the values found,
// sorted. It checks what each call promises.
func matchAll(t *testing.T, a, b []uint64) (shared []uint64) {
	t.Helper()
	var room struct {
		before [8]uint32
		m      Matches
		after  [8]uint32
	}
	for {
		n, left := Match(a, b, &room.m)
		for k := range n {
			i, j := room.m.A[k], room.m.B[k]
			if a[i] != b[j] {
				t.Fatalf("%d x %d values: a[%d] is %#x and b[%d] %#x", len(a), len(b), i, a[i], j, b[j])
			}
			shared = append(shared, a[i])
		}
		if left.FrontA < 0 || left.FrontA > left.EndA || left.EndA > len(a) || left.FrontB < 0 || left.FrontB > left.EndB || left.EndB > len(b) {
			t.Fatalf("%d x %d values: left %+v", len(a), len(b), left)
		}
		if room.before != [8]uint32{} || room.after != [8]uint32{} {
			t.Fatalf("%d x %d values: places are written beyond the room for them", len(a), len(b))
		}
		if left.Empty() {
			slices.Sort(shared)
			return shared
		}
		if left.EndA-left.FrontA == len(a) && left.EndB-left.FrontB == len(b) {
			t.Fatalf("%d x %d values: nothing is passed", len(a), len(b))
		}
		a, b = a[left.FrontA:left.EndA], b[left.FrontB:left.EndB]
	}
}

// slowShared returns the values of both sets, by the definition.
func slowShared(a, b []uint64) (shared []uint64) {
	in := map[uint64]bool{}
	for _, v := range a {
		in[v] = true
	}
	for _, v := range b {
		if in[v] {
			shared = append(shared, v)
		}
	}
	return shared
}

func checkMatch(t *testing.T, a, b []uint64) {
	t.Helper()
	want := slowShared(a, b)
	for range 2 {
		if got := matchAll(t, a, b); !slices.Equal(got, want) {
			t.Fatalf("%d x %d values: Match finds %#x of %#x and %#x, which share %#x", len(a), len(b), got, a, b, want)
		}
		a, b = b, a
	}
}

// TestMatchAllSizes takes sets of all small sizes from memory with fences on both sides.
func TestMatchAllSizes(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(1, 1))
		aEnd, aStart := kerneltest.Guarded[uint64](t, 50)
		bEnd, bStart := kerneltest.Guarded[uint64](t, 50)
		for na := range 51 {
			for nb := range 51 {
				for _, spread := range []uint64{1, 3, 1 << 40} {
					a, b := drawn(rng, na, spread), drawn(rng, nb, spread)
					fa, fb := aEnd[50-len(a):], bEnd[50-len(b):]
					copy(fa, a)
					copy(fb, b)
					copy(aStart, a)
					copy(bStart, b)
					checkMatch(t, fa, fb)
					checkMatch(t, aStart[:len(a)], bStart[:len(b)])
				}
			}
		}
	})
}

// TestMatchLargeSets samples sizes up to thousands, far apart and alike, from sets that
// share nothing to equal ones.
func TestMatchLargeSets(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for trial := range uint64(300) {
			rng := rand.New(rand.NewPCG(trial, 3))
			na, nb := rng.IntN(1+rng.IntN(3000)), rng.IntN(1+rng.IntN(3000))
			a, b := kerneltest.RandomSets(rng, na, nb, rng.IntN(min(na, nb)+1))
			checkMatch(t, a, b)
			checkMatch(t, a, a)
			checkMatch(t, a[rng.IntN(1+na):], a[:rng.IntN(1+na)])
		}
	})
}

// TestMatchPassesBlocks: a call ends where its caller may look.
func TestMatchPassesBlocks(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		a, b := kerneltest.RandomSets(rand.New(rand.NewPCG(1, 5)), 5000, 5000, 1000)
		n, left := Match(a, b, new(Matches))
		passed := len(a) - (left.EndA - left.FrontA)
		if n < MatchBlock/8 || n > MatchBlock/2 || passed < MatchBlock || passed > 2*MatchBlock {
			t.Errorf("%d matches, %d values passed", n, passed)
		}
	})
}

func TestMatchDoesNotAllocate(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		a, b := kerneltest.RandomSets(rand.New(rand.NewPCG(4, 4)), 300, 300, 100)
		if n := testing.AllocsPerRun(10, func() {
			var m Matches
			Match(a, b, &m)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func FuzzMatch(f *testing.F) {
	f.Add([]byte("abc"), []byte("bcd"))
	f.Add([]byte("q"), []byte("the quick brown fox jumps over the lazy dog"))
	f.Add([]byte{}, []byte{0, 255})
	f.Fuzz(func(t *testing.T, x, y []byte) {
		a, b := kerneltest.SetOf(x), kerneltest.SetOf(y)
		for l := kernel.Portable; l <= kernel.Best(); l++ {
			restore := kernel.Use(l)
			checkMatch(t, a, b)
			restore()
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	for _, c := range []struct{ n, shared int }{{30, 3}, {250, 12}, {250, 90}, {2000, 4}, {2000, 60}, {2000, 600}} {
		b.Run(fmt.Sprintf("%d/shared=%d", c.n, c.shared), func(b *testing.B) {
			kerneltest.BenchmarkLevels(b, func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 2))
				const pairs = 16
				var as, bs [pairs][]uint64
				for i := range pairs {
					as[i], bs[i] = kerneltest.RandomSets(r, c.n, c.n, c.shared)
				}
				i := 0
				var m Matches
				for b.Loop() {
					x, y := as[i%pairs], bs[i%pairs]
					for i++; len(x) > 0 && len(y) > 0; {
						_, left := Match(x, y, &m)
						x, y = x[left.FrontA:left.EndA], y[left.FrontB:left.EndB]
					}
				}
			})
		})
	}
}

func ExampleMatch() {
	a, b := []uint64{1, 3, 5, 7, 9}, []uint64{3, 4, 5, 6, 8}
	var m Matches
	n, _ := Match(a, b, &m)
	fmt.Println(slices.Sorted(slices.Values(m.A[:n])), slices.Sorted(slices.Values(m.B[:n])))
	// Output:
	// [1 2] [0 2]
}
