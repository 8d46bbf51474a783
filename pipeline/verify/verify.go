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
// [Cosine] and [WeightedJaccard] compare weighted rows instead: the terms of each
// document with their weights, stored in a SetStore like sets (the format is at
// [RowSimilarity]). Their overlap is the similarity in fixed point, and it is the
// fixed point, turned back, that is held against the threshold: what is verified,
// clustered and reported is one number.
//
// # Time
//
// A [Window] keeps apart documents whose dates are. [Verifier.Within]
// compares none of them.
//
// # Figures
//
// Texts made from one template, such as match reports, share their shingles and
// differ in their numbers. [Verifier.Agreeing] keeps them apart: of the similar
// pairs it lets through those whose numbers agree too.
//
// # Cost
//
// A pair whose sizes alone rule it out costs no access to its sets (the length
// filter of Bayardo, Ma and Srikant, Scaling Up All Pairs Similarity Search,
// 2007). The others cost one intersection of two sorted lists that stops as soon
// as too few values are left (see [OverlapAtLeast]); a set against one many times
// its size costs a search for each value of the smaller.
//
// Note: a bitmap of 64 bytes a document, whose differing bits bound the overlap
// from above (Sandes, Teodoro and Melo, Bitmap filter: speeding up exact set
// similarity joins with bitwise operations, 2017), ruled out 40 to 99% of the
// false candidates at thresholds of 0.7 and more, and 3 to 99% at 0.5. It saved
// 0 to 0.4 us a pair and cost 3 us and more a document to make, with a handful of
// pairs a document at most. It is not here: leaving off early is as good.
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
// both documents have, or, for a weighted measure, their similarity as
// floor(similarity * (1<<32 - 1)): see [Measure.Similarity].
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
	window    *Window  // nil for none
	sides     *Sides   // nil for none
	figures   *figures // nil for none
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

	figuresA, figuresB []uint64
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
	i, need := v.next(pairs, 0)
	for i < len(pairs) {
		p := pairs[i]
		// The sets of the pair after this one are far away in memory: they are
		// sent for now, which hides a quarter of the time of a pair.
		after, afterNeed := v.next(pairs, i+1)
		if after < len(pairs) {
			if pairs[after].A != p.A {
				v.store.prefetch(pairs[after].A)
			}
			v.store.prefetch(pairs[after].B)
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
		if overlap, ok := v.compare(a, b, need); ok {
			if ok, err = v.agree(p, overlap, s); err != nil {
				return dst, err
			}
			if ok {
				dst = append(dst, Scored{p, overlap})
			}
		}
		i, need = after, afterNeed
	}
	return dst, nil
}

// next returns the first pair from i on whose sizes do not rule it out, and the
// overlap at which it is similar; or len(pairs).
func (v *Verifier) next(pairs []corpus.Pair, i int) (at, need int) {
	for ; i < len(pairs); i++ {
		if v.window != nil && v.window.Outside(pairs[i].A, pairs[i].B) || v.sides.Same(pairs[i].A, pairs[i].B) {
			continue
		}
		if need, possible := v.needed(pairs[i].A, pairs[i].B); possible {
			return i, need
		}
	}
	return len(pairs), 0
}

// needed returns the overlap at which a and b are similar, and whether sets of
// their sizes can have it. Weighted rows can unless one is empty.
func (v *Verifier) needed(a, b corpus.ID) (need int, possible bool) {
	sa, sb := v.store.Size(a), v.store.Size(b)
	if v.measure.Weighted() {
		return 0, min(sa, sb) > 0
	}
	need = v.measure.Needed(v.threshold, sa, sb)
	return need, need <= min(sa, sb)
}

// compare returns the overlap of two sets or rows, and whether they are similar;
// need is what needed has said.
func (v *Verifier) compare(a, b []uint64, need int) (overlap uint32, ok bool) {
	if v.measure.Weighted() {
		return rowOverlap(a, b, v.measure, v.threshold)
	}
	n, ok := OverlapAtLeast(a, b, need)
	return uint32(n), ok
}

// read returns the set of id. The buffer is grown here and never replaced by
// what the store returns, which may be the store's own memory.
func (v *Verifier) read(id corpus.ID, buf *[]uint64) ([]uint64, error) {
	if n := v.store.Size(id); cap(*buf) < n {
		*buf = make([]uint64, n+n/2)
	}
	return v.store.Get(id, *buf)
}
