package extsort

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

func TestTriplesEqualSort(t *testing.T) {
	for _, n := range []int{0, 1, 1000, 4097, 100_000} {
		rng := rand.New(rand.NewPCG(uint64(n), 7))
		ts := make([]Triple, n)
		for i := range ts {
			ts[i] = Triple{rng.Uint64N(50), rng.Uint64N(50) << 40, rng.Uint64N(20)}
		}
		want := slices.Clone(ts)
		slices.SortFunc(want, compareTriples)
		for _, memory := range []int64{0, 300 << 10, 64 << 20} {
			dir := t.TempDir()
			s := NewTriples(memory, dir)
			for part := range slices.Chunk(ts, 777) {
				if err := s.AddAll(part); err != nil {
					t.Fatal(err)
				}
			}
			if held := tripleBytes * int64(cap(s.buf)); held > max(memory, MinMemory) {
				t.Errorf("%d bytes of buffer for a limit of %d", held, memory)
			}
			var got []Triple
			err := s.Sort(func(batch []Triple) error {
				got = append(got, batch...)
				clear(batch) // the slice is only lent
				return nil
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("n=%d, memory=%d: %d triples, %v, want %d sorted", n, memory, len(got), err, n)
			}
			if n == 100_000 && memory == 0 && (s.FileBytes() < tripleBytes*100_000 || len(s.runs.file.spans) > maxFanIn(MinMemory)) {
				t.Errorf("%d bytes spilled in %d runs", s.FileBytes(), len(s.runs.file.spans))
			}
			if err := errors.Join(s.Close(), s.Close()); err != nil {
				t.Error(err)
			}
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("Close left %v", left)
			}
		}
	}
}

func TestTriplesReturnTheCallersError(t *testing.T) {
	stop := errors.New("stop")
	for _, n := range []int{10, 10_000} {
		s := NewTriples(0, t.TempDir())
		if err := s.AddAll(make([]Triple, n)); err != nil {
			t.Fatal(err)
		}
		if err := s.Sort(func([]Triple) error { return stop }); err != stop {
			t.Errorf("n=%d: got %v, want %v", n, err, stop)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSortTriplesInPlace has values that differ in all bytes, in few, and in none.
func TestSortTriplesInPlace(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 9))
	for name, value := range map[string]func(i int) Triple{
		"hashes":          func(i int) Triple { return Triple{rng.Uint64(), rng.Uint64(), uint64(i)} },
		"low bytes":       func(int) Triple { return Triple{0, rng.Uint64N(3), rng.Uint64N(1 << 20)} },
		"extremes":        func(i int) Triple { return Triple{-uint64(i % 2), -uint64(i % 3), -uint64(i % 5)} },
		"equal":           func(int) Triple { return Triple{7, 7, 7} },
		"descending":      func(i int) Triple { return Triple{0, 0, -uint64(i)} },
		"few, last bytes": func(i int) Triple { return Triple{1 << 63, 5, uint64(i * 7919 % 256)} },
	} {
		for _, n := range []int{0, 1, radixMin - 1, radixMin, radixMin + 1, 70_000} {
			ts := make([]Triple, n)
			for i := range ts {
				ts[i] = value(i)
			}
			want := slices.Clone(ts)
			slices.SortFunc(want, func(a, b Triple) int { return slices.Compare(a[:], b[:]) })
			if sortTriples(ts, 0); !slices.Equal(ts, want) {
				t.Errorf("%s: %d triples are not sorted", name, n)
			}
		}
	}
}

func BenchmarkTriples(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	ts := make([]Triple, 1<<20)
	for i := range ts {
		ts[i] = Triple{rng.Uint64(), rng.Uint64(), uint64(i)}
	}
	for _, memory := range []int64{64 << 20, 1 << 20} {
		b.Run(fmt.Sprintf("memory=%dMiB", memory>>20), func(b *testing.B) {
			b.SetBytes(int64(tripleBytes * len(ts)))
			for b.Loop() {
				s := NewTriples(memory, b.TempDir())
				if err := errors.Join(s.AddAll(ts), s.Sort(func([]Triple) error { return nil }), s.Close()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(ts)), "ns/triple")
		})
	}
}
