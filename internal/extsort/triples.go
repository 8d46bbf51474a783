package extsort

import (
	"cmp"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// Triple is a record of three numbers, in the order of which it is sorted.
type Triple [3]uint64

// tripleBytes is the size of a Triple.
const tripleBytes = 24

func compareTriples(a, b Triple) int {
	// cmp.Or would compare all three each time.
	if a[0] != b[0] {
		return cmp.Compare(a[0], b[0])
	}
	if a[1] != b[1] {
		return cmp.Compare(a[1], b[1])
	}
	return cmp.Compare(a[2], b[2])
}

// Triples sorts more triples than fit into memory. Unlike a [Sorter] it keeps equal
// ones. The zero value is not usable: see [NewTriples]. It belongs to one goroutine
// at a time.
//
// It holds the bytes it was given, with a floor of [MinMemory], as one buffer that
// is sorted and written out as a run whenever it is full. Runs are merged with a
// read buffer each, in several passes when there are more runs than buffers.
type Triples struct {
	limit  int // triples buf may hold
	buf    []Triple
	runs   runs[Triple]
	sorted bool
}

// NewTriples returns an empty sorter that uses up to memoryBytes of memory, or
// [MinMemory] if that is more, and spills to one temporary file in dir ("" is the
// system's default). Memory is taken as it is needed.
func NewTriples(memoryBytes int64, dir string) *Triples {
	memoryBytes = max(memoryBytes, MinMemory)
	return &Triples{
		limit: int(memoryBytes / tripleBytes),
		runs:  runs[Triple]{order: order[Triple]{compare: compareTriples}, dir: dir, memory: memoryBytes},
	}
}

// In makes the sorter put its temporary files into another file system, nil being the
// machine's, before anything is added. It returns the sorter.
func (s *Triples) In(fs vfs.TempFS) *Triples {
	s.runs.fs = fs
	return s
}

// AddAll adds every triple of ts and keeps no reference to it.
func (s *Triples) AddAll(ts []Triple) error {
	if s.sorted {
		panic("extsort: triple added after Sort")
	}
	for len(ts) > 0 {
		if len(s.buf) == s.limit {
			if err := s.spill(); err != nil {
				return err
			}
		}
		n := min(len(ts), s.limit-len(s.buf))
		s.buf = append(grow(s.buf, n, s.limit), ts[:n]...)
		ts = ts[n:]
	}
	return nil
}

// FileBytes returns the bytes that went to the temporary file so far.
func (s *Triples) FileBytes() int64 { return s.runs.bytes() }

func (s *Triples) spill() error {
	sortTriples(s.buf, 0)
	err := s.runs.add(s.buf)
	s.buf = s.buf[:0]
	return err
}

// Sort calls yield with all triples in ascending order, some thousands at a time.
// yield must not keep the slice. An error from yield ends Sort and is returned as it
// is. Sort may be called once, and nothing may be added after it.
func (s *Triples) Sort(yield func([]Triple) error) error {
	if s.sorted {
		panic("extsort: Sort called twice")
	}
	s.sorted = true
	defer func() { s.buf = nil }()
	if s.runs.file == nil {
		sortTriples(s.buf, 0)
		return yieldAll(s.buf, yield)
	}
	if err := s.spill(); err != nil {
		return err
	}
	s.buf = nil
	return s.runs.merge(yield)
}

// Close frees the memory and removes the temporary file. It may be called at any
// time, and more than once.
func (s *Triples) Close() error {
	s.buf, s.sorted = nil, true
	return s.runs.close()
}
