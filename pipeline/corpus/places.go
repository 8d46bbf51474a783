package corpus

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
)

// PlaceReader reads single records of a file again, each at its place. It is for one
// goroutine.
type PlaceReader struct {
	c    *Corpus
	file int
	f    fs.File
	at   io.ReaderAt
	buf  []byte
}

// recordGuess is how much is read of a record at first.
const recordGuess = 16 << 10

// errNoPlaces says that a file is not one whose records have places.
var errNoPlaces = errors.New("corpus: records of this file cannot be read at their places")

// OpenPlaces opens file i for that. It is an error if its records are not stored at
// their offsets: only those of plain JSONL are, and where files can be read at any place.
func (c *Corpus) OpenPlaces(i int) (*PlaceReader, error) {
	if c.files[i].Format != JSONL || !c.Rereadable(i) {
		return nil, errNoPlaces
	}
	f, err := c.fsys.Open(c.files[i].Path)
	if err != nil {
		return nil, err
	}
	at, ok := f.(io.ReaderAt)
	if !ok {
		return nil, errors.Join(errNoPlaces, f.Close())
	}
	return &PlaceReader{c: c, file: i, f: f, at: at}, nil
}

// Block returns a block that begins with the record at an offset, as far as it is there:
// whether it is still the same one is for the caller to find out. The block is good until
// the next call.
func (r *PlaceReader) Block(offset int64) (*Block, error) {
	limit := r.c.o.MaxRecord + int64(len("\r\n"))
	for size := int64(recordGuess); ; size *= 8 {
		size = min(size, limit)
		if int64(cap(r.buf)) < size {
			r.buf = make([]byte, size)
		}
		n, err := r.at.ReadAt(r.buf[:size], offset)
		data := r.buf[:n]
		if err != nil && err != io.EOF {
			return nil, err
		}
		if n < int(size) || size == limit || bytes.IndexByte(data, '\n') >= 0 {
			return r.c.NewBlock(r.file, offset, data), nil
		}
	}
}

// Close closes the file.
func (r *PlaceReader) Close() error { return r.f.Close() }
