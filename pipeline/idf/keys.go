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
// slice: one for each pair of the first m terms that FindKeyTerms found, so up to
// m*(m-1)/2 distinct ones in any order. Two documents with a key in common share two
// key terms, but for one chance in 2^64 for each two keys. A document with fewer
// than two key terms has no keys. AppendPairKeys does not keep dst.
func (w *Weigher) AppendPairKeys(dst []uint64, m int) []uint64 {
	keys := w.keys[:min(m, len(w.keys))]
	for i, a := range keys {
		for _, b := range keys[:i] {
			dst = append(dst, hashPair(min(a.hash, b.hash), max(a.hash, b.hash)))
		}
	}
	return dst
}

// AppendKeyRow appends the first m terms that FindKeyTerms found to dst and returns
// the extended slice: entries hash<<16 | q as in a section of a row (see AppendRow),
// ascending, without its head. AppendKeyRow does not keep dst.
func (w *Weigher) AppendKeyRow(dst []uint64, m int) []uint64 {
	from := len(dst)
	for _, k := range w.keys[:min(m, len(w.keys))] {
		if q := min(roundWeight(k.weight), 1<<16-1); q > 0 {
			dst = append(dst, k.hash|q)
		}
	}
	slices.Sort(dst[from:])
	return dst
}

// FindKeyTerms finds up to m key terms of a document, best first. They are what
// AppendPairKeys and AppendKeyRow append, until the next call.
//
// terms are all terms of the document in any order. Its key terms are those of the
// most weight (1+ln tf)*idf, ties by hash; numbers, words of weight 0 and words for
// which skip is true are none. skip may be nil. FindKeyTerms does not keep terms.
func (w *Weigher) FindKeyTerms(terms []shingle.Term, m int, skip func(shingle.Term) bool) {
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
	w.trim()
}
