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
	documentWords           = 400 // words of the document that a word may be in
	unknownCentibels        = 800 // frequency of a word that is not in the list: 1e-8
	commonCentibels         = 333 // of the rarest of the common words, about 200
	tableBits               = 19  // of the number of slots
	commonFlag       uint16 = 1 << 15
)

// Lexicon holds the idf of the words of English for the terms of one seed. It does not
// change, takes 4 MB and may be used by many goroutines at once.
//
// It has slots with the upper 48 bits of a term and,
// below them, its idf as a multiple of 2^-idfBits and commonFlag. A term is in the
// first slot from the one that its upper bits name that is not another's; there
// is none if an empty one comes first.
type Lexicon struct {
	slots   []uint64
	unknown uint16 // idf of terms that are in no slot
}

// NewLexicon returns the lexicon for the terms of a seed. It takes about 0.2 seconds,
// with the seed 0 only the first time.
func NewLexicon(seed int64) *Lexicon {
	if seed == 0 {
		return commonLexicon()
	}
	return mustLexicon(seed)
}

// commonLexicon is that of the seed 0, made once.
var commonLexicon = sync.OnceValue(func() *Lexicon { return mustLexicon(0) })

func mustLexicon(seed int64) *Lexicon {
	b, err := newLexicon(english, seed)
	if err != nil {
		panic("idf: embedded background: " + err.Error())
	}
	return b
}

// newLexicon makes a lexicon from a file in the format of english.
func newLexicon(file []byte, seed int64) (*Lexicon, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := r.DecodeAll(file, nil)
	if err != nil {
		return nil, err
	}
	b := &Lexicon{slots: make([]uint64, 1<<tableBits), unknown: idfOfCentibels(unknownCentibels)}
	if err := b.fill(data, seed); err != nil {
		return nil, err
	}
	b.weigh()
	return b, nil
}

// fill puts the words of data into slots, with their frequencies.
func (b *Lexicon) fill(data []byte, seed int64) error {
	if len(data) < 4 {
		return fmt.Errorf("%d bytes are no list of words", len(data))
	}
	n := uint64(binary.LittleEndian.Uint32(data))
	if 4+3*n > uint64(len(data)) || n > 1<<tableBits*3/4 {
		return fmt.Errorf("%d words do not fit", n)
	}
	lower, upper, rest := data[4:4+n], data[4+n:4+2*n], data[4+2*n:]
	var (
		word, norm []byte
		terms      []shingle.Term
		normalizer = shingle.NewNormalizer()
		termer     = shingle.NewTermer(seed)
	)
	for i := range n {
		if len(rest) == 0 || rest[0] >= ' ' || int(rest[0]) > len(word) {
			return fmt.Errorf("word %d is cut off", i)
		}
		word = word[:rest[0]]
		for rest = rest[1:]; len(rest) > 0 && rest[0] >= ' '; rest = rest[1:] {
			word = append(word, rest[0])
		}
		centibels := uint16(upper[i])<<8 | uint16(lower[i])
		if centibels > unknownCentibels {
			return fmt.Errorf("word %d is rarer than words that are not there", i)
		}
		norm = normalizer.Append(norm[:0], word)
		terms = termer.Append(terms[:0], norm)
		if len(terms) == 1 {
			b.put(terms[0], centibels)
		}
	}
	if len(rest) > 0 {
		return fmt.Errorf("%d bytes behind the last word", len(rest))
	}
	return nil
}

// put adds a term; of several words with the same, the most frequent counts.
func (b *Lexicon) put(t shingle.Term, centibels uint16) {
	s := b.slot(t)
	if *s == 0 || uint16(*s) > centibels {
		*s = t.Hash() | uint64(centibels)
	}
}

// slot returns the slot that t is in, or the empty one where it is not.
func (b *Lexicon) slot(t shingle.Term) *uint64 {
	i := uint64(t) >> (64 - tableBits)
	for {
		s := &b.slots[i%(1<<tableBits)]
		if *s == 0 || *s>>16 == uint64(t)>>16 {
			return s
		}
		i++
	}
}

// weigh replaces the frequencies in slots by what is made of them.
func (b *Lexicon) weigh() {
	var values [unknownCentibels + 1]uint16
	for c := range values {
		values[c] = idfOfCentibels(uint16(c))
		if c <= commonCentibels {
			values[c] |= commonFlag
		}
	}
	for i, s := range b.slots {
		if s != 0 {
			b.slots[i] = s&^0xFFFF | uint64(values[uint16(s)])
		}
	}
}

// idf returns the idf of t as a multiple of 2^-idfBits.
func (b *Lexicon) idf(t shingle.Term) uint16 {
	s := *b.slot(t)
	if s == 0 {
		return b.unknown
	}
	return uint16(s) &^ commonFlag
}

// isCommon reports whether t is one of the common words.
func (b *Lexicon) isCommon(t shingle.Term) bool { return uint16(*b.slot(t))&commonFlag != 0 }

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
