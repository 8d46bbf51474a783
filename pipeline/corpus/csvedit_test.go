package corpus

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// cutFile cuts parts out of the texts of a file: those that cutsFor returns, of the
// document at a line.
func cutFile(t testing.TB, name, data string, o Options, mark string, cutsFor func(d *doc) []Cut) string {
	t.Helper()
	o.FS = tree{name: data}.fs()
	c := mustOpen(t, []string{name}, o)
	cuts := map[int64][]Cut{}
	for _, d := range readAll(t, c).Docs {
		cuts[d.Line] = cutsFor(&d)
	}
	keep := func(n int64) bool { _, ok := cuts[n]; return ok }
	var out bytes.Buffer
	if err := c.SelectEdited(context.Background(), 0, &out, &Edits{Keep: keep, Cuts: func(n int64) []Cut { return cuts[n] }, Mark: []byte(mark)}); err != nil {
		t.Fatalf("%s %q: %v", name, data, err)
	}
	return out.String()
}

// TestCSVEditKeepsAllOtherBytes cuts "XX" out of texts.
func TestCSVEditKeepsAllOtherBytes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, data, mark, want string
		o                      Options
	}{
		{name: "a.csv", data: "id,text,n\n1,aXXb,1.0\n2,b,\"2\"\n", want: "id,text,n\n1,ab,1.0\n2,b,\"2\"\n"},
		{name: "a.csv", data: "\ufeffid,text\r\n\r\n1,\"a,XX\"\"b\"\"\r\nc\nd\"\r\n", want: "\ufeffid,text\r\n\r\n1,\"a,\"\"b\"\"\r\nc\nd\"\r\n"},
		{name: "a.csv", data: "text\nXX\n\"XX\"\nb", want: "text\n\"\"\n\"\"\nb"},
		{name: "a.csv", data: "id,text\n1,XX\n", want: "id,text\n1,\n"},
		{name: "a.csv", data: "id;text\n1;aXXb\n", mark: "x;y", want: "id;text\n1;\"ax;yb\"\n"},
		{name: "a.csv", data: "id,text\n1,aXXb\n", mark: "[\"]", want: "id,text\n1,\"a[\"\"]b\"\n"},
		{name: "a.csv", data: "id,text\n1,aXXb\n", mark: "x\r\ny", want: "id,text\n1,\"ax\r\r\nyb\"\n"},
		{name: "a.tsv", data: "text\tid\taXX\naXXb,c\t1\tXX\n", want: "text\tid\taXX\nab,c\t1\tXX\n"},
		// Of equal names the last has the text.
		{name: "a.csv", data: "text,text\naXX,bXX\n", want: "text,text\naXX,b\n"},
		// CR and LF must not meet.
		{name: "a.csv", data: "text\n\"a\rXX\nb\"\n", want: "text\n\"a\r\r\nb\"\n"},
		{name: "a.csv", data: "n,text\n1,a\rXX\n", want: "n,text\n1,\"a\r\"\n"},
		{name: "a.csv", data: "text\n\"aXX\"\r", want: "text\n\"a\"\r"},
		// Quotes inside fields.
		{name: "a.csv", data: "text,n\nsay \"XXhi\",1\n", want: "text,n\n\"say \"\"hi\"\"\",1\n", o: Options{CSV: CSVOptions{LazyQuotes: true}}},
		{name: "a.csv", data: "text,n\n\"a \"XX\" b\",1\n", want: "text,n\n\"a \"\"\"\" b\",1\n", o: Options{CSV: CSVOptions{LazyQuotes: true}}},
		{name: "a.csv", data: "n,text\n1,\"aXX\nb\n", want: "n,text\n1,\"a\nb\n\"", o: Options{CSV: CSVOptions{LazyQuotes: true}}},
		{name: "a.csv", data: "1|aXX|2\n", want: "1|a|2\n", o: Options{TextField: "2", CSV: CSVOptions{Delimiter: "|", NoHeader: true}}},
		{name: "a.csv", data: "meta.text\naXXb\n", want: "meta.text\nab\n", o: Options{TextField: "meta.text"}},
		// Bad records go.
		{name: "a.csv", data: "id,text\n1,aXX,2\n\"3\"x,XX\n4,aXX\n5,\"open XX", want: "id,text\n4,a\n"},
	} {
		got := cutFile(t, tt.name, tt.data, tt.o, tt.mark, func(d *doc) []Cut {
			if i := strings.Index(d.Text, "XX"); i >= 0 {
				return []Cut{{i, i + 2}}
			}
			return nil
		})
		if got != tt.want {
			t.Errorf("%q %+v without XX is\n%q, want\n%q", tt.data, tt.o.CSV, got, tt.want)
		}
	}
}

// TestCSVEditAgainstReference: random tables in any quoting are, cut and decoded by
// encoding/csv, those whose texts were cut; their other fields are the same bytes.
func TestCSVEditAgainstReference(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	for round := range 200 {
		delimiter := ",;\t|"[rng.IntN(4)]
		eol := []string{"\n", "\r\n"}[rng.IntN(2)]
		compression := Compression(round % len(compressions))
		name := "a.csv" + compressions[compression].ending
		var data, other strings.Builder
		data.WriteString("id" + string(delimiter) + "text" + string(delimiter) + "z" + eol)
		other.WriteString(data.String())
		for i := range rng.IntN(20) {
			id, rest := randomCell(rng, fmt.Sprint("k", i), delimiter), randomCell(rng, randomField(rng), delimiter)
			data.WriteString(id + string(delimiter) + randomCell(rng, randomField(rng), delimiter) + string(delimiter) + rest + eol)
			other.WriteString(id + string(delimiter) + "~" + string(delimiter) + rest + eol)
		}
		mark := []string{"", "[cut]", "\"", "\r\n", string(delimiter)}[rng.IntN(5)]
		var want []string
		got := unpack(t, cutFile(t, name, pack(t, data.String(), compression), Options{CSV: CSVOptions{Delimiter: string(delimiter)}}, mark, func(d *doc) []Cut {
			cuts := cutsOf([]byte(d.Text), rng.IntN(12), rng.IntN(12), rng.IntN(12), rng.IntN(12))
			want = append(want, string(appendCut(nil, []byte(d.Text), cuts, []byte(mark))))
			return cuts
		}), compression)
		if rows, places := decodeCSV(t, got, delimiter); !slices.Equal(cellsOf(rows[1:], 1), want) {
			t.Fatalf("round %d: %q cut is %q, want the texts %q", round, &data, got, want)
		} else if got := withoutTexts(got, delimiter, places); got != other.String() {
			t.Fatalf("round %d: %q cut has changed more than texts: %q, want %q", round, &data, got, &other)
		}
	}
}

// randomCell stores a value in quotes, or without where that can be, and LF as LF or
// as CRLF.
func randomCell(rng *rand.Rand, value string, delimiter byte) string {
	if !strings.ContainsAny(value, "\"\r\n"+string(delimiter)) && rng.IntN(2) == 0 {
		return value
	}
	var b strings.Builder
	for i := range len(value) {
		switch {
		case value[i] == '"':
			b.WriteByte('"')
		case value[i] == '\n' && rng.IntN(2) == 0:
			b.WriteByte('\r')
		}
		b.WriteByte(value[i])
	}
	return `"` + b.String() + `"`
}

// decodeCSV returns the rows of a table and where each of their fields begins.
func decodeCSV(t testing.TB, data string, delimiter byte) (rows [][]string, places [][][2]int) {
	t.Helper()
	r := csv.NewReader(strings.NewReader(data))
	r.Comma = rune(delimiter)
	for {
		row, err := r.Read()
		if err == io.EOF {
			return rows, places
		}
		if err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		at := make([][2]int, len(row))
		for i := range row {
			at[i][0], at[i][1] = r.FieldPos(i)
		}
		rows, places = append(rows, row), append(places, at)
	}
}

// withoutTexts puts "~" in place of the middle of three fields of each row but the
// first.
func withoutTexts(data string, delimiter byte, places [][][2]int) string {
	lines := strings.SplitAfter(data, "\n")
	place := func(p [2]int) int { return len(strings.Join(lines[:p[0]-1], "")) + p[1] - 1 }
	var b strings.Builder
	from := 0
	for _, p := range places[1:] {
		b.WriteString(data[from:place(p[1])] + "~" + string(delimiter))
		from = place(p[2])
	}
	return b.String() + data[from:]
}

func cellsOf(rows [][]string, i int) (values []string) {
	for _, r := range rows {
		values = append(values, r[i])
	}
	return values
}

// FuzzCSVEdit: whatever a file is, what the cutting writes reads as the same records
// with the texts cut.
func FuzzCSVEdit(f *testing.F) {
	for _, s := range []string{
		"aaXXaa,b\n", "\"aa\"\"\r\nXX\nb\",\"c\"\r\n", "a\"b\"XX,c\nd,e", "\"a\"b\" c\",d\n", "\"open\nnever\r", "\"open\"\"", "x\r\r\n\"a\r\r\nb\"\r\r\n", "\"a\"\r",
	} {
		for _, lazy := range []bool{false, true} {
			f.Add(s, byte(','), lazy, byte(1), 1, 3, 4, 5, "[x]")
		}
	}
	f.Fuzz(func(t *testing.T, data string, delimiter byte, lazy bool, field byte, a, b, c, d int, mark string) {
		o := Options{TextField: strconv.Itoa(int(field)), IDField: "0", CSV: CSVOptions{Delimiter: string([]byte{delimiter}), NoHeader: true, LazyQuotes: lazy}}
		if o.CSV.validate() != nil || field == 0 || len(AppendJSONString(nil, mark)) > 100 || checkUTF8([]byte(mark)) != (badness{}) {
			t.Skip()
		}
		var want []string
		cuts := func(d *doc) []Cut {
			cuts := cutsOf([]byte(d.Text), a, b, c, len(want))
			want = append(want, string(appendCut(nil, []byte(d.Text), cuts, []byte(mark))))
			return cuts
		}
		before := one(t, "a.csv", data, o)
		got := cutFile(t, "a.csv", data, o, mark, cuts)
		after := one(t, "a.csv", got, o)
		if len(after.Errs) > 0 || len(after.Docs) != len(before.Docs) {
			t.Fatalf("%q cut is %q: %d documents, not %d, %+v", data, got, len(after.Docs), len(before.Docs), after.Errs)
		}
		for i, d := range after.Docs {
			if d.Text != want[i] {
				t.Fatalf("%q cut is %q: text %d is %q, want %q", data, got, i, d.Text, want[i])
			}
		}
		// Nothing to cut: nothing changes.
		same := cutFile(t, "a.csv", got, o, mark, func(*doc) []Cut { return nil })
		if same != got {
			t.Fatalf("%q copied is %q", got, same)
		}
	})
}
