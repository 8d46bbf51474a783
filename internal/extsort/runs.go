package extsort

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"unsafe"

	"github.com/doppel-dedup/doppel/internal/tempfile"
	"github.com/doppel-dedup/doppel/internal/vfs"
)

// Limits of a merge: fewer bytes of read buffer a run than minReadBytes make
// the disk seek, and more than maxReadBytes gain nothing.
const (
	minReadBytes = 4 << 10
	maxReadBytes = 1 << 20
	writeBytes   = 64 << 10
)

// maxFanIn returns how many runs one merge may read within memory bytes.
func maxFanIn(memory int64) int {
	return int(max(2, memory/minReadBytes))
}

// record is what a run holds: plain memory, written and read as it is.
type record interface{ uint64 | Triple }

// order is the order of records, by their first number before all else, and whether equal ones are merged into one.
type order[T record] struct {
	compare  func(a, b T) int
	distinct bool
}

// runs are the sorted runs of a sorter, in one temporary file at a time.
type runs[T record] struct {
	order  order[T]
	dir    string     // of the temporary file; "" is the system's default
	fs     vfs.TempFS // likewise; nil is the machine's
	memory int64      // bytes that a merge may take for its buffers
	file   *runFile[T]
}

// add writes a sorted buffer as one run.
func (r *runs[T]) add(sorted []T) (err error) {
	if r.file == nil {
		if r.file, err = createRuns[T](r.fs, r.dir); err != nil {
			return err
		}
	}
	r.file.beginRun()
	return r.file.write(sorted)
}

// merge calls yield with the records of all runs in order. First it merges groups
// of runs into longer ones until one merge, within the memory, can take all.
func (r *runs[T]) merge(yield func([]T) error) error {
	fanIn := maxFanIn(r.memory)
	for len(r.file.spans) > fanIn {
		longer, err := createRuns[T](r.fs, r.dir)
		if err != nil {
			return err
		}
		for group := range slices.Chunk(r.file.spans, fanIn) {
			longer.beginRun()
			if err := r.file.merge(r.order, group, r.memory, longer.write); err != nil {
				return errors.Join(err, longer.close())
			}
		}
		done := r.file
		r.file = longer
		if err := done.close(); err != nil {
			return err
		}
	}
	return r.file.merge(r.order, r.file.spans, r.memory, yield)
}

// bytes returns the size of the temporary file.
func (r *runs[T]) bytes() int64 {
	if r.file == nil {
		return 0
	}
	return r.file.size * recordBytes[T]()
}

func (r *runs[T]) close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.close()
	r.file = nil
	return err
}

// span is one run of a runFile: a range of records.
type span struct{ from, to int64 }

// runFile is a temporary file of sorted runs, one after another.
type runFile[T record] struct {
	file  *tempfile.File
	w     *bufio.Writer
	size  int64 // records written
	spans []span
}

func createRuns[T record](fs vfs.TempFS, dir string) (*runFile[T], error) {
	f, err := tempfile.Create(fs, dir, "sort")
	if err != nil {
		return nil, wrap(err)
	}
	return &runFile[T]{file: f, w: bufio.NewWriterSize(f, writeBytes)}, nil
}

func (f *runFile[T]) beginRun() { f.spans = append(f.spans, span{f.size, f.size}) }

// write appends vs to the run begun last.
func (f *runFile[T]) write(vs []T) error {
	if _, err := f.w.Write(rawBytes(vs)); err != nil {
		return wrap(err)
	}
	f.size += int64(len(vs))
	f.spans[len(f.spans)-1].to = f.size
	return nil
}

func (f *runFile[T]) close() error { return wrap(f.file.Close()) }

// merge calls yield with the records of the given runs in order. Its buffers take
// about memory bytes in all.
func (f *runFile[T]) merge(o order[T], spans []span, memory int64, yield func([]T) error) error {
	if err := f.w.Flush(); err != nil {
		return wrap(err)
	}
	each := min(max(memory/int64(len(spans)), minReadBytes), maxReadBytes)
	m := merger[T]{order: o, heap: make([]*runReader[T], 0, len(spans))}
	for _, s := range spans {
		rd := &runReader[T]{file: f.file, next: s.from, end: s.to, buf: make([]T, each/recordBytes[T]())}
		more, err := rd.advance()
		if err != nil {
			return err
		}
		if more {
			m.heap = append(m.heap, rd)
		}
	}
	return m.run(yield)
}

// merger merges runs by a heap of their readers, the least value on top.
type merger[T record] struct {
	order order[T]
	heap  []*runReader[T]
}

func (m *merger[T]) run(yield func([]T) error) error {
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.siftDown(i)
	}
	batch := make([]T, 0, batchValues)
	var last T
	first := true
	for len(m.heap) > 0 {
		if top := m.heap[0].value; first || !m.order.distinct || top != last {
			if len(batch) == cap(batch) {
				if err := yield(batch); err != nil {
					return err
				}
				batch = batch[:0]
			}
			first, last = false, top
			batch = append(batch, top)
		}
		if err := m.advance(); err != nil {
			return err
		}
	}
	if len(batch) == 0 {
		return nil
	}
	return yield(batch)
}

// advance moves the top reader on, or takes it out at its end.
func (m *merger[T]) advance() error {
	more, err := m.heap[0].advance()
	if err != nil {
		return err
	}
	if !more {
		m.heap[0] = m.heap[len(m.heap)-1]
		m.heap = m.heap[:len(m.heap)-1]
	}
	m.siftDown(0)
	return nil
}

// siftDown restores the order of the heap below i.
func (m *merger[T]) siftDown(i int) {
	heap := m.heap
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if r := child + 1; r < len(heap) && m.less(heap[r], heap[child]) {
			child = r
		}
		if !m.less(heap[child], heap[i]) {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}

// less looks at the first numbers, which nearly always decide, before it calls the
// order.
func (m *merger[T]) less(a, b *runReader[T]) bool {
	if a.first != b.first {
		return a.first < b.first
	}
	return m.order.compare(a.value, b.value) < 0
}

// runReader walks one run. value is the current one after advance returned true.
type runReader[T record] struct {
	value     T
	first     uint64 // of value
	file      io.ReaderAt
	next, end int64 // records still in the file
	buf       []T
	rest      []T // part of buf not yet consumed
}

func (r *runReader[T]) advance() (more bool, err error) {
	if len(r.rest) == 0 {
		n := min(r.end-r.next, int64(len(r.buf)))
		if n == 0 {
			return false, nil
		}
		r.rest = r.buf[:n]
		if _, err := r.file.ReadAt(rawBytes(r.rest), r.next*recordBytes[T]()); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return false, wrap(err)
		}
		r.next += n
	}
	r.value, r.rest = r.rest[0], r.rest[1:]
	r.first = *(*uint64)(unsafe.Pointer(&r.value)) // every record begins with one
	return true, nil
}

// recordBytes returns the size of a record.
func recordBytes[T record]() int64 {
	var v T
	return int64(unsafe.Sizeof(v))
}

// rawBytes returns the memory of vs.
func rawBytes[T record](vs []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(vs))), int64(len(vs))*recordBytes[T]())
}

// grow returns buf with room for n more records. It doubles, but never past the
// limit, which append alone would not respect.
func grow[T record](buf []T, n, limit int) []T {
	want := len(buf) + n
	if want <= cap(buf) {
		return buf
	}
	grown := make([]T, len(buf), min(limit, max(want, 2*cap(buf), 1024)))
	copy(grown, buf)
	return grown
}

// yieldAll hands over a sorted buffer in batches.
func yieldAll[T record](buf []T, yield func([]T) error) error {
	for batch := range slices.Chunk(buf, batchValues) {
		if err := yield(batch); err != nil {
			return err
		}
	}
	return nil
}
