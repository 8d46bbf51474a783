package corpus

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// parserFor returns a parser of JSONL in a file x.jsonl.
func parserFor(o Options) *Parser {
	return NewParser(&Corpus{o: o, files: []File{{Name: "x.jsonl", Format: JSONL}}})
}

// parseLines is what p makes of a block of the file.
func parseLines(p *Parser, data []byte) *Batch {
	batch := new(Batch)
	p.Parse(&Block{Line: 7, Offset: 100, Data: data, format: JSONL}, batch)
	return batch
}

// checkQuick compares what a parser gives with what it gives without its
// quickReader.
func checkQuick(t *testing.T, data []byte, o Options) {
	t.Helper()
	strict := parserFor(o)
	strict.quick.fields = nil // finds no text, so it always gives up
	got, want := parseLines(parserFor(o), data), parseLines(strict, data)
	if strict.quick.records != 0 {
		t.Fatal("the quickReader read records without knowing the fields")
	}
	for i := range got.Docs {
		d := &got.Docs[i]
		if d.ASCII && bytes.ContainsFunc(d.Text, func(r rune) bool { return r >= utf8.RuneSelf }) {
			t.Errorf("%q: ASCII is set, but the text is %q", data, d.Text)
		}
		if cap(d.Key) > len(d.Key) || cap(d.Text) > len(d.Text) || slices.ContainsFunc(append(d.Fields, d.Date, d.Source), func(v []byte) bool { return cap(v) > len(v) }) {
			t.Errorf("%q: appending to a slice would change another", data)
		}
		d.ASCII = false
	}
	got.arena, want.arena, got.values, want.values = nil, nil, nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v: %q with fields %q, %q, %q:\n got %s\nwant %s", kernel.Active(), data, o.TextField, o.IDField, o.Fields, show(got), show(want))
	}
}

func show(b *Batch) string {
	var s strings.Builder
	for _, d := range b.Docs {
		fmt.Fprintf(&s, "%d@%d+%d: %q=%q, %#q ", d.Line, d.Offset, d.Size, d.Key, d.Text, d.Fields)
	}
	for _, e := range b.Errs {
		fmt.Fprintf(&s, "%v (%q) ", e, e.Key)
	}
	return s.String()
}

// fieldChoices are fields to look for, among them such that one member is two of
// them or that have a dot.
var fieldChoices = []Options{
	{TextField: "text", IDField: "id"},
	{TextField: "text", IDField: "id", Fields: []string{"d"}},
	{TextField: "text", IDField: "text", Fields: []string{"text"}},
	{TextField: "id", IDField: "o", Fields: []string{"text"}},
	{TextField: "a.text", IDField: "id.x", Fields: []string{"o.text"}},
	{TextField: "text", IDField: "a.text", Fields: []string{"n"}},
	{TextField: "text", IDField: "id", DateField: "n", SourceField: "d"},
	{TextField: "text", IDField: "id", SourceField: "d", Fields: []string{"n", "d", "a.text"}},
	{TextField: "text,d,o", IDField: "id"},
	{TextField: "d,a.text,text", IDField: "id", Fields: []string{"n"}, Where: "id"},
	{TextField: "text", IDField: "id", Where: "d!=true\nid"},
	{TextField: "text", IDField: "id", Where: "d=true"},
	{TextField: "text", IDField: "id", Where: "id>=1\nid<=10"},
	{TextField: "text", IDField: "id", Where: "a.text!=n\no.text!=x\ntext!=y"},
}

// oddRecords is where a reader in one pass could go wrong.
var oddRecords = []string{
	`{"text":"x","id":1}`, `{"text":"x","id":-0}`, `{"text":"x","id":-}`, `{"text":"x","id":00}`, `{"text":"x","id":0.}`, `{"text":"x","id":.5}`,
	`{"text":"x","id":1e}`, `{"text":"x","id":1E+}`, `{"text":"x","id":1e-7}`, `{"text":"x","id":1.5E+7,"d":2}`, `{"text":"x","id":1x}`, `{"text":"x","id":1"d":2}`,
	`{"text":"x","d":nul}`, `{"text":"x","d":nulll}`, `{"text":"x","d":true}`, `{"text":"x","d":falsE}`, `{"text":"x","d":[]}`, `{"text":"x","d":{}}`,
	`{"text":"x","o":[1,"a",{"b":[null,true]}],"d":"\u00e9"}`, `{"text":"x","o":[1,]}`, `{"text":"x","o":[,1]}`, `{"text":"x","o":[1 2]}`, `{"text":"x","o":[1}}`,
	`{"text":"x","o":{"a":1,}}`, `{"text":"x","o":{"a"}}`, `{"text":"x","o":{"a":}}`, `{"text":"x","o":{a:1}}`, `{"text":"x","o":{"a":1]}`, `{"text":"x","o":{"\u0061":1}}`,
	`{"text":"x",}`, `{,"text":"x"}`, `{"text":"x"`, `{"text":"x"]`, `{"text" "x"}`, `{"text"::"x"}`, `{"text":"x""id":"y"}`, `{"text":"x"},`, `{"text":"x"}{}`,
	`{}`, `{ }`, `{"text"}`, `{"text":}`, `{`, `{"`, `{"text`, `{"text":"`, `{"text":"\`, `{"text":"\u`, `{"text":"\u12`, `{"text":"\ud83d\u`, `{"text":"\ud83d\ud`,
	`{"text":"\ud83d\ude0g"}`, `{"text":"\ud83d\ude0"}`, `{"text":"\ud83d\n"}`, `{"text":"\ud83d\"}`, `{"text":"\ud83d\u0041"}`, `{"text":"\ud83d\ud83d\ude00"}`, `{"text":"\ude00\ud83d"}`,
	`{"text":"\u00e9\u0416\u4e16\ud83d\ude00\u0041\u0000\u007f\u0080"}`, `{"text":"\U0041"}`, `{"text":"\u00G0"}`, `{"text":"\uD83D\uDE00\uFFFF"}`, `{"text":"\'"}`,
	"{\"text\":\"a\x00\"}", "{\"text\":\"\x7f\"}", "{\"text\":\"\xc3\xa9\",\"o\":\"\xc3\"}", "{\"text\":\"x\",\"o\xff\":1}", "{\"text\":\"x\",\"é\":1}", "{\"text\":\"x\"}\xc2\xa0", "\xff{\"text\":\"x\"}",
	"{\"text\":\"x\",\xc3\xa9:1}", "{\"text\":\"x\", \t\r \"id\" \t: \r\"y\" }\t \r", "  {\"text\":\"x\"}", "\r{\"text\":\"x\"}", "{\v\"text\":\"x\"}", "{\"text\":\"x\"}\f",
	`{"text":"x","id":""}`, `{"text":"x","id":"\u0000"}`, `{"text":"x","id":null,"d":null}`, `{"text":"x","id":true}`, `{"text":"x","id":[1]}`, `{"text":5}`, `{"id":"m","text":null}`,
	`{"text":"x","text":"y"}`, `{"text":"x","te\u0078t":"y"}`, `{"te\u0078t":"x"}`, `{"id":"a","id":5,"text":"x"}`, `{"id":null,"id":5,"text":"x"}`, `{"d":[],"d":5,"text":"x"}`,
	`{"a":{"text":"n"},"text":"x"}`, `{"a.text":"l","a":{"text":"n"},"text":"x"}`, `{"a":1,"a.text":"l"}`, `{"id":{"x":"k"},"a":{"text":"n"}}`, `{"o":{"text":"n"},"text":"x"}`,
	`{"text":"x","o":` + nested(quickDepth-2) + `}`, `{"text":"x","o":` + nested(quickDepth-1) + `}`, `{"text":"x","o":` + nested(quickDepth) + `}`, `{"text":"x","o":` + nested(maxDepth-1) + `}`, `{"text":"x","o":` + nested(maxDepth) + `}`,
	`{"text":"` + strings.Repeat(`long, `, 50) + `\"` + strings.Repeat(`é`, 50) + `","id":"` + strings.Repeat("k", 100) + `"}`,
}

// TestQuickAgrees: records mean the same with and without the quickReader, alone
// and between others, whichever way lines end.
func TestQuickAgrees(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for _, o := range fieldChoices {
			for _, s := range append(oddRecords, jsonSeeds...) {
				for _, form := range []string{"%s", "%s\n", "%s\r\n", "%s\r\r\n", "{\"text\":\"before\"}\n%s\n\n{\"text\":\"after\"}\n", "%s {\"text\":\"after\"}\n"} {
					checkQuick(t, fmt.Appendf(nil, form, s), o)
				}
			}
		}
	})
}

// TestQuickEveryByte: each byte in place of each of a record.
func TestQuickEveryByte(t *testing.T) {
	record := []byte("{\"id\": 15e1,\"text\":\"a\\n\\u00e9é\",\"d\":[null,{\"o\":true}] }\r\n")
	for at := range record {
		for c := range 256 {
			changed := bytes.Clone(record)
			changed[at] = byte(c)
			checkQuick(t, changed, fieldChoices[1])
		}
		checkQuick(t, record[:at], fieldChoices[1])
		checkQuick(t, append(bytes.Clone(record[:at]), '\n'), fieldChoices[1])
	}
}

// TestQuickIsTaken: ordinary records are read in one pass. If they were not,
// nothing but the time would tell.
func TestQuickIsTaken(t *testing.T) {
	records := strings.Split(prose(100), "\n")[:100]
	records = append(records,
		`{"text":"x"}`,
		"{\"id\":17,\"text\":\"curly “quotes”\",\"date\":null}\r",
		`{ "id" : "a", "text" : "b\n\t\"c\"\\", "tags": ["x", "y"], "meta": {"a": {"b": [1.5e3, true, false, null]}} }`,
		`{"text":"\u0441\u044a\u0435\u0448\u044c \ud83d\ude00","id":null}`,
		`{"текст":1,"text":"съешь ещё"}`,
		`{"id":"","text":""}`,
	)
	p := parserFor(Options{TextField: "text", IDField: "id", Fields: []string{"date"}})
	for _, r := range records {
		before := p.quick.records
		if batch := parseLines(p, []byte(r+"\n")); len(batch.Docs) != 1 || p.quick.records != before+1 {
			t.Errorf("%q was read by the strict reader: %s", r, show(batch))
		}
	}
	// A last line without its end must not slow down those before it.
	parseLines(p, []byte(strings.TrimSuffix(prose(100), "\n")))
	batch := parseLines(p, []byte(prose(100)))
	if want := int64(len(records) + 99 + 100); p.quick.records != want {
		t.Errorf("the quickReader read %d records, want %d", p.quick.records, want)
	}
	for _, d := range batch.Docs {
		if !d.ASCII {
			t.Fatalf("the text is not said to be ASCII: %q", d.Text)
		}
	}
}

// TestParseAllocatesNothing: after the first blocks, with keys of their own or of
// their places.
func TestParseAllocatesNothing(t *testing.T) {
	short := strings.Repeat("{\"text\":\"\"}\n", 1000)
	for _, data := range []string{prose(20), short, strings.Repeat("{\"text\":\"x\",\"te\\u0078t\":\"y\"}\n", 100)} {
		p := parserFor(Options{TextField: "text", IDField: "id"})
		b := &Block{Line: 1e6, Offset: 1, Data: []byte(data), format: JSONL}
		var batch Batch
		parse := func() {
			batch.Reset()
			p.Parse(b, &batch)
		}
		for range 10 {
			parse()
		}
		if n := testing.AllocsPerRun(10, parse); n != 0 {
			t.Errorf("%.40q...: %v allocations a block of %d documents", data, n, len(batch.Docs))
		}
	}
}

// FuzzQuick: any block means the same with and without the quickReader.
func FuzzQuick(f *testing.F) {
	for i, s := range append(oddRecords, jsonSeeds...) {
		f.Add([]byte(s), uint8(i))
	}
	f.Add([]byte("{\"text\":\"x\"}\r\n\n \n{\"text\":\"y\"}"), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, fields uint8) {
		o := fieldChoices[int(fields)%len(fieldChoices)]
		for l := kernel.Portable; l <= kernel.Best(); l++ {
			restore := kernel.Use(l)
			checkQuick(t, data, o)
			checkQuick(t, append(bytes.Clone(data), '\n'), o)
			restore()
		}
	})
}
