package spill

import (
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
)

// TestStoreReturnsWhatWasAppended holds for every split between memory and
// file, with rows of all sizes including empty ones and ones over a chunk.
func TestStoreReturnsWhatWasAppended(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var rows [][]uint64
	var total int64
	for i := range 400 {
		n := rng.IntN(50)
		switch i % 100 {
		case 7:
			n = 0
		case 50:
			n = chunkBytes/8 + 17
		}
		row := make([]uint64, n)
		for j := range row {
			row[j] = rng.Uint64()
		}
		rows = append(rows, row)
		total += int64(n) * 8
	}
	for _, budget := range []int64{0, 1, 1000, total / 2, total - 1, total, 1 << 40} {
		dir := t.TempDir()
		s := New[uint64](budget, dir)
		for _, r := range rows {
			if err := s.Append(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
		if s.MemoryBytes() > max(budget, 0) || s.MemoryBytes()+s.FileBytes() != total {
			t.Errorf("budget %d: %d bytes in memory, %d in the file, want %d in all", budget, s.MemoryBytes(), s.FileBytes(), total)
		}
		var wg sync.WaitGroup
		for w := range 3 {
			wg.Go(func() {
				var buf []uint64
				for k := range rows {
					i := (k*7 + w) % len(rows)
					got, err := s.Get(i, buf)
					if err != nil || !slices.Equal(got, rows[i]) || s.RowLen(i) != len(rows[i]) {
						t.Errorf("budget %d: row %d differs (%v)", budget, i, err)
						return
					}
				}
			})
		}
		wg.Wait()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("budget %d: Close left %v", budget, left)
		}
	}
}

// TestManyRows goes over several blocks of bookkeeping.
func TestManyRows(t *testing.T) {
	const n = 3*blockRows + 5
	s := New[uint32](n, t.TempDir()) // a quarter stays in memory
	defer s.Close()
	for i := range n {
		if err := s.Append([]uint32{uint32(i), uint32(i)}[:i%3]); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	if s.Len() != n || s.MemoryBytes() == 0 || s.FileBytes() == 0 {
		t.Fatalf("%d rows, %d bytes in memory, %d in the file", s.Len(), s.MemoryBytes(), s.FileBytes())
	}
	for i := range n {
		got, err := s.Get(i, nil)
		if err != nil || len(got) != i%3 || s.RowLen(i) != i%3 || len(got) > 0 && got[len(got)-1] != uint32(i) {
			t.Fatalf("row %d is %v, %v", i, got, err)
		}
	}
}

func TestStoreNamesTheFolderItCannotUse(t *testing.T) {
	s := New[byte](0, "/nonexistent-folder")
	if err := s.Append([]byte("x")); err == nil {
		t.Fatal("want an error for a missing temporary folder")
	}
}

// BenchmarkAppend stores a corpus's shingle sets, 300 values each.
func BenchmarkAppend(b *testing.B) {
	const rows = 100_000
	row := make([]uint64, 300)
	for b.Loop() {
		s := New[uint64](1<<40, "")
		for range rows {
			if err := s.Append(row); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(rows * 300 * 8)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
