// Package minhash turns shingle sets into signatures: k numbers of which, for
// two documents, the expected share of equal ones is the Jaccard similarity of
// their sets (Broder, On the resemblance and containment of documents, 1997).
//
// # What comes in, what goes out
//
// A [Signer] takes a document's set of 64-bit shingle hashes, in any order, and
// gives a [Signature] of k positions, one for each hash function: the smallest
// value that the function takes on the set, or the element that takes it. Which
// functions those are is fixed by the [Family], the seed and k, together the
// signer's [Signer.Fingerprint]; signatures of different fingerprints must never
// meet. The empty set has no signature, so an empty document is nobody's
// candidate.
//
// [Estimate] counts equal positions. Its standard error is sqrt(J(1-J)/k), see
// [StdErr]: with 128 hashes and J = 0.06 that is 0.02, a third of the value. An
// estimate is therefore good for finding pairs and not for deciding on them:
// package lsh proposes, package verify decides.
//
// # Families
//
// [MulAdd64] is h_i(x) = a_i*m(x) + b_i mod 2^64 with random odd a_i and random
// b_i, where m is a fixed bijective mixer (Stafford's variant 13 of the
// MurmurHash3 finaliser, the one of SplitMix64). The mixer is there because
// functions of this shape are only 2-independent: on raw sequential integers,
// the estimator's error is a tenth to a third above theory. Mixed, it is within
// a few per cent of theory for sets of 10 to 5,000 and there is no measurable
// bias. All arithmetic wraps at 2^64 by design. Published families modulo the
// prime 2^61-1 overflow in several implementations, and cost four times as much.
//
// [Classic] reproduces github.com/ekzhu/minhash-lsh bit for bit: double hashing
// (Kirsch and Mitzenmacher, Less hashing, same performance, 2006) over two
// seeded FNV-1a values of the shingle hash. It serves comparison with that
// package and signatures made by it. Its error is up to 15% above theory.
//
// [FSS] is Fast Similarity Sketching (Dahlgaard, Knudsen and Thorup, FOCS 2017).
// It throws every element of the set into one of k bins, round after round until
// no bin is empty, instead of hashing it k times: n + k log k hashes in all, so
// that a long document costs one or two a shingle. A position holds the mixed
// hash m(x) of the element that won its bin; the round needs no bits of its own,
// for equal elements imply equal rounds. (Let x hold the bin in A since round i
// and in B since round j < i. Then x, also in A, would have reached A's bin in
// round j.) Hence two positions are equal if and only if the same element won
// both in the same round, without any chance collision; and as m is a bijective
// mixer, positions are uniform over 64 bits. Unlike those of MulAdd64 they are
// not small numbers, and one value may stand in several positions: all, if the
// set has a single element. Where we differ from the paper, which asks for a
// strong hash function: rounds use the functions of MulAdd64. There is no
// measurable bias. The error is 0.7 of theory for sets of 10, 0.8 to 1.0 for
// 300, and theory for 5,000: bins draw elements nearly without replacement. For
// the same reason, positions are slightly dependent for sets that are not much
// larger than k, and the S-curve of package lsh is steeper than computed: more
// candidates where it is high, fewer where it is low. Sketches of different k
// have nothing in common.
//
// # Concurrency and memory
//
// A Signer is immutable: one serves any number of goroutines. It takes 16 bytes
// a hash function, 48 with FSS, whose Sign also takes 7 KiB of stack. Sign
// allocates only when dst is too short. A [Matrix] takes 8 bytes a position and
// belongs to one goroutine while it grows.
package minhash

import (
	"fmt"
	"math"
)

// MaxHashes is the largest number of hash functions a signature may have.
const MaxHashes = 1024

// Family names a way to derive the hash functions of a signature.
type Family uint8

// The families. Values and names are persisted in fingerprints: never renumber.
const (
	// FSS, the default, is Fast Similarity Sketching: one or two hashes a
	// shingle, instead of k, for sets of several times k.
	FSS Family = iota
	// MulAdd64 is multiply and add modulo 2^64, k hashes a shingle.
	MulAdd64
	// Classic equals minhash-lsh's NewMinhash(seed, k) fed with each shingle
	// hash as 8 bytes, little endian.
	Classic
)

var familyNames = [...]string{FSS: "fss", MulAdd64: "muladd64", Classic: "classic"}

// MarshalText writes the name.
func (f Family) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (f *Family) UnmarshalText(text []byte) (err error) {
	*f, err = ParseFamily(string(text))
	return err
}

// String returns the name that [ParseFamily] reads.
func (f Family) String() string {
	if int(f) < len(familyNames) {
		return familyNames[f]
	}
	return fmt.Sprintf("Family(%d)", uint8(f))
}

// ParseFamily returns the family called name: "fss", "muladd64" or
// "classic".
func ParseFamily(name string) (Family, error) {
	for f, n := range familyNames {
		if n == name {
			return Family(f), nil
		}
	}
	return 0, fmt.Errorf("minhash: family %q is unknown, want fss, muladd64 or classic", name)
}

// Signature is a document's MinHash values, one for each hash function or bin. Two
// signatures are comparable only if their signers' fingerprints are equal.
type Signature []uint64

// Signer computes signatures. The zero value is not usable: see [NewSigner].
type Signer struct {
	family Family
	seed   int64
	hashes int

	funcs   []mulAdd // MulAdd64
	classic [2]uint64
	rounds  []fssRound // FSS
}

// NewSigner returns a signer of k hash functions, 1 to [MaxHashes], of the given
// family; for [FSS], k is the number of bins. The seed picks the functions. The
// first j functions of a MulAdd64 signer do not depend on k; an FSS sketch has
// no such prefix.
func NewSigner(f Family, k int, seed int64) (*Signer, error) {
	if k < 1 || k > MaxHashes {
		return nil, fmt.Errorf("minhash: %d hashes, want 1 to %d", k, MaxHashes)
	}
	s := &Signer{family: f, seed: seed, hashes: k}
	switch f {
	case MulAdd64:
		s.funcs = newMulAdd(k, seed)
	case Classic:
		s.classic = newClassic(seed)
	case FSS:
		s.rounds = newFSS(k, seed)
	default:
		return nil, fmt.Errorf("minhash: family %d is unknown", uint8(f))
	}
	return s, nil
}

// Hashes returns the number of hash functions, the length of a signature.
func (s *Signer) Hashes() int { return s.hashes }

// Fingerprint names all that a signature depends on besides the set: family and
// its version, number of hashes, seed. It is persisted: two artefacts may be
// combined only if theirs are equal.
func (s *Signer) Fingerprint() string {
	return fmt.Sprintf("%v/1 hashes=%d seed=%d", s.family, s.hashes, s.seed)
}

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
	for i := range dst {
		dst[i] = math.MaxUint64
	}
	switch s.family {
	case Classic:
		signClassic(dst, set, s.classic)
	case FSS:
		signFSS(dst, set, s.rounds)
	default:
		signMulAdd(dst, set, s.funcs)
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
