package corpus

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// slowRead is what a JSONL record means, by encoding/json. It returns nil for a
// record that is not to be read.
func slowRead(raw []byte, textField, idField string) *doc {
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return nil
	}
	text, ok := slowField(raw, textField).(string)
	if !ok {
		return nil
	}
	d := &doc{Text: text, Key: "x.jsonl:1"}
	switch id := slowField(raw, idField).(type) {
	case string:
		if id != "" {
			d.Key = id
		}
	case json.Number:
		d.Key = id.String()
	case nil:
	default:
		return nil
	}
	return d
}

// slowField returns a field of an object, nil if it is missing or null.
func slowField(raw []byte, name string) any {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return nil
	}
	if literal, ok := object[name]; ok {
		dec := json.NewDecoder(bytes.NewReader(literal))
		dec.UseNumber()
		var v any
		if dec.Decode(&v) != nil {
			return nil
		}
		return v
	}
	head, rest, dotted := strings.Cut(name, ".")
	if inner, ok := object[head]; dotted && ok {
		return slowField(inner, rest)
	}
	return nil
}

// jsonDepth is how deep a valid record is nested.
func jsonDepth(raw []byte) int {
	depth, deepest := 0, 0
	dec := json.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := dec.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			deepest = max(deepest, depth)
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

var jsonSeeds = []string{
	`{"id":"a","text":"x"}`, `{"id":1e5,"text":"x\u00e9\ud83d\ude00\ud83d"}`, `{"text":"y","text":"z","id":null}`,
	`{"a":{"text":"q"},"a.text":"r","text":"s","id":[]}`, `{"te\u0078t":"x","id":"\\ud83d"}`, `{"text":"\ud800\ud800\udc00"}`,
	`[]`, `{`, `{"text":"x"}}`, `{"text":"x",}`, `nul`, `{"n":NaN,"text":""}`, `{"n":-0.5E+3,"text":""}`, `{"n":01,"text":""}`,
	"{\"text\":\"a\tb\"}", "{\"text\":\"\xff\"}", ` { "text" : "x" , "id" : "\"" } `, `{"text":"x","o":[{"a":[]},{}, [true,false,null]]}`,
	`{"text":"\/\b\f\q"}`, `{"":"","text":"x"}`, `{"text":"x" "id":"y"}`, `{"id":{"x":"y"},"text":"z"}`, strings.Repeat("[", 400), "\"", "{\"", `{"text":"\`,
}

// FuzzJSONL: a record is accepted exactly if encoding/json accepts it, and has the
// same text and id.
func FuzzJSONL(f *testing.F) {
	for _, s := range jsonSeeds {
		f.Add([]byte(s), "text", "id")
		f.Add([]byte(s), "a.text", "id.x")
		f.Add([]byte(s), ".", "a.")
	}
	c := &Corpus{files: []File{{Name: "x.jsonl", Format: JSONL}}}
	var batch Batch
	f.Fuzz(func(t *testing.T, raw []byte, textField, idField string) {
		if bytes.IndexByte(raw, '\n') >= 0 || isBlank(raw) || bytes.HasPrefix(raw, utf8BOM) || textField == "" || idField == "" {
			return
		}
		raw = bytes.TrimRight(raw, "\r")
		if strings.Contains(textField, ",") {
			return // several fields
		}
		c.o = Options{TextField: textField, IDField: idField}
		p := NewParser(c)
		batch.Reset()
		p.Parse(&Block{Line: 1, Data: raw, format: JSONL}, &batch)
		want := slowRead(raw, textField, idField)
		if want != nil && jsonDepth(raw) > maxDepth {
			want = nil
		}
		switch {
		case len(batch.Docs)+len(batch.Errs) != 1:
			t.Fatalf("%q: %d documents and %d errors", raw, len(batch.Docs), len(batch.Errs))
		case want == nil && len(batch.Errs) == 0:
			t.Fatalf("%q: accepted as %+v", raw, batch.Docs[0])
		case want == nil:
			if batch.Errs[0].Reason == "invalid JSON" {
				t.Errorf("%q: the reason is not told", raw)
			}
			return
		case len(batch.Errs) > 0:
			t.Fatalf("%q: %v", raw, batch.Errs[0])
		}
		if d := batch.Docs[0]; string(d.Text) != want.Text || string(d.Key) != want.Key || d.Text == nil {
			t.Errorf("%q: key %q text %q, want %q %q", raw, d.Key, d.Text, want.Key, want.Text)
		}
	})
}

// FuzzBlocks: the records of any file are the same for any block size, and are
// what splitting it at line ends gives.
func FuzzBlocks(f *testing.F) {
	f.Add([]byte("{\"text\":\"x\"}\r\n\n  \nlonger than the limit is\nx"), 3, uint8(10))
	f.Add([]byte(bom+"\n\r\n\r\r\n"), 1, uint8(0))
	f.Add([]byte("0\n00"), 2, uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, blockSize int, limit uint8) {
		if foreign(data) != "" || len(data) > 2000 {
			return
		}
		o := Options{blockSize: 1 + abs(blockSize%64), MaxRecord: int64(limit) + 1}
		got := one(t, "x.jsonl", string(data), o)
		var lines []int64
		overLimit := 0
		for i, line := range bytes.Split(data, []byte("\n")) {
			last := i == bytes.Count(data, []byte("\n"))
			if !last {
				line = bytes.TrimSuffix(line, []byte("\r"))
			}
			switch {
			case int64(len(line)) > o.MaxRecord:
				overLimit++
				lines = append(lines, int64(i+1))
			case i == 0 && isBlank(bytes.TrimPrefix(line, utf8BOM)), isBlank(line):
			default:
				lines = append(lines, int64(i+1))
			}
		}
		if len(got.Docs)+len(got.Errs) != len(lines) {
			t.Fatalf("%q with %+v: %d documents and %d errors, want records at lines %v", data, o, len(got.Docs), len(got.Errs), lines)
		}
		long := 0
		for _, e := range got.Errs {
			if strings.Contains(e.Reason, "over the limit") {
				long++
			}
		}
		if long != overLimit {
			t.Errorf("%q with %+v: %d records over the limit, want %d", data, o, long, overLimit)
		}
	})
}
