package prune

import (
	"bytes"
	"errors"
	"io"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// output is a file of data/ being written. Writes go through the compressor, if
// there is one, to the file.
type output struct {
	file    int // position in the corpus
	w       io.Writer
	closers []io.Closer // compressor first
}

// create starts the output of an input file. Nothing in it depends on the time
// or on the number of threads.
func (c *copier) create(file int) (*output, error) {
	f := &c.p.corpus.Files()[file]
	h, err := c.dir.Create(f.Name)
	if err != nil {
		return nil, err
	}
	o := &output{file: file}
	compression := f.Compression
	if f.Format.IsWhole() && len(c.cuts) == 0 {
		compression = corpus.None // copied as stored
	}
	z, err := corpus.NewCompressor(h, compression)
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	o.w, o.closers = z, []io.Closer{z, h}
	return o, nil
}

// close ends the output being written, if any.
func (c *copier) close() error {
	if c.out == nil {
		return nil
	}
	var errs []error
	for _, closer := range c.out.closers {
		errs = append(errs, closer.Close())
	}
	c.out = nil
	return errors.Join(errs...)
}

// decompress returns the content of file i, which is stored so, or an error if it has
// more than size bytes.
func decompress(c *corpus.Corpus, i int, stored []byte, size int64) ([]byte, error) {
	r, err := c.Decompress(i, bytes.NewReader(stored))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(r, size+1))
	if err == nil && int64(len(plain)) > size {
		err = errors.New("longer than before")
	}
	return plain, errors.Join(err, r.Close())
}
