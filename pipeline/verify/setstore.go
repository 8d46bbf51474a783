package verify

import (
	"fmt"

	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// SetStore holds the shingle sets of a corpus: row number = [corpus.ID]. Sets
// are held in memory up to a budget and in one temporary file beyond it, plus
// 12 bytes of bookkeeping each. The zero value is not usable: see
// [NewSetStore].
//
// Note: sets are stored rather than made again from the text. Reading a spilled
// set of 300 shingles is one read of 2.4 KB; making it again needs the text
// (as many bytes), normalising, hashing and a sort.
type SetStore struct{ rows *spill.Store[uint64] }

// NewSetStore returns an empty store that holds up to memory bytes of sets and
// writes later ones to a temporary file in dir ("" is the system's default).
func NewSetStore(memory int64, dir string) *SetStore {
	return &SetStore{rows: spill.New[uint64](memory, dir)}
}

// Append stores set as that of the next ID, starting with 0. The set is sorted,
// distinct, and copied. Documents that take part in no comparison (copies of an
// earlier document, documents without a token) append the empty set. Append
// must not be called from several goroutines, or after Seal.
func (s *SetStore) Append(set []uint64) error {
	if err := s.rows.Append(set); err != nil {
		return fmt.Errorf("verify: storing the shingle set of document %d: %w", s.Len(), err)
	}
	return nil
}

// Seal ends appending; from then on any goroutine may read.
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
	set, err := s.rows.Get(int(id), buf)
	if err != nil {
		return nil, fmt.Errorf("verify: reading the shingle set of document %d: %w", id, err)
	}
	return set, nil
}

// Size returns the number of shingles of id without reading them.
func (s *SetStore) Size(id corpus.ID) int { return s.rows.RowLen(int(id)) }

// Len returns the number of sets appended.
func (s *SetStore) Len() int { return s.rows.Len() }

// MemoryBytes returns the bytes of sets held in memory.
func (s *SetStore) MemoryBytes() int64 { return s.rows.MemoryBytes() }

// FileBytes returns the bytes of sets held in the temporary file.
func (s *SetStore) FileBytes() int64 { return s.rows.FileBytes() }

// Close drops all sets and removes the temporary file.
func (s *SetStore) Close() error {
	if err := s.rows.Close(); err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	return nil
}
