package lsh

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/doppel-dedup/doppel/internal/tempfile"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// columnStore holds one column of IDs and, row for row, one column of keys for
// each band. When the memory share is full, all rows move to the end of one
// temporary file, as a block:
//
//	IDs               4 bytes a row
//	keys of band 0    8 bytes a row
//	keys of band 1    8 bytes a row, and so on
//
// all little endian, without a header. The file is read by the process that
// wrote it and by nothing else. One file, not one a band: a thousand bands must
// not need a thousand file descriptors.
type columnStore struct {
	ids     []uint32
	keys    [][]uint64
	first   corpus.ID
	last    corpus.ID
	maxRows int // in memory

	dir    string
	file   *tempfile.File
	blocks []block
}

// block is where some rows are in the file.
type block struct {
	offset int64
	rows   int
}

// newColumnStore returns a store that keeps at most memory bytes of rows, and
// at least 256 rows.
func newColumnStore(bands int, memory int64, dir string) *columnStore {
	rows := memory / int64(8*bands+4)
	return &columnStore{keys: make([][]uint64, bands), maxRows: int(max(rows, 256)), dir: dir}
}

func (c *columnStore) rowBytes() int64 { return int64(8*len(c.keys) + 4) }

func (c *columnStore) memoryBytes() int64 { return int64(len(c.ids)) * c.rowBytes() }

func (c *columnStore) fileRows() int {
	n := 0
	for _, b := range c.blocks {
		n += b.rows
	}
	return n
}

func (c *columnStore) len() int { return c.fileRows() + len(c.ids) }

func (c *columnStore) add(id corpus.ID, keys []uint64) error {
	if len(c.ids) == c.maxRows {
		if err := c.flush(); err != nil {
			return err
		}
	}
	if c.len() == 0 {
		c.first = id
	}
	c.ids = append(c.ids, uint32(id))
	for i, k := range keys {
		c.keys[i] = append(c.keys[i], k)
	}
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
	c.ids = nil
	clear(c.keys)
	return nil
}

// flush moves the rows in memory to the file.
func (c *columnStore) flush() error {
	if len(c.ids) == 0 {
		return nil
	}
	if c.file == nil {
		f, err := tempfile.Create(c.dir, "bands")
		if err != nil {
			return fmt.Errorf("lsh: band keys: %w", err)
		}
		c.file = f
	}
	w := bufio.NewWriterSize(c.file, 256<<10)
	var b [8]byte
	for _, id := range c.ids {
		binary.LittleEndian.PutUint32(b[:], id)
		w.Write(b[:4]) // an error sticks: Flush returns it
	}
	for i, column := range c.keys {
		for _, k := range column {
			binary.LittleEndian.PutUint64(b[:], k)
			w.Write(b[:])
		}
		c.keys[i] = column[:0]
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("lsh: band keys: %w", err)
	}
	c.blocks = append(c.blocks, block{offset: int64(c.fileRows()) * c.rowBytes(), rows: len(c.ids)})
	c.ids = c.ids[:0]
	return nil
}

// scanRows is the number of rows that scan hands out at once.
const scanRows = 8192

// scan calls yield with all rows of a band in ID order, some thousands at a
// time. Several goroutines may scan once nothing is added any more.
func (c *columnStore) scan(band int, yield func(ids []uint32, keys []uint64) error) error {
	if c.file != nil {
		s := blockScanner{file: c.file, ids: make([]uint32, scanRows), keys: make([]uint64, scanRows), raw: make([]byte, 8*scanRows)}
		for _, b := range c.blocks {
			if err := s.scan(b, band, yield); err != nil {
				return err
			}
		}
	}
	for from := 0; from < len(c.ids); from += scanRows {
		to := min(from+scanRows, len(c.ids))
		if err := yield(c.ids[from:to], c.keys[band][from:to]); err != nil {
			return err
		}
	}
	return nil
}

// blockScanner reads one band of a block through its buffers.
type blockScanner struct {
	file *tempfile.File
	ids  []uint32
	keys []uint64
	raw  []byte
}

func (s *blockScanner) scan(b block, band int, yield func(ids []uint32, keys []uint64) error) error {
	rows := int64(b.rows)
	keysAt := b.offset + rows*4 + rows*8*int64(band)
	for from := int64(0); from < rows; from += scanRows {
		n := min(scanRows, rows-from)
		if err := s.read(s.raw[:n*4], b.offset+from*4); err != nil {
			return err
		}
		for i := range n {
			s.ids[i] = binary.LittleEndian.Uint32(s.raw[i*4:])
		}
		if err := s.read(s.raw[:n*8], keysAt+from*8); err != nil {
			return err
		}
		for i := range n {
			s.keys[i] = binary.LittleEndian.Uint64(s.raw[i*8:])
		}
		if err := yield(s.ids[:n], s.keys[:n]); err != nil {
			return err
		}
	}
	return nil
}

func (s *blockScanner) read(b []byte, offset int64) error {
	if _, err := s.file.ReadAt(b, offset); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("lsh: band keys: %w", err)
	}
	return nil
}

// close drops all rows and removes the file.
func (c *columnStore) close() error {
	c.ids, c.blocks = nil, nil
	clear(c.keys)
	if c.file == nil {
		return nil
	}
	err := c.file.Close()
	c.file = nil
	return err
}
