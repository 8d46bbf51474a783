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
// the extended slice: entries hash<<16 | q, ascending, where hash is of 48 bits and q is as
// in a row (see AppendRow). AppendKeyRow does not keep dst.
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

// openTerm is a term as key terms are made of it: its hash and, in the 16 bits below,
// its idf as a multiple of 2^-idfBits.
type openTerm uint64

func (t openTerm) hash() uint64 { return uint64(t) &^ 0xFFFF }

// FindKeyTerms finds up to m key terms of the document, best first. They are what
// AppendPairKeys and AppendKeyRow append, until the next call.
//
// Key terms are those of the most weight (1+ln tf)*idf, ties by hash; numbers, words of
// weight 0 and words for which skip is true are none. skip may be nil. Words are told
// apart by their terms alone: what is found by key terms is compared by rows, and ties
// must be the same in every run.
func (w *Weigher) FindKeyTerms(m int, skip func(shingle.Term) bool) {
	w.open = slices.Grow(w.open[:0], len(w.terms))
	for i, t := range w.terms {
		if idf := w.idfs[i]; idf > 0 && !t.Number() {
			w.open = append(w.open, openTerm(t.Hash()|uint64(idf)))
		}
	}
	w.sorted = sortHashes(w.open, w.sorted)
	w.keys = w.keys[:0]
	for rest := w.open; len(rest) > 0; {
		t, tf := rest[0], 1
		for tf < len(rest) && rest[tf].hash() == t.hash() {
			tf++
		}
		rest = rest[tf:]
		k := keyTerm{t.hash(), weightOf(uint16(t), tf)}
		if len(w.keys) == m && (m == 0 || k.compare(w.keys[m-1]) > 0) {
			continue
		}
		if skip != nil && skip(shingle.Term(k.hash)) {
			continue
		}
		if len(w.keys) == m {
			w.keys = w.keys[:m-1]
		}
		i, _ := slices.BinarySearchFunc(w.keys, k, keyTerm.compare)
		w.keys = slices.Insert(w.keys, i, k)
	}
}
