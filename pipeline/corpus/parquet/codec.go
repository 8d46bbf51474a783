package parquet

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// codecs decompresses pages. The library's codecs make as much as the compressed
// bytes ask for; these stop at what the page's header says.
type codecs struct {
	zstd  *zstd.Decoder
	gzip  *gzip.Reader
	bound *corpus.Expansion // of all pages of the file
}

func (c *codecs) close() {
	if c.zstd != nil {
		c.zstd.Close()
	}
}

// mostOf returns the most bytes that a compressed one can become, 0 if a codec has no
// bound.
func mostOf(codec format.CompressionCodec) int {
	switch codec {
	case format.Snappy:
		return 32
	case format.Lz4Raw:
		return 256
	case format.Gzip:
		return 1040
	}
	return 0
}

var errSize = errors.New("a page is not as long as its header says")

// decompress returns what src, compressed by the codec, is: n bytes, in dst if that
// has room.
func (c *codecs) decompress(codec format.CompressionCodec, dst, src []byte, n int) ([]byte, error) {
	if most := mostOf(codec); most > 0 && n/most > len(src)+64 {
		return nil, errSize
	}
	err := c.bound.Add(int64(len(src)), int64(n))
	if err != nil {
		return nil, err
	}
	switch codec {
	case format.Snappy:
		return c.snappy(grow(dst[:0], n), src)
	case format.Lz4Raw:
		return c.lz4(grow(dst[:0], n), src)
	case format.Zstd:
		if err = c.resetZstd(bytes.NewReader(src)); err == nil {
			return readExactly(dst, c.zstd, n)
		}
	case format.Gzip:
		if err = c.resetGzip(bytes.NewReader(src)); err == nil {
			return readExactly(dst, c.gzip, n)
		}
	case format.Brotli:
		return readExactly(dst, brotli.NewReader(bytes.NewReader(src)), n)
	default:
		return nil, fmt.Errorf("compression %v is not known, only snappy, gzip, brotli, zstd and lz4_raw are", codec)
	}
	return nil, err
}

func (c *codecs) snappy(dst, src []byte) ([]byte, error) {
	if n, err := snappy.DecodedLen(src); err != nil || n != len(dst) {
		return nil, errors.Join(errSize, err)
	}
	return snappy.Decode(dst, src)
}

func (c *codecs) lz4(dst, src []byte) ([]byte, error) {
	if len(dst) == 0 {
		return dst, nil
	}
	n, err := lz4.UncompressBlock(src, dst)
	if err != nil || n != len(dst) {
		return nil, errors.Join(errSize, err)
	}
	return dst, nil
}

func (c *codecs) resetZstd(r io.Reader) (err error) {
	if c.zstd == nil {
		c.zstd, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		return err
	}
	return c.zstd.Reset(r)
}

func (c *codecs) resetGzip(r io.Reader) (err error) {
	if c.gzip == nil {
		c.gzip, err = gzip.NewReader(r)
		return err
	}
	return c.gzip.Reset(r)
}

// firstRead is how much of a page is made before there is room for all that its header
// claims, which may not be in it.
const firstRead = 4 << 20

// grow returns s with n bytes, in s if that has room.
func grow(s []byte, n int) []byte {
	if cap(s) < n {
		s = append(make([]byte, 0, n), s...)
	}
	return s[:n]
}

// readExactly reads n bytes, behind which r must end, into dst or a longer slice.
func readExactly(dst []byte, r io.Reader, n int) ([]byte, error) {
	dst = grow(dst[:0], min(n, firstRead))
	_, err := io.ReadFull(r, dst)
	if err == nil {
		dst = grow(dst, n)
		_, err = io.ReadFull(r, dst[min(n, firstRead):])
	}
	if err != nil {
		return nil, errors.Join(errSize, err)
	}
	var more [1]byte
	if k, err := io.ReadFull(r, more[:]); k > 0 || err != io.EOF {
		return nil, errors.Join(errSize, err)
	}
	return dst, nil
}
