package shingle

import (
	"bytes"
	"slices"
	"unicode"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
)

// Term stands for a word: bits 16 to 63 are the upper 48 bits of its hash, bit 0
// says that it holds a digit, and the others are zero. Terms are equal if their
// words are; two given words that are not have equal terms with probability 2^-48.
type Term uint64

// Hash returns the term without the bit for digits: its low 16 bits are zero.
func (t Term) Hash() uint64 { return uint64(t) &^ 0xFFFF }

// Number reports whether the word holds a decimal digit of any script.
func (t Term) Number() bool { return t&1 != 0 }

// A Termer finds the terms of texts. Make one with NewTermer; it keeps buffers of
// less than 1 MB, or of the size of the longest token, and belongs to one goroutine
// at a time.
type Termer struct {
	key    *kernels.Key
	tokens tokenizer
	hashes []uint64
	word   []byte
}

// NewTermer returns a Termer with the hash function of a seed. Terms of different
// seeds are not alike.
func NewTermer(seed int64) *Termer { return &Termer{key: kernels.NewKey(seed)} }

// Append appends the term of every token of a normalised text to dst, in order,
// and returns the extended slice. The tokens are those that word shingles are made
// of. Within them ’ counts as ', and the ending 's of English is no part of a
// word: "cat’s" has the term of "cat". Append keeps neither slice.
func (t *Termer) Append(dst []Term, normalised []byte) []Term {
	if len(normalised) > longText {
		dst = slices.Grow(dst, t.tokens.count(normalised))
	}
	for text := normalised; len(text) > 0; {
		size, ok := nextChunk(text)
		if ok {
			dst = t.appendChunk(dst, text[:size])
		} else {
			for scan := (scanner{text: text[:size]}); scan.next(); {
				dst = append(dst, t.term(t.key.HashToken(text, scan.start, scan.end), text[scan.start:scan.end]))
			}
		}
		text = text[size:]
	}
	return dst
}

// AppendFigures appends the whole hash, of 64 bits, of every term that holds a digit to
// dst, in order, and returns the extended slice. Otherwise it is as Append.
func (t *Termer) AppendFigures(dst []uint64, normalised []byte) []uint64 {
	for text := normalised; len(text) > 0; {
		size, ok := nextChunk(text)
		if ok {
			edges := t.hashChunk(text[:size])
			for i, h := range t.hashes {
				dst = t.appendFigure(dst, h, text[edges[2*i]:edges[2*i+1]])
			}
		} else {
			for scan := (scanner{text: text[:size]}); scan.next(); {
				dst = t.appendFigure(dst, t.key.HashToken(text, scan.start, scan.end), text[scan.start:scan.end])
			}
		}
		text = text[size:]
	}
	return dst
}

// appendFigure appends the hash of the term of a token whose hash is h, if it holds a
// digit.
func (t *Termer) appendFigure(dst []uint64, h uint64, token []byte) []uint64 {
	if h, number := t.wordOf(h, token); number {
		dst = append(dst, h)
	}
	return dst
}

// appendChunk is Append for a text of one chunk.
func (t *Termer) appendChunk(dst []Term, chunk []byte) []Term {
	edges := t.hashChunk(chunk)
	dst = slices.Grow(dst, len(t.hashes))
	for i, h := range t.hashes {
		dst = append(dst, t.term(h, chunk[edges[2*i]:edges[2*i+1]]))
	}
	return dst
}

// hashChunk finds the tokens of a chunk and leaves their hashes in t.hashes.
func (t *Termer) hashChunk(chunk []byte) (edges []uint32) {
	edges = t.tokens.find(chunk)
	n := len(edges) / 2
	t.hashes = slices.Grow(t.hashes[:0], n)[:n]
	t.key.HashTokens(t.hashes, chunk, edges, nil)
	return edges
}

// term returns the term of a token whose hash is h.
func (t *Termer) term(h uint64, token []byte) Term {
	return termOf(t.wordOf(h, token))
}

// termOf returns the term of a word by its hash.
func termOf(h uint64, number bool) Term {
	if number {
		return Term(h&^0xFFFF | 1)
	}
	return Term(h &^ 0xFFFF)
}

// wordOf returns the hash of the word that a token whose hash is h stands for, and
// whether it holds a digit.
func (t *Termer) wordOf(h uint64, token []byte) (_ uint64, number bool) {
	word, number := t.read(token)
	if len(word) < len(token) {
		h = t.key.HashToken(word, 0, len(word))
	}
	return h, number
}

// read returns the word that a token stands for, which is shorter unless it is the
// token, and whether it holds a digit.
func (t *Termer) read(token []byte) (word []byte, number bool) {
	var marks byte
	for _, c := range token {
		marks |= termMarks[c]
	}
	if word = token; marks&markQuote != 0 {
		word = t.plain(token)
	}
	return word, marks&markDigit != 0 || marks&markBeyond != 0 && bytes.ContainsFunc(token, unicode.IsDigit)
}

// plain returns token with ' for ’ and without the ending 's; if that changes
// anything, it makes the token shorter.
func (t *Termer) plain(token []byte) []byte {
	const curly = "’"
	if bytes.Contains(token, []byte(curly)) {
		t.word = t.word[:0]
		for {
			before, after, found := bytes.Cut(token, []byte(curly))
			t.word = append(t.word, before...)
			if !found {
				break
			}
			t.word = append(t.word, '\'')
			token = after
		}
		token = t.word
	}
	if len(token) > len("'s") {
		token = bytes.TrimSuffix(token, []byte("'s"))
	}
	return token
}

// What the bytes of a token say about its term.
const (
	markDigit  = 1 << iota // is a digit
	markBeyond             // starts characters of which some are digits
	markQuote              // is or starts ' or ’
)

// termMarks has the marks of each byte.
var termMarks = func() (t [256]byte) {
	digits := unicode.Nd
	for _, r := range digits.R16 {
		for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
			t[string(c)[0]] = markBeyond
		}
	}
	for _, r := range digits.R32 {
		for c := rune(r.Lo); c <= rune(r.Hi); c += rune(r.Stride) {
			t[string(c)[0]] = markBeyond
		}
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = markDigit
	}
	t['\''] |= markQuote
	t["’"[0]] |= markQuote
	return t
}()
