package verify

import (
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
