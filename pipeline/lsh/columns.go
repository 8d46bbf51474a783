package lsh

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"unsafe"

	"github.com/doppel-dedup/doppel/internal/tempfile"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// columnStore holds one column of IDs and, row for row, one column of keys for
// each band. In memory, columns grow by chunks of some thousand rows, so that
// nothing is copied and what is counted is what is taken. When the memory share
// is full, all rows move to the end of one temporary file, as a block:
//
//	IDs               4 bytes a row
//	keys of band 0    8 bytes a row
//	keys of band 1    8 bytes a row, and so on
//
// in the machine's own byte order, without a header. The file is read by the
// process that wrote it and by nothing else. One file, not one a band: a
// thousand bands must not need a thousand file descriptors.
type columnStore struct {
	bands   int
	shift   uint // of a row number, to its chunk
	maxRows int  // in memory
	chunks  []chunk
	inChunk int // rows in chunks
	spilled int // rows in file

	first corpus.ID
	last  corpus.ID

	dir    string
	fs     vfs.TempFS
	file   *tempfile.File
	blocks []block
}

// chunk holds 1<<shift rows: the keys of band i begin at i*stride.
type chunk struct {
	ids  []uint32
	keys []uint64
}

// Sizes of chunks.
const (
	chunkBytes = 1 << 20 // aimed at, unless there are many stores
	minChunk   = 256     // rows
	// strideGap is one cache line: columns a power of two apart would share
	// the few lines of one set of the first-level cache, and each Add writes to
	// all columns.
	strideGap = 8
)

// block is where some rows are in the file.
type block struct {
	offset int64
	rows   int
}

// newColumnStore returns a store that keeps at most memory bytes of rows, and
// at least one chunk, which has about inChunk bytes or less.
func newColumnStore(bands int, memory, inChunk int64, dir string) *columnStore {
	c := &columnStore{bands: bands, dir: dir}
	rows := max(minChunk, min(inChunk, memory)/c.rowBytes())
	c.shift = uint(bits.Len64(uint64(rows)) - 1)
	c.maxRows = int(max(1, memory/c.chunkBytes())) << c.shift
	return c
}

// in makes the store put its file into another file system.
func (c *columnStore) in(fs vfs.TempFS) *columnStore {
	c.fs = fs
	return c
}

func (c *columnStore) rowBytes() int64   { return int64(8*c.bands + 4) }
func (c *columnStore) stride() int       { return 1<<c.shift + strideGap }
func (c *columnStore) chunkBytes() int64 { return 4<<c.shift + int64(8*c.bands*c.stride()) }

// memoryBytes returns the bytes allocated for rows.
func (c *columnStore) memoryBytes() int64 { return int64(len(c.chunks)) * c.chunkBytes() }

func (c *columnStore) fileBytes() int64 { return int64(c.spilled) * c.rowBytes() }

func (c *columnStore) len() int { return c.spilled + c.inChunk }

func (c *columnStore) add(id corpus.ID, keys []uint64) error {
	if c.inChunk == c.maxRows {
		if err := c.flush(); err != nil {
			return err
		}
	}
	at := c.inChunk >> c.shift
	if at == len(c.chunks) {
		c.chunks = append(c.chunks, chunk{make([]uint32, 1<<c.shift), make([]uint64, c.bands*c.stride())})
	}
	if c.len() == 0 {
		c.first = id
	}
	ch, row, stride := &c.chunks[at], c.inChunk&(1<<c.shift-1), c.stride()
	ch.ids[row] = uint32(id)
	for _, k := range keys {
		ch.keys[row] = k
		row += stride
	}
	c.inChunk++
	c.last = id
	return nil
}

// settle ends the adding. If rows have been spilled, those still in memory
// follow them, so that the join has the memory to itself.
func (c *columnStore) settle() error {
	if c.file == nil {
		return nil
	}
	if err := c.flush(); err != nil {
		return err
	}
	c.chunks = nil
	return nil
}

// flush moves the rows in memory to the file, and keeps the chunks.
func (c *columnStore) flush() error {
	if c.inChunk == 0 {
		return nil
	}
	if c.file == nil {
		f, err := tempfile.Create(c.fs, c.dir, "bands")
		if err != nil {
			return fmt.Errorf("lsh: band keys: %w", err)
		}
		c.file = f
	}
	w := bufio.NewWriterSize(c.file, int(min(1<<20, c.memoryBytes())))
	for p := range c.pieces(0) {
		w.Write(rawBytes(p.ids)) // an error sticks: Flush returns it
	}
	for band := range c.bands {
		for p := range c.pieces(band) {
			w.Write(rawBytes(p.keys))
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("lsh: band keys: %w", err)
	}
	c.blocks = append(c.blocks, block{offset: c.fileBytes(), rows: c.inChunk})
	c.spilled += c.inChunk
	c.inChunk = 0
	return nil
}

// piece is some consecutive rows of one band.
type piece struct {
	ids  []uint32
	keys []uint64
}

// pieces yields the rows of a band that are in memory, chunk by chunk.
func (c *columnStore) pieces(band int) func(yield func(piece) bool) {
	return func(yield func(piece) bool) {
		left := c.inChunk
		for _, ch := range c.chunks {
			n := min(left, 1<<c.shift)
			from := band * c.stride()
			if n == 0 || !yield(piece{ch.ids[:n], ch.keys[from : from+n]}) {
				return
			}
			left -= n
		}
	}
}

// newPiece returns room for n rows.
func newPiece(n int) piece { return piece{make([]uint32, n), make([]uint64, n)} }

// read calls yield with all rows of a band in the file, in ID order, as many at a
// time as buf has room for. Several goroutines may read, each with a buffer of its
// own.
func (c *columnStore) read(band int, buf piece, yield func(piece) error) error {
	for _, b := range c.blocks {
		for from := 0; from < b.rows; from += len(buf.ids) {
			n := min(len(buf.ids), b.rows-from)
			p := piece{buf.ids[:n], buf.keys[:n]}
			idsAt := b.offset + 4*int64(from)
			keysAt := b.offset + 4*int64(b.rows) + 8*(int64(band)*int64(b.rows)+int64(from))
			if err := errors.Join(c.readAt(rawBytes(p.ids), idsAt), c.readAt(rawBytes(p.keys), keysAt)); err != nil {
				return err
			}
			if err := yield(p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *columnStore) readAt(b []byte, offset int64) error {
	if _, err := c.file.ReadAt(b, offset); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("lsh: band keys: %w", err)
	}
	return nil
}

// close drops all rows and removes the file.
func (c *columnStore) close() error {
	c.chunks, c.blocks, c.inChunk, c.spilled = nil, nil, 0, 0
	if c.file == nil {
		return nil
	}
	err := c.file.Close()
	c.file = nil
	return err
}

// rawBytes returns the memory of vs.
func rawBytes[T uint32 | uint64](vs []T) []byte {
	var z T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(vs))), len(vs)*int(unsafe.Sizeof(z)))
}
