package parquet

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	mathbits "math/bits"

	"github.com/parquet-go/parquet-go/format"
)

const (
	// maxPage is the largest page in bytes, as stored and decompressed. Pages of
	// 1 MiB are usual; a few large texts make them longer.
	maxPage = 512 << 20
	// maxValues is the most entries a page may have. The usual limit of a row group
	// is half of it.
	maxValues = 1 << 27

	// plainDictionary is what older files call format.RLEDictionary in a data page, and
	// format.Plain in a dictionary.
	plainDictionary format.Encoding = 2
)

// entry is one place of a column: a value, or the level at which there is none.
type entry struct {
	rep, def int // repetition and definition level (Dremel, Melnik et al. 2010)
	value    value
}

// cursor walks over the entries of a column chunk. It holds one page and the
// dictionary.
type cursor struct {
	leaf   *node
	codec  format.CompressionCodec
	codecs *codecs
	r      *bufio.Reader
	at     int64 // bytes of the stored file that can follow
	left   int64 // entries that no page has had
	raw    []byte
	plain  []byte
	dict   *dictionary

	inPage     int64 // entries of the page to come
	reps, defs *hybrid
	values     decoder

	entry entry
	ready bool  // entry is the one at hand
	taken int64 // entries that take has given
}

// newCursor returns a cursor over a column chunk of a file of which the pages end
// before end.
func newCursor(leaf *node, f io.ReaderAt, end int64, chunk *format.ColumnChunk, c *codecs) (*cursor, error) {
	m := &chunk.MetaData
	switch {
	case chunk.FilePath != "":
		return nil, fmt.Errorf("column %s is stored in another file, %q", leaf.path(), chunk.FilePath)
	case len(chunk.EncryptedColumnMetadata) > 0 || chunk.CryptoMetadata.Value != nil:
		return nil, fmt.Errorf("column %s is encrypted", leaf.path())
	case m.Type != leaf.physical:
		return nil, fmt.Errorf("column %s is of %v in the schema, of %v in a row group", leaf.path(), leaf.physical, m.Type)
	}
	start := m.DataPageOffset
	if d := m.DictionaryPageOffset; d > 0 && d < start {
		start = d
	}
	if m.NumValues == 0 {
		start = end // an empty column begins nowhere
	}
	if start < 4 || start > end || m.NumValues < 0 {
		return nil, fmt.Errorf("column %s is said to begin at byte %d of %d", leaf.path(), start, end)
	}
	return &cursor{
		leaf: leaf, codec: m.Codec, codecs: c, at: end - start, left: m.NumValues,
		r: bufio.NewReaderSize(io.NewSectionReader(f, start, end-start), 64<<10),
	}, nil
}

// peek makes the next entry the one at hand, unless one is. It returns io.EOF behind
// the last one.
func (c *cursor) peek() (*entry, error) {
	if c.ready {
		return &c.entry, nil
	}
	if err := c.next(); err == io.EOF {
		return nil, io.EOF
	} else if err != nil {
		return nil, fmt.Errorf("column %s: %w", c.leaf.path(), err)
	}
	c.ready = true
	return &c.entry, nil
}

// take is peek, and lets go of the entry: it is valid until the next call.
func (c *cursor) take() (*entry, error) {
	e, err := c.peek()
	c.ready = false
	c.taken++
	return e, err
}

func (c *cursor) next() error {
	for c.inPage == 0 {
		if c.left <= 0 {
			return io.EOF
		}
		if err := c.page(); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	c.inPage--
	c.entry = entry{}
	var err error
	if c.entry.rep, err = level(c.reps, c.leaf.maxRep); err != nil {
		return err
	}
	if c.entry.def, err = level(c.defs, c.leaf.maxDef); err != nil {
		return err
	}
	if c.entry.def < c.leaf.maxDef {
		return nil
	}
	return c.values.next(&c.entry.value)
}

// level returns the next level. Where nothing is stored, all are the highest or 0.
func level(h *hybrid, highest int) (int, error) {
	if h == nil {
		return 0, nil
	}
	v, err := h.next()
	if err == nil && int(v) > highest {
		err = fmt.Errorf("a level is %d and can be at most %d", v, highest)
	}
	return int(v), err
}

// page reads the next page.
func (c *cursor) page() error {
	h, n, err := readHeader(c.r, c.at)
	if err != nil {
		return fmt.Errorf("the header of a page: %w", err)
	}
	c.at -= n
	switch {
	case h.compressed > c.at:
		return errShort
	case h.compressed > maxPage || h.plain > maxPage || h.values > maxValues:
		return fmt.Errorf("a page of %d bytes with %d values is over the limit of %d and %d: write the file again with smaller pages",
			max(h.compressed, h.plain), h.values, maxPage, maxValues)
	}
	if c.raw, err = readN(c.raw, c.r, int(h.compressed)); err != nil {
		return err
	}
	c.at -= h.compressed
	if h.hasCRC && crc32.ChecksumIEEE(c.raw) != h.crc {
		return errors.New("a page's checksum is wrong")
	}
	return c.open(&h)
}

// readN reads n bytes into buf, or a longer one: they are known to be in the file.
func readN(buf []byte, r io.Reader, n int) ([]byte, error) {
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	_, err := io.ReadFull(r, buf[:n])
	return buf[:n], err
}

// open makes ready to read the page in c.raw.
func (c *cursor) open(h *header) error {
	switch h.typ {
	case pageIndex:
		return nil
	case pageDictionary:
		return c.openDictionary(h)
	case pageData:
		return c.openData(h)
	case pageDataV2:
		return c.openDataV2(h)
	}
	return fmt.Errorf("a page is of type %d, which is not known", h.typ)
}

// decompress returns the bytes of a page, or of a part of it, decompressed.
func (c *cursor) decompress(dst, src []byte, n int) ([]byte, error) {
	if c.codec == format.Uncompressed {
		if len(src) != n {
			return nil, errSize
		}
		return src, nil
	}
	return c.codecs.decompress(c.codec, dst, src, n)
}

func (c *cursor) openDictionary(h *header) error {
	if c.dict != nil {
		return errors.New("there are two dictionaries")
	}
	data, err := c.decompress(nil, c.raw, int(h.plain))
	if err != nil {
		return err
	}
	if c.codec == format.Uncompressed {
		c.raw = nil // it is the dictionary's from now on
	}
	if e := format.Encoding(h.encoding); e != format.Plain && e != plainDictionary {
		return fmt.Errorf("a dictionary is encoded as %v, which is not known", e)
	}
	c.dict, err = newDictionary(c.leaf, data, h.values)
	return err
}

func (c *cursor) openData(h *header) (err error) {
	if c.plain, err = c.decompress(c.plain, c.raw, int(h.plain)); err != nil {
		return err
	}
	data := c.plain
	if c.codec == format.Uncompressed {
		c.plain = nil // it is c.raw
	}
	for _, l := range []struct {
		to       **hybrid
		encoding int64
		highest  int
	}{{&c.reps, h.repLevels, c.leaf.maxRep}, {&c.defs, h.defLevels, c.leaf.maxDef}} {
		if l.highest == 0 {
			continue
		}
		if format.Encoding(l.encoding) != format.RLE || len(data) < 4 {
			return errors.New("a page's levels are missing or encoded in an unknown way")
		}
		n := uint64(binary.LittleEndian.Uint32(data))
		if data = data[4:]; n > uint64(len(data)) {
			return errShort
		}
		*l.to = newLevels(data[:n], l.highest)
		data = data[n:]
	}
	return c.begin(h, data)
}

func (c *cursor) openDataV2(h *header) (err error) {
	size := int64(len(c.raw))
	if h.repLevels > size || h.defLevels > size-h.repLevels || h.repLevels+h.defLevels > h.plain {
		return errShort
	}
	reps, defs, data := c.raw[:h.repLevels], c.raw[h.repLevels:][:h.defLevels], c.raw[h.repLevels+h.defLevels:]
	if c.leaf.maxRep > 0 {
		c.reps = newLevels(reps, c.leaf.maxRep)
	}
	if c.leaf.maxDef > 0 {
		c.defs = newLevels(defs, c.leaf.maxDef)
	}
	n := int(h.plain - h.repLevels - h.defLevels)
	if !h.stored && c.codec != format.Uncompressed && (n > 0 || len(data) > 0) {
		if c.plain, err = c.decompress(c.plain, data, n); err != nil {
			return err
		}
		data = c.plain
	}
	return c.begin(h, data)
}

func newLevels(data []byte, highest int) *hybrid {
	return &hybrid{data: data, width: uint(mathbits.Len(uint(highest)))}
}

func (c *cursor) begin(h *header, data []byte) (err error) {
	c.values, err = newDecoder(c.leaf, format.Encoding(h.encoding), data, c.dict)
	c.inPage = min(h.values, c.left)
	c.left -= c.inPage
	return err
}
