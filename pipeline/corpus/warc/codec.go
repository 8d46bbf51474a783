package warc

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

var (
	gzipMagic = []byte{0x1f, 0x8b, 8}
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}
)

// gzipCodec reads gzip members.
type gzipCodec struct {
	f      *file
	z      gzip.Reader
	br     *bufio.Reader // of stored bytes; read on from member to member
	in     offsetReader
	joined bool
}

// offsetReader reads a file from one place to another.
type offsetReader struct {
	f       *file
	at, end int64
}

func (r *offsetReader) Read(p []byte) (int, error) {
	p = p[:max(0, min(int64(len(p)), r.end-r.at))]
	if len(p) == 0 {
		return 0, io.EOF
	}
	n, err := r.f.ReadAt(p, r.at)
	r.at += int64(n)
	return n, err
}

func newGzipCodec(f *file) *gzipCodec {
	c := &gzipCodec{f: f, in: offsetReader{f: f, end: f.Size}}
	c.br = bufio.NewReaderSize(&c.in, bufferSize)
	return c
}

func (c *gzipCodec) end() int64  { return c.in.at - int64(c.br.Buffered()) }
func (c *gzipCodec) read() int64 { return c.end() }

func (c *gzipCodec) open(stored int64) (io.Reader, error) {
	if c.end() != stored {
		c.in.at = stored
		c.br.Reset(&c.in)
	}
	if err := c.z.Reset(c.br); err != nil {
		return nil, fmt.Errorf("gzip data: %w", noEOF(err))
	}
	c.z.Multistream(c.joined)
	return corpus.NameErrors(&c.z, "gzip"), nil
}

func (c *gzipCodec) isMember(stored int64) bool {
	z, err := gzip.NewReader(bytes.NewReader(c.f.peek(stored, 4<<10)))
	return err == nil && beginsRecord(z)
}

func (c *gzipCodec) magic() []byte { return gzipMagic }
func (c *gzipCodec) joinMembers()  { c.joined = true }
func (c *gzipCodec) close()        {}

func beginsRecord(r io.Reader) bool {
	start := make([]byte, len(versionPrefix))
	_, err := io.ReadFull(r, start)
	return err == nil && string(start) == versionPrefix
}

// noEOF turns the end of a file that should go on into an error of its own.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// The limits of zstd: `zstd --ultra -22` needs the window, and dictionaries are far
// smaller.
const (
	maxWindow     = 128 << 20
	maxDictionary = 16 << 20
)

// zstdCodec reads zstd frames. A skippable frame is a member without content; the
// one at the start may hold a dictionary for all frames, plain or compressed, as in
// the .warc.zst format of the Internet Archive.
type zstdCodec struct {
	f      *file
	z      *zstd.Decoder
	in     offsetReader // the frame that was opened
	joined bool
}

func isZstd(start []byte) bool {
	return bytes.HasPrefix(start, zstdMagic) || len(start) == 4 && binary.LittleEndian.Uint32(start)&^15 == 0x184d2a50
}

func newZstdCodec(f *file) (*zstdCodec, error) {
	o := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true)}
	dictionary, err := readDictionary(f)
	if err != nil {
		return nil, badDictionary(err)
	}
	if dictionary != nil {
		o = append(o, zstd.WithDecoderDicts(dictionary))
	}
	z, err := zstd.NewReader(nil, o...)
	if err != nil {
		return nil, badDictionary(err)
	}
	return &zstdCodec{f: f, z: z}, nil
}

func badDictionary(err error) error {
	return fmt.Errorf("zstd data: the dictionary at its start: %w", err)
}

// readDictionary returns nil if the file does not begin with a dictionary.
func readDictionary(f *file) ([]byte, error) {
	start := f.peek(0, 8)
	if len(start) < 8 || binary.LittleEndian.Uint32(start) != 0x184d2a5d {
		return nil, nil
	}
	n := binary.LittleEndian.Uint32(start[4:])
	if n > maxDictionary {
		return nil, fmt.Errorf("it has %d bytes, want at most %d", n, maxDictionary)
	}
	dictionary := f.peek(8, int(n))
	if !bytes.HasPrefix(dictionary, zstdMagic) {
		return dictionary, nil
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxDictionary))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return z.DecodeAll(dictionary, nil)
}

func (c *zstdCodec) end() int64    { return c.in.end }
func (c *zstdCodec) read() int64   { return c.in.at }
func (c *zstdCodec) magic() []byte { return zstdMagic }
func (c *zstdCodec) joinMembers()  { c.joined = true }
func (c *zstdCodec) close()        { c.z.Close() }

func (c *zstdCodec) open(stored int64) (io.Reader, error) {
	var header zstd.Header
	if err := header.Decode(c.f.peek(stored, zstd.HeaderMaxSize)); err != nil {
		return nil, fmt.Errorf("zstd data: %w", noEOF(err))
	}
	if header.Skippable {
		c.in = offsetReader{c.f, stored, stored + int64(header.HeaderSize) + int64(header.SkippableSize)}
		if c.in.end > c.f.Size {
			return nil, errors.New("zstd data: a skippable frame is cut short")
		}
		return empty{}, nil
	}
	end, err := c.frameEnd(stored, &header)
	if err != nil {
		return nil, err
	}
	c.in = offsetReader{c.f, stored, end}
	if err := c.z.Reset(&c.in); err != nil {
		return nil, fmt.Errorf("zstd data: %w", err)
	}
	return corpus.NameErrors(c.z, "zstd"), nil
}

// frameEnd walks over the blocks of a frame. Each has three bytes for whether it is
// the last, its type and its size; one of the type 1 is a single byte, repeated.
func (c *zstdCodec) frameEnd(stored int64, header *zstd.Header) (int64, error) {
	if c.joined {
		return c.f.Size, nil
	}
	at := stored + int64(header.HeaderSize)
	for last := false; !last; {
		b := c.f.peek(at, 3)
		if len(b) < 3 {
			return 0, errors.New("zstd data: a frame is cut short")
		}
		v := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
		last = v&1 == 1
		size := int64(v >> 3)
		if v>>1&3 == 1 {
			size = 1
		}
		at += 3 + size
	}
	if header.HasCheckSum {
		at += 4
	}
	if at > c.f.Size {
		return 0, errors.New("zstd data: a frame is cut short")
	}
	return at, nil
}

func (c *zstdCodec) isMember(stored int64) bool {
	err := c.z.Reset(io.NewSectionReader(c.f, stored, min(256<<10, c.f.Size-stored)))
	return err == nil && beginsRecord(c.z)
}
