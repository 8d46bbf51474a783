// Package verify decides which candidate pairs are similar, by comparing the
// documents' whole shingle sets.
//
// Signatures and buckets only propose pairs; nothing that they estimate reaches
// a report. This package takes the proposals and the sets, computes the exact
// number of shingles that two documents share, and keeps the pairs at or above
// the threshold. It is therefore the one place that fixes precision: a pair
// that it lets through is similar by definition, not by chance.
//
// # In and out
//
// In go the shingle sets, appended once to a [SetStore] in the order of
// [corpus.ID], and candidate pairs. Out come [Scored] pairs: the pair and its
// overlap, the size of the intersection. An overlap with the two set sizes says
// everything ([Measure.Similarity], [Measure.Directed]), is exact, and is half
// the size of a float.
//
// Pairs come in two forms. [Verifier.Verify] takes ordinary candidates, every
// pair of every bucket. [Verifier.Chain] takes one giant bucket (boilerplate,
// templates), whose pairs nobody could compare, and compares each member with
// at most [MaxRepresentatives] others, so that the cost stays linear.
//
// # Measures
//
// [Jaccard] is |A∩B| / |A∪B| and symmetric. [Containment] of A in B is
// |A∩B| / |A| and is not: a paragraph lies in its article, not the article in
// its paragraph. A pair is verified if either direction reaches the threshold;
// which direction does is decided again, by [Measure.Directed], when a document
// is about to be covered by another one.
//
// The threshold is turned into a whole number of shared shingles by
// [Measure.Needed], under the very expression that defines the similarity.
// Skipping by size, giving up in the middle and the final comparison thus agree
// to the last bit, and a pair exactly at the threshold is always in.
//
// The empty set is similar to nothing, itself included.
//
// # Cost
//
// A pair whose sizes alone rule it out costs no access to its sets (the length
// filter of Bayardo, Ma and Srikant, Scaling Up All Pairs Similarity Search,
// 2007). The others cost one merge of two sorted lists that stops as soon as
// too few values are left (see [OverlapAtLeast]); a set against one many times
// its size costs a search for each value of the smaller.
//
// # Concurrency and memory
//
// A SetStore is filled by one goroutine. Once sealed, it and a Verifier may be
// used by any number of goroutines, each with a [Scratch] of its own. The store
// holds sets in memory up to its budget and in one temporary file beyond it; a
// Scratch holds two sets, or MaxRepresentatives+1 for a giant bucket.
package verify

import (
	"fmt"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Scored is a verified pair. Overlap is the number of distinct shingles that
// both documents have.
type Scored struct {
	Pair    corpus.Pair
	Overlap uint32
}

// Verifier keeps the candidate pairs whose exact similarity reaches a
// threshold. It may be used by many goroutines. See [NewVerifier].
type Verifier struct {
	store     *SetStore
	measure   Measure
	threshold float64
}

// NewVerifier returns a verifier over the sets of store, which must be sealed
// before the first pair is verified. The threshold is in (0, 1].
func NewVerifier(store *SetStore, measure Measure, threshold float64) (*Verifier, error) {
	if !measure.valid() {
		return nil, fmt.Errorf("verify: unknown measure %v", measure)
	}
	if !(threshold > 0 && threshold <= 1) {
		return nil, fmt.Errorf("verify: threshold %v is outside (0, 1]", threshold)
	}
	return &Verifier{store: store, measure: measure, threshold: threshold}, nil
}

// Scratch holds the sets that one goroutine is comparing. The zero value is
// ready to use; a Scratch must not be shared by two goroutines.
type Scratch struct {
	a, b []uint64
	reps [MaxRepresentatives][]uint64
}

// Verify appends to dst the pairs whose similarity reaches the threshold, in
// the order of pairs, and returns it. Pairs in (A, B) order are cheapest,
// because a run with one A reads its set once. The caller keeps both slices.
//
// The only error is one of reading spilled sets.
func (v *Verifier) Verify(pairs []corpus.Pair, dst []Scored, s *Scratch) ([]Scored, error) {
	var (
		a    []uint64
		have bool
		id   corpus.ID
		err  error
	)
	for _, p := range pairs {
		need, possible := v.needed(p.A, p.B)
		if !possible {
			continue
		}
		if !have || id != p.A {
			if a, err = v.read(p.A, &s.a); err != nil {
				return dst, err
			}
			have, id = true, p.A
		}
		b, err := v.read(p.B, &s.b)
		if err != nil {
			return dst, err
		}
		if n, ok := OverlapAtLeast(a, b, need); ok {
			dst = append(dst, Scored{p, uint32(n)})
		}
	}
	return dst, nil
}

// needed returns the overlap at which a and b are similar, and whether sets of
// their sizes can have it.
func (v *Verifier) needed(a, b corpus.ID) (need int, possible bool) {
	sa, sb := v.store.Size(a), v.store.Size(b)
	need = v.measure.Needed(v.threshold, sa, sb)
	return need, need <= min(sa, sb)
}

// read returns the set of id. The buffer is grown here and never replaced by
// what the store returns, which may be the store's own memory.
func (v *Verifier) read(id corpus.ID, buf *[]uint64) ([]uint64, error) {
	if n := v.store.Size(id); cap(*buf) < n {
		*buf = make([]uint64, n+n/2)
	}
	return v.store.Get(id, *buf)
}
