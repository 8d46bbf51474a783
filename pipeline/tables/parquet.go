package tables

import (
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// RowGroup is how many rows a row group of a Parquet file has, the last one
// excepted.
const RowGroup = 1 << 16

const (
	batchRows  = 1024    // rows that go to the columns at once
	batchBytes = 1 << 20 // of text in these rows, about
	// A column that repeats less than it promised is written plainly from there on:
	// this is the largest dictionary in bytes.
	maxDictionary = 1 << 20
)

// parquetWriter writes rows column by column. Errors of the library are kept, as
// its state is then unknown.
type parquetWriter struct {
	schema  Schema
	file    *parquet.GenericWriter[any]
	columns [][]parquet.Value // of the batch
	arena   []byte            // the batch's texts
	inGroup int               // rows of the row group that were given to the file
	err     error
}

// NewParquet returns a writer of the table as a Parquet file.
func NewParquet(w io.Writer, s Schema) (Writer, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	p := &parquetWriter{schema: s, columns: make([][]parquet.Value, len(s.Columns))}
	config := []parquet.WriterOption{
		parquet.NewSchema(s.Name, newGroup(s)),
		parquet.CreatedBy("doppel", "1", "tables"),
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedDefault, Concurrency: 1}),
		parquet.DictionaryMaxBytes(maxDictionary),
		parquet.KeyValueMetadata("doppel.table", s.Name),
	}
	for _, c := range s.Columns {
		config = append(config, parquet.KeyValueMetadata("doppel.column."+c.Name, c.Doc))
	}
	p.file = parquet.NewGenericWriter[any](w, config...)
	return p, nil
}

// Append implements [Writer].
func (p *parquetWriter) Append(row ...Value) error {
	if p.err != nil {
		return p.err
	}
	if err := p.schema.checkRow(row); err != nil {
		return err
	}
	for i, v := range row {
		p.columns[i] = append(p.columns[i], p.value(i, v))
	}
	if n := len(p.columns[0]); n < batchRows && n+p.inGroup < RowGroup && len(p.arena) < batchBytes {
		return nil
	}
	return p.flush()
}

// value returns v as the library has it.
func (p *parquetWriter) value(column int, v Value) parquet.Value {
	defined := 0
	if p.schema.Columns[column].Optional && v.typ != 0 {
		defined = 1
	}
	var value parquet.Value
	switch v.typ {
	case TypeString:
		value = parquet.ByteArrayValue(p.copyText(v.text))
	case TypeInt64:
		value = parquet.Int64Value(v.int())
	case TypeDouble:
		value = parquet.DoubleValue(v.float())
	case TypeBool:
		value = parquet.BooleanValue(v.bool())
	default:
		value = parquet.NullValue()
	}
	return value.Level(0, defined, column)
}

func (p *parquetWriter) copyText(s string) []byte {
	if !utf8.ValidString(s) {
		s = clean(s)
	}
	start := len(p.arena)
	p.arena = append(p.arena, s...)
	return p.arena[start:len(p.arena):len(p.arena)]
}

// flush gives the batch to the file, and ends the row group if it is full.
func (p *parquetWriter) flush() error {
	for i, c := range p.file.ColumnWriters() {
		if _, err := c.WriteRowValues(p.columns[i]); err != nil {
			return p.fail(err)
		}
	}
	p.inGroup += len(p.columns[0])
	for i := range p.columns {
		p.columns[i] = p.columns[i][:0]
	}
	p.arena = p.arena[:0]
	if p.inGroup < RowGroup {
		return nil
	}
	p.inGroup = 0
	return p.fail(p.file.Flush())
}

func (p *parquetWriter) fail(err error) error {
	if err != nil {
		p.err = fmt.Errorf("tables: table %s: %w", p.schema.Name, err)
	}
	return p.err
}

// Close implements [Writer].
func (p *parquetWriter) Close() error {
	if p.err != nil {
		return p.err
	}
	if len(p.columns[0]) > 0 {
		if err := p.flush(); err != nil {
			return err
		}
	}
	return p.fail(p.file.Close())
}

// group is the schema's root. The library's own group sorts its columns by name.
type group struct {
	parquet.Group
	fields []parquet.Field
}

// Fields returns the columns in the schema's order.
func (g *group) Fields() []parquet.Field { return g.fields }

func newGroup(s Schema) *group {
	g := &group{Group: parquet.Group{}}
	for _, c := range s.Columns {
		g.Group[c.Name] = newNode(c)
	}
	g.fields = make([]parquet.Field, len(s.Columns))
	for _, f := range g.Group.Fields() {
		for i, c := range s.Columns {
			if c.Name == f.Name() {
				g.fields[i] = f
			}
		}
	}
	return g
}

func newNode(c Column) parquet.Node {
	var n parquet.Node
	switch c.Type {
	case TypeString:
		n = parquet.String()
	case TypeInt64:
		n = parquet.Leaf(parquet.Int64Type)
	case TypeDouble:
		n = parquet.Leaf(parquet.DoubleType)
	case TypeBool:
		n = parquet.Leaf(parquet.BooleanType)
	}
	// The library's own choice for texts is an encoding that not all readers know.
	n = parquet.Encoded(n, &parquet.Plain)
	if c.Repeats {
		n = parquet.Encoded(n, &parquet.RLEDictionary)
	}
	if c.Optional {
		return parquet.Optional(n)
	}
	return parquet.Required(n)
}
