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
)

// codecs decompresses pages. The library's codecs make as much as the compressed
// bytes ask for; these stop at what the page's header says.
type codecs struct {
	zstd *zstd.Decoder
	gzip *gzip.Reader
}

func (c *codecs) close() {
	if c.zstd != nil {
		c.zstd.Close()
	}
}

// The most that a compressed byte can become, for those codecs that have a bound.
const (
	maxSnappy = 32
	maxLZ4    = 256
	maxGzip   = 1040
)

var errSize = errors.New("a page is not as long as its header says")

// decompress returns what src, compressed by the codec, is: n bytes, in dst if that
// has room.
func (c *codecs) decompress(codec format.CompressionCodec, dst, src []byte, n int) ([]byte, error) {
	if bound := map[format.CompressionCodec]int{format.Snappy: maxSnappy, format.Lz4Raw: maxLZ4, format.Gzip: maxGzip}[codec]; bound > 0 && n/bound > len(src)+64 {
		return nil, errSize
	}
	if cap(dst) < n {
		dst = make([]byte, 0, n)
	}
	dst = dst[:0]
	var err error
	switch codec {
	case format.Snappy:
		return c.snappy(dst[:n], src)
	case format.Lz4Raw:
		return c.lz4(dst[:n], src)
	case format.Zstd:
		if err = c.resetZstd(bytes.NewReader(src)); err == nil {
			return readExactly(dst[:n], c.zstd)
		}
	case format.Gzip:
		if err = c.resetGzip(bytes.NewReader(src)); err == nil {
			return readExactly(dst[:n], c.gzip)
		}
	case format.Brotli:
		return readExactly(dst[:n], brotli.NewReader(bytes.NewReader(src)))
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

// readExactly fills dst, behind which r must end.
func readExactly(dst []byte, r io.Reader) ([]byte, error) {
	if _, err := io.ReadFull(r, dst); err != nil {
		return nil, errors.Join(errSize, err)
	}
	var more [1]byte
	if n, err := io.ReadFull(r, more[:]); n > 0 || err != io.EOF {
		return nil, errors.Join(errSize, err)
	}
	return dst, nil
}
