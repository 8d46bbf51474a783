package parquet

import (
	"errors"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go/format"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// editor cuts parts out of texts. Which value of a row is its text is known once the
// row is put together, for names may be there twice, or in structs and maps: so of a
// row group with cuts the fields that may hold it are read twice.
type editor struct {
	edits *corpus.Edits
	cuts  map[*node][]valueCuts // of the row group at hand
	next  []valueCuts           // those of the column at hand to come
	json  []byte
	text  []byte
}

// rowCuts is what is cut out of a row, valueCuts out of an entry of a column chunk;
// both are counted from 0 in the row group, and ascend.
type rowCuts struct {
	row  int64
	cuts []corpus.Cut
}

type valueCuts struct {
	entry int64
	cuts  []corpus.Cut
}

// placed is where a value begins in the JSON of a row.
type placed struct {
	leaf  *node
	entry int64 // of the column chunk, from 0
	start int
}

// trace notes where the entry that was last taken from a leaf is put.
func (b *budget) trace(leaf *node, start int) {
	if b.traced {
		b.values = append(b.values, placed{leaf, leaf.cursor.taken - 1, start})
	}
}

// at returns what was put last at a place: what was there before was taken back.
func (b *budget) at(start int) (placed, bool) {
	for _, p := range slices.Backward(b.values) {
		if p.start == start {
			return p, true
		}
	}
	return placed{}, false
}

// newEditor returns an editor of a file, of which nothing else is read by rows.
func newEditor(f *file, e *corpus.Edits) *editor {
	if e.Cuts != nil {
		f.root.choose(e.Fields(), f.leaves)
	}
	return &editor{edits: e, cuts: map[*node][]valueCuts{}}
}

// look finds what is cut out of the row group g, of which c knows the kept rows.
func (e *editor) look(c *copier, g int) error {
	clear(e.cuts)
	rows := e.rows(c)
	if len(rows) == 0 {
		return nil
	}
	root := c.file.root
	err := root.walkLeaves(func(leaf *node) (err error) {
		leaf.cursor, err = c.file.column(leaf, g)
		return err
	})
	for row := int64(0); err == nil && len(rows) > 0; row++ {
		root.budget.traced, root.budget.values = row == rows[0].row, root.budget.values[:0]
		if e.json, err = root.appendRow(e.json[:0]); err == nil && root.budget.traced {
			err = e.place(root, rows[0].cuts)
			rows = rows[1:]
		}
	}
	for leaf := range e.cuts {
		unsort(&c.file.meta.RowGroups[g], leaf)
	}
	return err
}

// rows returns the kept rows that something is cut out of.
func (e *editor) rows(c *copier) (rows []rowCuts) {
	if e.edits.Cuts == nil {
		return nil
	}
	for row := range c.last + 1 {
		if !c.kept.has(row) {
			continue
		}
		if cuts := e.edits.Cuts(c.rows + row + 1); len(cuts) > 0 {
			rows = append(rows, rowCuts{row, slices.Clone(cuts)})
		}
	}
	return rows
}

// place finds the values that the text of the row in e.json is made of.
func (e *editor) place(root *node, cuts []corpus.Cut) error {
	parts, ok := e.edits.Texts(e.json, cuts)
	if !ok {
		return errors.New("a row that is cut has no text any more, or a shorter one")
	}
	for i := range parts {
		v, ok := root.budget.at(parts[i].Start)
		if !ok {
			return errLevels
		}
		if n := v.leaf; n.physical != format.ByteArray || n.kind != kindText && n.kind != kindBinary {
			return fmt.Errorf("nothing can be cut out of column %s: its values are no texts of any length", n.path())
		}
		e.cuts[v.leaf] = append(e.cuts[v.leaf], valueCuts{v.entry, parts[i].Cuts})
	}
	return nil
}

// unsort lets go of the order by a column, which cuts may have changed.
func unsort(g *format.RowGroup, leaf *node) {
	for i, s := range g.SortingColumns {
		if int(s.ColumnIdx) == leaf.column {
			g.SortingColumns = g.SortingColumns[:i]
			return
		}
	}
}

// edit cuts parts out of the entry that was last taken from the column at hand. Its
// value is good until the next call.
func (e *editor) edit(in *cursor, to *entry) error {
	if len(e.next) == 0 || e.next[0].entry != in.taken-1 {
		return nil
	}
	var ok bool
	if e.text, ok = e.edits.AppendCut(e.text[:0], to.value.bytes, e.next[0].cuts); !ok {
		return fmt.Errorf("column %s: a cut is not inside the text", in.leaf.path())
	}
	to.value.bytes, e.next = e.text, e.next[1:]
	return nil
}
