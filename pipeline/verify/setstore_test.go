package verify

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

func TestSetStore(t *testing.T) {
	sets := [][]uint64{{1, 2, 3}, nil, {5}, {}, {7, 8, 9, 10}}
	for _, budget := range []int64{-1, 0, 24, 32, 1 << 20} {
		s := storeOf(t, budget, sets...)
		if s.Len() != len(sets) {
			t.Errorf("%d sets, want %d", s.Len(), len(sets))
		}
		if sum := s.MemoryBytes() + s.FileBytes(); sum != 8*8 || s.MemoryBytes() > max(0, budget) {
			t.Errorf("budget %d: %d bytes in memory, %d in the file", budget, s.MemoryBytes(), s.FileBytes())
		}
		for i, want := range sets {
			id := corpus.ID(i)
			got, err := s.Get(id, nil)
			if err != nil || !slices.Equal(got, want) || s.Size(id) != len(want) {
				t.Errorf("budget %d: set %d is %v of size %d, %v, want %v", budget, i, got, s.Size(id), err, want)
			}
		}
	}
}

func TestSetStoreLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	s := NewSetStore(0, dir)
	if err := s.Append([]uint64{1}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestSetStoreReportsAMissingFolder(t *testing.T) {
	s := NewSetStore(8, filepath.Join(t.TempDir(), "missing"))
	defer s.Close()
	if err := s.Append([]uint64{1}); err != nil {
		t.Fatal(err)
	}
	if err := s.Append([]uint64{2}); err == nil || !strings.Contains(err.Error(), "document 1") {
		t.Errorf("error %v, want one that names document 1", err)
	}
}

// TestSetStoreIsSparse stores few documents of many, at all distances.
func TestSetStoreIsSparse(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, budget := range []int64{0, 1 << 20} {
		s := NewSetStore(budget, t.TempDir())
		want := map[corpus.ID][]uint64{}
		id := corpus.ID(rng.IntN(200))
		for range 500 {
			set := make([]uint64, rng.IntN(3))
			for i := range set {
				set[i] = uint64(i)<<40 | rng.Uint64N(1<<40)
			}
			if err := s.Put(id, set); err != nil {
				t.Fatal(err)
			}
			want[id] = set
			id += 1 + corpus.ID(rng.IntN(1<<rng.IntN(12)))
		}
		if err := s.Seal(); err != nil {
			t.Fatal(err)
		}
		for i := range id + 1000 {
			got, err := s.Get(i, nil)
			if err != nil || !slices.Equal(got, want[i]) || s.Size(i) != len(want[i]) {
				t.Fatalf("budget %d: set %d is %v of size %d, %v, want %v", budget, i, got, s.Size(i), err, want[i])
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSetStoreRefusesDescendingIDs(t *testing.T) {
	s := NewSetStore(1<<10, t.TempDir())
	defer s.Close()
	if err := s.Put(7, []uint64{1}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []corpus.ID{7, 3} {
		if err := s.Put(id, []uint64{1}); err == nil || !strings.Contains(err.Error(), "after that of document 7") {
			t.Errorf("Put(%d): error %v", id, err)
		}
	}
	if err := s.Append([]uint64{2}); err != nil || s.Size(8) != 1 || s.Len() != 9 || s.Sets() != 2 {
		t.Errorf("Append after document 7: %v, size %d, length %d, %d sets", err, s.Size(8), s.Len(), s.Sets())
	}
}
