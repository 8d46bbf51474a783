package corpus

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FuzzCSV: cut into records and parsed one by one, CSV says what encoding/csv says
// of the whole, and where; and the records are the file.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"a,b\n1,2\n", "a,b\r\n\"x\r\ny\",\"q\"\"q\"\r\n", "\"open\nnever", "a\"b,c\nd,e", "\"a\"b\nc\n", "\"\"\"\n\"\"\n", "\n\r\n\r",
		"a,\"b\"\r", "\"a\"\rx\n\"\"\"\"\n", "a\r\r\nb", "\"a\"\r\r\n", ",\n,,\n\"\",\"\"\n", "\"a\n\nb\"\n\n\nc\x00\xff\n", "\"a\"\r\"b\n", strings.Repeat("\"xy\n", 9),
	} {
		for _, lazy := range []bool{false, true} {
			f.Add([]byte(s), byte(','), lazy, uint8(16))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, delimiter byte, lazy bool, buffer uint8) {
		if (&CSVOptions{Delimiter: string([]byte{delimiter})}).validate() != nil {
			t.Skip()
		}
		whole := csv.NewReader(bytes.NewReader(data))
		whole.Comma, whole.LazyQuotes, whole.FieldsPerRecord = rune(delimiter), lazy, -1
		cut := &csvCutter{in: bufio.NewReaderSize(bytes.NewReader(data), 16+int(buffer)), delimiter: delimiter, lazy: lazy, limit: 1 << 20, line: 1}
		parser := newCSVParser(cut)
		var joined []byte
		for {
			err := cut.next()
			for ; err == nil && cut.isBlank(); err = cut.next() {
				joined = append(joined, cut.raw...)
			}
			want, wantErr := whole.Read()
			if err == io.EOF && wantErr == io.EOF {
				break
			}
			if err != nil || wantErr == io.EOF {
				t.Fatalf("the cutter ends with %v, encoding/csv with %v", err, wantErr)
			}
			joined = append(joined, cut.raw...)
			got, gotErr := parser.fields()
			if (gotErr == nil) != (wantErr == nil) || wantErr == nil && !slices.Equal(got, want) {
				t.Fatalf("record %q at line %d: %q %v, want %q %v", cut.raw, cut.startLine, got, gotErr, want, wantErr)
			}
			if cut.offset != whole.InputOffset() {
				t.Fatalf("record %q ends at %d, want %d", cut.raw, cut.offset, whole.InputOffset())
			}
			if wantErr == nil {
				if line, _ := whole.FieldPos(0); int64(line) != cut.startLine {
					t.Fatalf("record %q at line %d, want %d", cut.raw, cut.startLine, line)
				}
			}
		}
		if !bytes.Equal(joined, data) {
			t.Fatalf("the records are %q, want %q", joined, data)
		}
	})
}

func TestCSVDialects(t *testing.T) {
	t.Parallel()
	two := []doc{{Key: "1", Text: "one"}, {Key: "2", Text: "two, \"too\"\nand more"}}
	for _, tt := range []struct {
		name, data string
		o          CSVOptions
		want       []doc
		errs       []bad
	}{
		{name: "a.csv", data: "id,text\n1,one\n2,\"two, \"\"too\"\"\nand more\"\n", want: two},
		{name: "a.csv", data: "\ufeff\"id\",text\r\n\r\n1,one\r\n2,\"two, \"\"too\"\"\r\nand more\"", want: two},
		{name: "a.csv", data: "id;text;x\n1;one;\n2;\"two, \"\"too\"\"\nand more\";y\n", want: two},
		{name: "a.csv", data: "text|a,b|id\none||1\n\"two, \"\"too\"\"\nand more\"|z|2\n", want: two},
		{name: "a.tsv", data: "id\ttext,x\ttext\n1\t\tone\n2\t\t\"two, \"\"too\"\"\nand more\"\n", want: two},
		{name: "a.tab", data: "id;text\n1;one\n2;\"two, \"\"too\"\"\nand more\"\n", o: CSVOptions{Delimiter: ";"}, want: two},
		{name: "a.csv", data: "id,text\n1,say \"hi\"\n", o: CSVOptions{LazyQuotes: true}, want: []doc{{Key: "1", Text: `say "hi"`}}},
		{name: "a.csv", data: "", want: nil},
		{name: "a.csv", data: "\n\n", want: nil},
		{name: "a.csv", data: "text\n" + "nul\x00 tab\t\n", want: []doc{{Key: "a.csv:2", Text: "nul\x00 tab\t"}}},
		{
			name: "a.csv", data: "id,text\n1,one,more\n2\n3,x\"y\n\"4\"z,y\n5,five\n6,\xff\n",
			want: []doc{{Key: "5", Text: "five"}},
			errs: []bad{
				{"a.csv", 2, 8, "", "the record has 3 fields, want 2"},
				{"a.csv", 3, 19, "", "the record has 1 field, want 2"},
				{"a.csv", 4, 21, "", `no CSV: bare " in non-quoted-field at byte 4 of line 1 of the record`},
				{"a.csv", 5, 27, "", `no CSV: extraneous or missing " in quoted-field at byte 3 of line 1 of the record`},
				{"a.csv", 7, 41, "", "invalid UTF-8 at byte 18 of the record"},
			},
		},
		{
			name: "a.csv", data: "id,text\n1,one\n2,\"two\n3,three\n",
			want: []doc{{Key: "1", Text: "one"}},
			errs: []bad{{"a.csv", 3, 14, "", "a quote is opened in this record and never closed"}},
		},
		{name: "a.csv", data: "id,\"te\nxt\n", errs: []bad{{"a.csv", 0, 0, "", "the header is no CSV: a quote is opened in this record and never closed"}}},
		{name: "a.csv", data: "id,body,\"x\ny\"\n1,2,3\n", errs: []bad{{"a.csv", 0, 0, "", `the header names no field text, only "id" "body" "x\ny"; name the one with the text by --text-field`}}},
		{name: "a.csv", data: "\x1f\x8b,", errs: []bad{{"a.csv", 0, 0, "", "the content is gzip data, want text; name it .gz if it is compressed once"}}},
	} {
		got := one(t, tt.name, tt.data, Options{CSV: tt.o})
		for i := range got.Docs {
			got.Docs[i] = doc{Key: got.Docs[i].Key, Text: got.Docs[i].Text}
		}
		if !reflect.DeepEqual(got.Docs, tt.want) || !reflect.DeepEqual(got.Errs, tt.errs) {
			t.Errorf("%q %+v:\n%+v %+v\nwant\n%+v %+v", tt.data, tt.o, got.Docs, got.Errs, tt.want, tt.errs)
		}
	}
}

func TestCSVWithoutHeader(t *testing.T) {
	t.Parallel()
	got := one(t, "a.csv", "7,one\n8,two;\n9\n", Options{CSV: CSVOptions{NoHeader: true}, TextField: "2", IDField: "1"})
	if len(got.Docs) != 2 || got.Docs[0].Key != "7" || got.Docs[1].Text != "two;" || len(got.Errs) != 1 || got.Errs[0].Line != 3 {
		t.Errorf("%+v", got)
	}
	for _, d := range []string{"ab", "\"", "\n", "é"} {
		if _, err := Open([]string{"x"}, Options{CSV: CSVOptions{Delimiter: d}}); err == nil {
			t.Errorf("delimiter %q was accepted", d)
		}
	}
}

// TestCSVRecordOverLimit: a giant record is one bad record, though its quotes hold
// what looks like others.
func TestCSVRecordOverLimit(t *testing.T) {
	t.Parallel()
	data := "text\nshort\n\"" + strings.Repeat("line\n", 50_000) + "\"\nshort too\n"
	got := one(t, "a.csv", data, Options{MaxRecord: 1000})
	if len(got.Docs) != 2 || got.Docs[1].Text != "short too" || got.Docs[1].Line != 50_004 || len(got.Errs) != 1 || got.Errs[0].Line != 3 {
		t.Errorf("%d documents, errors %+v", len(got.Docs), got.Errs)
	}
}

// TestCSVAgainstReference writes random tables with encoding/csv and reads them, and
// what Select leaves of them, in every compression.
func TestCSVAgainstReference(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	for round := range 40 {
		var plain bytes.Buffer
		w := csv.NewWriter(&plain)
		w.UseCRLF = round%2 == 0
		w.Comma = []rune(",;\t|")[rng.IntN(4)]
		rows := [][]string{{"id", "a b", "text"}}
		for i := range rng.IntN(60) {
			rows = append(rows, []string{fmt.Sprint("k", i), randomField(rng), randomField(rng)})
		}
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		compression := Compression(round % len(compressions))
		name := "a.csv" + compressions[compression].ending
		c := mustOpen(t, []string{name}, Options{FS: tree{name: pack(t, plain.String(), compression)}.fs(), blockSize: 1 + rng.IntN(300)})
		checkRows(t, readAll(t, c), rows[1:], w.UseCRLF)
		keep := map[int64]bool{}
		kept := rows[:1:1]
		for i, d := range readAll(t, c).Docs {
			if keep[d.Line] = rng.IntN(2) == 0; keep[d.Line] {
				kept = append(kept, rows[i+1])
			}
		}
		var out, want bytes.Buffer
		if err := c.Select(context.Background(), 0, &out, func(n int64) bool { return keep[n] }); err != nil {
			t.Fatal(err)
		}
		ww := csv.NewWriter(&want)
		ww.UseCRLF, ww.Comma = w.UseCRLF, w.Comma
		if err := ww.WriteAll(kept); err != nil {
			t.Fatal(err)
		}
		if got := unpack(t, out.String(), compression); got != want.String() {
			t.Fatalf("selected %q, want %q", got, &want)
		}
	}
}

func randomField(rng *rand.Rand) string {
	var b strings.Builder
	for range rng.IntN(12) {
		b.WriteString([]string{"a", "é", ",", ";", "\"", "\n", "\t", "|", " ", "\\", "\x01", "x"}[rng.IntN(12)])
	}
	return b.String()
}

// checkRows compares documents with the rows of a table: id, anything, text.
func checkRows(t *testing.T, got content, rows [][]string, crlf bool) {
	t.Helper()
	if len(got.Docs) != len(rows) || len(got.Errs) > 0 {
		t.Fatalf("%d documents of %d rows, errors %+v", len(got.Docs), len(rows), got.Errs)
	}
	for i, d := range got.Docs {
		want := rows[i][2]
		if d.Key != rows[i][0] || d.Text != want {
			t.Fatalf("row %d is %q %q, want %q (CRLF %v)", i, d.Key, d.Text, rows[i], crlf)
		}
	}
}

// packed returns a file in every compression, by name.
func packed(tb testing.TB, name, content string) tree {
	tb.Helper()
	files := tree{}
	for c := Gzip; int(c) < len(compressions); c++ {
		files[name+compressions[c].ending] = pack(tb, content, c)
	}
	return files
}

func pack(tb testing.TB, s string, c Compression) string {
	tb.Helper()
	var b bytes.Buffer
	w, err := NewCompressor(&b, c)
	if err != nil {
		tb.Fatal(err)
	}
	return compress(tb, w, &b, s)
}

func unpack(tb testing.TB, s string, c Compression) string {
	tb.Helper()
	r, err := (&Stored{Reader: strings.NewReader(s), Compression: c}).Decompress()
	if err != nil {
		tb.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

// TestTablesWithoutTexts: in a folder they are left out, for many a folder of texts
// has one; by name they are told.
func TestTablesWithoutTexts(t *testing.T) {
	t.Parallel()
	files := tree{"a.txt": "x", "truth.csv": "id,cluster\na,1\n", "texts.tsv.gz": gz(t, "id\ttext\n"), "broken.csv.gz": "x", "pairs.csv.zst": "", "documents.json.zst": ""}
	c := mustOpen(t, []string{"."}, Options{FS: files.fs()})
	if got, want := c.Ignored(), []string{"documents.json.zst", "pairs.csv.zst", "truth.csv"}; !slices.Equal(got, want) {
		t.Errorf("left out %q, want %q", got, want)
	}
	c = mustOpen(t, []string{"."}, Options{FS: files.fs(), TextField: "title,cluster"})
	if got, want := c.Ignored(), []string{"documents.json.zst", "pairs.csv.zst", "texts.tsv.gz"}; !slices.Equal(got, want) {
		t.Errorf("left out %q, want %q", got, want)
	}
	if got := one(t, "truth.csv", files["truth.csv"], Options{}); len(got.Errs) != 1 || got.Errs[0].Line != 0 {
		t.Errorf("%+v", got)
	}
}
