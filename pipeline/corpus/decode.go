package corpus

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// maxWindow is the largest zstd window, and the largest xz dictionary: `zstd --ultra
// -22` needs as much, and `xz -9` half of it.
const maxWindow = 128 << 20

// leastDictionary is what xz data is given that asks for less.
const leastDictionary = 4096

var (
	gzipMagic    = []byte{0x1f, 0x8b}
	zstdMagic    = []byte{0x28, 0xb5, 0x2f, 0xfd}
	xzMagic      = []byte{0xfd, '7', 'z', 'X', 'Z', 0}
	utf16LEMagic = []byte{0xff, 0xfe}
	utf16BEMagic = []byte{0xfe, 0xff}
)

// isBzip2 tells bzip2 data: "BZh", the level, and the magic number of a block.
func isBzip2(start []byte) bool {
	return len(start) >= 10 && string(start[:3]) == "BZh" && start[3] >= '1' && start[3] <= '9' && string(start[4:10]) == "1AY&SY"
}

// foreign says what a file is that begins like this, if it is neither text nor
// JSONL. Besides the sign of bzip2, none of these bytes can begin UTF-8.
func foreign(start []byte) string {
	switch c := compressionOf(start); {
	case c != None:
		return fmt.Sprintf("the content is %s data, want text; name it %s if it is compressed once", c, compressions[c].ending)
	case bytes.HasPrefix(start, utf16LEMagic), bytes.HasPrefix(start, utf16BEMagic):
		return "the content is UTF-16, want UTF-8"
	}
	return ""
}

// sniff tells the compression of a stream that has no name. r gives an error again
// when it is read on, see lasting.
func sniff(r *bufio.Reader) Compression {
	start, _ := r.Peek(10) // a short stream has a short start
	return compressionOf(start)
}

func compressionOf(start []byte) Compression {
	switch {
	case bytes.HasPrefix(start, gzipMagic):
		return Gzip
	case bytes.HasPrefix(start, zstdMagic):
		return Zstd
	case bytes.HasPrefix(start, xzMagic):
		return Xz
	case isBzip2(start):
		return Bzip2
	}
	return None
}

// decoders are those that the readers of a scan use one after another.
type decoders struct {
	maxExpansion int64
	gzips        sync.Pool // of *gzip.Reader
	zstds        sync.Pool // of *zstd.Decoder
}

// open returns the decompressed stream of r, and a function that makes its decoder
// ready for the next file.
func (d *decoders) open(r io.Reader, compression Compression) (io.Reader, func(), error) {
	if compression == None {
		return r, func() {}, nil
	}
	stored := &counted{r: &lasting{r: r}}
	z, release, err := d.decoder(stored, compression)
	if err != nil {
		return nil, nil, fmt.Errorf("%s data: %w", compression, noEOF(err))
	}
	bound := &Expansion{what: "the file", ratio: d.maxExpansion}
	return NameErrors(bound.Reader(z, func() int64 { return stored.n }), compression.String()), release, nil
}

func (d *decoders) decoder(r io.Reader, compression Compression) (io.Reader, func(), error) {
	switch compression {
	case Gzip:
		return d.gzip(r)
	case Zstd:
		return d.zstd(r)
	case Bzip2:
		return bzip2.NewReader(bufio.NewReaderSize(r, 64<<10)), func() {}, nil
	}
	b := bufio.NewReaderSize(r, 64<<10)
	if err := checkDictionary(b); err != nil {
		return nil, nil, err
	}
	z, err := xz.ReaderConfig{DictCap: leastDictionary}.NewReader(&xzStored{b})
	return z, func() {}, err
}

// xzStored makes the end of xz data an error where there should be more. The decoder
// overlooks it before a block, and would take a file that is cut there for whole. It
// knows the end only where it asks for the four bytes that another stream begins with.
type xzStored struct{ r *bufio.Reader }

func (x *xzStored) Read(p []byte) (int, error) {
	n, err := io.ReadFull(x.r, p)
	if err == io.EOF && len(p) != 4 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (d *decoders) gzip(stored io.Reader) (io.Reader, func(), error) {
	z, _ := d.gzips.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	g := &gzipMembers{z, bufio.NewReaderSize(stored, 64<<10)}
	if err := g.begin(); err != nil {
		return nil, nil, err
	}
	return g, func() { d.gzips.Put(z) }, nil
}

func (d *decoders) zstd(stored io.Reader) (io.Reader, func(), error) {
	z, _ := d.zstds.Get().(*zstd.Decoder)
	if z == nil {
		var err error
		// One goroutine a file: files are read side by side already, and with
		// more, what is given out of a damaged block is not the same.
		z, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, err
		}
	}
	if err := z.Reset(stored); err != nil {
		return nil, nil, err
	}
	release := func() {
		// A decoder that is not reset would hold on to the file.
		if z.Reset(nil) == nil {
			d.zstds.Put(z)
		}
	}
	return z, release, nil
}

// checkDictionary refuses xz data whose first block wants a larger dictionary than
// any preset of xz: the decoder allocates what a file asks for, up to 4 GiB.
func checkDictionary(b *bufio.Reader) error {
	const header = 12 // of the stream, before that of the block
	start, _ := b.Peek(header + 1)
	if len(start) <= header || start[header] == 0 {
		return nil // no block, or cut short: the decoder will tell
	}
	start, _ = b.Peek(header + 4*(int(start[header])+1))
	block := start[header:]
	at := 2
	for flag := byte(0x40); flag != 0 && len(block) > at; flag <<= 1 { // sizes, if there are any
		if block[1]&flag != 0 {
			for at < len(block) && block[at]&0x80 != 0 {
				at++
			}
			at++
		}
	}
	// The filter must be LZMA2, with one byte of properties.
	if len(block) < at+3 || block[at] != 0x21 || block[at+2] > 40 {
		return nil
	}
	size := int64(1) << 32
	if bits := block[at+2]; bits < 40 {
		size = int64(2|bits&1) << (bits/2 + 11)
	}
	if size > maxWindow {
		return fmt.Errorf("a dictionary of %d MiB is over the limit of %d", size>>20, maxWindow>>20)
	}
	return nil
}

// lasting gives an error again once there was one. Who looks ahead takes the error, and
// without this, who reads on behind would not be told.
type lasting struct {
	r   io.Reader
	err error
}

func (l *lasting) Read(p []byte) (n int, err error) {
	if l.err != nil {
		return 0, l.err
	}
	n, l.err = l.r.Read(p)
	return n, l.err
}

// counted counts what was read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
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
