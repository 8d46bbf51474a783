// Package minhash turns shingle sets into signatures: k numbers of which, for
// two documents, the expected share of equal ones is the Jaccard similarity of
// their sets (Broder, On the resemblance and containment of documents, 1997).
//
// # What comes in, what goes out
//
// A [Signer] takes a document's set of 64-bit shingle hashes, in any order, and
// gives a [Signature] of k positions, one for each hash function: the smallest
// value that the function takes on the set, or the element that takes it. Which
// functions those are is fixed by the [Family], the seed and k: signatures that
// differ in one of these must never meet. The empty set has no signature, so an empty document is nobody's
// candidate.
//
// [Estimate] counts equal positions. Its standard error is sqrt(J(1-J)/k), see
// [StdErr]: with 128 hashes and J = 0.06 that is 0.02, a third of the value. An
// estimate is therefore good for finding pairs and not for deciding on them:
// package lsh proposes, package verify decides.
//
// # Families
//
// [FSS], the default, is Fast Similarity Sketching (Dahlgaard, Knudsen and
// Thorup, FOCS 2017). It throws every element of the set into one of k bins, round
// after round until no bin is empty, instead of hashing it k times: n + k log k
// hashes in all, so that a long document costs one or two a shingle. A position
// holds the mixed hash m(x) of the element that won its bin, where m is a fixed
// bijective mixer (Stafford's variant 13 of the MurmurHash3 finaliser, the one of
// SplitMix64); the round needs no bits of its own, for equal elements imply equal
// rounds. (Let x hold the bin in A since round i and in B since round j < i. Then
// x, also in A, would have reached A's bin in round j.) Hence two positions are
// equal if and only if the same element won both in the same round, without any
// chance collision; and positions are uniform over 64 bits. They are not small
// numbers, and one value may stand in several: all, if the set has a single
// element. Where we differ from the paper, which asks for a strong hash function:
// rounds use a*m(x) + b mod 2^64. There is no measurable bias. The error is 0.7 of
// theory for sets of 10, 0.8 to 0.9 for 300, and theory for 5,000: bins draw
// elements nearly without replacement. For the same reason, positions are slightly
// dependent for sets that are not much larger than k, and the S-curve of package
// lsh is steeper than computed: more candidates where it is high, fewer where it
// is low. Sketches of different k have nothing in common.
//
// [Classic32] is h_i(x) = a_i*m(x) + b_i mod 2^32 with random odd a_i and random
// b_i, over the lower 32 bits of m(x). The mixer is there because functions of
// this shape are only 2-independent: on raw sequential integers, the estimator's
// error is a tenth to a third above theory. Mixed, it is theory, at any size. A
// position is a minimum, and its upper half is zero. 32 bits have chance
// collisions: of two sets of n elements with nothing in common, a position agrees
// with probability n/2^33, and in general the estimate is too large by
// n(1-J)^2/(1+J)/2^33. That is nothing to the standard error (6e-7 for 5,000
// shingles, 1e-4 for a million), and nothing in bands of several rows; but bands of
// one row propose, of documents of 300 shingles, one pair in 30 million a band for
// nothing. Two shingles whose m(x) agree in 32 bits, one pair in 4e9, count as one.
//
// [Classic] reproduces github.com/ekzhu/minhash-lsh bit for bit: double hashing
// (Kirsch and Mitzenmacher, Less hashing, same performance, 2006) over two
// seeded FNV-1a values of the shingle hash. It serves comparison with that
// package and signatures made by it. Its error is a few per cent above theory, and
// on sequential integers it has a bias of a tenth of the standard error.
//
// FSS is the default, on every machine alike, because it is better at both: its
// error is that of Classic32 for long texts and well below for short ones, and a
// document of 300 shingles takes half the time with kernels and a tenth without
// (docs/benchmarks.md). Only below 100 shingles, and only with kernels, is
// Classic32 the faster one, by 1 or 2 microseconds a document with 96 or 128
// positions. It has its place where positions must be independent, or where a
// prefix of a signature must be one itself.
//
// # Concurrency and memory
//
// A Signer is immutable: one serves any number of goroutines. It takes 48 bytes
// a hash function with FSS and 8 with Classic32; Sign of both takes up to 21 KiB
// of stack. Sign allocates only when dst is too short.
package minhash

import (
	"fmt"
	"math"

	"github.com/doppel-dedup/doppel/internal/kernel/sketch"
)

// MaxHashes is the largest number of hash functions a signature may have.
const MaxHashes = sketch.MaxPositions

// Family names a way to derive the hash functions of a signature.
type Family uint8

// The families. Values and names are persisted in fingerprints: never renumber. 1
// was a family that no release had.
const (
	// FSS, the default, is Fast Similarity Sketching: one or two hashes a
	// shingle, instead of k, for sets of several times k.
	FSS Family = 0
	// Classic equals minhash-lsh's NewMinhash(seed, k) fed with each shingle
	// hash as 8 bytes, little endian.
	Classic Family = 2
	// Classic32 is multiply and add modulo 2^32, k hashes a shingle.
	Classic32 Family = 3
)

var families = []struct {
	family Family
	name   string
}{{FSS, "fss"}, {Classic32, "classic32"}, {Classic, "classic"}}

// IsKnown reports whether f is one of the families.
func (f Family) IsKnown() bool {
	for _, known := range families {
		if known.family == f {
			return true
		}
	}
	return false
}

// MarshalText writes the name.
func (f Family) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (f *Family) UnmarshalText(text []byte) (err error) {
	*f, err = ParseFamily(string(text))
	return err
}

// String returns the name that [ParseFamily] reads.
func (f Family) String() string {
	for _, known := range families {
		if known.family == f {
			return known.name
		}
	}
	return fmt.Sprintf("Family(%d)", uint8(f))
}

// ParseFamily returns the family called name: "fss", "classic32" or "classic".
func ParseFamily(name string) (Family, error) {
	for _, known := range families {
		if known.name == name {
			return known.family, nil
		}
	}
	return 0, fmt.Errorf("minhash: family %q is unknown, want fss, classic32 or classic", name)
}

// Signature is a document's MinHash values, one for each hash function or bin. Two
// signatures are comparable only if their signers' fingerprints are equal.
type Signature []uint64

// Signer computes signatures. The zero value is not usable: see [NewSigner].
type Signer struct {
	family Family
	seed   int64
	hashes int

	rounds  []sketch.Round // FSS
	funcs   sketch.Funcs32 // Classic32
	classic [2]uint64
}

// NewSigner returns a signer of k hash functions, 1 to [MaxHashes], of the given
// family; for [FSS], k is the number of bins. The seed picks the functions. The
// first j functions of a Classic32 signer do not depend on k; an FSS sketch has
// no such prefix.
func NewSigner(f Family, k int, seed int64) (*Signer, error) {
	if k < 1 || k > MaxHashes {
		return nil, fmt.Errorf("minhash: %d hashes, want 1 to %d", k, MaxHashes)
	}
	s := &Signer{family: f, seed: seed, hashes: k}
	switch f {
	case FSS:
		s.rounds = newFSS(k, seed)
	case Classic32:
		s.funcs = newClassic32(k, seed)
	case Classic:
		s.classic = newClassic(seed)
	default:
		return nil, fmt.Errorf("minhash: family %d is unknown", uint8(f))
	}
	return s, nil
}

// Hashes returns the number of hash functions, the length of a signature.
func (s *Signer) Hashes() int { return s.hashes }

// Sign fills dst with the signature of set and returns it, allocating only if
// dst has too little capacity.
//
// set holds shingle hashes in any order; repeated ones do not matter. The empty
// set has no signature: Sign returns nil. Sign keeps neither slice and may be
// called from many goroutines.
func (s *Signer) Sign(dst Signature, set []uint64) Signature {
	if len(set) == 0 {
		return nil
	}
	if cap(dst) < s.hashes {
		dst = make(Signature, s.hashes)
	}
	dst = dst[:s.hashes]
	switch s.family {
	case Classic32:
		sketch.Classic32(dst, set, s.funcs)
	case Classic:
		signClassic(dst, set, s.classic)
	default:
		sketch.FSS(dst, set, s.rounds)
	}
	return dst
}

// Estimate returns the share of equal positions of a and b, in [0,1]: an
// unbiased estimate of the Jaccard similarity of their sets. It panics if the
// signatures differ in length or are empty.
func Estimate(a, b Signature) float64 {
	if len(a) != len(b) || len(a) == 0 {
		panic(fmt.Sprintf("minhash: estimate from signatures of %d and %d hashes", len(a), len(b)))
	}
	equal := 0
	for i, v := range a {
		if v == b[i] {
			equal++
		}
	}
	return float64(equal) / float64(len(a))
}

// StdErr returns the standard error sqrt(j(1-j)/k) of [Estimate] at Jaccard
// similarity j in [0,1] with k hash functions.
func StdErr(j float64, k int) float64 {
	return math.Sqrt(j * (1 - j) / float64(k))
}
