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
// buffers, and for a longer text takes about 48 bytes for each of its words, and up
// to 32*MaxContentWords bytes for each word of the window.
type Weigher struct {
	model    *Model
	sections []Section
	terms    []shingle.Term // of the document, the caller's
	words    []uint64       // likewise
	idfs     []uint16       // of the terms
	content  []feature
	features []feature
	scratch  []feature
	weights  []uint16
	open     []openTerm
	sorted   []openTerm // scratch
	keys     []keyTerm
	cut      int
}

// A feature is what a row has an entry for: its hash, and its idf, or the sum of those
// of its two words, as a multiple of 2^-idfBits.
type feature struct {
	hash uint64
	idf  uint16
}

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

// Weigh takes a document: all of its terms, in order, and the second hashes of their
// words, as [shingle.TwinTermer.AppendBoth] appends them. Rows and keys are of this
// document until the next call; until then the slices must not change.
func (w *Weigher) Weigh(terms []shingle.Term, words []uint64) {
	w.trim()
	w.terms, w.words = terms, words
	w.idfs = slices.Grow(w.idfs, len(terms))
	for i, t := range terms {
		w.idfs = append(w.idfs, w.model.idf(t, words[i]))
	}
}

// AppendRow appends the weighted row of the document to dst and returns the extended
// slice. It takes time and memory linear in the number of its words and does not keep dst.
//
// A row has the sections one after another. Each is
//
//	n, the number of its entries
//	the sum of their q
//	the sum of their q*q
//	the n hashes of the entries, ascending and distinct
//	their q, in this order, four in a value from its lowest bits on; the last one is
//	filled up with zeros
//
// A hash is of all 64 bits and made of the second hashes of words. q is the weight
// (1+ln tf)*idf in units of 1/256, rounded to 1 to 65535. Features of less weight have
// no entry. tf is how often the document has the feature; the idf of a pair is the sum
// of its words'. A document without terms has no row: nothing is appended.
func (w *Weigher) AppendRow(dst []uint64) []uint64 {
	if len(w.words) == 0 {
		return dst
	}
	w.findContent()
	for _, s := range w.sections {
		w.features = w.features[:0]
		switch s.Kind {
		case Words:
			w.addWords()
		case WordsAndPairs:
			w.addWords()
			w.addPairs()
		case SkipPairs:
			w.addSkipPairs(s.Window)
		}
		dst = w.appendSection(dst)
	}
	w.trimFeatures() // which are most of what a giant document takes
	return dst
}

// addWords adds the words as features.
func (w *Weigher) addWords() {
	w.features = slices.Grow(w.features, len(w.words))
	for i, word := range w.words {
		if idf := w.idfs[i]; idf > 0 {
			w.features = append(w.features, feature{word, idf})
		}
	}
}

// addPairs adds the pairs of consecutive words as features.
func (w *Weigher) addPairs() {
	w.features = slices.Grow(w.features, len(w.words))
	for i := 1; i < len(w.words); i++ {
		if idf := w.idfs[i-1] + w.idfs[i]; idf > 0 {
			w.features = append(w.features, feature{wordPair(w.words[i-1], w.words[i]), idf})
		}
	}
}

// findContent finds the content words, if there are to be skip pairs.
func (w *Weigher) findContent() {
	w.content = w.content[:0]
	if !slices.ContainsFunc(w.sections, func(s Section) bool { return s.Kind == SkipPairs }) {
		return
	}
	for i, word := range w.words {
		idf := w.idfs[i]
		if idf < w.model.content || idf == 0 {
			continue
		}
		if len(w.content) == MaxContentWords {
			w.cut++
			return
		}
		w.content = append(w.content, feature{word, idf})
	}
}

// addSkipPairs adds the pairs of different content words of which the second is up to
// window content words behind the first.
func (w *Weigher) addSkipPairs(window int) {
	w.features = slices.Grow(w.features, len(w.content)*window)
	for i, a := range w.content {
		for _, b := range w.content[i+1 : min(i+1+window, len(w.content))] {
			if a.hash != b.hash {
				w.features = append(w.features, feature{wordPair(min(a.hash, b.hash), max(a.hash, b.hash)), a.idf + b.idf})
			}
		}
	}
}

// wordPair returns a hash of a pair of second hashes in their order. These are random to
// who does not know their seed, so that one product is enough: two pairs have one
// hash with a probability of about 2^-64.
func wordPair(a, b uint64) uint64 { return a*kernels.Multiplier + b }

// hashPair returns a hash of a pair of terms' hashes in their order. Persisted, never
// change.
func hashPair(a, b uint64) uint64 { return kernels.Mix(a*kernels.Multiplier + b>>16) }

// appendSection appends the section of w.features to dst.
func (w *Weigher) appendSection(dst []uint64) []uint64 {
	w.features, w.scratch = sortFeatures(w.features, w.scratch)
	head := len(dst)
	if len(w.features) > manyFeatures { // room by doubling takes up to three times the memory
		n := distinctFeatures(w.features)
		dst = slices.Grow(dst, 3+n+(n+3)/4)
		w.weights = slices.Grow(w.weights[:0], n)
	}
	dst = append(dst, 0, 0, 0)
	w.weights = w.weights[:0]
	var sum, squares uint64
	for rest := w.features; len(rest) > 0; {
		f, tf := rest[0], 1
		for tf < len(rest) && rest[tf].hash == f.hash {
			tf++
		}
		rest = rest[tf:]
		q := min(roundWeight(weightOf(f.idf, tf)), 1<<16-1)
		if q == 0 {
			continue
		}
		dst, w.weights = append(dst, f.hash), append(w.weights, uint16(q))
		sum += q
		squares += q * q
	}
	dst[head], dst[head+1], dst[head+2] = uint64(len(w.weights)), sum, squares
	return appendPacked(dst, w.weights)
}

// manyFeatures is the number from which on those that differ are counted first.
const manyFeatures = 1 << 20

// distinctFeatures returns how many of sorted features differ.
func distinctFeatures(f []feature) (n int) {
	for i := range f {
		if i == 0 || f[i].hash != f[i-1].hash {
			n++
		}
	}
	return n
}

// appendPacked appends weights, four in a value.
func appendPacked(dst []uint64, weights []uint16) []uint64 {
	for ; len(weights) >= 4; weights = weights[4:] {
		dst = append(dst, uint64(weights[0])|uint64(weights[1])<<16|uint64(weights[2])<<32|uint64(weights[3])<<48)
	}
	if len(weights) == 0 {
		return dst
	}
	last := uint64(0)
	for i, q := range weights {
		last |= uint64(q) << (16 * i)
	}
	return append(dst, last)
}

// trim empties the buffers, and lets go of those that a giant document has left.
func (w *Weigher) trim() {
	w.idfs, w.content, w.weights = trimmed(w.idfs), trimmed(w.content), trimmed(w.weights)
	w.trimFeatures()
	w.open, w.sorted = trimmed(w.open), trimmed(w.sorted)
}

func (w *Weigher) trimFeatures() {
	w.features, w.scratch = trimmed(w.features), trimmed(w.scratch)
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
