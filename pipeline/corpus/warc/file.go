package warc

import (
	"bytes"
	"io"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// file reads the stored bytes, and remembers the first error of doing so.
type file struct {
	*corpus.Stored
	err error
}

// ReadAt hides the file's other ways of reading.
func (f *file) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.Stored.ReaderAt.ReadAt(p, at)
	if err != nil && err != io.EOF && f.err == nil {
		f.err = err
	}
	return n, err
}

// peek returns n bytes from a place on, fewer at the end of the file and on errors.
func (f *file) peek(at int64, n int) []byte {
	p := make([]byte, max(0, min(int64(n), f.Size-at)))
	n, _ = f.ReadAt(p, at) // the error is remembered
	return p[:n]
}

// skipZeros returns the first place at or behind one that is not padding.
func (f *file) skipZeros(at int64) int64 {
	for n := 1; at < f.Size && f.err == nil; n = bufferSize {
		block := f.peek(at, n)
		rest := bytes.TrimLeft(block, "\x00")
		at += int64(len(block) - len(rest))
		if len(rest) > 0 {
			break
		}
	}
	return at
}
