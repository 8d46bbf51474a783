package idf

import (
	"cmp"
	"slices"

	"github.com/doppel-dedup/doppel/shingle"
)

// keyTerm is a term with its weight, a result of weightOf.
type keyTerm struct {
	hash   uint64
	weight uint64
}

// compare puts the term of more weight first, of two with the same that of the
// smaller hash.
func (k keyTerm) compare(other keyTerm) int {
	return cmp.Or(cmp.Compare(other.weight, k.weight), cmp.Compare(k.hash, other.hash))
}

// AppendPairKeys appends the keys of a document to dst and returns the extended
// slice: one for each pair of its m key terms, so up to m*(m-1)/2 distinct ones in
// any order. Two documents with a key in common share two key terms, but for one
// chance in 2^64 for each two keys.
//
// terms are all terms of the document in any order. Its key terms are those of the
// most weight (1+ln tf)*idf, ties by hash; numbers, words of weight 0 and words for
// which skip is true are none. skip may be nil. A document with fewer than two key
// terms has no keys. AppendPairKeys keeps neither slice.
func (w *Weigher) AppendPairKeys(dst []uint64, terms []shingle.Term, m int, skip func(shingle.Term) bool) []uint64 {
	keys := w.keyTerms(terms, m, skip)
	for i, a := range keys {
		for _, b := range keys[:i] {
			dst = append(dst, hashPair(min(a.hash, b.hash), max(a.hash, b.hash)))
		}
	}
	w.trim()
	return dst
}

// keyTerms returns up to m key terms, best first.
func (w *Weigher) keyTerms(terms []shingle.Term, m int, skip func(shingle.Term) bool) []keyTerm {
	w.features = w.features[:0]
	for _, t := range terms {
		if !t.Number() {
			w.features = append(w.features, feature(t))
		}
	}
	w.scratch = sortHashes(w.features, w.scratch)
	w.keys = w.keys[:0]
	for f, tf := range w.runs() {
		t := shingle.Term(f)
		k := keyTerm{f.hash(), weightOf(w.model.idf(t), tf)}
		if k.weight == 0 || len(w.keys) == m && (m == 0 || k.compare(w.keys[m-1]) > 0) {
			continue
		}
		if skip != nil && skip(t) {
			continue
		}
		if len(w.keys) == m {
			w.keys = w.keys[:m-1]
		}
		i, _ := slices.BinarySearchFunc(w.keys, k, keyTerm.compare)
		w.keys = slices.Insert(w.keys, i, k)
	}
	return w.keys
}
