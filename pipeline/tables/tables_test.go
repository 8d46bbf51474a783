package tables_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/doppel-dedup/doppel/pipeline/tables"
)

// schema has every type, each of them once optional. Its names are not in
// alphabetical order.
var schema = tables.Schema{Name: "every", Columns: []tables.Column{
	{Name: "id", Type: tables.TypeString, Doc: "The id."},
	{Name: "class", Type: tables.TypeString, Optional: true, Repeats: true, Doc: "One of few."},
	{Name: "line", Type: tables.TypeInt64, Doc: "The line, from 1."},
	{Name: "offset", Type: tables.TypeInt64, Optional: true},
	{Name: "similarity", Type: tables.TypeDouble, Doc: "0 to 1."},
	{Name: "background", Type: tables.TypeDouble, Optional: true},
	{Name: "kept", Type: tables.TypeBool},
	{Name: "chain", Type: tables.TypeBool, Optional: true},
}}

// row is a row as Go values, nil for null.
type row []any

func (r row) values() []tables.Value {
	values := make([]tables.Value, len(r))
	for i, v := range r {
		switch v := v.(type) {
		case string:
			values[i] = tables.String(v)
		case int64:
			values[i] = tables.Int(v)
		case float64:
			values[i] = tables.Float(v)
		case bool:
			values[i] = tables.Bool(v)
		}
	}
	return values
}

func write(t testing.TB, open func(io.Writer, tables.Schema) (tables.Writer, error), rows []row) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b, schema)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		values := r.values()
		if err := w.Append(values...); err != nil {
			t.Fatal(err)
		}
		clear(values) // the writer must not have kept them
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readParquet reads a table by the Parquet library's generic reader.
func readParquet(t testing.TB, data []byte) []row {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for _, g := range f.RowGroups() {
		r := g.Rows()
		for buffer := make([]parquet.Row, 1); ; {
			n, err := r.ReadRows(buffer)
			if n > 0 {
				rows = append(rows, fromParquet(buffer[0]))
			}
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		r.Close()
	}
	return rows
}

func fromParquet(values parquet.Row) row {
	r := make(row, len(values))
	for i, v := range values {
		switch {
		case v.IsNull():
		case schema.Columns[i].Type == tables.TypeString:
			r[i] = string(v.ByteArray())
		case schema.Columns[i].Type == tables.TypeInt64:
			r[i] = v.Int64()
		case schema.Columns[i].Type == tables.TypeDouble:
			r[i] = v.Double()
		default:
			r[i] = v.Boolean()
		}
	}
	return r
}

// readJSONL reads a table by encoding/json.
func readJSONL(t testing.TB, data []byte) []row {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var rows []row
	for d := json.NewDecoder(z); ; {
		var object map[string]json.RawMessage
		if err := d.Decode(&object); err == io.EOF {
			return rows
		} else if err != nil {
			t.Fatal(err)
		}
		if len(object) != len(schema.Columns) {
			t.Fatalf("object has %d members, want %d: %s", len(object), len(schema.Columns), object)
		}
		rows = append(rows, fromJSON(t, object))
	}
}

func fromJSON(t testing.TB, object map[string]json.RawMessage) row {
	r := make(row, len(schema.Columns))
	for i, c := range schema.Columns {
		var v any
		switch raw := object[c.Name]; {
		case string(raw) == "null":
			continue
		case c.Type == tables.TypeString:
			v = new(string)
		case c.Type == tables.TypeInt64:
			v = new(int64)
		case c.Type == tables.TypeDouble:
			if !bytes.ContainsAny(raw, ".e") {
				t.Fatalf("%s is %s, which looks like an integer", c.Name, raw)
			}
			v = new(float64)
		default:
			v = new(bool)
		}
		if err := json.Unmarshal(object[c.Name], v); err != nil {
			t.Fatal(err)
		}
		r[i] = reflect.ValueOf(v).Elem().Interface()
	}
	return r
}

func drawRow(t *rapid.T) row {
	r := row{
		rapid.String().Draw(t, "id"), rapid.SampledFrom([]string{"kept", "dropped", "é\u2028"}).Draw(t, "class"),
		rapid.Int64().Draw(t, "line"), rapid.Int64().Draw(t, "offset"),
		rapid.Float64().Draw(t, "similarity"), float64(rapid.IntRange(-2, 2).Draw(t, "background")),
		rapid.Bool().Draw(t, "kept"), rapid.Bool().Draw(t, "chain"),
	}
	for i, c := range schema.Columns {
		if f, ok := r[i].(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
			r[i] = 0.5
		}
		if c.Optional && rapid.Bool().Draw(t, "null") {
			r[i] = nil
		}
	}
	return r
}

func TestBothFormsHaveTheRowsThatWereAppended(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var rows []row
		for range rapid.IntRange(0, 20).Draw(rt, "rows") {
			rows = append(rows, drawRow(rt))
		}
		if got := readParquet(t, write(t, tables.NewParquet, rows)); !reflect.DeepEqual(got, rows) {
			rt.Errorf("Parquet has %v, want %v", got, rows)
		}
		if got := readJSONL(t, write(t, tables.NewJSONL, rows)); !reflect.DeepEqual(got, rows) {
			rt.Errorf("JSONL has %v, want %v", got, rows)
		}
	})
}

// manyRows returns n rows with long ids and few classes.
func manyRows(n int) []row {
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{fmt.Sprintf("news/%08d", i), []any{"kept", "dropped", nil}[i%3], int64(i), nil,
			float64(i) / float64(n), nil, i%2 == 0, nil}
	}
	return rows
}

func TestParquetHasRowGroupsOfEqualLength(t *testing.T) {
	for _, n := range []int{0, 1, tables.RowGroup - 1, tables.RowGroup, 2*tables.RowGroup + 1} {
		rows := manyRows(n)
		data := write(t, tables.NewParquet, rows)
		f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		left := n
		for i, g := range f.RowGroups() {
			if want := min(left, tables.RowGroup); g.NumRows() != int64(want) {
				t.Errorf("%d rows: row group %d has %d rows, want %d", n, i, g.NumRows(), want)
			}
			left -= int(g.NumRows())
		}
		if left != 0 {
			t.Errorf("%d rows: %d are missing", n, left)
		}
		if n > 0 && !reflect.DeepEqual(readParquet(t, data), rows) {
			t.Errorf("%d rows: read others than were written", n)
		}
	}
}

func TestColumnsKeepTheirOrderAndMeaning(t *testing.T) {
	data := write(t, tables.NewParquet, manyRows(3))
	f, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for i, field := range f.Schema().Fields() {
		c := schema.Columns[i]
		if field.Name() != c.Name || field.Optional() != c.Optional {
			t.Errorf("column %d is %s, optional %t, want %s, %t", i, field.Name(), field.Optional(), c.Name, c.Optional)
		}
		if doc, _ := f.Lookup("doppel.column." + c.Name); doc != c.Doc {
			t.Errorf("column %s is described as %q, want %q", c.Name, doc, c.Doc)
		}
	}
	if name, _ := f.Lookup("doppel.table"); name != schema.Name {
		t.Errorf("the table is called %q, want %q", name, schema.Name)
	}
}

func TestEqualRowsGiveEqualBytes(t *testing.T) {
	for name, open := range writers {
		first, second := write(t, open, manyRows(70_000)), write(t, open, manyRows(70_000))
		if !bytes.Equal(first, second) {
			t.Errorf("%s: two files of equal rows differ", name)
		}
	}
}

var writers = map[string]func(io.Writer, tables.Schema) (tables.Writer, error){
	"Parquet": tables.NewParquet, "JSONL": tables.NewJSONL,
}

func TestBadRowsAreErrorsAndNotWritten(t *testing.T) {
	good := row{"a", nil, int64(1), nil, 0.5, nil, true, nil}
	with := func(column int, v any) row {
		r := append(row(nil), good...)
		r[column] = v
		return r
	}
	for name, open := range writers {
		for _, test := range []struct {
			row  row
			want string
		}{
			{good[:7], "has 7 values, want 8"},
			{with(0, nil), "column id of table every must not be null"},
			{with(2, 0.5), "column line of table every is of int64, not of double"},
			{with(4, math.NaN()), "column similarity of table every: NaN is no finite number"},
			{with(5, math.Inf(-1)), "-Inf is no finite number"},
		} {
			var b bytes.Buffer
			w, err := open(&b, schema)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Append(test.row.values()...); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v: error %v, want %q", name, test.row, err, test.want)
			}
			if err := errors.Join(w.Append(good.values()...), w.Close()); err != nil {
				t.Fatal(err)
			}
			read := readJSONL
			if name == "Parquet" {
				read = readParquet
			}
			if got := read(t, b.Bytes()); !reflect.DeepEqual(got, []row{good}) {
				t.Errorf("%s: read %v, want the good row alone", name, got)
			}
		}
	}
}

func TestTextThatIsNoUTF8IsMended(t *testing.T) {
	bad := row{"a\xff\xfeb", nil, int64(1), nil, 0.5, nil, true, nil}
	for name, got := range map[string][]row{
		"Parquet": readParquet(t, write(t, tables.NewParquet, []row{bad})),
		"JSONL":   readJSONL(t, write(t, tables.NewJSONL, []row{bad})),
	} {
		if got[0][0] != "a\uFFFDb" {
			t.Errorf("%s: id is %q", name, got[0][0])
		}
	}
}

func TestBadSchemasAreErrors(t *testing.T) {
	id := tables.Column{Name: "id", Type: tables.TypeString}
	for _, test := range []struct {
		schema tables.Schema
		want   string
	}{
		{tables.Schema{Columns: []tables.Column{id}}, "want a name"},
		{tables.Schema{Name: "t"}, "at least one column"},
		{tables.Schema{Name: "t", Columns: []tables.Column{id, id}}, "two columns id"},
		{tables.Schema{Name: "t", Columns: []tables.Column{{Type: tables.TypeBool}}}, `column name ""`},
		{tables.Schema{Name: "t", Columns: []tables.Column{{Name: "a\xff", Type: tables.TypeBool}}}, "want text"},
		{tables.Schema{Name: "t", Columns: []tables.Column{{Name: "id"}}}, "type(0), which is no type"},
		{tables.Schema{Name: "t", Columns: []tables.Column{{Name: "n", Type: tables.TypeInt64, Repeats: true}}}, "Repeats is for texts"},
	} {
		for name, open := range writers {
			if _, err := open(io.Discard, test.schema); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %+v: error %v, want %q", name, test.schema, err, test.want)
			}
		}
	}
}

// full takes n bytes and then no more.
type full struct{ n int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.n {
		return 0, errFull
	}
	f.n -= len(p)
	return len(p), nil
}

func TestWriteErrorsReachTheCaller(t *testing.T) {
	rows := manyRows(tables.RowGroup + 1000)
	for name, open := range writers {
		whole := len(write(t, open, rows))
		for _, n := range []int{0, 1, whole / 2, whole - 1} {
			w, err := open(&full{n}, schema)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(rows) && err == nil; i++ {
				err = w.Append(rows[i].values()...)
			}
			if closed := w.Close(); err == nil {
				err = closed
			}
			if !errors.Is(err, errFull) {
				t.Errorf("%s: after %d bytes of %d: error %v, want %v", name, n, whole, err, errFull)
			}
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	values := row{"news/00000001", "kept", int64(1), nil, 0.5, nil, true, nil}.values()
	for name, open := range writers {
		b.Run(name, func(b *testing.B) {
			w, err := open(io.Discard, schema)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := w.Append(values...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
