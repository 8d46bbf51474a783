package plant

import (
	"math/bits"
	"strconv"
	"sync"
)

// random is the splitmix64 generator (Steele, Lea and Flood 2014). We keep our
// own so that no release of a library changes a corpus.
type random struct{ state uint64 }

// newRand returns the generator number n of a stream.
func newRand(seed, stream, n uint64) *random {
	return &random{mix(mix(mix(seed)^stream) ^ n)}
}

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (r *random) next() uint64 {
	v := mix(r.state)
	r.state += 0x9e3779b97f4a7c15
	return v
}

// below returns a number in [0, n).
func (r *random) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

// chance is true in p of 2^32 cases.
func (r *random) chance(p uint64) bool { return r.next()>>32 < p }

func percent(n uint64) uint64 { return n << 32 / 100 }

// vocabularySize is the number of words: a few ten thousand, as in a newspaper's
// year, and a number that an alias index of 16 bits can hold.
const vocabularySize = 30000

// lexicon is the vocabulary in one array, commonest word first, with an alias
// table (Walker 1977, Vose 1991) for frequencies after Zipf and Mandelbrot: the
// word at rank i in proportion to 1/(i+3).
type lexicon struct {
	letters []byte
	starts  []uint32 // one more than words
	keep    []uint64 // in 2^-32
	alias   []uint16
}

var vocabulary = sync.OnceValue(newLexicon)

func newLexicon() *lexicon {
	l := &lexicon{starts: make([]uint32, 1, vocabularySize+1)}
	seen := make(map[string]bool, vocabularySize)
	r := newRand(0, 0, 0) // one vocabulary for all seeds: strangers share words
	for rank := 0; rank < vocabularySize; {
		start := len(l.letters)
		l.letters = appendWord(l.letters, r, rank)
		if w := string(l.letters[start:]); seen[w] {
			l.letters = l.letters[:start]
			continue
		} else {
			seen[w] = true
		}
		l.starts = append(l.starts, uint32(len(l.letters)))
		rank++
	}
	l.fillAlias()
	return l
}

var (
	onsets = [...]string{"b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pl", "r", "s", "sh", "st", "t", "th", "tr", "v", "w", ""}
	nuclei = [...]string{"a", "e", "i", "o", "u", "ai", "ea", "ou"}
	codas  = [...]string{"", "", "", "n", "r", "s", "t", "l", "nd", "ck", "m"}
)

// appendWord appends one or more syllables. Common words are short.
func appendWord(dst []byte, r *random, rank int) []byte {
	syllables := 1
	for limit := 600; rank >= limit && syllables < 3; limit *= 40 {
		syllables++
	}
	syllables += r.below(4) / 3
	start := len(dst)
	for range syllables {
		dst = append(dst, onsets[r.below(len(onsets))]...)
		dst = append(dst, nuclei[r.below(len(nuclei))]...)
	}
	dst = append(dst, codas[r.below(len(codas))]...)
	if len(dst)-start < 2 {
		dst = append(dst, 'n')
	}
	return dst
}

func (l *lexicon) fillAlias() {
	n := l.len()
	weights := make([]uint64, n)
	var total uint64
	for i := range weights {
		weights[i] = 1 << 40 / uint64(i+3)
		total += weights[i]
	}
	l.keep, l.alias = make([]uint64, n), make([]uint16, n)
	var small, large []int
	for i := range weights {
		weights[i] *= uint64(n) // 2^40/3 x 30000 is below 2^54
		if weights[i] < total {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, g := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		hi, lo := bits.Mul64(weights[s], 1<<32)
		l.keep[s], _ = bits.Div64(hi, lo, total)
		l.alias[s] = uint16(g)
		if weights[g] -= total - weights[s]; weights[g] < total {
			large = large[:len(large)-1]
			small = append(small, g)
		}
	}
	for _, i := range append(small, large...) {
		l.keep[i] = 1 << 32
	}
}

func (l *lexicon) len() int { return len(l.starts) - 1 }

// draw returns a word by its frequency. The caller must not change it.
func (l *lexicon) draw(r *random) []byte {
	v := r.next()
	i := int(v >> 32 * uint64(l.len()) >> 32)
	if v&(1<<32-1) >= l.keep[i] {
		i = int(l.alias[i])
	}
	return l.letters[l.starts[i]:l.starts[i+1]]
}

// style is how a document writes quotations, apostrophes and breaks in thought.
type style struct{ open, closing, apostrophe, dash string }

var styles = [...]style{
	{`"`, `"`, "'", " - "},
	{`"`, `"`, "'", " - "},
	{"“", "”", "’", " — "},
}

// appendText appends sentences in paragraphs until about n bytes are reached.
func appendText(dst []byte, r *random, n int) []byte {
	start := len(dst)
	st := &styles[r.below(len(styles))]
	for len(dst)-start < n {
		if len(dst) > start {
			if r.chance(percent(20)) {
				dst = append(dst, "\n\n"...)
			} else {
				dst = append(dst, ' ')
			}
		}
		dst = appendSentence(dst, r, st, n-(len(dst)-start))
	}
	return dst
}

// appendSentence appends 5 to 28 words, fewer if maxBytes are reached before.
func appendSentence(dst []byte, r *random, st *style, maxBytes int) []byte {
	v := vocabulary()
	start, words := len(dst), 5+r.below(24)
	quoted := r.chance(percent(6))
	if quoted {
		dst = append(dst, st.open...)
	}
	first := len(dst)
	for i := 0; i < words && (i == 0 || len(dst)-start < maxBytes); i++ {
		if i > 0 {
			dst = appendGap(dst, r, st)
		}
		switch {
		case i > 0 && r.chance(percent(2)):
			dst = appendNumber(dst, r)
		default:
			dst = append(dst, v.draw(r)...)
			if r.chance(percent(1)) {
				dst = append(append(dst, st.apostrophe...), 's')
			}
		}
	}
	dst[first] -= 'a' - 'A' // the first word is never a number
	switch {
	case r.chance(percent(5)):
		dst = append(dst, '?')
	default:
		dst = append(dst, '.')
	}
	if quoted {
		dst = append(dst, st.closing...)
	}
	return dst
}

func appendGap(dst []byte, r *random, st *style) []byte {
	switch p := r.below(200); {
	case p < 14:
		return append(dst, ", "...)
	case p < 15:
		return append(dst, st.dash...)
	case p < 16:
		return append(dst, "; "...)
	}
	return append(dst, ' ')
}

func appendNumber(dst []byte, r *random) []byte {
	switch r.below(4) {
	case 0:
		return strconv.AppendInt(dst, int64(1900+r.below(130)), 10)
	case 1:
		dst = strconv.AppendInt(dst, int64(1+r.below(99)), 10)
		return append(dst, '.', '0'+byte(r.below(10)))
	}
	return strconv.AppendInt(dst, int64(1+r.below(1000)), 10)
}
