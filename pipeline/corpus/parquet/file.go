package parquet

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

const (
	magic     = "PAR1"
	encrypted = "PARE"
	// maxFooter is the largest footer in bytes; real ones have some 100 bytes for each
	// column of each row group.
	maxFooter = 256 << 20
	// maxGroup is the most rows of a row group.
	maxGroup = 1 << 28
)

// file is an open Parquet file.
type file struct {
	*corpus.Stored
	meta   format.FileMetaData
	footer []byte
	spans  map[int16][2]int64 // where the values of the footer's fields are in it
	end    int64              // of the pages, in bytes of the file
	root   *node
	leaves []*node
	codecs codecs
}

// openFile reads a file's footer.
func openFile(s *corpus.Stored) (f *file, err error) {
	if s.Compression != corpus.None {
		return nil, fmt.Errorf("a Parquet file is compressed inside, and this one again by %v: decompress it first", s.Compression)
	}
	f = &file{Stored: s, codecs: codecs{bound: s.Expansion("the file")}}
	if err = f.readFooter(); err != nil {
		return nil, err
	}
	if f.root, f.leaves, err = newSchema(f.meta.Schema); err != nil {
		return nil, err
	}
	for i := range f.meta.RowGroups {
		g := &f.meta.RowGroups[i]
		if len(g.Columns) != len(f.leaves) || g.NumRows < 0 || g.NumRows > maxGroup {
			return nil, fmt.Errorf("row group %d has %d columns and %d rows, want %d and at most %d", i+1, len(g.Columns), g.NumRows, len(f.leaves), maxGroup)
		}
	}
	return f, nil
}

// readFooter reads and checks the footer: its structure, its length in four bytes,
// and the magic word at the end of the file.
func (f *file) readFooter() error {
	var tail [8]byte
	if f.Size < int64(2*len(magic)+4) {
		return fmt.Errorf("it has %d bytes, too few for a Parquet file", f.Size)
	}
	if err := readAt(f, tail[:], f.Size-8); err != nil {
		return err
	}
	switch string(tail[4:]) {
	case magic:
	case encrypted:
		return errors.New("it is encrypted")
	default:
		return errors.New("it does not end as a Parquet file does: it is of another kind, or was cut short")
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	f.end = f.Size - 8 - n
	if f.end < int64(len(magic)) || n > maxFooter {
		return fmt.Errorf("it says that its last %d bytes describe it, of %d", n, f.Size)
	}
	f.footer = make([]byte, n)
	if err := readAt(f, f.footer, f.end); err != nil {
		return err
	}
	return f.parseFooter()
}

func (f *file) parseFooter() error {
	f.spans = map[int16][2]int64{}
	w := walker{r: bufio.NewReader(bytes.NewReader(f.footer)), left: int64(len(f.footer))}
	w.span = func(id int16, from, to int64) { f.spans[id] = [2]int64{from, to} }
	if err := w.structure(0, 0); err != nil {
		return fmt.Errorf("%w: %w", errThrift, err)
	}
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), f.footer[:w.n], &f.meta); err != nil {
		return fmt.Errorf("%w: %w", errThrift, err)
	}
	return nil
}

// readAt fills p from the place at.
func readAt(r io.ReaderAt, p []byte, at int64) error {
	n, err := r.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// column opens the column chunk of a leaf in a row group.
func (f *file) column(leaf *node, group int) (*cursor, error) {
	return newCursor(leaf, f, f.end, &f.meta.RowGroups[group].Columns[leaf.column], &f.codecs)
}

// guard turns a panic into an error: a file must not end the process, whatever is in
// it.
func guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("reading it as Parquet broke down: %v", r)
	}
}

// hidden reports whether no wanted field is there.
func (f *file) hidden() bool { return f.leaves[0].hidden }
