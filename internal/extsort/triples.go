package extsort

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"unsafe"

	"github.com/doppel-dedup/doppel/internal/tempfile"
)

// Triple is a record of three numbers, in the order of which it is sorted.
type Triple [3]uint64

// tripleBytes is the size of a Triple.
const tripleBytes = 24

func compareTriples(a, b Triple) int {
	return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]), cmp.Compare(a[2], b[2]))
}

// Triples sorts more triples than fit into memory. Unlike a [Sorter] it keeps equal
// ones. The zero value is not usable: see [NewTriples]. It belongs to one goroutine
// at a time.
//
// It holds the bytes it was given, with a floor of [MinMemory], as one buffer that
// is sorted and written out as a run whenever it is full. Runs are merged with a
// read buffer each, in several passes when there are more runs than buffers.
type Triples struct {
	dir    string
	memory int64
	limit  int // triples buf may hold
	buf    []Triple
	runs   *tripleFile
	sorted bool
}

// NewTriples returns an empty sorter that uses up to memoryBytes of memory, or
// [MinMemory] if that is more, and spills to one temporary file in dir ("" is the
// system's default). Memory is taken as it is needed.
func NewTriples(memoryBytes int64, dir string) *Triples {
	memoryBytes = max(memoryBytes, MinMemory)
	return &Triples{dir: dir, memory: memoryBytes, limit: int(memoryBytes / tripleBytes)}
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
		if want := len(s.buf) + n; want > cap(s.buf) {
			// append alone would not respect the limit.
			grown := make([]Triple, len(s.buf), min(s.limit, max(want, 2*cap(s.buf), 1024)))
			copy(grown, s.buf)
			s.buf = grown
		}
		s.buf = append(s.buf, ts[:n]...)
		ts = ts[n:]
	}
	return nil
}

// FileBytes returns the bytes that went to the temporary file so far.
func (s *Triples) FileBytes() int64 {
	if s.runs == nil {
		return 0
	}
	return s.runs.size * tripleBytes
}

func (s *Triples) spill() (err error) {
	slices.SortFunc(s.buf, compareTriples)
	if s.runs == nil {
		if s.runs, err = createTriples(s.dir); err != nil {
			return err
		}
	}
	s.runs.beginRun()
	err = s.runs.write(s.buf)
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
	if s.runs == nil {
		slices.SortFunc(s.buf, compareTriples)
		s.sorted = true
		for batch := range slices.Chunk(s.buf, batchValues) {
			if err := yield(batch); err != nil {
				return err
			}
		}
		s.buf = nil
		return nil
	}
	err := s.spill()
	s.buf, s.sorted = nil, true
	if err == nil {
		err = s.reduceRuns()
	}
	if err != nil {
		return err
	}
	return s.runs.merge(s.runs.spans, s.memory, yield)
}

// reduceRuns merges groups of runs until one merge, within the memory limit, can
// take all that are left.
func (s *Triples) reduceRuns() error {
	fanIn := maxFanIn(s.memory)
	for len(s.runs.spans) > fanIn {
		longer, err := createTriples(s.dir)
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
		if err := done.close(); err != nil {
			return err
		}
	}
	return s.runs.flush()
}

// Close frees the memory and removes the temporary file. It may be called at any
// time, and more than once.
func (s *Triples) Close() error {
	s.buf, s.sorted = nil, true
	if s.runs == nil {
		return nil
	}
	err := s.runs.close()
	s.runs = nil
	return err
}

// tripleFile is a temporary file of sorted runs, one after another.
type tripleFile struct {
	file  *tempfile.File
	w     *bufio.Writer
	size  int64  // triples written
	spans []span // in triples
}

func createTriples(dir string) (*tripleFile, error) {
	f, err := tempfile.Create(dir, "sort")
	if err != nil {
		return nil, wrap(err)
	}
	return &tripleFile{file: f, w: bufio.NewWriterSize(f, writeBytes)}, nil
}

func (f *tripleFile) beginRun() { f.spans = append(f.spans, span{f.size, f.size}) }

// write appends ts to the run begun last.
func (f *tripleFile) write(ts []Triple) error {
	if _, err := f.w.Write(rawTriples(ts)); err != nil {
		return wrap(err)
	}
	f.size += int64(len(ts))
	f.spans[len(f.spans)-1].to = f.size
	return nil
}

func (f *tripleFile) flush() error { return wrap(f.w.Flush()) }
func (f *tripleFile) close() error { return wrap(f.file.Close()) }

// merge calls yield with the triples of the given runs in ascending order. Its
// buffers take about memory bytes in all.
func (f *tripleFile) merge(runs []span, memory int64, yield func([]Triple) error) error {
	if err := f.flush(); err != nil {
		return err
	}
	each := min(max(memory/int64(len(runs)), minReadBytes), maxReadBytes)
	heap := make([]*tripleReader, 0, len(runs))
	for _, r := range runs {
		rd := &tripleReader{file: f.file, next: r.from, end: r.to, buf: make([]Triple, each/tripleBytes)}
		more, err := rd.advance()
		if err != nil {
			return err
		}
		if more {
			heap = append(heap, rd)
		}
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		siftTriples(heap, i)
	}
	batch := make([]Triple, 0, batchValues)
	for len(heap) > 0 {
		if len(batch) == cap(batch) {
			if err := yield(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
		batch = append(batch, heap[0].value)
		more, err := heap[0].advance()
		if err != nil {
			return err
		}
		if !more {
			heap[0] = heap[len(heap)-1]
			heap = heap[:len(heap)-1]
		}
		siftTriples(heap, 0)
	}
	if len(batch) == 0 {
		return nil
	}
	return yield(batch)
}

// siftTriples restores the heap order (smallest value on top) below i.
func siftTriples(heap []*tripleReader, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if r := child + 1; r < len(heap) && compareTriples(heap[r].value, heap[child].value) < 0 {
			child = r
		}
		if compareTriples(heap[i].value, heap[child].value) <= 0 {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}

// tripleReader walks one run. value is the current one after advance returned true.
type tripleReader struct {
	value     Triple
	file      io.ReaderAt
	next, end int64 // triples still in the file
	buf, rest []Triple
}

func (r *tripleReader) advance() (more bool, err error) {
	if len(r.rest) == 0 {
		n := min(r.end-r.next, int64(len(r.buf)))
		if n == 0 {
			return false, nil
		}
		r.rest = r.buf[:n]
		if _, err := r.file.ReadAt(rawTriples(r.rest), r.next*tripleBytes); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return false, fmt.Errorf("extsort: %w", err)
		}
		r.next += n
	}
	r.value, r.rest = r.rest[0], r.rest[1:]
	return true, nil
}

// rawTriples returns the memory of ts.
func rawTriples(ts []Triple) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(ts))), tripleBytes*len(ts))
}
