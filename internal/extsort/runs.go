package extsort

import (
	"bufio"
	"errors"
	"io"
	"unsafe"

	"github.com/doppel-dedup/doppel/internal/tempfile"
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

// span is one run of a runFile: a range of values, in units of 8 bytes.
type span struct{ from, to int64 }

// runFile is a temporary file of sorted runs, one after another.
type runFile struct {
	file  *tempfile.File
	w     *bufio.Writer
	size  int64 // values written
	spans []span
}

func createRuns(dir string) (*runFile, error) {
	f, err := tempfile.Create(dir, "sort")
	if err != nil {
		return nil, wrap(err)
	}
	return &runFile{file: f, w: bufio.NewWriterSize(f, writeBytes)}, nil
}

func (f *runFile) appendRun(vs []uint64) error {
	f.beginRun()
	if err := f.write(vs); err != nil {
		return err
	}
	return f.flush()
}

func (f *runFile) beginRun() { f.spans = append(f.spans, span{f.size, f.size}) }

// write appends vs to the run begun last.
func (f *runFile) write(vs []uint64) error {
	if _, err := f.w.Write(rawBytes(vs)); err != nil {
		return wrap(err)
	}
	f.size += int64(len(vs))
	f.spans[len(f.spans)-1].to = f.size
	return nil
}

func (f *runFile) flush() error { return wrap(f.w.Flush()) }

func (f *runFile) close() error {
	return wrap(f.file.Close())
}

// merge calls yield with the distinct values of the given runs in ascending
// order. Its buffers take about memory bytes in all.
func (f *runFile) merge(runs []span, memory int64, yield func([]uint64) error) error {
	each := min(max(memory/int64(len(runs)), minReadBytes), maxReadBytes)
	heap := make([]*runReader, 0, len(runs))
	for _, r := range runs {
		rd := &runReader{file: f.file, next: r.from, end: r.to, buf: make([]uint64, each/8)}
		more, err := rd.advance()
		if err != nil {
			return err
		}
		if more {
			heap = append(heap, rd)
		}
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		siftDown(heap, i)
	}
	return mergeHeap(heap, yield)
}

func mergeHeap(heap []*runReader, yield func([]uint64) error) error {
	batch := make([]uint64, 0, batchValues)
	var last uint64
	first := true
	for len(heap) > 0 {
		top := heap[0]
		if first || top.value != last {
			if len(batch) == cap(batch) {
				if err := yield(batch); err != nil {
					return err
				}
				batch = batch[:0]
			}
			first, last = false, top.value
			batch = append(batch, last)
		}
		more, err := top.advance()
		if err != nil {
			return err
		}
		if !more {
			heap[0] = heap[len(heap)-1]
			heap = heap[:len(heap)-1]
		}
		siftDown(heap, 0)
	}
	if len(batch) == 0 {
		return nil
	}
	return yield(batch)
}

// siftDown restores the heap order (smallest value on top) below i.
func siftDown(heap []*runReader, i int) {
	for {
		child := 2*i + 1
		if child >= len(heap) {
			return
		}
		if r := child + 1; r < len(heap) && heap[r].value < heap[child].value {
			child = r
		}
		if heap[i].value <= heap[child].value {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}

// runReader walks one run. value is the current one after advance returned true.
type runReader struct {
	value     uint64
	file      io.ReaderAt
	next, end int64 // values still in the file
	buf       []uint64
	rest      []uint64 // part of buf not yet consumed
}

func (r *runReader) advance() (more bool, err error) {
	if len(r.rest) == 0 {
		n := min(r.end-r.next, int64(len(r.buf)))
		if n == 0 {
			return false, nil
		}
		r.rest = r.buf[:n]
		if _, err := r.file.ReadAt(rawBytes(r.rest), r.next*8); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return false, wrap(err)
		}
		r.next += n
	}
	r.value = r.rest[0]
	r.rest = r.rest[1:]
	return true, nil
}

// rawBytes returns the memory of vs.
func rawBytes(vs []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(vs))), 8*len(vs))
}
