package idf

import (
	_ "embed" // for the words
	"encoding/binary"
	"fmt"
	"math"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/doppel-dedup/doppel/shingle"
)

// english is the background model of English as bench/background makes it; NOTICE
// has its licence and docs/background.md its origin. After decompression by zstd
// it is, without gaps:
//
//	4 bytes   n, the number of words, little-endian
//	n bytes   lower bytes of the words' frequencies: -100*log10 of the share of
//	          all words in text that are this one
//	n bytes   their upper bytes
//	then n words in the order of their bytes, each
//	          1 byte, under 32: how many bytes it has in common with the one before
//	          the others, each 32 or more
//
//go:embed english.zst
var english []byte

// Constants of the model. Persisted through the weights, never change without
// Version.
const (
	documentWords    = 400 // words of the document that a word may be in
	unknownCentibels = 800 // frequency of a word that is not in the list: 1e-8
	commonCentibels  = 333 // of the rarest of the common words, about 200
)

// Numbers of slots, as powers of two: more than the words that they are for.
const (
	tableBits  = 19
	commonBits = 10
)

// vocabulary is what english holds, as texts have it.
type vocabulary struct {
	words     []byte   // normalised, each of one token, each followed by a space
	centibels []uint16 // their frequencies
	common    []byte   // those of the words that are common
}

// englishWords is made once and takes 4 MB.
var englishWords = sync.OnceValue(func() *vocabulary {
	v, err := newVocabulary(english)
	if err != nil {
		panic("idf: embedded background: " + err.Error())
	}
	return v
})

// newVocabulary reads a file in the format of english.
func newVocabulary(file []byte) (*vocabulary, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := r.DecodeAll(file, nil)
	if err != nil {
		return nil, err
	}
	return readVocabulary(data)
}

func readVocabulary(data []byte) (*vocabulary, error) {
	if len(data) < 4 {
		return nil, fmt.Errorf("%d bytes are no list of words", len(data))
	}
	n := uint64(binary.LittleEndian.Uint32(data))
	if 4+3*n > uint64(len(data)) || n > 1<<tableBits*3/4 {
		return nil, fmt.Errorf("%d words do not fit", n)
	}
	lower, upper, rest := data[4:4+n], data[4+n:4+2*n], data[4+2*n:]
	v := &vocabulary{words: make([]byte, 0, len(data)*2), centibels: make([]uint16, 0, n)}
	reader := newWordReader()
	var word []byte
	for i := range n {
		if len(rest) == 0 || rest[0] >= ' ' || int(rest[0]) > len(word) {
			return nil, fmt.Errorf("word %d is cut off", i)
		}
		word = word[:rest[0]]
		for rest = rest[1:]; len(rest) > 0 && rest[0] >= ' '; rest = rest[1:] {
			word = append(word, rest[0])
		}
		centibels := uint16(upper[i])<<8 | uint16(lower[i])
		if centibels > unknownCentibels {
			return nil, fmt.Errorf("word %d is rarer than words that are not there", i)
		}
		if normalised, one := reader.read(word); one {
			v.add(normalised, centibels)
		}
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes behind the last word", len(rest))
	}
	if terms := reader.termer.Append(nil, v.words); len(terms) != len(v.centibels) {
		return nil, fmt.Errorf("%d words run together into %d", len(v.centibels), len(terms))
	}
	return v, nil
}

func (v *vocabulary) add(word []byte, centibels uint16) {
	v.words, v.centibels = append(append(v.words, word...), ' '), append(v.centibels, centibels)
	if centibels <= commonCentibels {
		v.common = append(append(v.common, word...), ' ')
	}
}

// wordReader normalises words.
type wordReader struct {
	normalizer *shingle.Normalizer
	termer     *shingle.Termer
	norm       []byte
	terms      []shingle.Term
}

func newWordReader() *wordReader {
	return &wordReader{normalizer: shingle.NewNormalizer(), termer: shingle.NewTermer(0)}
}

// read returns a word as texts have it, good until the next call, and whether it is one
// token.
func (r *wordReader) read(word []byte) (normalised []byte, one bool) {
	if isPlain(word) {
		return word, true
	}
	r.norm = r.normalizer.Append(r.norm[:0], word)
	r.terms = r.termer.Append(r.terms[:0], r.norm)
	return r.norm, len(r.terms) == 1
}

// isPlain reports whether a word is of the letters a to z, which are left as they are.
func isPlain(word []byte) bool {
	for _, c := range word {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return len(word) > 0
}

// Lexicon knows the most frequent words of English by the terms of one seed, by which
// a Counter tells what a corpus is in. It does not change, takes 8 KB and may be used
// by many goroutines at once.
//
// It has slots with the upper 48 bits of a term. A term is in the first slot from the
// one that its upper bits name that is not another's; there is none if an empty one
// comes first.
type Lexicon struct{ slots [1 << commonBits]uint64 }

// NewLexicon returns the lexicon for the terms of a seed. The first one takes a tenth of
// a second.
func NewLexicon(seed int64) *Lexicon { return englishWords().lexicon(seed) }

func (v *vocabulary) lexicon(seed int64) *Lexicon {
	b := new(Lexicon)
	for _, t := range shingle.NewTermer(seed).Append(nil, v.common) {
		*b.slot(t) = t.Hash()
	}
	return b
}

// slot returns the slot that t is in, or the empty one where it is not.
func (b *Lexicon) slot(t shingle.Term) *uint64 {
	i := uint64(t) >> (64 - commonBits)
	for {
		s := &b.slots[i%(1<<commonBits)]
		if *s == 0 || *s == t.Hash() {
			return s
		}
		i++
	}
}

// isCommon reports whether t is one of the about 200 most frequent words.
func (b *Lexicon) isCommon(t shingle.Term) bool { return *b.slot(t) != 0 }

// background holds the idf of the words of English by their whole hashes under a seed
// that nobody knows, so that no word is made to weigh as another. It takes 5 MB. A word
// is found as a term in a Lexicon is.
type background struct {
	hashes  []uint64
	values  []uint16 // idf as a multiple of 2^-idfBits, and knownFlag; 0 is an empty slot
	unknown uint16   // idf of words that are in no slot
}

const knownFlag uint16 = 1 << 15

// newBackground returns that for the hashes of a seed. It takes 20 milliseconds.
func (v *vocabulary) newBackground(seed int64) *background {
	b := &background{hashes: make([]uint64, 1<<tableBits), values: make([]uint16, 1<<tableBits), unknown: idfOfCentibels(unknownCentibels)}
	var values [unknownCentibels + 1]uint16
	for c := range values {
		values[c] = idfOfCentibels(uint16(c)) | knownFlag
	}
	_, words := shingle.NewTwinTermer(0, seed).AppendBoth(nil, make([]uint64, 0, len(v.centibels)), v.words)
	for i, word := range words {
		b.put(word, values[v.centibels[i]])
	}
	return b
}

// put adds a word; of several with one hash, the most frequent counts, whose idf is the
// least.
func (b *background) put(word uint64, value uint16) {
	i := b.slot(word)
	if b.values[i] == 0 || b.values[i] > value {
		b.hashes[i], b.values[i] = word, value
	}
}

// slot returns the slot that a word is in, or the empty one where it is not.
func (b *background) slot(word uint64) uint64 {
	for i := word >> (64 - tableBits); ; i = (i + 1) % (1 << tableBits) {
		if b.hashes[i] == word || b.values[i] == 0 {
			return i
		}
	}
}

// idf returns the idf of a word as a multiple of 2^-idfBits.
func (b *background) idf(word uint64) uint16 {
	v := b.values[b.slot(word)]
	if v == 0 {
		return b.unknown
	}
	return v &^ knownFlag
}

// idfOfCentibels returns the idf of a word of that frequency as a multiple of
// 2^-idfBits. Floating point does no harm here: none of the values is near the
// middle between two multiples, which a test checks.
func idfOfCentibels(centibels uint16) uint16 {
	return uint16(math.Round(math.Ldexp(exactIDF(centibels), idfBits)))
}

func exactIDF(centibels uint16) float64 {
	f := math.Pow(10, -float64(centibels)/100)
	return -math.Log(-math.Expm1(-documentWords * f))
}
