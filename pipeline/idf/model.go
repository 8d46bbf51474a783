package idf

import (
	"fmt"
	"math"

	"github.com/doppel-dedup/doppel/shingle"
)

// Kind says where the weights of words come from. The zero value is Auto.
type Kind uint8

// The kinds of models.
const (
	Auto       Kind = iota // Background for a corpus in English, else Corpus
	Background             // how frequent words are in English
	Corpus                 // in how many documents of the corpus words are
)

var kindNames = [...]string{Auto: "auto", Background: "background", Corpus: "corpus"}

// ParseKind reads a kind in the form that Kind.String writes: "auto", "background"
// or "corpus".
func ParseKind(s string) (Kind, error) {
	for k, name := range kindNames {
		if s == name {
			return Kind(k), nil
		}
	}
	return 0, fmt.Errorf("idf: weights %q are none of auto, background and corpus", s)
}

// String returns the kind's name, and "kind(n)" for an invalid one.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// MarshalText writes the kind as String does.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the kind as ParseKind does. On an error, k is unchanged.
func (k *Kind) UnmarshalText(text []byte) error {
	kind, err := ParseKind(string(text))
	if err == nil {
		*k = kind
	}
	return err
}

// Validate returns an error if the kind is none of the constants.
func (k Kind) Validate() error {
	_, err := ParseKind(k.String())
	return err
}

// maxContent is the least idf of a content word, where a corpus is large enough
// to have words with so much: such a word is in fewer than 2% of documents.
const maxContent = 4 << idfBits

// Model gives words their idf: -ln P, where P is the probability that a document
// has the word (Robertson, Understanding inverse document frequency, 2004). It
// does not change and may be used by many goroutines at once.
type Model struct {
	english *background // if it is of kind Background
	counter *Counter    // else
	total   uint64      // ln(2*(n+1)), a multiple of 2^-32
	content uint16      // least idf of a content word, a multiple of 2^-idfBits
}

// NewModel returns a model of the kind, for words whose terms are of the seed of the
// counter and whose second hashes are of the seed words ([shingle.TwinTermer]). The
// counter has counted the corpus and must not change any more; for kind Background it
// need not.
//
// In the background, a word of frequency f (a share of all words of English text)
// has P = 1-exp(-400*f), as in a document of 400 words. A word that is not in the
// list has f = 1e-8. So have numbers of two and more digits: as a rule they tell,
// and no list has them all.
//
// In a corpus of n documents, a word that df of them have has P = (df+0.5)/(n+1);
// df is an estimate, see Counter. No idf is below 0.
//
// In the background a word is known by its second hash. In a corpus it is counted by its
// term: counts are bounded in memory by letting words share them, and those that do
// must be the same in every run.
func NewModel(kind Kind, counter *Counter, words int64) *Model {
	if kind == Background || kind == Auto && counter.English() {
		return &Model{english: englishWords().newBackground(words), content: maxContent}
	}
	m := &Model{counter: counter, total: ln(2 * (counter.documents + 1))}
	// In a small corpus every word is in many percent of documents. There,
	// half the idf of a word in two documents is the limit.
	m.content = min(maxContent, m.idfOf(2)/3)
	return m
}

// Kind returns Background or Corpus.
func (m *Model) Kind() Kind {
	if m.english != nil {
		return Background
	}
	return Corpus
}

// Weight returns the idf of a word by its term and its second hash: 0 or more, a multiple
// of 1/512.
func (m *Model) Weight(t shingle.Term, word uint64) float64 {
	return math.Ldexp(float64(m.idf(t, word)), -idfBits)
}

// ContentWeight returns the least idf of a content word: 4, or less in a corpus of
// fewer than 7,500 documents.
func (m *Model) ContentWeight() float64 { return math.Ldexp(float64(m.content), -idfBits) }

// idf is Weight as a multiple of 2^-idfBits, less than 2^15.
func (m *Model) idf(t shingle.Term, word uint64) uint16 {
	if m.english != nil {
		return m.english.idf(word)
	}
	return m.idfOf(m.counter.DF(t))
}

// idfOf returns the idf of a term that df documents of the corpus have.
func (m *Model) idfOf(df uint64) uint16 {
	part := ln(2*df + 1)
	if part >= m.total { // df is too high, or there are no documents
		return 0
	}
	return uint16(round(m.total-part, idfBits))
}
