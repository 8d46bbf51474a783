package shingle

import (
	"slices"
	"unicode/utf8"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
)

// A Shingler makes the sets of texts by one spec. Make one with NewShingler; it
// keeps buffers and belongs to one goroutine at a time.
type Shingler struct {
	spec   Spec
	key    *kernels.Key
	fixed  bool                  // the key is that of the seed 0
	ascii  [utf8.RuneSelf]uint64 // hashes of the ASCII characters
	salt   [MaxN + 1]uint64      // by number of tokens or characters in the shingle
	memo   kernels.Memo
	tokens tokenizer
	sorter sorter
}

// NewShingler returns a Shingler for spec, with the hash functions of a seed. Sets of
// different seeds share nothing but by chance. It panics if spec is not valid.
func NewShingler(spec Spec, seed int64) *Shingler {
	if err := spec.Validate(); err != nil {
		panic(err)
	}
	s := &Shingler{spec: spec, key: kernels.NewKey(seed), fixed: seed == 0}
	for c := range s.ascii {
		s.ascii[c] = s.key.HashChar(rune(c))
	}
	for n := range s.salt {
		s.salt[n] = kernels.Mix(uint64(spec.Unit)<<16 | uint64(spec.N)<<8 | uint64(n))
	}
	return s
}

// Append appends the set of a normalised text to dst and returns the extended
// slice: what is appended is sorted and distinct, whatever dst held. Nothing is
// appended for an empty text, and for no other. Append keeps neither slice.
// Text that is not valid UTF-8 gives some set, not always the same as
// normalised text would.
func (s *Shingler) Append(dst Set, normalised []byte) Set {
	base := len(dst)
	dst = s.AppendAll(dst, normalised)
	return dst[:base+s.sorter.distinct(dst[base:])]
}

// AppendAll appends the hashes of all shingles of a normalised text to dst and
// returns the extended slice. Their distinct values are the elements of the set
// that Append makes, but they come in any order, the same for every seed, and as often
// as the text has them. That is all that signing needs, at a fraction of the time.
// Otherwise, AppendAll is as Append.
func (s *Shingler) AppendAll(dst []uint64, normalised []byte) []uint64 {
	base := len(dst)
	if len(normalised) > longText {
		dst = slices.Grow(dst, s.units(normalised))
	}
	if s.spec.Unit == Word {
		dst = s.appendWords(dst, normalised)
	} else {
		dst = s.appendChars(dst, normalised)
	}
	units := len(dst) - base
	if units == 0 {
		return dst
	}
	n := min(s.spec.N, units)
	return dst[:base+s.key.Roll(dst[base:], n, s.salt[n])]
}

// units returns the number of tokens or characters of text, or a little more.
func (s *Shingler) units(text []byte) int {
	if s.spec.Unit != Word {
		return utf8.RuneCount(text) + 1
	}
	return s.tokens.count(text)
}

// appendWords appends the hash of every token of text, in order.
func (s *Shingler) appendWords(dst []uint64, text []byte) []uint64 {
	for len(text) > 0 {
		size, ok := nextChunk(text)
		if !ok {
			for scan := (scanner{text: text[:size]}); scan.next(); {
				dst = append(dst, s.key.HashToken(text, scan.start, scan.end))
			}
			text = text[size:]
			continue
		}
		edges := s.tokens.find(text[:size])
		from, n := len(dst), len(edges)/2
		dst = slices.Grow(dst, n)[:from+n]
		s.key.HashTokens(dst[from:], text, edges, &s.memo)
		text = text[size:]
	}
	return dst
}

// appendChars appends the hash of every character of text's token string.
func (s *Shingler) appendChars(dst []uint64, text []byte) []uint64 {
	base := len(dst)
	end := 0 // of the token before
	for len(text) > 0 {
		size, ok := nextChunk(text)
		if !ok {
			for scan := (scanner{text: text[:size]}); scan.next(); end = scan.end {
				dst = s.appendToken(dst, text[scan.start:scan.end], len(dst) > base && end < scan.start)
			}
		} else {
			edges := s.tokens.find(text[:size])
			for i := 0; i < len(edges); i += 2 {
				start := int(edges[i])
				apart := len(dst) > base && end < start
				end = int(edges[i+1])
				dst = s.appendToken(dst, text[start:end], apart)
			}
		}
		text = text[size:]
		end = -1 // for chunks end behind a space
	}
	return dst
}

// appendToken appends the hash of every character of a token, behind that of a
// space if the token stands apart from the one before.
func (s *Shingler) appendToken(dst []uint64, token []byte, apart bool) []uint64 {
	dst = slices.Grow(dst, len(token)+1)
	if apart {
		dst = append(dst, s.ascii[' '])
	}
	for i := 0; i < len(token); {
		c := token[i]
		if c < utf8.RuneSelf {
			dst = append(dst, s.ascii[c])
			i++
			continue
		}
		r, size := utf8.DecodeRune(token[i:])
		if s.fixed {
			dst = append(dst, kernels.Mix(uint64(r))) // as HashChar has it, without a call
		} else {
			dst = append(dst, s.key.HashChar(r))
		}
		i += size
	}
	return dst
}
