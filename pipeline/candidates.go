package pipeline

import (
	"context"
	"fmt"
	"iter"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
)

// Candidates is how pairs are found that are worth comparing. The names are
// persisted.
type Candidates uint8

// The ways to find candidates.
const (
	// CandidatesAuto takes what suits the similarity and the size of the corpus.
	CandidatesAuto Candidates = iota
	// MinHash takes the documents that share a band of their signatures.
	MinHash
	// AllPairs takes every pair of distinct texts.
	AllPairs
	// KeyTerms takes the documents that share two of their key terms.
	KeyTerms
	// SampledShingles takes the documents that share one of a sample of all
	// shingles.
	SampledShingles
)

var candidateNames = []string{"auto", "minhash", "all", "key-terms", "sampled-shingles"}

// String returns the name ParseCandidates reads.
func (c Candidates) String() string {
	if int(c) < len(candidateNames) {
		return candidateNames[c]
	}
	return fmt.Sprintf("candidates(%d)", uint8(c))
}

// MarshalText writes the name.
func (c Candidates) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (c *Candidates) UnmarshalText(text []byte) (err error) {
	*c, err = ParseCandidates(string(text))
	return err
}

// ParseCandidates reads auto, minhash, all, key-terms or sampled-shingles.
func ParseCandidates(name string) (Candidates, error) {
	for i, n := range candidateNames {
		if n == name {
			return Candidates(i), nil
		}
	}
	return 0, fmt.Errorf("pipeline: candidates %q are unknown, want auto, minhash, all, key-terms or sampled-shingles", name)
}

// suit tells whether candidates for s can be found in the way c.
func (c Candidates) suit(s Similarity) bool {
	switch c {
	case CandidatesAuto:
		return true
	case MinHash:
		return s.signed()
	case AllPairs:
		return s.signed() || s.weighted()
	case KeyTerms:
		return s.weighted()
	case SampledShingles:
		return s.signed()
	}
	return false
}

// allPairsTexts is the number of distinct texts up to which all pairs of a
// weighted similarity are compared: some seconds.
const allPairsTexts = 1000

// candidates resolves CandidatesAuto for a number of distinct texts.
func (id Identity) candidates(texts int64) Candidates {
	switch {
	case id.Candidates != CandidatesAuto:
		return id.Candidates
	case id.Similarity == Containment:
		return SampledShingles
	case id.Similarity.weighted() && texts <= allPairsTexts:
		return AllPairs
	case id.Similarity.weighted():
		return KeyTerms
	}
	return MinHash
}

// candidateSource is what a way to find candidates found: [lsh.Joined] says what
// the methods do.
type candidateSource interface {
	Documents() iter.Seq[corpus.ID]
	Stats() lsh.Stats
	Giants(ctx context.Context, yield func(band int, members []corpus.ID) error) error
	Pairs(ctx context.Context, yield func([]corpus.Pair) error) (lsh.Stats, error)
	Close() error
}

// typicalShared is a number of shingles that documents have in common of which one
// contains the other: those of about two paragraphs.
const typicalShared = 100

// unsignedRecall is the probability that a pair at the threshold is found where
// candidates do not come from signatures.
func (id Identity) unsignedRecall() float64 {
	switch id.candidates(0) {
	case SampledShingles:
		return sampledRecall(typicalShared * id.Threshold)
	case KeyTerms:
		if id.KeyTermCut > 0 {
			return id.Recall
		}
		return keyTermRecall
	}
	return 1
}

// keyTermRecall is the share of the pairs at the threshold of preset story that two
// shared terms of 20 find, without a sieve: measured (docs/accuracy.md), not derived.
const keyTermRecall = 0.95

// unsigned says how candidates are found without signatures, and why.
func (id Identity) unsigned() string {
	switch id.Candidates {
	case AllPairs:
		return "all pairs, so none is missed; the time grows with the square of the number of texts"
	case KeyTerms:
		return "of all texts, " + id.byKeyTerms()
	}
	if id.candidates(0) == SampledShingles {
		return fmt.Sprintf("texts that share one of a sample of 1 in %s, so a text is found in any longer one: %.4f of those with %s in common, %.2f of those with 10",
			quantity.Of(sampledOne, "shingle", "shingles"), sampledRecall(typicalShared), quantity.Of(typicalShared, "shingle", "shingles"), sampledRecall(10))
	}
	return fmt.Sprintf("all pairs of up to %s, so none is missed; of more, for a comparison costs some microseconds, %s", quantity.Of(allPairsTexts, "text", "texts"), id.byKeyTerms())
}
