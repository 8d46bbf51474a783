package plant

import (
	"bytes"
	"math"
	"unicode"
	"unicode/utf8"
)

// Edits are word edits at given rates, each per word of the text and together
// at most 1. Seed chooses the places and the new words.
type Edits struct {
	Delete, Insert, Substitute float64
	Seed                       uint64
}

// Append appends text with edits to dst and returns it. dst and text must not
// overlap.
//
// Words are what stands between white space, which is kept. The number of
// edits is the sum of the rates times the number of words, rounded, but at
// least one if any rate is above 0; that many different words, chosen
// uniformly, are edited once each. A substitution keeps the punctuation around
// the word. It panics if rates are negative, NaN or beyond 1 in sum.
func (e Edits) Append(dst, text []byte) []byte {
	total := e.Delete + e.Insert + e.Substitute
	if !(e.Delete >= 0 && e.Insert >= 0 && e.Substitute >= 0 && total <= 1+1e-9) {
		panic("plant: edit rates must be at least 0 and at most 1 in sum")
	}
	words := countWords(text)
	edits := int(math.Round(total * float64(words)))
	if edits == 0 && total > 0 {
		edits = 1
	}
	edits = min(edits, words)
	r := newRand(e.Seed, streamEdit, 0)
	for word, gap := range wordsOf(text) {
		// Selection sampling (Knuth, vol. 2, 3.4.2, algorithm S): each word
		// is taken with probability (still wanted) / (still to come).
		if r.below(words) < edits {
			edits--
			dst = e.appendEdited(dst, word, gap, r)
		} else {
			dst = append(append(dst, word...), gap...)
		}
		words--
	}
	return dst
}

// appendEdited appends one edited word and the white space after it.
func (e Edits) appendEdited(dst, word, gap []byte, r *random) []byte {
	at := float64(r.next()>>11) / (1 << 53) * (e.Delete + e.Insert + e.Substitute)
	v := vocabulary()
	switch {
	case at < e.Delete:
		return dst
	case at < e.Delete+e.Insert:
		dst = append(append(dst, v.draw(r)...), ' ')
		return append(append(dst, word...), gap...)
	}
	from, to := trimPunctuation(word)
	substitute := v.draw(r)
	for bytes.EqualFold(substitute, word[from:to]) {
		substitute = v.draw(r)
	}
	dst = append(append(dst, word[:from]...), substitute...)
	return append(append(dst, word[to:]...), gap...)
}

// wordsOf yields the runs of text between white space, each with the white
// space that follows it. White space before the first word comes as the gap of
// an empty word, which is the only empty one.
func wordsOf(text []byte) func(yield func(word, gap []byte) bool) {
	return func(yield func(word, gap []byte) bool) {
		for len(text) > 0 {
			n := indexSpace(text)
			m := n + countSpace(text[n:])
			if !yield(text[:n], text[n:m]) {
				return
			}
			text = text[m:]
		}
	}
}

func countWords(text []byte) int {
	n := 0
	for range wordsOf(text) {
		n++
	}
	return n
}

// indexSpace returns where the first white space starts, len(text) if nowhere.
func indexSpace(text []byte) int {
	for i, c := range text {
		if c <= ' ' && (c == ' ' || c >= '\t' && c <= '\r') {
			return i
		}
		if c >= utf8.RuneSelf {
			if j := bytes.IndexFunc(text[i:], unicode.IsSpace); j >= 0 {
				return i + j
			}
			return len(text)
		}
	}
	return len(text)
}

func countSpace(text []byte) int {
	if i := bytes.IndexFunc(text, func(r rune) bool { return !unicode.IsSpace(r) }); i >= 0 {
		return i
	}
	return len(text)
}

// trimPunctuation returns the bounds of word without what is neither letter
// nor number at its ends; all of it if nothing else is there.
func trimPunctuation(word []byte) (from, to int) {
	isToken := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }
	from = bytes.IndexFunc(word, isToken)
	if from < 0 {
		return 0, len(word)
	}
	last := bytes.LastIndexFunc(word, isToken)
	_, size := utf8.DecodeRune(word[last:])
	return from, last + size
}

// appendRestyled appends text in other case or with other white space, by turns
// of n. It is equal to text after case folding and joining white space.
func appendRestyled(dst, text []byte, n int) []byte {
	switch n % 3 {
	case 0:
		return append(dst, bytes.ToUpper(text)...)
	case 1:
		dst = append(dst, "\n  "...)
		dst = append(dst, bytes.ReplaceAll(text, []byte(" "), []byte("  "))...)
		return append(dst, '\n')
	}
	dst = append(dst, bytes.ReplaceAll(text, []byte("\n\n"), []byte("\r\n\r\n"))...)
	return append(dst, "\r\n"...)
}

// gramWords is the length of the grams by which near duplicates are measured.
const gramWords = 5

// gramCounter measures Jaccard similarity of sets of word 5-grams. Words are
// compared by 64-bit hashes. The zero value is ready; it keeps its maps.
type gramCounter struct {
	words []uint64
	a, b  map[uint64]struct{}
}

// jaccard is for texts made by this package, where a token is what stands
// between white space without the punctuation around it. A text of fewer than
// five tokens is one gram of all of them.
func (g *gramCounter) jaccard(a, b []byte) float64 {
	if g.a == nil {
		g.a, g.b = map[uint64]struct{}{}, map[uint64]struct{}{}
	}
	g.fill(g.a, a)
	g.fill(g.b, b)
	shared := 0
	for h := range g.a {
		if _, ok := g.b[h]; ok {
			shared++
		}
	}
	if len(g.a)+len(g.b) == 0 {
		return 1
	}
	return float64(shared) / float64(len(g.a)+len(g.b)-shared)
}

func (g *gramCounter) fill(set map[uint64]struct{}, text []byte) {
	clear(set)
	g.words = g.words[:0]
	for word := range wordsOf(text) {
		from, to := trimPunctuation(word)
		if from == to || !hasToken(word) {
			continue
		}
		h := uint64(14695981039346656037) // FNV-1a over ASCII-lower-cased bytes
		for _, c := range word[from:to] {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			h = (h ^ uint64(c)) * 1099511628211
		}
		g.words = append(g.words, h)
	}
	n := min(gramWords, len(g.words))
	for i := 0; n > 0 && i+n <= len(g.words); i++ {
		var h uint64
		for _, w := range g.words[i : i+n] {
			h = mix(h ^ w)
		}
		set[h] = struct{}{}
	}
}

func hasToken(word []byte) bool {
	return bytes.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}
