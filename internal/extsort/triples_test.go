package extsort

import (
	"errors"
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
