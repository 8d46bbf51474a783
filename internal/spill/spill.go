// Package spill stores variable-length rows, in memory up to a budget and in
// one temporary file beyond it.
//
// Rows are appended by one goroutine and numbered from 0 in that order. After
// [Store.Seal] any number of goroutines may read them. A row is never split,
// so a row in memory is handed out as a view without copying. Each row costs 12
// bytes of bookkeeping in memory whether it was spilled or not.
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
)

// Elem is what a row may consist of.
type Elem interface{ ~uint8 | ~uint32 | ~uint64 }

// chunkBytes is the size of one allocation; larger rows get one of their own.
const chunkBytes = 1 << 20

// inFile marks, in the chunk half of an address, a row that was spilled.
const inFile = 1<<24 - 1

// address packs a chunk number (24 bits) and an element offset (40 bits).
type address uint64

func (a address) chunk() int    { return int(a >> 40) }
func (a address) offset() int64 { return int64(a & (1<<40 - 1)) }

// Store is an append-only list of rows of T. The zero value is not usable: see
// [New].
type Store[T Elem] struct {
	budget int64
	dir    string

	chunks    [][]T
	allocated int64 // bytes of chunks
	used      int64 // of them, by rows
	rows      []address
	lens      []uint32

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

// Append copies row to the end of the store. It must not be called after Seal
// or from several goroutines.
func (s *Store[T]) Append(row []T) error {
	if uint64(len(row)) > math.MaxUint32 {
		return fmt.Errorf("spill: a row of %d values is over the limit of %d", len(row), uint32(math.MaxUint32))
	}
	at, err := s.place(row)
	if err != nil {
		return err
	}
	s.rows = append(s.rows, at)
	s.lens = append(s.lens, uint32(len(row)))
	return nil
}

func (s *Store[T]) place(row []T) (address, error) {
	size := int64(len(row)) * elemSize[T]()
	if len(row) == 0 {
		return 0, nil
	}
	// Once one row has gone to the file all later ones follow it: a store
	// that is over budget must not grow again because a short row still fits.
	if s.file != nil {
		return s.toFile(row)
	}
	last := len(s.chunks) - 1
	if last < 0 || cap(s.chunks[last])-len(s.chunks[last]) < len(row) {
		// What is allocated counts, not what is used of it.
		bytes := max(min(chunkBytes, s.budget-s.allocated), size)
		if s.allocated+bytes > s.budget {
			return s.toFile(row)
		}
		s.chunks = append(s.chunks, make([]T, 0, bytes/elemSize[T]()))
		s.allocated += bytes
		last++
	}
	at := address(last)<<40 | address(len(s.chunks[last]))
	s.chunks[last] = append(s.chunks[last], row...)
	s.used += size
	return at, nil
}

func (s *Store[T]) toFile(row []T) (address, error) {
	if s.file == nil {
		f, err := tempfile.Create(s.dir, "spill")
		if err != nil {
			return 0, fmt.Errorf("spill: %w", err)
		}
		s.file, s.w = f, bufio.NewWriterSize(f, 1<<20)
	}
	at := address(inFile)<<40 | address(s.spilled)
	if _, err := s.w.Write(rawBytes(row)); err != nil {
		return 0, fmt.Errorf("spill: %w", err)
	}
	s.spilled += int64(len(row))
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
	at, n := s.rows[i], int(s.lens[i])
	if n == 0 {
		return buf[:0], nil
	}
	if at.chunk() != inFile {
		c, o := s.chunks[at.chunk()], int(at.offset())
		return c[o : o+n : o+n], nil
	}
	if cap(buf) < n {
		buf = make([]T, n, n+n/2)
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

// RowLen returns the number of values in row i.
func (s *Store[T]) RowLen(i int) int { return int(s.lens[i]) }

// Len returns the number of rows.
func (s *Store[T]) Len() int { return len(s.rows) }

// MemoryBytes returns the bytes of rows held in memory.
func (s *Store[T]) MemoryBytes() int64 { return s.used }

// FileBytes returns the bytes of rows held in the temporary file.
func (s *Store[T]) FileBytes() int64 { return s.spilled * elemSize[T]() }

// Close drops all rows and removes the temporary file.
func (s *Store[T]) Close() error {
	s.chunks, s.rows, s.lens = nil, nil, nil
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

func rawBytes[T Elem](row []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(row))), len(row)*int(elemSize[T]()))
}
