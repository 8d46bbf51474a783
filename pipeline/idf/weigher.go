package idf

import (
	"slices"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
	"github.com/doppel-dedup/doppel/shingle"
)

// MaxContentWords is the number of content words of a document, from its start,
// that make skip pairs: more than those of a long novel. It bounds the memory that
// a giant document takes.
const MaxContentWords = 1 << 17

// A Weigher makes the weighted rows and the keys of documents. Make one with
// NewWeigher; it belongs to one goroutine at a time. It keeps up to a few MB of
// buffers, and for a longer text takes about 24 bytes for each of its words, and up
// to 16*MaxContentWords bytes for each word of the window.
type Weigher struct {
	model    *Model
	sections []Section
	idfs     []uint16 // of the terms
	content  []feature
	features []feature
	scratch  []feature
	keys     []keyTerm
	cut      int
}

// A feature is what a row has an entry for: the upper 48 bits are its hash, the
// others its idf, or the sum of those of its two words, as a multiple of
// 2^-idfBits.
type feature uint64

// NewWeigher returns a Weigher for rows of the features by the model. It panics if
// the features are not valid.
func NewWeigher(features Features, model *Model) *Weigher {
	if err := features.Validate(); err != nil {
		panic(err)
	}
	return &Weigher{model: model, sections: features.Sections()}
}

// Cut returns the number of documents so far that had more content words than
// MaxContentWords, so that part of their skip pairs is missing.
func (w *Weigher) Cut() int { return w.cut }

// AppendRow appends the weighted row of a document to dst and returns the extended
// slice. terms are all of its terms in order. It takes time and memory linear in
// their number and keeps neither slice.
//
// A row has the sections one after another. Each is
//
//	n, the number of its entries
//	the sum of their q
//	the sum of their q*q
//	n entries, hash<<16 | q, ascending, no two with the same hash
//
// hash is the upper 48 bits of a feature's hash; q is its weight (1+ln tf)*idf in
// units of 1/256, rounded to 1 to 65535. Features of less weight have no entry. tf
// is how often the document has the feature; the idf of a pair is the sum of its
// words'. A document without terms has no row: nothing is appended.
func (w *Weigher) AppendRow(dst []uint64, terms []shingle.Term) []uint64 {
	if len(terms) == 0 {
		return dst
	}
	w.weigh(terms)
	w.findContent(terms)
	for _, s := range w.sections {
		switch s.Kind {
		case Words:
			w.features = w.appendWords(w.features[:0], terms)
		case WordsAndPairs:
			w.features = w.appendPairs(w.appendWords(w.features[:0], terms), terms)
		case SkipPairs:
			w.features = w.appendSkipPairs(w.features[:0], s.Window)
		}
		dst = w.appendSection(dst)
	}
	w.trim()
	return dst
}

// weigh looks up the terms' idfs.
func (w *Weigher) weigh(terms []shingle.Term) {
	w.idfs = slices.Grow(w.idfs[:0], len(terms))
	for _, t := range terms {
		w.idfs = append(w.idfs, w.model.idf(t))
	}
}

// appendWords appends the terms as features.
func (w *Weigher) appendWords(dst []feature, terms []shingle.Term) []feature {
	dst = slices.Grow(dst, len(terms))
	for i, t := range terms {
		if idf := w.idfs[i]; idf > 0 {
			dst = append(dst, feature(t.Hash()|uint64(idf)))
		}
	}
	return dst
}

// appendPairs appends the pairs of consecutive terms as features.
func (w *Weigher) appendPairs(dst []feature, terms []shingle.Term) []feature {
	dst = slices.Grow(dst, len(terms))
	for i := 1; i < len(terms); i++ {
		if idf := w.idfs[i-1] + w.idfs[i]; idf > 0 {
			dst = append(dst, pairFeature(terms[i-1].Hash(), terms[i].Hash(), idf))
		}
	}
	return dst
}

// findContent finds the content words among terms, if there are to be skip pairs.
func (w *Weigher) findContent(terms []shingle.Term) {
	w.content = w.content[:0]
	if !slices.ContainsFunc(w.sections, func(s Section) bool { return s.Kind == SkipPairs }) {
		return
	}
	for i, t := range terms {
		idf := w.idfs[i]
		if idf < w.model.content || idf == 0 {
			continue
		}
		if len(w.content) == MaxContentWords {
			w.cut++
			return
		}
		w.content = append(w.content, feature(t.Hash()|uint64(idf)))
	}
}

// appendSkipPairs appends the pairs of different content words of which the second
// is up to window content words behind the first.
func (w *Weigher) appendSkipPairs(dst []feature, window int) []feature {
	dst = slices.Grow(dst, len(w.content)*window)
	for i, a := range w.content {
		for _, b := range w.content[i+1 : min(i+1+window, len(w.content))] {
			if x, y := a.hash(), b.hash(); x != y {
				dst = append(dst, pairFeature(min(x, y), max(x, y), a.idf()+b.idf()))
			}
		}
	}
	return dst
}

func (f feature) hash() uint64 { return uint64(f) &^ 0xFFFF }
func (f feature) idf() uint16  { return uint16(f) }

// pairFeature returns the feature of a pair of terms with the given hashes.
func pairFeature(a, b uint64, idf uint16) feature {
	return feature(hashPair(a, b)&^0xFFFF | uint64(idf))
}

// hashPair returns a hash of a pair of hashes in their order. Persisted, never
// change.
func hashPair(a, b uint64) uint64 { return kernels.Mix(a*kernels.Multiplier + b>>16) }

// appendSection appends the section of w.features to dst.
func (w *Weigher) appendSection(dst []uint64) []uint64 {
	w.scratch = sortHashes(w.features, w.scratch)
	head := len(dst)
	dst = append(dst, 0, 0, 0)
	var sum, squares uint64
	for f, tf := range w.runs() {
		q := min(roundWeight(weightOf(f.idf(), tf)), 1<<16-1)
		if q == 0 {
			continue
		}
		dst = append(dst, f.hash()|q)
		sum += q
		squares += q * q
	}
	dst[head], dst[head+1], dst[head+2] = uint64(len(dst)-head-3), sum, squares
	return dst
}

// trim lets go of the buffers that a giant document has left.
func (w *Weigher) trim() {
	w.idfs, w.content = trimmed(w.idfs), trimmed(w.content)
	w.features, w.scratch = trimmed(w.features), trimmed(w.scratch)
}

// runs yields each of the sorted features once, with the number of its like.
func (w *Weigher) runs() func(yield func(f feature, tf int) bool) {
	return func(yield func(feature, int) bool) {
		for rest := w.features; len(rest) > 0; {
			f, tf := rest[0], 1
			for tf < len(rest) && rest[tf].hash() == f.hash() {
				tf++
			}
			if !yield(f, tf) {
				return
			}
			rest = rest[tf:]
		}
	}
}

// weightOf returns (1+ln tf)*idf as a multiple of 2^-(idfBits+tfBits).
func weightOf(idf uint16, tf int) uint64 {
	if tf == 1 {
		return uint64(idf) << tfBits
	}
	return uint64(idf) * (1<<tfBits + round(ln(uint64(tf)), tfBits))
}

// roundWeight returns a result of weightOf as a multiple of 2^-qBits.
func roundWeight(weight uint64) uint64 {
	const shift = idfBits + tfBits - qBits
	return (weight + 1<<(shift-1)) >> shift
}
