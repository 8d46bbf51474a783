package snapshot

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// checkLine holds the line of a document against what encoding/json writes.
func checkLine(t testing.TB, d *Document) {
	t.Helper()
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(d); err != nil {
		t.Fatal(err)
	}
	if got := string(d.appendTo([]byte("x"))) + "\n"; got != "x"+want.String() {
		t.Errorf("got  %swant x%s", got, want.String())
	}
}

// TestLinesAreThoseOfEncodingJSON, with every field and without.
func TestLinesAreThoseOfEncodingJSON(t *testing.T) {
	t.Parallel()
	_, docs, _ := sample()
	for i := range docs {
		checkLine(t, &docs[i])
	}
	zero, text := int64(0), "<é>\u2028"
	checkLine(t, &Document{})
	checkLine(t, &Document{StoredAt: &zero, Values: []*string{}})
	checkLine(t, &Document{N: 1<<32 - 1, ID: "i", Title: "t\n", File: 3, Line: 1<<63 - 1, Offset: 7, StoredAt: &zero, Leader: 2, Characters: 1<<32 - 1,
		Shingles: 5, Figures: 6, Content: "00ff", Empty: true, Value: &text, Values: []*string{nil, &text, nil}})
}

// FuzzLine does so for any values.
func FuzzLine(f *testing.F) {
	f.Add(uint32(1), "id", "title", 0, int64(1), int64(0), uint32(1), uint32(52), uint32(0), "", false, uint8(0), "")
	f.Add(uint32(7), "\xff", "\u2029\"", 2, int64(-1), int64(9), uint32(0), uint32(1), uint32(3), "ab", true, uint8(7), "\\v")
	f.Fuzz(func(t *testing.T, n uint32, id, title string, file int, line, offset int64, leader, characters, shingles uint32, content string, empty bool, some uint8, value string) {
		d := Document{N: corpus.ID(n), ID: id, Title: title, File: file, Line: line, Offset: offset, Leader: corpus.ID(leader), Characters: characters,
			Shingles: shingles, Figures: shingles / 2, Content: content, Empty: empty}
		if some&1 != 0 {
			d.StoredAt = &offset
		}
		if some&2 != 0 {
			d.Value = &value
		}
		if some&4 != 0 {
			d.Values = []*string{&value, nil, &id}
		}
		checkLine(t, &d)
	})
}
