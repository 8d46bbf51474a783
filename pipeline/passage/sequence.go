package passage

import (
	"bytes"

	"github.com/doppel-dedup/doppel/shingle"
)

// sequence is a text as the elements that a substring consists of: tokens, or bytes.
type sequence struct {
	in    Measure
	text  []byte
	words words // of Tokens
	// places are those of the tokens in the text, nil until asked for.
	places *shingle.Places
}

func (s *sequence) len() int {
	if s.in == Bytes {
		return len(s.text)
	}
	return s.words.len()
}

// equal reports whether n elements from i on are those of t from k on.
func (s *sequence) equal(i int, t *sequence, k, n int) bool {
	if i+n > s.len() || k+n > t.len() {
		return false
	}
	if s.in == Bytes {
		return bytes.Equal(s.text[i:i+n], t.text[k:k+n])
	}
	return s.words.equal(i, &t.words, k, n)
}

// appendValues appends numbers below prime to dst, which stand for elements from up to
// to-1.
func (s *sequence) appendValues(dst []uint64, from, to int, seed uint64) []uint64 {
	if s.in == Tokens {
		return s.words.appendHashes(dst, from, to, seed)
	}
	for _, b := range s.text[from:to] {
		dst = append(dst, uint64(b)+1)
	}
	return dst
}

// sequence makes s the sequence of text, which it keeps.
func (r *reader) sequence(s *sequence, in Measure, text []byte) {
	s.in, s.text, s.places = in, text, nil
	if in == Tokens {
		r.read(&s.words, text)
	}
}

// bytes returns the memory that s takes.
func (s *sequence) bytes() int {
	n := len(s.text) + s.words.bytes()
	if s.places != nil {
		n += s.places.Bytes()
	}
	return n
}
