package passage

import (
	"bytes"
	"math/bits"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/shingle"
)

// words is a text as a sequence of tokens.
type words struct {
	norm   []byte
	tokens shingle.Places
}

// len returns the number of tokens.
func (w *words) len() int { return w.tokens.Len() }

// from returns a function that returns token i, which there is, and then the ones
// behind it.
func (w *words) from(i int) func() []byte {
	walk := w.tokens.From(i)
	return func() []byte {
		start, end := walk.Next()
		return w.norm[start:end]
	}
}

// equal reports whether n tokens from i on, which there are, are those of v from k on.
func (w *words) equal(i int, v *words, k, n int) bool {
	if n == 0 {
		return true
	}
	mine, theirs := w.from(i), v.from(k)
	for range n {
		if !bytes.Equal(mine(), theirs()) {
			return false
		}
	}
	return true
}

// bytes returns the memory that w takes.
func (w *words) bytes() int { return cap(w.norm) + w.tokens.Bytes() }

// reader makes words of texts.
type reader struct {
	normalizer *shingle.Normalizer
	tokenizer  *shingle.Tokenizer
}

func newReader() reader { return reader{shingle.NewNormalizer(), shingle.NewTokenizer()} }

// read makes w the words of text.
func (r *reader) read(w *words, text []byte) {
	w.norm = r.normalizer.Append(w.norm[:0], text)
	r.tokenizer.Places(&w.tokens, w.norm)
}

// prime is 2^61-1, of which rolling hashes are residues.
const prime = 1<<61 - 1

// mulPrime returns a*b modulo prime, for a and b below it.
func mulPrime(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	// 2^61 is 1 modulo prime, so the bits from there on are added.
	return addPrime(lo&prime, hi<<3|lo>>61)
}

// addPrime returns a+b modulo prime, for a and b up to it.
func addPrime(a, b uint64) uint64 {
	if a += b; a >= prime {
		a -= prime
	}
	return a
}

// roller hashes all windows of n values of a sequence: each is the value of the
// polynomial with the window's values at a point drawn by the seed, modulo 2^61-1
// (Karp and Rabin, Efficient randomized pattern-matching algorithms, 1987). Two given
// windows collide with probability n/2^61.
type roller struct {
	n          int
	base, last uint64 // last is base^(n-1)
}

func newRoller(n int, seed uint64) roller {
	r := roller{n: n, base: xxh3.HashStringSeed("base", seed)%(prime-2) + 2, last: 1}
	for range n - 1 {
		r.last = mulPrime(r.last, r.base)
	}
	return r
}

// append appends the hash of every window of values, which are below prime, to dst.
func (r roller) append(dst, values []uint64) []uint64 {
	if len(values) < r.n {
		return dst
	}
	var h uint64
	for i, v := range values {
		if i >= r.n {
			h = addPrime(h, prime-mulPrime(values[i-r.n], r.last))
		}
		h = addPrime(mulPrime(h, r.base), v)
		if i >= r.n-1 {
			dst = append(dst, h)
		}
	}
	return dst
}

// appendHashes appends the hashes of tokens from up to to-1 to dst: numbers below prime.
func (w *words) appendHashes(dst []uint64, from, to int, seed uint64) []uint64 {
	if from >= to {
		return dst
	}
	next := w.from(from)
	for range to - from {
		dst = append(dst, xxh3.HashSeed(next(), seed)%prime)
	}
	return dst
}
