package pipeline

import (
	"iter"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// Pair is a verified pair.
type Pair struct {
	A, B string
	// Similarity is exact; for containment the larger of the two directions.
	Similarity float64
}

// Pairs yields the verified pairs between distinct texts, in reading order of
// their first documents. Copies are in the clusters only.
func (r *Findings) Pairs() iter.Seq[Pair] {
	return func(yield func(Pair) bool) {
		for e, similarity := range r.Scored() {
			if !yield(Pair{r.Name(e.Pair.A), r.Name(e.Pair.B), similarity}) {
				return
			}
		}
	}
}

// Scored yields what Pairs does, by number, with the similarities.
func (r *Findings) Scored() iter.Seq2[verify.Scored, float64] {
	return func(yield func(verify.Scored, float64) bool) {
		id := &r.plan.Identity
		for _, e := range r.edges {
			similarity := id.Similarity.ofPair(e, r.sizeOf)
			if similarity < id.Threshold {
				continue // average link alone weighs it
			}
			if !yield(e, similarity) {
				return
			}
		}
	}
}

// SizeOf returns the number of shingles of a document in a verified pair.
func (r *Findings) SizeOf(id corpus.ID) int { return r.sizeOf(id) }

// Name returns the key of a document; see [Findings.Err].
func (r *Findings) Name(id corpus.ID) string { return r.catalog.Key(id) }
