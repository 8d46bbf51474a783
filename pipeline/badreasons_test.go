package pipeline

import (
	"fmt"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// TestBadReasons: what is told of bad records by reason.
func TestBadReasons(t *testing.T) {
	var b badReasons
	for i := range 1204 {
		raw := `{"id":"x","body":"b","n":1}`
		if i%2 == 1 {
			raw = `{"title":"t","nested":{"a":"b"},"body":"b","long":"cut`
		}
		b.add(i/1000, &corpus.RecordError{File: fmt.Sprint("f", i/1000), Line: int64(i + 1), Code: corpus.NoTextField, Raw: []byte(raw)})
	}
	b.add(5, &corpus.RecordError{File: "f5", Code: corpus.Damaged})
	b.add(6, &corpus.RecordError{File: "f6", Line: 7})
	var got []string
	sum := int64(0)
	for _, r := range b.sorted() {
		got = append(got, badMessage(&r, "text", "id"))
		sum += r.Records
	}
	want := []string{
		`1,204 bad records without the field "text" (no-text-field), the first at f0:1, in 2 files; fields seen: "body", "title", "nested.a"; if one of them is the text, name it by --text-field`,
		"1 bad record that cannot be decoded (damaged), the first at f5",
		"1 bad record for other reasons (other), the first at f6:7",
	}
	if !slices.Equal(got, want) || sum != 1206 {
		t.Errorf("got %q of %d records, want %q", got, sum, want)
	}
	for i := range 2 * toldFields {
		b.by[corpus.NoTextField].Fields = appendNames(b.by[corpus.NoTextField].Fields, []string{fmt.Sprint("f", i)})
	}
	if n := len(b.by[corpus.NoTextField].Fields); n != toldFields {
		t.Errorf("%d fields are told, want %d", n, toldFields)
	}
}

// TestBadCodesHaveWords of their own.
func TestBadCodesHaveWords(t *testing.T) {
	seen := map[string]corpus.BadCode{}
	for _, code := range corpus.BadCodes() {
		words := badMessage(&report.BadRecords{Reason: "x", Records: 1, Files: 1}, "text", "id")
		if code != corpus.NoTextField && code != corpus.BadOther {
			words = badMeaning(code)
		}
		if other, ok := seen[words]; ok && code != corpus.NoTextField {
			t.Errorf("%s and %s have the same words: %s", code, other, words)
		}
		seen[words] = code
	}
}
