package shingle

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// multiplier is the base of the polynomial over token hashes: the golden ratio
// of 2^64, made 3 modulo 8. Persisted, never renumber.
const multiplier = 0x9E3779B97F4A7C13

// A Shingler makes the sets of texts by one spec. Make one with NewShingler; it
// keeps buffers and belongs to one goroutine at a time.
type Shingler struct {
	spec   Spec
	leave  uint64           // multiplier^N, the weight of a token that rolls out
	salt   [MaxN + 1]uint64 // by number of tokens or characters in the shingle
	sorter sorter
}

// NewShingler returns a Shingler for spec. It panics if spec is not valid.
func NewShingler(spec Spec) *Shingler {
	if err := spec.Validate(); err != nil {
		panic(err)
	}
	s := &Shingler{spec: spec, leave: 1}
	for range spec.N {
		s.leave *= multiplier
	}
	for n := range s.salt {
		s.salt[n] = mix(uint64(spec.Unit)<<16 | uint64(spec.N)<<8 | uint64(n))
	}
	return s
}

// Spec returns the spec that the Shingler was made for.
func (s *Shingler) Spec() Spec { return s.spec }

// Append appends the set of a normalised text to dst and returns the extended
// slice: what is appended is sorted and distinct, whatever dst held. Nothing is
// appended for an empty text, and for no other. Append keeps neither slice.
// Text that is not valid UTF-8 gives some set, not always the same as
// normalised text would.
func (s *Shingler) Append(dst Set, normalised []byte) Set {
	base := len(dst)
	if s.spec.Unit == Word {
		dst = appendWords(dst, normalised)
	} else {
		dst = appendChars(dst, normalised)
	}
	count := s.roll(dst[base:])
	return dst[:base+s.sorter.distinct(dst[base:base+count])]
}

// appendWords appends the hash of every token of text, in order.
func appendWords(dst Set, text []byte) Set {
	scan := scanner{text: text}
	for scan.next() {
		dst = append(dst, hashToken(text, scan.start, scan.end))
	}
	return dst
}

// appendChars appends the hash of every character of text's token string.
func appendChars(dst Set, text []byte) Set {
	scan := scanner{text: text}
	end := -1 // of the token before
	for scan.next() {
		if end >= 0 && end < scan.start {
			dst = append(dst, hashChar(' '))
		}
		end = scan.end
		dst = slices.Grow(dst, end-scan.start)
		for i := scan.start; i < end; {
			r, size := rune(text[i]), 1
			if r >= utf8.RuneSelf {
				r, size = utf8.DecodeRune(text[i:end])
			}
			dst = append(dst, hashChar(r))
			i += size
		}
	}
	return dst
}

// roll replaces the hashes of tokens or characters by those of the shingles
// that they form and returns the number of shingles, at most len(h).
//
// The hash of h[i-N+1..i] before mixing is the sum of h[j]*multiplier^(i-j).
// Each is written over the token that it rolls out; the first one, for which
// there is none, goes last. The order is of no account, for the shingles are
// sorted next.
func (s *Shingler) roll(h []uint64) int {
	if len(h) == 0 {
		return 0
	}
	n := min(s.spec.N, len(h))
	salt := s.salt[n]
	var sum uint64
	for _, x := range h[:n] {
		sum = sum*multiplier + x
	}
	first := mix(sum + salt)
	entering := h[n:]
	for i, x := range entering {
		sum = sum*multiplier + x - h[i]*s.leave
		h[i] = mix(sum + salt)
	}
	h[len(entering)] = first
	return len(entering) + 1
}

// hashToken returns the hash of a token that starts at text[start] and ends at
// text[end]. Persisted, never change.
//
// A token of up to eight bytes is mixed as a little-endian number, which no
// two share, for a token has no zero byte. Most words are that short, and are
// loaded at one go where the text goes on for long enough. Longer tokens are
// hashed by XXH3.
func hashToken(text []byte, start, end int) uint64 {
	n := end - start
	if n > 8 {
		return xxh3.Hash(text[start:end])
	}
	var x uint64
	if start+8 <= len(text) {
		x = binary.LittleEndian.Uint64(text[start:]) & (1<<(8*n) - 1)
	} else {
		for i := range n {
			x |= uint64(text[start+i]) << (8 * i)
		}
	}
	return mix(x)
}

// hashChar returns the hash of a character. Persisted, never change.
func hashChar(r rune) uint64 { return mix(uint64(r)) }

// mix is a bijection of 64-bit numbers in which each bit of the result hangs on
// every bit of x: a step of SplitMix64 (Steele, Lea and Flood, Fast splittable
// pseudorandom number generators, 2014). Persisted, never change.
func mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}
