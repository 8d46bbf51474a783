package plant

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Record is one document as a line of JSON has it.
type Record struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Source string `json:"source,omitempty"`
	Date   string `json:"date,omitempty"`
}

// JSONL returns records as the lines of a file.
func JSONL(records []Record) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	for i := range records {
		if err := enc.Encode(&records[i]); err != nil {
			panic(fmt.Sprintf("plant: a record cannot be encoded: %v", err)) // strings alone
		}
	}
	return b.String()
}

// record is the document's line of the corpus.
func (d *Document) record() Record {
	return Record{ID: d.ID, Text: string(d.Text), Source: d.Source, Date: d.Date}
}

// Mixture returns n short documents, at least 1, among which are copies and
// near-duplicates, and strangers that share a footer.
func Mixture(n int, seed uint64) (records []Record) {
	spec := Spec{Documents: n, MeanBytes: 600, Seed: seed, ExactShare: 0.1, NearShare: 0.3, FooterShare: 0.2}
	for d := range spec.All() {
		records = append(records, d.record())
	}
	return records
}

// Words returns n words that no call with another tag gives: texts put together of such
// have the similarity that one can count.
func Words(tag string, n int) []string {
	w := make([]string, n)
	for i := range w {
		w[i] = fmt.Sprintf("%s%d", tag, i)
	}
	return w
}

// Join returns the text of words.
func Join(parts ...[]string) string { return strings.Join(slices.Concat(parts...), " ") }
