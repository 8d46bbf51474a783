// Package shingle turns a text into the set of hashes that doppel compares.
//
// What comes in is text in UTF-8; what goes out, step by step, is
//
//	text -> normalised text -> tokens -> shingles -> Set
//	               \-> Digest
//
// A Normalizer brings spellings together that no reader tells apart: Unicode's
// NFKC_Casefold (compatibility composition, full case folding, invisible
// characters dropped) with every run of white space made one space, and some more
// that hide copies in practice; Normalizer.Append lists them. Two texts are exact
// duplicates if their normalised texts, and so their Digests, are equal.
//
// docs/languages.md has what was measured for each rule and each language.
// Everything goes by characters, so no rule asks for the language of a text:
// Turkish is folded as other Latin script is, with its two letters i made one.
//
// Tokens are the words of the normalised text by UAX #29 that hold at least
// one letter or number; numbers are kept, punctuation and emoji are not.
// Scripts written without spaces between words (Han, Hiragana, Katakana, Thai,
// Lao, Khmer, Myanmar) give one token for each character with its combining
// marks. A text without any token is empty: it has no shingles.
//
// A Spec says what a shingle is. With word:N, it is N consecutive tokens. With
// char:N, it is N consecutive characters (code points) of the token string:
// the tokens in order, whatever lies between two of them made one space and
// nothing put between tokens that touch. A text that is not empty but has
// fewer than N tokens or characters has one shingle, all that there is.
//
// A Shingler hashes the shingles to 64 bits; AppendAll gives the hashes as they
// come, for signing, and Append sorts out the distinct ones. Tokens are hashed by
// Key.HashToken of internal/kernel/text. Token hashes are rolled polynomially over N tokens modulo 2^64 as in
// Karp and Rabin, Efficient randomized pattern-matching algorithms, 1987, so
// that a shingle costs the same for every N; the result is mixed with the
// unit, N and the number of tokens by a bijection that spreads it over all 64
// bits. The hashes are therefore uniform, and sets of different specs share
// nothing but by chance. Two given shingles collide with probability 2^-64 in
// general, and up to 2^-58 where the same few tokens alternate; only Thue-Morse
// sequences of 64 tokens, which nobody writes by accident, come to 2^-38. Sets
// of shingles as a model of a text are from Broder, On the resemblance and
// containment of documents, 1997.
//
// All of that is so by chance. With the seed 0 every hash function is known, and words
// and texts that collide are easily made. With another, tokens are hashed by SipHash and
// texts by SHA-256, so that only who knows the seed can make words that collide, or two
// texts of one digest. What is to be decided by sets needs a seed that nobody knows.
//
// Segments finds the tokens again in a text as it was written, for showing
// them to people.
//
// Nearly all text is plain ASCII words, so normalising, tokenising and hashing
// each have a path for it by the kernels of internal/kernel/text, to which the
// most frequent characters of other alphabets are added here; it goes over to
// the Unicode libraries at the word where it must and back after it. Both paths
// give the same result on every input and every processor, which the tests check
// by brute force and fuzzing.
//
// Functions may be called from many goroutines. A Normalizer and a Shingler
// keep buffers and belong to one goroutine at a time. A Normalizer holds up to
// a few hundred KB of tables for the characters that it has met and, between calls,
// up to two buffers of 1 MB; while it normalises a text with markup, two buffers of
// the text's length. A Shingler holds
// at most 9 MB of scratch between calls, and 8 bytes for each shingle of a
// longer text while it sorts them. Time is linear in the length of the text, but
// for the sorting of sets that somebody has built to be hard to sort, which adds
// a logarithm, and of those of many millions of shingles.
package shingle

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// version names the rules by which a normalised text becomes a Set with the seed 0.
// Version 1 hashed tokens of 9 to 16 bytes by XXH3. The editions of Unicode are those of
// the tables of word boundaries and, depending on the Go release that built the program,
// of scripts.
const version = "uax29-poly64/2 words-17.0.0 scripts-" + unicode.Version

// VersionOf names the rules by which a normalised text becomes a Set and a Digest with
// a seed: the tokeniser, the hash functions and the way in which they are combined. It
// is persisted, never renumber: sets and signatures made under different versions, or of
// different seeds, must not be compared. Before siphash13-sha256/1 tokens and texts
// were hashed alike with all seeds.
func VersionOf(seed int64) string {
	if seed != 0 {
		return version + " siphash13-sha256/1"
	}
	return version
}

// Unit says what a shingle consists of. The zero value is invalid.
type Unit uint8

// The units. The numbers are part of each shingle's hash: persisted, never
// renumber.
const (
	Word Unit = 1 // tokens
	Char Unit = 2 // characters of the token string
)

// String returns "word" or "char", and "unit(n)" for an invalid unit.
func (u Unit) String() string {
	switch u {
	case Word:
		return "word"
	case Char:
		return "char"
	}
	return fmt.Sprintf("unit(%d)", uint8(u))
}

// MaxN is the largest number of tokens or characters in a shingle.
const MaxN = 64

// Spec says what a shingle is: N consecutive units. It is a small value that
// may be compared with ==. The zero value is invalid.
type Spec struct {
	Unit Unit
	N    int // 1 to MaxN
}

// ParseSpec reads a spec in the form that Spec.String writes, such as "word:5"
// or "char:5".
func ParseSpec(s string) (Spec, error) {
	name, count, found := strings.Cut(s, ":")
	if !found {
		return Spec{}, fmt.Errorf("shingle: spec %q is not of the form word:N or char:N", s)
	}
	var spec Spec
	switch name {
	case "word":
		spec.Unit = Word
	case "char":
		spec.Unit = Char
	default:
		return Spec{}, fmt.Errorf("shingle: spec %q: unit %q is neither word nor char", s, name)
	}
	n, err := strconv.Atoi(count)
	if err != nil || strconv.Itoa(n) != count {
		return Spec{}, fmt.Errorf("shingle: spec %q: %q is not a number", s, count)
	}
	spec.N = n
	return spec, spec.check(s)
}

// String returns the spec in the form that ParseSpec reads.
func (s Spec) String() string { return s.Unit.String() + ":" + strconv.Itoa(s.N) }

// MarshalText writes the spec as String does.
func (s Spec) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the spec as ParseSpec does. On an error, s is unchanged.
func (s *Spec) UnmarshalText(text []byte) error {
	spec, err := ParseSpec(string(text))
	if err == nil {
		*s = spec
	}
	return err
}

// Validate returns an error that says what is wrong with the spec, or nil.
func (s Spec) Validate() error { return s.check(s.String()) }

// check is Validate for a spec that its user knows as shown.
func (s Spec) check(shown string) error {
	switch {
	case s.Unit != Word && s.Unit != Char:
		return fmt.Errorf("shingle: spec %q: unit is neither word nor char", shown)
	case s.N < 1 || s.N > MaxN:
		return fmt.Errorf("shingle: spec %q: N is %d, must be 1 to %d", shown, s.N, MaxN)
	}
	return nil
}

// Set holds the hashes of a text's shingles, ascending and distinct. The set of
// an empty text has no elements.
type Set []uint64
