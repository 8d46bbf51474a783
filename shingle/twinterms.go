package shingle

import (
	"slices"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
)

// A TwinTermer finds the terms of texts as a [Termer] does, and with each a second hash
// of its word: of all 64 bits and under another seed, which may be one that no author of
// a text knows. Whatever must not be fooled by words of one term compares those hashes.
// Make one with NewTwinTermer; it belongs to one goroutine at a time and keeps twice
// the buffers of a Termer.
type TwinTermer struct {
	Termer
	second *kernels.Key
	memo   kernels.Memo
	words  []uint64
}

// NewTwinTermer returns a TwinTermer with the hash functions of two seeds.
func NewTwinTermer(terms, words int64) *TwinTermer {
	return &TwinTermer{Termer: Termer{key: kernels.NewKey(terms)}, second: kernels.NewKey(words)}
}

// AppendBoth appends the terms of a normalised text to terms, as Append does, and the
// second hashes of their words to words, in the same order, and returns the extended
// slices. It keeps no slice.
func (t *TwinTermer) AppendBoth(terms []Term, words []uint64, normalised []byte) ([]Term, []uint64) {
	if len(normalised) > longText {
		n := t.tokens.count(normalised)
		terms, words = slices.Grow(terms, n), slices.Grow(words, n)
	}
	for text := normalised; len(text) > 0; {
		size, ok := nextChunk(text)
		if ok {
			terms, words = t.appendChunkTo(terms, words, text[:size])
		} else {
			for scan := (scanner{text: text[:size]}); scan.next(); {
				first, second := t.key.HashToken(text, scan.start, scan.end), t.second.HashToken(text, scan.start, scan.end)
				term, word := t.both(first, second, text[scan.start:scan.end])
				terms, words = append(terms, term), append(words, word)
			}
		}
		text = text[size:]
	}
	return terms, words
}

// appendChunkTo is AppendBoth for a text of one chunk.
func (t *TwinTermer) appendChunkTo(terms []Term, words []uint64, chunk []byte) ([]Term, []uint64) {
	edges := t.hashChunk(chunk)
	n := len(t.hashes)
	t.words = slices.Grow(t.words[:0], n)[:n]
	t.second.HashTokens(t.words, chunk, edges, &t.memo)
	terms, words = slices.Grow(terms, n), slices.Grow(words, n)
	for i, h := range t.hashes {
		term, word := t.both(h, t.words[i], chunk[edges[2*i]:edges[2*i+1]])
		terms, words = append(terms, term), append(words, word)
	}
	return terms, words
}

// both returns the term of a token and the second hash of its word; the token's hashes
// are first and second.
func (t *TwinTermer) both(first, second uint64, token []byte) (Term, uint64) {
	word, number := t.read(token)
	if len(word) < len(token) {
		first, second = t.key.HashToken(word, 0, len(word)), t.second.HashToken(word, 0, len(word))
	}
	return termOf(first, number), second
}
