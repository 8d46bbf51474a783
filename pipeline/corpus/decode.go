package corpus

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow is the largest zstd window: `zstd --ultra -22` needs as much.
const maxWindow = 128 << 20

var (
	gzipMagic    = []byte{0x1f, 0x8b}
	zstdMagic    = []byte{0x28, 0xb5, 0x2f, 0xfd}
	utf16LEMagic = []byte{0xff, 0xfe}
	utf16BEMagic = []byte{0xfe, 0xff}
)

// foreign says what a file is that begins like this, if it is neither text nor
// JSONL. None of these bytes can begin UTF-8.
func foreign(start []byte) string {
	switch {
	case bytes.HasPrefix(start, gzipMagic):
		return "the content is gzip data, want text; name it .gz if it is compressed once"
	case bytes.HasPrefix(start, zstdMagic):
		return "the content is zstd data, want text; name it .zst if it is compressed once"
	case bytes.HasPrefix(start, utf16LEMagic), bytes.HasPrefix(start, utf16BEMagic):
		return "the content is UTF-16, want UTF-8"
	}
	return ""
}

// sniff tells the compression of a stream that has no name.
func sniff(r *bufio.Reader) Compression {
	start, _ := r.Peek(len(zstdMagic)) // a short stream has a short start
	switch {
	case bytes.HasPrefix(start, gzipMagic):
		return Gzip
	case bytes.HasPrefix(start, zstdMagic):
		return Zstd
	}
	return None
}

// decoder returns the decompressed stream of r, and a function that makes its
// decoder ready for the next file.
func (s *scan) decoder(r io.Reader, compression Compression) (io.Reader, func(), error) {
	switch compression {
	case Gzip:
		return s.gzip(r)
	case Zstd:
		return s.zstd(r)
	}
	return r, func() {}, nil
}

func (s *scan) gzip(stored io.Reader) (io.Reader, func(), error) {
	z, _ := s.gzips.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	if err := z.Reset(bufio.NewReaderSize(stored, 64<<10)); err != nil {
		return nil, nil, fmt.Errorf("gzip data: %w", noEOF(err))
	}
	return &named{z, "gzip"}, func() { s.gzips.Put(z) }, nil
}

func (s *scan) zstd(stored io.Reader) (io.Reader, func(), error) {
	z, _ := s.zstds.Get().(*zstd.Decoder)
	if z == nil {
		var err error
		// One goroutine a file: files are read side by side already, and with
		// more, what is given out of a damaged block is not the same.
		z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, fmt.Errorf("zstd data: %w", err)
		}
	}
	if err := z.Reset(stored); err != nil {
		return nil, nil, fmt.Errorf("zstd data: %w", err)
	}
	release := func() {
		// A decoder that is not reset would hold on to the file.
		if z.Reset(nil) == nil {
			s.zstds.Put(z)
		}
	}
	return &named{z, "zstd"}, release, nil
}

// named names the decoder in errors.
//
// Note: there is no limit on how well a file may be compressed. A corpus of
// copies, what doppel is for, shrinks ten thousandfold; and a decompression bomb
// costs time but no memory, since a record over Options.MaxRecord is not kept.
type named struct {
	z    io.Reader
	name string
}

func (n *named) Read(p []byte) (int, error) {
	count, err := n.z.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s data: %w", n.name, err)
	}
	return count, err
}

// meter adds what is read to a count that others watch.
type meter struct {
	r io.Reader
	n *atomic.Int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n.Add(int64(n))
	return n, err
}

// noEOF turns the end of a file that should go on into an error of its own.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
