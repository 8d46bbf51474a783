package parquet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/parquet"
)

// fixtures are files by pyarrow with the same rows, those of expected.jsonl, but for
// the empty one: see internal/interop/rows.py.
func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d fixtures, %v", len(names), err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		if base := filepath.Base(name); base != "news.parquet" {
			files[base] = load(t, name)
		}
	}
	return files
}

func load(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// meter counts the bytes that are read.
type meter struct {
	*bytes.Reader
	read int64
}

func (m *meter) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.Reader.ReadAt(p, off)
	m.read += int64(n)
	return n, err
}

func stored(name string, data []byte) (*corpus.Stored, *meter) {
	m := &meter{Reader: bytes.NewReader(data)}
	return &corpus.Stored{Name: name, Size: int64(len(data)), Reader: m, ReaderAt: m}, m
}

// rows reads all rows. The error is the one that ended reading, nil for io.EOF.
func rows(data []byte, o corpus.ContainerOptions) (lines []string, err error) {
	s, _ := stored("t.parquet", data)
	r, err := parquet.Container{}.Open(context.Background(), s, o)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		if rec.Number != int64(len(lines)+1) || bytes.IndexByte(rec.JSON, '\n') >= 0 {
			return lines, fmt.Errorf("row %d after %d: %q", rec.Number, len(lines), rec.JSON)
		}
		lines = append(lines, string(rec.JSON))
	}
}

func decode(t testing.TB, line string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return v
}

func expected(t testing.TB) []string {
	return strings.Split(strings.TrimSpace(string(load(t, "testdata/expected.jsonl"))), "\n")
}

func TestReadsWhatPyarrowWrote(t *testing.T) {
	for name, data := range fixtures(t) {
		got, err := rows(data, corpus.ContainerOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want := expected(t)
		if name == "empty.parquet" {
			want = nil
		}
		if len(got) != len(want) {
			t.Errorf("%s: %d rows, want %d", name, len(got), len(want))
			continue
		}
		for i := range got {
			if g, w := decode(t, got[i]), decode(t, want[i]); !reflect.DeepEqual(g, w) {
				t.Errorf("%s: row %d:\n got %v\nwant %v", name, i+1, g, w)
			}
		}
	}
}

func TestReadsWantedColumnsOnly(t *testing.T) {
	data := load(t, "testdata/none.parquet")
	for _, test := range []struct {
		fields []string
		want   string // row 2
	}{
		{[]string{"id"}, `{"id":"doc-1"}`},
		{[]string{"u8", "id"}, `{"id":"doc-1","u8":1}`},
		{[]string{"meta.inner.n", "missing", "meta.missing"}, `{"meta":{"inner":{"n":1}}}`},
		{[]string{"meta.inner"}, `{"meta":{"inner":{"n":1,"f":0.125}}}`},
		{[]string{"tags.list"}, `{"tags":[null]}`}, // so that the parser says what it is
		{[]string{"id.inside"}, `{"id":"doc-1"}`},
		{[]string{"missing"}, `{}`},
	} {
		s, m := stored("t.parquet", data)
		r, err := parquet.Container{}.Open(context.Background(), s, corpus.ContainerOptions{Fields: test.fields})
		if err != nil {
			t.Fatal(err)
		}
		footer := m.read
		n := 0
		for {
			rec, err := r.Next()
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if n++; n == 2 && string(rec.JSON) != test.want {
				t.Errorf("%q: row 2 is %s, want %s", test.fields, rec.JSON, test.want)
			}
		}
		if n != 30 {
			t.Errorf("%q: %d rows, want 30", test.fields, n)
		}
		// Nothing may be read beside the wanted columns, but for what a buffer takes.
		if pages := m.read - footer; pages > int64(len(test.fields)*3*(64<<10)) {
			t.Errorf("%q: read %d bytes of pages", test.fields, pages)
		}
		r.Close()
	}
}

func selectRows(t testing.TB, data []byte, keep func(int64) bool) []byte {
	t.Helper()
	s, _ := stored("t.parquet", data)
	var out bytes.Buffer
	last := int64(0)
	err := parquet.Container{}.Select(context.Background(), s, &out, func(n int64) bool {
		if n != last+1 {
			t.Fatalf("asked for row %d after %d", n, last)
		}
		last = n
		return keep(n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestSelectKeepsTheKeptRowsAsTheyAre(t *testing.T) {
	files := fixtures(t)
	names := slices.Sorted(maps.Keys(files))
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(names).Draw(rt, "file")
		mask := rapid.Uint32().Draw(rt, "rows") & rapid.Uint32().Draw(rt, "of these")
		keep := func(n int64) bool { return mask>>(n-1)&1 != 0 }
		all, err := rows(files[name], corpus.ContainerOptions{})
		if err != nil {
			rt.Fatal(err)
		}
		var want []string
		for i, line := range all {
			if keep(int64(i + 1)) {
				want = append(want, line)
			}
		}
		out := selectRows(t, files[name], keep)
		got, err := rows(out, corpus.ContainerOptions{})
		if err != nil || !slices.Equal(got, want) {
			rt.Fatalf("%v\n got %q\nwant %q", err, got, want)
		}
		if again := selectRows(t, files[name], keep); !bytes.Equal(again, out) {
			rt.Fatal("equal input gives other bytes")
		}
		if all := selectRows(t, out, func(int64) bool { return true }); !bytes.Equal(all, out) {
			rt.Fatal("a copy of what was written has other bytes")
		}
	})
}

func TestSelectFailsOnRowsThatCannotBeRead(t *testing.T) {
	data := bytes.Clone(load(t, "testdata/checksums.parquet"))
	data[2000] ^= 1
	_, err := rows(data, corpus.ContainerOptions{})
	if err == nil || !strings.Contains(err.Error(), "row group 1: column") {
		t.Fatalf("error %v", err)
	}
	s, _ := stored("t.parquet", data)
	err = parquet.Container{}.Select(context.Background(), s, io.Discard, func(int64) bool { return true })
	if err == nil || !strings.Contains(err.Error(), "t.parquet: copying the kept rows: row group 1: column") {
		t.Errorf("error %v", err)
	}
}

func TestRowsOverTheLimitAreBadRecords(t *testing.T) {
	data := load(t, "testdata/zstd.parquet")
	s, _ := stored("t.parquet", data)
	r, err := parquet.Container{}.Open(context.Background(), s, corpus.ContainerOptions{MaxRecord: 600})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	good, bad := 0, 0
	for {
		rec, err := r.Next()
		if err == io.EOF {
			break
		}
		if e, ok := err.(*corpus.RecordError); ok {
			if bad++; e.Line != int64(good+bad) || !strings.Contains(e.Reason, "600 bytes") {
				t.Errorf("row %d: %v", good+bad, e)
			}
		} else if good++; err != nil || len(rec.JSON) > 600 || rec.Number != int64(good+bad) {
			t.Fatalf("row %d: %v, %d bytes", good+bad, err, len(rec.JSON))
		}
	}
	if good == 0 || bad == 0 || good+bad != 30 {
		t.Errorf("%d rows within the limit, %d over it, of 30", good, bad)
	}
}

// documents reads a file as the pipeline does.
func documents(t *testing.T, data []byte, o corpus.Options) (texts []string, errs []string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "t.parquet"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	o.Containers = []corpus.Container{parquet.Container{}}
	c, err := corpus.Open([]string{dir}, o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p := corpus.NewParser(c)
	var batch corpus.Batch
	err = c.Scan(context.Background(), func(b *corpus.Block) error {
		batch.Reset()
		p.Parse(b, &batch)
		for _, d := range batch.Docs {
			texts = append(texts, fmt.Sprintf("%d %s %.6s", d.Line, d.Key, d.Text))
		}
		for _, e := range batch.Errs {
			errs = append(errs, e.Error())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts, errs
}

func TestTextThatIsNullOrAbsentIsABadRecord(t *testing.T) {
	data := load(t, "testdata/news.parquet")
	for _, test := range []struct {
		options     corpus.Options
		texts, errs []string
	}{
		{corpus.Options{TextField: "article.body", IDField: "url"},
			[]string{"1 a the co", "2 b THE CO", "3 c nothin"}, []string{`t.parquet:4: field "article.body" is missing`}},
		{corpus.Options{TextField: "content", IDField: "url"}, nil, []string{
			`t.parquet:1: field "content" is missing`, `t.parquet:2: field "content" is missing`,
			`t.parquet:3: field "content" is missing`, `t.parquet:4: field "content" is missing`}},
		{corpus.Options{TextField: "score"}, nil, []string{
			`t.parquet:1: field "score" is a number, want a string`, `t.parquet:2: field "score" is a number, want a string`,
			`t.parquet:3: field "score" is a number, want a string`, `t.parquet:4: field "score" is a number, want a string`}},
		{corpus.Options{TextField: "url"}, []string{"1 t.parquet:1 a", "2 t.parquet:2 b", "3 t.parquet:3 c", "4 t.parquet:4 d"}, nil},
	} {
		texts, errs := documents(t, data, test.options)
		if !reflect.DeepEqual(texts, test.texts) || !reflect.DeepEqual(errs, test.errs) {
			t.Errorf("%q:\n got %q %q\nwant %q %q", test.options.TextField, texts, errs, test.texts, test.errs)
		}
	}
}
