package pipeline

import (
	"fmt"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// Similarity is the kind of similarity that decides.
type Similarity uint8

// The kinds of similarity. Persisted by name.
const (
	// SimilarityDefault is the preset's.
	SimilarityDefault Similarity = iota
	// Exact asks for equal normalised texts; nothing is shingled or signed.
	Exact
	// Jaccard is the share of shingles that two documents have in common.
	Jaccard
	// Containment is the share of a member's shingles found in its
	// representative.
	Containment
	// Cosine is the cosine of the tf-idf weights of features, and where these are
	// a product, the geometric mean of the cosines of its factors.
	Cosine
	// WeightedJaccard is the sum of the smaller weights over that of the larger
	// ones, and their geometric mean likewise.
	WeightedJaccard
)

var similarityNames = []string{"default", "exact", "jaccard", "containment", "cosine", "weighted-jaccard"}

// unit names what the similarity is computed on.
func (id Identity) unit() string {
	if id.Similarity.weighted() {
		return id.Features.String()
	}
	return id.Shingle.String()
}

// signed tells whether documents have shingle sets and signatures.
func (s Similarity) signed() bool { return s == Jaccard || s == Containment }

// weighted tells whether features have weights.
func (s Similarity) weighted() bool { return s == Cosine || s == WeightedJaccard }

// String returns the name ParseSimilarity reads.
func (s Similarity) String() string {
	if int(s) < len(similarityNames) {
		return similarityNames[s]
	}
	return fmt.Sprintf("similarity(%d)", uint8(s))
}

// MarshalText writes the name.
func (s Similarity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Similarity) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSimilarity(string(text))
	return err
}

// ParseSimilarity reads exact, jaccard, containment, cosine or weighted-jaccard.
func ParseSimilarity(name string) (Similarity, error) {
	for i, n := range similarityNames {
		if n == name && i > 0 {
			return Similarity(i), nil
		}
	}
	return 0, fmt.Errorf("pipeline: similarity %q is unknown, want exact, jaccard, containment, cosine or weighted-jaccard", name)
}

// Measure returns how it comes of sets.
func (s Similarity) Measure() verify.Measure {
	switch s {
	case Containment:
		return verify.Containment
	case Cosine:
		return verify.Cosine
	case WeightedJaccard:
		return verify.WeightedJaccard
	}
	return verify.Jaccard
}

// of returns the similarity of two documents by their sets, or weighted rows; for
// containment, of the first in the second.
func (s Similarity) of(set, other []uint64) float64 {
	if s.weighted() {
		return verify.RowSimilarity(set, other, s.Measure())
	}
	return s.Measure().Directed(verify.Overlap(set, other), len(set), len(other))
}

// ofPair returns that of a verified pair, from the sizes of its documents' sets; for
// containment the larger of the two directions.
func (s Similarity) ofPair(e verify.Scored, sizeOf func(corpus.ID) int) float64 {
	return s.Measure().Similarity(int(e.Overlap), sizeOf(e.Pair.A), sizeOf(e.Pair.B))
}
