package prune

import "github.com/doppel-dedup/doppel/pipeline/corpus"

// Rule says why a document goes.
type Rule uint8

// The rules. Persisted by name.
const (
	// Exact is a document whose normalised text is that of its cover.
	Exact Rule = iota
	// Near is a document similar to its cover at or above the threshold.
	Near
	// Emptied is a document of which no word is left without its repeated passages.
	Emptied
	// Contaminated is a document that has evaluation items in it.
	Contaminated
	// Decided is a document that somebody has decided to drop.
	Decided
)

// String returns "exact", "near", "emptied", "contaminated" or "decision".
func (r Rule) String() string {
	return [...]string{"exact", "near", "emptied", "contaminated", "decision"}[r]
}

// MarshalText writes the name.
func (r Rule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// decision is a document that goes.
type decision struct {
	// ID is the document and Cover the kept document that stands for it.
	ID, Cover corpus.ID
	// Similarity is the exact similarity of ID to Cover, in [0, 1].
	Similarity float64
	// Rule is why it goes.
	Rule Rule
}

// Removal is a document that goes, by name: a line of removed.jsonl.
type Removal struct {
	// ID is the document's key and CoveredBy that of the kept document that
	// stands for it, with their exact similarity and the rule applied. What was
	// emptied, contaminated or decided has no cover.
	ID         string  `json:"id"`
	CoveredBy  string  `json:"covered_by,omitempty"`
	Similarity float64 `json:"similarity,omitzero"`
	Rule       Rule    `json:"rule"`
	// File, Line and Offset (in decompressed bytes) are where the record is.
	File   string `json:"file"`
	Line   int64  `json:"line"`
	Offset int64  `json:"offset"`
}

// Removals yields the documents that go, in reading order. An error, of reading
// spilled names, ends it.
func (p *Plan) Removals(yield func(Removal, error) bool) {
	for _, d := range p.removed {
		file, line, offset := p.catalog.Location(d.ID)
		r := Removal{
			ID: p.catalog.Key(d.ID), CoveredBy: p.catalog.Key(d.Cover), Similarity: d.Similarity, Rule: d.Rule,
			File: p.files[file].Name, Line: line, Offset: offset,
		}
		if d.Rule > Near {
			r.CoveredBy = ""
		}
		if err := p.catalog.Err(); !yield(r, err) || err != nil {
			return
		}
	}
}
