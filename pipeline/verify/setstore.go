package verify

import (
	"fmt"

	"github.com/doppel-dedup/doppel/internal/kernel/sets"
	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// SetStore holds the shingle sets of those documents of a corpus that are to be
// compared, or their weighted rows (see [RowSimilarity]). Sets are held in memory up to a budget and in one temporary file
// beyond it. On top come 12 bytes for each set that is not empty, and 1.5 bits
// for each document of the corpus. The zero value is not usable: see
// [NewSetStore].
//
// Note: a set that is compared is stored rather than made again for each of its
// pairs. Reading a spilled set of 300 shingles is one read of 2.4 KB; making it
// again needs the text (as many bytes), normalising, hashing and a sort.
type SetStore struct {
	index setIndex
	rows  *spill.Store[uint64]
	next  uint64 // least ID that may come
}

// NewSetStore returns an empty store that holds up to memory bytes of sets and
// writes later ones to a temporary file in dir ("" is the system's default).
func NewSetStore(memory int64, dir string) *SetStore {
	return &SetStore{rows: spill.New[uint64](memory, dir)}
}

// In makes the store put its temporary file into another file system, nil being the
// machine's, before anything is stored. It returns the store.
func (s *SetStore) In(fs vfs.TempFS) *SetStore {
	s.rows.In(fs)
	return s
}

// Append stores set as that of the next ID: one more than the last, or 0. See
// [SetStore.Put].
func (s *SetStore) Append(set []uint64) error { return s.Put(corpus.ID(s.next), set) }

// Put stores set as that of document id. The set is sorted, distinct, and
// copied. IDs must ascend; those left out (copies of an earlier document,
// documents in no candidate pair) have the empty set. Put must not be called
// from several goroutines, or after Seal.
func (s *SetStore) Put(id corpus.ID, set []uint64) error {
	if uint64(id) < s.next {
		return fmt.Errorf("verify: shingle set of document %d stored after that of document %d, want ascending IDs", id, s.next-1)
	}
	s.next = uint64(id) + 1
	if len(set) == 0 {
		return nil
	}
	if err := s.rows.Append(set); err != nil {
		return fmt.Errorf("verify: storing the shingle set of document %d: %w", id, err)
	}
	s.index.add(id)
	return nil
}

// Seal ends storing; from then on any goroutine may read.
func (s *SetStore) Seal() error {
	if err := s.rows.Seal(); err != nil {
		return fmt.Errorf("verify: storing shingle sets: %w", err)
	}
	return nil
}

// Get returns the set of id, sorted and distinct: either the store's own
// memory, which the caller must not change, or buf, grown if needed and filled.
// It is good until buf is used again.
func (s *SetStore) Get(id corpus.ID, buf []uint64) ([]uint64, error) {
	row, ok := s.index.row(id)
	if !ok {
		return buf[:0], nil
	}
	set, err := s.rows.Get(row, buf)
	if err != nil {
		return nil, fmt.Errorf("verify: reading the shingle set of document %d: %w", id, err)
	}
	return set, nil
}

// prefetch tells the processor that the set of id will soon be compared.
func (s *SetStore) prefetch(id corpus.ID) {
	if row, ok := s.index.row(id); ok {
		sets.Prefetch(s.rows.View(row))
	}
}

// Size returns the number of shingles of id, or of values of its weighted row,
// without reading them.
func (s *SetStore) Size(id corpus.ID) int {
	row, ok := s.index.row(id)
	if !ok {
		return 0
	}
	return s.rows.RowLen(row)
}

// Len returns the number of documents up to the last one stored, with and
// without a set.
func (s *SetStore) Len() int { return int(s.next) }

// Sets returns the number of sets that are not empty.
func (s *SetStore) Sets() int { return s.rows.Len() }

// MemoryBytes returns the bytes of sets held in memory.
func (s *SetStore) MemoryBytes() int64 { return s.rows.MemoryBytes() }

// FileBytes returns the bytes of sets held in the temporary file.
func (s *SetStore) FileBytes() int64 { return s.rows.FileBytes() }

// Close drops all sets and removes the temporary file.
func (s *SetStore) Close() error {
	s.index = setIndex{}
	if err := s.rows.Close(); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	return nil
}
