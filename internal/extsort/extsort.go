// Package extsort sorts more 64-bit numbers than fit into memory and drops the
// duplicates among them.
//
// Numbers come in by [Sorter.AddAll] in any order, and go out
// by [Sorter.Sort] once each, ascending, in batches. What the caller packs into
// a number (a pair of document IDs, say) is its own business.
//
// # Memory and files
//
// A sorter holds at most the bytes it was given, with a floor of [MinMemory].
// Half of them buffer what comes in, half are the sort's scratch space. A full
// buffer is sorted and its duplicates are dropped; if that frees less than half
// of it, the rest is written out as one sorted run. Sort merges the runs with a
// read buffer each, in several passes when there are more runs than buffers, so
// that memory stays bounded for any amount of data. The temporary file takes 8
// bytes a number, twice that while a further merge pass runs, and [Sorter.Close]
// removes it. It holds raw values in the machine's own byte order without a header:
// it is read by the process that wrote it and by nothing else.
//
// The result depends on the set of numbers alone, not on the memory limit or on
// the order of arrival.
//
// # Concurrency
//
// A sorter belongs to one goroutine at a time.
//
// The method is the textbook one: sorted runs and a merge by a tournament
// (Knuth, The Art of Computer Programming, vol. 3, 5.4.1), here with an LSD
// radix sort for the runs.
package extsort

import (
	"cmp"
	"fmt"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"slices"
)

// MinMemory is the least number of bytes a [Sorter] works with.
const MinMemory = 64 << 10

// batchValues is the number of values handed to yield at once.
const batchValues = 4096

// Sorter collects numbers and returns them sorted and distinct. The zero value
// is not usable: see [New].
type Sorter struct {
	limit   int // values buf may hold
	buf     []uint64
	scratch []uint64
	runs    runs[uint64]
	sorted  bool
}

// New returns an empty sorter that uses up to memoryBytes of memory, or
// [MinMemory] if that is more, and spills to one temporary file in dir ("" is
// the system's default). Memory is taken as it is needed.
func New(memoryBytes int64, dir string) *Sorter {
	memoryBytes = max(memoryBytes, MinMemory)
	return &Sorter{
		limit: int(memoryBytes / 16),
		runs:  runs[uint64]{order: order[uint64]{compare: cmp.Compare[uint64], distinct: true}, dir: dir, memory: memoryBytes},
	}
}

// In makes the sorter put its temporary files into another file system, nil being the
// machine's, before anything is added. It returns the sorter.
func (s *Sorter) In(fs vfs.TempFS) *Sorter {
	s.runs.fs = fs
	return s
}

// AddAll adds every number of vs and keeps no reference to it.
func (s *Sorter) AddAll(vs []uint64) error {
	for len(vs) > 0 {
		if len(s.buf) == s.limit {
			if err := s.makeRoom(); err != nil {
				return err
			}
		}
		n := min(len(vs), s.limit-len(s.buf))
		s.reserve(n)
		s.buf = append(s.buf, vs[:n]...)
		vs = vs[n:]
	}
	return nil
}

// reserve makes room for n more values.
func (s *Sorter) reserve(n int) {
	if s.sorted {
		panic("extsort: value added after Sort")
	}
	s.buf = grow(s.buf, n, s.limit)
}

// makeRoom sorts the full buffer and drops its duplicates. Unless that has
// freed half of it, the buffer becomes a run on disk.
func (s *Sorter) makeRoom() error {
	s.compact()
	if len(s.buf) <= s.limit/2 {
		return nil
	}
	return s.spill()
}

func (s *Sorter) compact() {
	if len(s.scratch) < len(s.buf) {
		s.scratch = make([]uint64, min(s.limit, cap(s.buf)))
	}
	radixSort(s.buf, s.scratch)
	s.buf = slices.Compact(s.buf)
}

func (s *Sorter) spill() error {
	err := s.runs.add(s.buf)
	s.buf = s.buf[:0]
	return err
}

// Sort calls yield with all distinct numbers in ascending order, some thousands
// at a time. yield must not keep the slice. An error from yield ends Sort and is
// returned as it is. Sort may be called once, and nothing may be added after it.
func (s *Sorter) Sort(yield func([]uint64) error) error {
	if s.sorted {
		panic("extsort: Sort called twice")
	}
	s.compact()
	s.sorted = true
	s.scratch = nil
	defer func() { s.buf = nil }()
	if s.runs.file == nil {
		return yieldAll(s.buf, yield)
	}
	if err := s.spill(); err != nil {
		return err
	}
	s.buf = nil
	return s.runs.merge(yield)
}

// Close frees the memory and removes the temporary file. It may be called at
// any time, and more than once.
func (s *Sorter) Close() error {
	s.buf, s.scratch, s.sorted = nil, nil, true
	return s.runs.close()
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("extsort: %w", err)
}
