package parquet

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Select writes a file with the rows for which keep returns true. The schema, the
// order of columns, the key-value metadata, the order of rows, the codec of each column
// and the bounds of row groups are those of f; a row group of which nothing is kept is
// not there. Pages, encodings and statistics are made anew. Equal input gives equal
// bytes.
//
// A row behind a place that cannot be read is lost; it is an error to keep one.
func (c Container) Select(ctx context.Context, s *corpus.Stored, w io.Writer, keep func(number int64) bool) error {
	return c.SelectEdited(ctx, s, w, &corpus.Edits{Keep: keep})
}

// SelectEdited is Select with texts written anew. A row group whose rows were in the
// order of a text is not said to be so any more, if one of them was cut.
func (Container) SelectEdited(ctx context.Context, s *corpus.Stored, w io.Writer, e *corpus.Edits) error {
	if err := copyKept(ctx, s, w, e); err != nil {
		return fmt.Errorf("corpus: %s: copying the kept rows: %w", s.Name, err)
	}
	return nil
}

func copyKept(ctx context.Context, s *corpus.Stored, w io.Writer, e *corpus.Edits) (err error) {
	defer guard(&err)
	f, err := openFile(s)
	if err != nil {
		return err
	}
	defer f.codecs.close()
	c := newCopier(ctx, f, w)
	c.editor = newEditor(f, e)
	for g := range f.meta.RowGroups {
		if err := c.group(g); err != nil {
			return fmt.Errorf("row group %d: %w", g+1, err)
		}
	}
	return c.close()
}

// copier copies rows into another file.
type copier struct {
	ctx    context.Context
	file   *file
	out    *pq.GenericWriter[any]
	tail   *tail
	rows   int64  // of the row groups before
	kept   bitmap // the rows of the row group at hand
	last   int64  // the last kept one of them, from 0; -1 for none
	copied []int  // the row groups of which something was kept
	batch  batch  // values on their way
	editor *editor
}

func newCopier(ctx context.Context, f *file, w io.Writer) *copier {
	c := &copier{ctx: ctx, file: f, tail: &tail{w: bufio.NewWriter(w)}}
	c.out = pq.NewGenericWriter[any](c.tail,
		pq.NewSchema("root", c.node(f.root)),
		pq.DataPageVersion(1),
		pq.WriteBufferSize(0), // so that Flush leaves nothing in the library
		pq.DataPageStatistics(false),
		pq.DictionaryMaxBytes(maxDictionary),
		&pq.WriterConfig{SkipPageBounds: unbounded(f.leaves)},
	)
	return c
}

// bitmap holds a bit for each row.
type bitmap []uint64

func (b bitmap) has(i int64) bool { return b[i/64]>>(i%64)&1 != 0 }

// group copies what is kept of a row group.
func (c *copier) group(g int) error {
	n := c.file.meta.RowGroups[g].NumRows
	c.kept, c.last = make(bitmap, (n+63)/64), -1
	for i := range n {
		if c.editor.edits.Keep(c.rows + i + 1) {
			c.kept[i/64] |= 1 << (i % 64)
			c.last = i
		}
	}
	if err := c.editor.look(c, g); err != nil {
		return err
	}
	c.rows += n
	if c.last < 0 {
		return nil
	}
	for i, leaf := range c.file.leaves {
		c.editor.next = c.editor.cuts[leaf]
		if err := c.column(c.out.ColumnWriters()[i], leaf, g); err != nil {
			return err
		}
	}
	c.copied = append(c.copied, g)
	return c.out.Flush()
}

// column copies the entries of the kept rows of a column, up to the last of them.
func (c *copier) column(w *pq.ColumnWriter, leaf *node, g int) error {
	in, err := c.file.column(leaf, g)
	if err != nil {
		return err
	}
	c.batch = batch{leaf: leaf, w: w, values: c.batch.values[:0], arena: c.batch.arena[:0]}
	for row := int64(-1); leaf.maxRep > 0 || row < c.last; {
		e, err := in.take()
		if err == io.EOF && row == c.last {
			break
		}
		if err != nil {
			return noRows(leaf, err)
		}
		if e.rep == 0 {
			row++
			if err := c.batch.flushFull(c.ctx); err != nil {
				return err
			}
		}
		if row > c.last {
			break
		}
		if row < 0 {
			return fmt.Errorf("column %s: %w", leaf.path(), errLevels)
		}
		if !c.kept.has(row) {
			continue
		}
		if err := c.editor.edit(in, e); err != nil {
			return err
		}
		c.batch.add(e)
	}
	return c.batch.flush()
}

// batch gathers whole rows of a column.
type batch struct {
	leaf   *node
	w      *pq.ColumnWriter
	values []pq.Value
	arena  []byte // what the values' bytes are in
}

const (
	batchValues = 1024
	batchBytes  = 1 << 20
)

func (b *batch) flushFull(ctx context.Context) error {
	if len(b.values) < batchValues && len(b.arena) < batchBytes {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return b.flush()
}

func (b *batch) flush() error {
	if len(b.values) == 0 {
		return nil
	}
	_, err := b.w.WriteRowValues(b.values)
	b.values, b.arena = b.values[:0], b.arena[:0]
	return err
}

func (b *batch) add(e *entry) {
	v := pq.NullValue()
	if e.def == b.leaf.maxDef {
		v = b.value(&e.value)
	}
	b.values = append(b.values, v.Level(e.rep, e.def, b.leaf.column))
}

func (b *batch) value(v *value) pq.Value {
	switch b.leaf.physical {
	case format.Boolean:
		return pq.BooleanValue(v.bits != 0)
	case format.Int32:
		return pq.Int32Value(int32(v.bits))
	case format.Int64:
		return pq.Int64Value(int64(v.bits))
	case format.Float:
		return pq.FloatValue(math.Float32frombits(uint32(v.bits)))
	case format.Double:
		return pq.DoubleValue(math.Float64frombits(v.bits))
	case format.Int96:
		return pq.Int96Value(int96(v.bytes))
	}
	start := len(b.arena)
	b.arena = append(b.arena, v.bytes...)
	stored := b.arena[start:len(b.arena):len(b.arena)]
	if b.leaf.physical == format.FixedLenByteArray {
		return pq.FixedLenByteArrayValue(stored)
	}
	return pq.ByteArrayValue(stored)
}
