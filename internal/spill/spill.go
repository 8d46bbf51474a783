// Package spill stores variable-length rows, in memory up to a budget and in
// one temporary file beyond it.
//
// Rows are appended by one goroutine and numbered from 0 in that order. After
// [Store.Seal] any number of goroutines may read them. A row is never split,
// so a row in memory is handed out as a view without copying. Each row costs 12
// bytes of bookkeeping in memory whether it was spilled or not. Nothing that has
// been stored is moved to make room for more, so memory has no peaks.
//
// The file holds raw values in the machine's own byte order: it is read by the
// process that wrote it and by nothing else.
package spill

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"unsafe"

	"github.com/doppel-dedup/doppel/internal/tempfile"
	"github.com/doppel-dedup/doppel/internal/vfs"
)

// Elem is what a row may consist of.
type Elem interface{ ~uint8 | ~uint32 | ~uint64 }

// chunkBytes is the size of one allocation; larger rows get one of their own.
//
// Note: chunks of 4 to 64 MiB took as long to fill. Asking the system for huge
// pages halved the time it takes to provide 266 MiB at best (66 ms for 125), and
// doubled it whenever it had to make huge pages first.
const chunkBytes = 1 << 20

// inFile marks, in the chunk half of an address, a row that was spilled.
const inFile = 1<<24 - 1

// address packs a chunk number (24 bits) and an element offset (40 bits).
type address uint64

func (a address) chunk() int    { return int(a >> 40) }
func (a address) offset() int64 { return int64(a & (1<<40 - 1)) }

// row says where a row is: 64 bits of address in two halves, because a row must
// take 12 bytes and not 16, and its length.
type row struct{ high, low, len uint32 }

func (r row) at() address { return address(r.high)<<32 | address(r.low) }

// Rows are kept in blocks of this many.
const (
	blockShift = 14
	blockRows  = 1 << blockShift
)

// Store is an append-only list of rows of T. The zero value is not usable: see
// [New].
type Store[T Elem] struct {
	budget int64
	dir    string
	fs     vfs.TempFS // of the file; nil is the machine's

	chunks    [][]T
	allocated int64   // bytes of chunks
	used      int64   // of them, by rows
	rows      [][]row // row i is rows[i/blockRows][i%blockRows]
	len       int     // rows

	file    *tempfile.File
	w       *bufio.Writer
	spilled int64 // elements in file
}

// New returns an empty store that holds up to budget bytes of rows in memory
// and appends what comes later to a temporary file in dir ("" is the system's
// default). A budget of 0 or less spills every row.
func New[T Elem](budget int64, dir string) *Store[T] {
	return &Store[T]{budget: budget, dir: dir}
}

// In makes the store put its temporary file into another file system, nil being the
// machine's, before anything is appended. It returns the store.
func (s *Store[T]) In(fs vfs.TempFS) *Store[T] {
	s.fs = fs
	return s
}

// Append copies values to the end of the store. It must not be called after Seal
// or from several goroutines.
func (s *Store[T]) Append(values []T) error {
	if uint64(len(values)) > math.MaxUint32 {
		return fmt.Errorf("spill: a row of %d values is over the limit of %d", len(values), uint32(math.MaxUint32))
	}
	at, err := s.place(values)
	if err != nil {
		return err
	}
	block := s.len / blockRows
	if block == len(s.rows) {
		s.rows = append(s.rows, nil)
	}
	s.rows[block] = append(s.rows[block], row{uint32(at >> 32), uint32(at), uint32(len(values))})
	s.len++
	return nil
}

func (s *Store[T]) place(values []T) (address, error) {
	size := int64(len(values)) * elemSize[T]()
	if len(values) == 0 {
		return 0, nil
	}
	// Once one row has gone to the file all later ones follow it: a store
	// that is over budget must not grow again because a short row still fits.
	if s.file != nil {
		return s.toFile(values)
	}
	last := len(s.chunks) - 1
	if last < 0 || cap(s.chunks[last])-len(s.chunks[last]) < len(values) {
		// What is allocated counts, not what is used of it.
		bytes := max(min(chunkBytes, s.budget-s.allocated), size)
		if s.allocated+bytes > s.budget {
			return s.toFile(values)
		}
		s.chunks = append(s.chunks, make([]T, 0, bytes/elemSize[T]()))
		s.allocated += bytes
		last++
	}
	at := address(last)<<40 | address(len(s.chunks[last]))
	s.chunks[last] = append(s.chunks[last], values...)
	s.used += size
	return at, nil
}

func (s *Store[T]) toFile(values []T) (address, error) {
	if s.file == nil {
		f, err := tempfile.Create(s.fs, s.dir, "spill")
		if err != nil {
			return 0, fmt.Errorf("spill: %w", err)
		}
		s.file, s.w = f, bufio.NewWriterSize(f, 1<<20)
	}
	at := address(inFile)<<40 | address(s.spilled)
	if _, err := s.w.Write(rawBytes(values)); err != nil {
		return 0, fmt.Errorf("spill: %w", err)
	}
	s.spilled += int64(len(values))
	return at, nil
}

// Seal makes every row readable from any goroutine. Rows that are appended later
// need another Seal, and must not be appended while others read.
func (s *Store[T]) Seal() error {
	if s.w == nil {
		return nil
	}
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("spill: %w", err)
	}
	return nil
}

// Get returns row i: a view of the store's own memory, or, for a spilled row,
// buf (grown if needed) filled from the file. The caller must not change the
// result, and may keep it only until buf is used again.
func (s *Store[T]) Get(i int, buf []T) ([]T, error) {
	if view := s.View(i); view != nil {
		return view, nil
	}
	at, n := s.row(i).at(), s.RowLen(i)
	if n == 0 {
		return buf[:0], nil
	}
	if cap(buf) < n {
		buf = make([]T, n, n+min(n/2, chunkBytes))
	}
	buf = buf[:n]
	if _, err := s.file.ReadAt(rawBytes(buf), at.offset()*elemSize[T]()); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("spill: row %d: %w", i, err)
	}
	return buf, nil
}

// View returns row i if it is in memory, and nil if it is empty or in the file.
// The caller must not change it.
func (s *Store[T]) View(i int) []T {
	r := s.row(i)
	if r.len == 0 || r.at().chunk() == inFile {
		return nil
	}
	c, o := s.chunks[r.at().chunk()], int(r.at().offset())
	return c[o : o+int(r.len) : o+int(r.len)]
}

// RowLen returns the number of values in row i.
func (s *Store[T]) RowLen(i int) int { return int(s.row(i).len) }

func (s *Store[T]) row(i int) row { return s.rows[i>>blockShift][i&(blockRows-1)] }

// Len returns the number of rows.
func (s *Store[T]) Len() int { return s.len }

// MemoryBytes returns the bytes of rows held in memory.
func (s *Store[T]) MemoryBytes() int64 { return s.used }

// FileBytes returns the bytes of rows held in the temporary file.
func (s *Store[T]) FileBytes() int64 { return s.spilled * elemSize[T]() }

// Close drops all rows and removes the temporary file.
func (s *Store[T]) Close() error {
	s.chunks, s.rows, s.len = nil, nil, 0
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	s.file, s.w = nil, nil
	return err
}

func elemSize[T Elem]() int64 {
	var z T
	return int64(unsafe.Sizeof(z))
}

func rawBytes[T Elem](values []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), len(values)*int(elemSize[T]()))
}
