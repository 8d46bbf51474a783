package parquet_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/parquet"
)

// opened is a corpus of one file.
func opened(t testing.TB, data []byte, textField string) *corpus.Corpus {
	t.Helper()
	c, err := corpus.Open([]string{"t.parquet"}, corpus.Options{
		FS: fstest.MapFS{"t.parquet": {Data: data}}, TextField: textField, Containers: []corpus.Container{parquet.Container{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// textsOf returns the texts of a file by row.
func textsOf(t testing.TB, c *corpus.Corpus) map[int64]string {
	t.Helper()
	texts := map[int64]string{}
	p := corpus.NewParser(c)
	err := c.Scan(context.Background(), func(b *corpus.Block) error {
		var batch corpus.Batch
		p.Parse(b, &batch)
		for _, d := range batch.Docs {
			texts[d.Line] = string(d.Text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// selectEdited returns the file without the rows that keep is false for and without
// what is to be cut, with "[x]" in place of it.
func selectEdited(t testing.TB, c *corpus.Corpus, keep func(int64) bool, cuts map[int64][]corpus.Cut) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := c.SelectEdited(context.Background(), 0, &out, &corpus.Edits{
		Keep: keep, Mark: []byte("[x]"), Cuts: func(n int64) []corpus.Cut { return cuts[n] },
	}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func footerOf(t testing.TB, data []byte) (meta format.FileMetaData, pages []byte) {
	t.Helper()
	n := len(data) - 8
	start := n - int(binary.LittleEndian.Uint32(data[n:]))
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), data[start:n], &meta); err != nil {
		t.Fatal(err)
	}
	return meta, data[:start]
}

// renamed is a file whose columns have other names, even ones that are there already.
func renamed(t testing.TB, data []byte, names map[string]string) []byte {
	t.Helper()
	meta, pages := footerOf(t, data)
	for i, e := range meta.Schema {
		if name, ok := names[e.Name]; ok {
			meta.Schema[i].Name = name
		}
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err != nil {
		t.Fatal(err)
	}
	return withFooter(pages, footer)
}

// randomCuts cuts a text in two at most, at characters.
func randomCuts(rt *rapid.T, text string) (cuts []corpus.Cut) {
	at := rapid.SliceOfNDistinct(rapid.IntRange(0, len(text)), 0, 4, rapid.ID[int]).Draw(rt, "cuts of "+text)
	slices.Sort(at)
	for _, pair := range slices.Collect(slices.Chunk(at, 2)) {
		if len(pair) == 2 && runeStart(text, pair[0]) && runeStart(text, pair[1]) {
			cuts = append(cuts, corpus.Cut{Start: pair[0], End: pair[1]})
		}
	}
	return cuts
}

func runeStart(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

func cutText(text string, cuts []corpus.Cut) string {
	for _, c := range slices.Backward(cuts) {
		text = text[:c.Start] + "[x]" + text[c.End:]
	}
	return text
}

// TestEditedTextsAndNothingElse holds the rows of what is written to those that were
// read, cut as texts: in every codec and encoding, in columns of texts, of binary, in
// structs and in maps, and where the name of the text is there more than once.
func TestEditedTextsAndNothingElse(t *testing.T) {
	files := fixtures(t)
	delete(files, "empty.parquet")
	// The last of equal names that is not null, and a name with a dot before a path.
	files["twice"] = renamed(t, files["none.parquet"], map[string]string{"raw": "text"})
	files["literal"] = renamed(t, files["zstd.parquet"], map[string]string{"text": "meta.source"})
	names := slices.Sorted(maps.Keys(files))
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(names).Draw(rt, "file")
		field := rapid.SampledFrom([]string{"text", "text", "raw", "class", "meta.source", "by_number.1", "nothing"}).Draw(rt, "field")
		mask := rapid.Uint32().Draw(rt, "rows")
		keep := func(n int64) bool { return mask>>(n-1)&1 != 0 }
		c := opened(t, files[name], field)
		texts := textsOf(t, c)
		cuts := map[int64][]corpus.Cut{}
		for n := range int64(30) {
			if text, ok := texts[n+1]; ok && keep(n+1) {
				cuts[n+1] = randomCuts(rt, text)
			}
		}
		out := selectEdited(t, c, keep, cuts)
		after := textsOf(t, opened(t, out, field))
		before, err := rows(files[name], corpus.ContainerOptions{})
		if err != nil {
			rt.Fatal(err)
		}
		got, err := rows(out, corpus.ContainerOptions{})
		if err != nil {
			rt.Fatal(err)
		}
		row := int64(0)
		for i, line := range before {
			n := int64(i + 1)
			if !keep(n) {
				continue
			}
			row++
			text, is := texts[n]
			if is {
				text = cutText(text, cuts[n])
			}
			if after[row] != text {
				rt.Fatalf("row %d: %q without %v is %q, want %q", n, texts[n], cuts[n], after[row], text)
			}
			want := decode(t, line)
			if is && name != "twice" && name != "literal" {
				setField(want.(map[string]any), field, text)
			} else if len(cuts[n]) > 0 {
				continue
			}
			if g := decode(t, got[row-1]); !reflect.DeepEqual(g, want) {
				rt.Fatalf("row %d:\n got %v\nwant %v", n, g, want)
			}
		}
		if row != int64(len(got)) {
			rt.Fatalf("%d rows, want %d", len(got), row)
		}
		checkSameShape(t, files[name], out)
		if again := selectEdited(t, c, keep, cuts); !bytes.Equal(again, out) {
			rt.Fatal("equal input gives other bytes")
		}
	})
}

// TestJoinedTextsOfRowsAreCutInTheirFields: of rows whose text is made of several
// columns, each value is what is left of it, byte by byte, and all else is as it was.
func TestJoinedTextsOfRowsAreCutInTheirFields(t *testing.T) {
	files := fixtures(t)
	delete(files, "empty.parquet")
	names := slices.Sorted(maps.Keys(files))
	cut := 0
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(names).Draw(rt, "file")
		fields := rapid.SampledFrom([]string{"text,class", "class,text", "raw,nothing,text", "meta.source,text", "by_number.2,by_number.1", "raw,by_number.1,class,meta.source"}).Draw(rt, "fields")
		mask := rapid.Uint32().Draw(rt, "rows")
		keep := func(n int64) bool { return mask>>(n-1)&1 != 0 }
		c := opened(t, files[name], fields)
		texts := textsOf(t, c)
		cuts := map[int64][]corpus.Cut{}
		for n := range int64(30) {
			if text, ok := texts[n+1]; ok && keep(n+1) {
				cuts[n+1] = randomCuts(rt, text)
				cut += len(cuts[n+1])
			}
		}
		out := selectEdited(t, c, keep, cuts)
		after := textsOf(t, opened(t, out, fields))
		before, err := rows(files[name], corpus.ContainerOptions{})
		if err != nil {
			rt.Fatal(err)
		}
		got, err := rows(out, corpus.ContainerOptions{})
		if err != nil {
			rt.Fatal(err)
		}
		row := int64(0)
		for i, line := range before {
			n := int64(i + 1)
			if !keep(n) {
				continue
			}
			row++
			want := decode(t, line).(map[string]any)
			if text, is := texts[n]; is {
				left := cutFields(want, strings.Split(fields, ","), cuts[n])
				if after[row] != left {
					rt.Fatalf("row %d: %q without %v is %q, want %q", n, text, cuts[n], after[row], left)
				}
			}
			if g := decode(t, got[row-1]); !reflect.DeepEqual(g, any(want)) {
				rt.Fatalf("row %d without %v:\n got %v\nwant %v", n, cuts[n], g, want)
			}
		}
		if row != int64(len(got)) {
			rt.Fatalf("%d rows, want %d", len(got), row)
		}
		checkSameShape(t, files[name], out)
	})
	if cut == 0 {
		t.Error("nothing was cut")
	}
}

// cutFields cuts the fields of a row that make its text, and returns what they make then.
func cutFields(row map[string]any, fields []string, cuts []corpus.Cut) string {
	at := 0
	var left []string
	for _, f := range fields {
		object, name := row, f
		if head, rest, ok := strings.Cut(f, "."); ok {
			object, _ = row[head].(map[string]any)
			name = rest
		}
		value, _ := object[name].(string)
		if value == "" {
			continue
		}
		if at > 0 {
			at += len("\n\n")
		}
		var b strings.Builder
		in := -1
		for i := range len(value) {
			was := in
			in = slices.IndexFunc(cuts, func(c corpus.Cut) bool { return c.Start <= at+i && at+i < c.End })
			switch {
			case in < 0:
				b.WriteByte(value[i])
			case in != was:
				b.WriteString("[x]")
			}
		}
		at += len(value)
		object[name] = b.String()
		if b.Len() > 0 {
			left = append(left, b.String())
		}
	}
	return strings.Join(left, "\n\n")
}

func setField(object map[string]any, field, text string) {
	if head, rest, ok := strings.Cut(field, "."); ok {
		object, field = object[head].(map[string]any), rest
	}
	object[field] = text
}

// checkSameShape compares what stands around the data.
func checkSameShape(t testing.TB, before, after []byte) {
	t.Helper()
	a, _ := footerOf(t, before)
	b, _ := footerOf(t, after)
	if !reflect.DeepEqual(a.Schema, b.Schema) || !reflect.DeepEqual(a.KeyValueMetadata, b.KeyValueMetadata) {
		t.Fatal("the schema or the metadata have changed")
	}
	for _, g := range b.RowGroups {
		for i, column := range g.Columns {
			if want := a.RowGroups[0].Columns[i].MetaData; column.MetaData.Codec != want.Codec || !slices.Equal(column.MetaData.PathInSchema, want.PathInSchema) {
				t.Fatalf("column %v has codec %v, want %v of %v", column.MetaData.PathInSchema, column.MetaData.Codec, want.PathInSchema, want.Codec)
			}
		}
	}
}

// TestEditRefusesWhatIsNoText: a number of bytes that is fixed cannot be cut.
func TestEditRefusesWhatIsNoText(t *testing.T) {
	data := load(t, "testdata/none.parquet")
	for field, want := range map[string]string{"fixed": "column fixed", "day": "column day", "price": "column price", "text": "not inside the text"} {
		c := opened(t, data, field)
		err := c.SelectEdited(context.Background(), 0, new(bytes.Buffer), &corpus.Edits{
			Keep: func(n int64) bool { return n == 1 }, Cuts: func(int64) []corpus.Cut { return []corpus.Cut{{Start: 2, End: 500}} },
		})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s was cut: %v", field, err)
		}
	}
}

// TestEditLetsGoOfAnOrderByTheText: rows are not said to be in the order of a column
// that was cut; of a row group without cuts they are.
func TestEditLetsGoOfAnOrderByTheText(t *testing.T) {
	meta, pages := footerOf(t, load(t, "testdata/none.parquet"))
	for i := range meta.RowGroups {
		meta.RowGroups[i].SortingColumns = []format.SortingColumn{{ColumnIdx: 0}, {ColumnIdx: 1, Descending: true}, {ColumnIdx: 2}}
	}
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), meta)
	if err != nil {
		t.Fatal(err)
	}
	c := opened(t, withFooter(pages, footer), "text")
	out := selectEdited(t, c, func(int64) bool { return true }, map[int64][]corpus.Cut{12: {{Start: 0, End: 2}}})
	got, _ := footerOf(t, out)
	for i, want := range []int{3, 1, 3} {
		if n := len(got.RowGroups[i].SortingColumns); n != want {
			t.Errorf("row group %d is sorted by %d columns, want %d", i+1, n, want)
		}
	}
}
