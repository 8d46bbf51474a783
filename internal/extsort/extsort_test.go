package extsort

import (
	"errors"
	"fmt"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

func collect(t testing.TB, s *Sorter) []uint64 {
	t.Helper()
	var got []uint64
	err := s.Sort(func(batch []uint64) error {
		if len(batch) == 0 {
			t.Error("empty batch")
		}
		got = append(got, batch...)
		clear(batch) // the slice is only lent
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func expect(vs []uint64) []uint64 {
	want := slices.Clone(vs)
	slices.Sort(want)
	return slices.Compact(want)
}

// inputs of n values, with and without many duplicates.
func inputs(n int) map[string][]uint64 {
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	in := map[string][]uint64{}
	fill := func(name string, value func(i int) uint64) {
		vs := make([]uint64, n)
		for i := range vs {
			vs[i] = value(i)
		}
		in[name] = vs
	}
	fill("random", func(int) uint64 { return rng.Uint64() })
	fill("few distinct", func(int) uint64 { return rng.Uint64N(100) })
	fill("pairs of small IDs", func(int) uint64 { return rng.Uint64N(500)<<32 | rng.Uint64N(500) })
	fill("ascending", func(i int) uint64 { return uint64(i) })
	fill("descending with extremes", func(i int) uint64 { return math.MaxUint64 - uint64(i)*uint64(i%2) })
	fill("equal", func(int) uint64 { return 0 })
	return in
}

func TestSortEqualsSortAndCompact(t *testing.T) {
	for _, n := range []int{0, 1, 2, 255, 256, 4095, 4096, 4097, 30000, 100000} {
		for name, vs := range inputs(n) {
			want := expect(vs)
			for _, memory := range []int64{-1, MinMemory, MinMemory + 16*7, 200 << 10, 1 << 20, 64 << 20} {
				t.Run(fmt.Sprintf("%s/n=%d/memory=%d", name, n, memory), func(t *testing.T) {
					dir := t.TempDir()
					s := New(memory, dir)
					for i, chunk := 0, 1; i < len(vs); i, chunk = i+chunk, chunk*3%10007 {
						part := vs[i:min(i+chunk, len(vs))]
						if err := s.AddAll(part); err != nil {
							t.Fatal(err)
						}
					}
					if held := 8 * int64(cap(s.buf)+cap(s.scratch)); held > max(memory, MinMemory) {
						t.Errorf("%d bytes of buffers for a limit of %d", held, memory)
					}
					if got := collect(t, s); !slices.Equal(got, want) {
						t.Errorf("%d values, want %d; or in another order", len(got), len(want))
					}
					if err := errors.Join(s.Close(), s.Close()); err != nil {
						t.Error(err)
					}
					if left, _ := os.ReadDir(dir); len(left) != 0 {
						t.Errorf("Close left %v", left)
					}
				})
			}
		}
	}
}

// TestSortInSeveralPasses has more runs than one merge may read.
func TestSortInSeveralPasses(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 3))
	s := New(MinMemory, t.TempDir())
	defer s.Close()
	var vs []uint64
	for range 40 * s.limit {
		vs = append(vs, rng.Uint64N(1<<40))
	}
	if err := s.AddAll(vs); err != nil {
		t.Fatal(err)
	}
	if runs, fanIn := len(s.runs.file.spans), maxFanIn(MinMemory); runs <= 2*fanIn {
		t.Fatalf("%d runs, want over %d", runs, 2*fanIn)
	}
	if !slices.Equal(collect(t, s), expect(vs)) {
		t.Error("not sorted and distinct")
	}
}

// TestRepeatedValuesStayInMemory is what candidate pairs are like: the same
// pair comes from many bands.
func TestRepeatedValuesStayInMemory(t *testing.T) {
	s := New(MinMemory, t.TempDir())
	for i := range 100 * s.limit {
		if err := s.AddAll([]uint64{uint64(i % (s.limit / 2))}); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.runs.bytes(); n != 0 {
		t.Errorf("%d bytes spilled", n)
	}
	if got := collect(t, s); len(got) != s.limit/2 {
		t.Errorf("%d values, want %d", len(got), s.limit/2)
	}
}

func TestSortReturnsTheCallersError(t *testing.T) {
	stop := errors.New("stop")
	for _, n := range []int{10, 100000} {
		s := New(MinMemory, t.TempDir())
		for i := range n {
			if err := s.AddAll([]uint64{uint64(i)}); err != nil {
				t.Fatal(err)
			}
		}
		calls := 0
		err := s.Sort(func([]uint64) error { calls++; return stop })
		if err != stop || calls != 1 {
			t.Errorf("n=%d: got error %v after %d calls, want %v after one", n, err, calls, stop)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestErrorsNameTheFile(t *testing.T) {
	s := New(MinMemory, "/nonexistent-folder")
	var err error
	for i := 0; err == nil && i <= s.limit; i++ {
		err = s.AddAll([]uint64{uint64(i)})
	}
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want a missing folder", err)
	}
}

func TestTruncatedRunIsAnError(t *testing.T) {
	files := &vfstest.TempFiles{}
	s := New(MinMemory, t.TempDir()).In(files)
	defer s.Close()
	for i := range 3 * s.limit {
		if err := s.AddAll([]uint64{uint64(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.runs.file.w.Flush(), files.Made[0].Truncate(8*100)); err != nil {
		t.Fatal(err)
	}
	// The last run is written by Sort behind the hole, so only reading can tell.
	s.runs.file.spans = s.runs.file.spans[:1]
	s.runs.file.spans[0].to = s.runs.file.spans[0].from + 1<<20
	if err := s.Sort(func([]uint64) error { return nil }); err == nil {
		t.Error("a run that is cut short was read without an error")
	}
}

func FuzzSort(f *testing.F) {
	f.Add([]byte("abcdefgh"), uint16(3))
	f.Fuzz(func(t *testing.T, data []byte, repeat uint16) {
		s := New(MinMemory, t.TempDir())
		defer s.Close()
		var vs []uint64
		for i := range int(repeat) {
			for j, c := range data {
				vs = append(vs, uint64(c)<<(8*(j%8))^uint64(i*j))
			}
			if len(vs) > 1<<17 {
				break
			}
		}
		if err := s.AddAll(vs); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(collect(t, s), expect(vs)) {
			t.Fatal("not sorted and distinct")
		}
	})
}

func BenchmarkSorter(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	vs := make([]uint64, 1<<20)
	for i := range vs {
		vs[i] = rng.Uint64N(100_000)<<32 | rng.Uint64N(100_000)
	}
	for _, memory := range []int64{64 << 20, 1 << 20} {
		b.Run(fmt.Sprintf("memory=%dMiB", memory>>20), func(b *testing.B) {
			b.SetBytes(int64(8 * len(vs)))
			for b.Loop() {
				s := New(memory, b.TempDir())
				if err := errors.Join(s.AddAll(vs), s.Sort(func([]uint64) error { return nil }), s.Close()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(vs)), "ns/value")
		})
	}
}
