// Package extsort sorts more 64-bit numbers than fit into memory and drops the
// duplicates among them.
//
// Numbers come in by [Sorter.Add] or [Sorter.AddAll] in any order, and go out
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
	"errors"
	"fmt"
	"slices"
)

// MinMemory is the least number of bytes a [Sorter] works with.
const MinMemory = 64 << 10

// batchValues is the number of values handed to yield at once.
const batchValues = 4096

// Sorter collects numbers and returns them sorted and distinct. The zero value
// is not usable: see [New].
type Sorter struct {
	dir    string
	memory int64
	limit  int // values buf may hold

	buf     []uint64
	scratch []uint64
	runs    *runFile
	sorted  bool
}

// New returns an empty sorter that uses up to memoryBytes of memory, or
// [MinMemory] if that is more, and spills to one temporary file in dir ("" is
// the system's default). Memory is taken as it is needed.
func New(memoryBytes int64, dir string) *Sorter {
	memoryBytes = max(memoryBytes, MinMemory)
	return &Sorter{dir: dir, memory: memoryBytes, limit: int(memoryBytes / 16)}
}

// Add adds one number.
func (s *Sorter) Add(v uint64) error {
	if len(s.buf) == s.limit {
		if err := s.makeRoom(); err != nil {
			return err
		}
	}
	s.reserve(1)
	s.buf = append(s.buf, v)
	return nil
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

// reserve makes room for n more values, growing the buffer by doubling but
// never past the limit, which append alone would not respect.
func (s *Sorter) reserve(n int) {
	if s.sorted {
		panic("extsort: value added after Sort")
	}
	if want := len(s.buf) + n; want > cap(s.buf) {
		grown := make([]uint64, len(s.buf), min(s.limit, max(want, 2*cap(s.buf), 1024)))
		copy(grown, s.buf)
		s.buf = grown
	}
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
	if s.runs == nil {
		f, err := createRuns(s.dir)
		if err != nil {
			return err
		}
		s.runs = f
	}
	err := s.runs.appendRun(s.buf)
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
	if s.runs == nil {
		for batch := range slices.Chunk(s.buf, batchValues) {
			if err := yield(batch); err != nil {
				return err
			}
		}
		s.buf = nil
		return nil
	}
	if err := s.spill(); err != nil {
		return err
	}
	s.buf = nil
	if err := s.reduceRuns(); err != nil {
		return err
	}
	return s.runs.merge(s.runs.spans, s.memory, yield)
}

// reduceRuns merges groups of runs into longer runs until one merge, within the
// memory limit, can take all that are left.
func (s *Sorter) reduceRuns() error {
	fanIn := maxFanIn(s.memory)
	for len(s.runs.spans) > fanIn {
		longer, err := createRuns(s.dir)
		if err != nil {
			return err
		}
		for group := range slices.Chunk(s.runs.spans, fanIn) {
			longer.beginRun()
			if err := s.runs.merge(group, s.memory, longer.write); err != nil {
				return errors.Join(err, longer.close())
			}
		}
		done := s.runs
		s.runs = longer
		if err := errors.Join(longer.flush(), done.close()); err != nil {
			return err
		}
	}
	return nil
}

// Close frees the memory and removes the temporary file. It may be called at
// any time, and more than once.
func (s *Sorter) Close() error {
	s.buf, s.scratch, s.sorted = nil, nil, true
	if s.runs == nil {
		return nil
	}
	err := s.runs.close()
	s.runs = nil
	return err
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("extsort: %w", err)
}
