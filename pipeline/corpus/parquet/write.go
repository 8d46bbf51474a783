package parquet

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"reflect"
	"strconv"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/brotli"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// createdBy names the writer of a file.
const createdBy = "doppel version 1(build select)"

// maxDictionary is the largest dictionary that is written, in bytes, about.
const maxDictionary = 1 << 20

// group is a node with fields in the order given; the library's own sorts them.
type group struct {
	pq.Group
	fields []pq.Field
}

// Fields returns the fields in order.
func (g *group) Fields() []pq.Field { return g.fields }

// alias is a field. It is called by its place: names may be there twice, and the
// library's schema is used for the columns' levels alone. The schema that is written
// is the one that was read, byte for byte.
type alias struct {
	pq.Node
	name string
}

// Name returns the field's name.
func (a alias) Name() string { return a.name }

// Value is for rows made of Go values, of which there are none.
func (a alias) Value(reflect.Value) reflect.Value { return reflect.Value{} }

// aliases returns the path of the node's aliases.
func (n *node) aliases() []string {
	if n.parent == nil {
		return nil
	}
	return append(n.parent.aliases(), n.alias())
}

func (n *node) alias() string {
	for i, c := range n.parent.children {
		if c == n {
			return strconv.Itoa(i)
		}
	}
	panic("parquet: a node is not among its parent's children")
}

// node returns n for the library.
func (c *copier) node(n *node) pq.Node {
	var out pq.Node
	if n.leaf {
		out = c.leaf(n)
	} else {
		g := &group{Group: pq.Group{}}
		for _, child := range n.children {
			g.fields = append(g.fields, alias{c.node(child), child.alias()})
		}
		out = g
	}
	switch {
	case n.repeated:
		return pq.Repeated(out)
	case n.optional:
		return pq.Optional(out)
	}
	return pq.Required(out)
}

// leaf returns a column with the codec and the encoding of its first chunk.
func (c *copier) leaf(n *node) pq.Node {
	out := pq.Encoded(pq.Leaf(physicalType(n)), &pq.Plain)
	if len(c.file.meta.RowGroups) == 0 {
		return out
	}
	m := &c.file.meta.RowGroups[0].Columns[n.column].MetaData
	if repeats(m) && n.physical != format.Boolean {
		out = pq.Encoded(out, &pq.RLEDictionary)
	}
	return pq.Compressed(out, codecOf(m.Codec))
}

func physicalType(n *node) pq.Type {
	switch n.physical {
	case format.Boolean:
		return pq.BooleanType
	case format.Int32:
		return pq.Int32Type
	case format.Int64:
		return pq.Int64Type
	case format.Int96:
		return pq.Int96Type
	case format.Float:
		return pq.FloatType
	case format.Double:
		return pq.DoubleType
	case format.FixedLenByteArray:
		return pq.FixedLenByteArrayType(n.size)
	}
	return pq.ByteArrayType
}

// repeats reports whether all of a column chunk's pages refer to a dictionary. A writer
// that gave up its dictionary had too many different values for one.
func repeats(m *format.ColumnMetaData) bool {
	dictionary := false
	for _, s := range m.EncodingStats {
		if s.PageType == format.DictionaryPage {
			continue
		}
		if s.Encoding != format.RLEDictionary && s.Encoding != plainDictionary {
			return false
		}
		dictionary = true
	}
	return dictionary
}

// codecOf returns a compressor. Brotli's default in the library is the quickest.
func codecOf(c format.CompressionCodec) compress.Codec {
	if c == format.Brotli {
		return &brotli.Codec{Quality: 5}
	}
	return pq.LookupCompressionCodec(c)
}

// unbounded lists the columns of which no smallest and largest value is written: those
// whose logical type has an order of its own, and texts, which are stored whole.
func unbounded(leaves []*node) (paths [][]string) {
	for _, n := range leaves {
		switch n.kind {
		case kindBool, kindInt, kindFloat, kindDate, kindTime, kindTimestamp:
			continue
		}
		paths = append(paths, n.aliases())
	}
	return paths
}

func int96(b []byte) (v deprecated.Int96) {
	for i := range v {
		v[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return v
}

// tail holds back what is written from some point on.
type tail struct {
	w    *bufio.Writer
	held []byte
	hold bool
}

func (t *tail) Write(p []byte) (int, error) {
	if !t.hold {
		return t.w.Write(p)
	}
	t.held = append(t.held, p...)
	return len(p), nil
}

// close writes the end of the file. The library's index of pages and its footer are
// held back, and a footer written that has its row groups, and all else as it was read.
func (c *copier) close() error {
	if err := c.out.Flush(); err != nil {
		return err
	}
	c.tail.hold = true
	if err := c.out.Close(); err != nil {
		return err
	}
	if len(c.copied) == 0 { // the word at the beginning is held back, too
		_, _ = c.tail.w.WriteString(magic) // Flush tells
	}
	n := len(c.tail.held) - 8
	size := int(binary.LittleEndian.Uint32(c.tail.held[n:]))
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), c.tail.held[n-size:n], &meta); err != nil {
		return err
	}
	footer, err := c.footer(&meta)
	if err != nil {
		return err
	}
	footer = binary.LittleEndian.AppendUint32(footer, uint32(len(footer)))
	_, _ = c.tail.w.Write(append(footer, magic...)) // likewise
	return c.tail.w.Flush()
}

// footer returns the footer of a file with the row groups in meta.
func (c *copier) footer(meta *format.FileMetaData) ([]byte, error) {
	if len(meta.RowGroups) != len(c.copied) {
		return nil, fmt.Errorf("%d row groups were written, not %d", len(meta.RowGroups), len(c.copied))
	}
	var rows int64
	for i, g := range c.copied {
		c.restore(&meta.RowGroups[i], &c.file.meta.RowGroups[g])
		rows += meta.RowGroups[i].NumRows
	}
	protocol := new(thrift.CompactProtocol)
	groups, err := thrift.Marshal(protocol, meta.RowGroups)
	if err != nil {
		return nil, err
	}
	orders, err := thrift.Marshal(protocol, meta.ColumnOrders)
	if err != nil {
		return nil, err
	}
	var f fields
	f.add(1, typeI32, appendInt(nil, 2)) // the version of the format
	f.add(2, typeList, c.span(2))        // the schema
	f.add(3, typeI64, appendInt(nil, rows))
	f.add(4, typeList, groups)
	f.add(5, typeList, c.span(5)) // key-value metadata
	f.add(6, typeBinary, appendBytes(nil, createdBy))
	f.add(7, typeList, orders)
	return append(f.data, typeStop), nil
}

// restore gives a row group what it had besides its data: the names of the columns,
// and the order of its rows.
func (c *copier) restore(out, in *format.RowGroup) {
	out.SortingColumns = in.SortingColumns
	for i := range out.Columns {
		o := &out.Columns[i]
		o.MetaData.PathInSchema = in.Columns[i].MetaData.PathInSchema
		o.MetaData.KeyValueMetadata = in.Columns[i].MetaData.KeyValueMetadata
		o.ColumnIndexOffset, o.ColumnIndexLength, o.OffsetIndexOffset, o.OffsetIndexLength = 0, 0, 0, 0
	}
}

// span returns the stored value of a field of the footer that was read.
func (c *copier) span(id int16) []byte {
	s := c.file.spans[id]
	return c.file.footer[s[0]:s[1]]
}

// fields appends the fields of a structure in the compact protocol.
type fields struct {
	data []byte
	last int16
}

// add appends a field, unless it is empty. Ids ascend by less than 16.
func (f *fields) add(id int16, typ byte, value []byte) {
	if len(value) == 0 {
		return
	}
	f.data = append(f.data, byte(id-f.last)<<4|typ)
	f.data = append(f.data, value...)
	f.last = id
}
