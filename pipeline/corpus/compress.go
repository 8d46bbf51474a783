package corpus

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/dsnet/compress/bzip2"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// Compression is how a file is stored.
type Compression uint8

// The compressions.
const (
	None Compression = iota
	Gzip
	Zstd
	Bzip2
	Xz
)

// compressions are the names of the compressions and the endings of their files.
var compressions = [...]struct{ name, ending string }{
	None: {"none", ""}, Gzip: {"gzip", ".gz"}, Zstd: {"zstd", ".zst"}, Bzip2: {"bzip2", ".bz2"}, Xz: {"xz", ".xz"},
}

// String returns the name of the compression.
func (c Compression) String() string { return compressions[c].name }

// NewCompressor returns a writer that compresses to w, on the calling goroutine. The
// same bytes give the same file. Close ends the file and leaves w open.
func NewCompressor(w io.Writer, c Compression) (io.WriteCloser, error) {
	var z io.WriteCloser
	var err error
	switch c {
	case None:
		return uncompressed{w}, nil
	case Gzip:
		return gzip.NewWriter(w), nil
	case Zstd:
		z, err = zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	case Bzip2:
		z, err = bzip2.NewWriter(w, nil)
	case Xz:
		z, err = xz.NewWriter(w)
	default:
		err = errors.New("unknown")
	}
	if err != nil {
		return nil, fmt.Errorf("corpus: compression %d: %w", c, err)
	}
	return z, nil
}

type uncompressed struct{ io.Writer }

func (uncompressed) Close() error { return nil }

// Decompress reads the file from its beginning without the compression that its name
// says, within the limits of the corpus. Closing what it returns leaves the file open.
func (f *Stored) Decompress() (io.ReadCloser, error) {
	d := f.decoders
	if d == nil {
		d = &decoders{maxExpansion: DefaultMaxExpansion}
	}
	r, release, err := d.open(f.Reader, f.Compression)
	if err != nil {
		return nil, err
	}
	return &decompressed{r, release}, nil
}

// Decompress reads r, which is stored as file i is, decompressed.
func (c *Corpus) Decompress(i int, r io.Reader) (io.ReadCloser, error) {
	s := c.newScan(new(atomic.Int64))
	return (&Stored{Reader: r, Compression: c.files[i].Compression, decoders: &s.decoders}).Decompress()
}

type decompressed struct {
	io.Reader
	release func()
}

func (d *decompressed) Close() error {
	d.release()
	return nil
}
