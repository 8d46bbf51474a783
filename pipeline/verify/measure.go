package verify

import (
	"fmt"
	"math"
)

// Measure is a way to turn what two documents have in common into a similarity
// in [0, 1]. The zero value is [Jaccard]. The numbers are persisted, never
// renumber.
//
// Jaccard and Containment compare shingle sets, and the overlap of a pair is the
// number of shingles shared. Cosine and WeightedJaccard compare weighted rows
// (see [RowSimilarity]), and the overlap is the similarity itself, in fixed point.
type Measure uint8

const (
	// Jaccard is |A∩B| / |A∪B|.
	Jaccard Measure = 0
	// Containment is |A∩B| / |A|, the share of A's shingles found in B; of the
	// two directions the larger counts for a pair.
	Containment Measure = 1
	// Cosine is the geometric mean, over the sections of two weighted rows, of
	// the cosine of their weights (Salton, Wong and Yang, A vector space model
	// for automatic indexing, 1975).
	Cosine Measure = 2
	// WeightedJaccard is the same mean of sum(min) / sum(max) of their weights
	// (Ioffe, Improved consistent sampling, weighted minhash and L1 sketching,
	// 2010).
	WeightedJaccard Measure = 3
)

var measureNames = [...]string{
	Jaccard: "jaccard", Containment: "containment",
	Cosine: "cosine", WeightedJaccard: "weighted-jaccard",
}

func (m Measure) valid() bool { return int(m) < len(measureNames) }

// Weighted reports whether m compares weighted rows rather than shingle sets.
func (m Measure) Weighted() bool { return m == Cosine || m == WeightedJaccard }

// String returns the measure's name in lower case.
func (m Measure) String() string {
	if !m.valid() {
		return fmt.Sprintf("measure(%d)", uint8(m))
	}
	return measureNames[m]
}

// Similarity returns the similarity of two sets of the given sizes that share
// overlap values: for [Containment] the larger of the two directions. It never
// falls when overlap rises, and is 0 if either set is empty. The weighted
// measures turn the fixed point of [Scored].Overlap back and ignore the sizes.
func (m Measure) Similarity(overlap, sizeA, sizeB int) float64 {
	switch m {
	case Containment:
		return ratio(overlap, min(sizeA, sizeB))
	case Cosine, WeightedJaccard:
		return fromFixed(overlap)
	}
	return ratio(overlap, sizeA+sizeB-overlap)
}

// Directed returns how far the representative stands for the member: for
// [Containment] the share of the member's shingles found in the
// representative, for the others their similarity, which is the same in both
// directions. The sizes are those of the two sets.
func (m Measure) Directed(overlap, member, representative int) float64 {
	if m == Containment {
		return ratio(overlap, member)
	}
	return m.Similarity(overlap, member, representative)
}

// fixedOne is similarity 1 in the fixed point of Scored.Overlap.
const fixedOne = 1<<32 - 1

// toFixed returns a similarity in [0, 1] in fixed point, rounded down.
func toFixed(similarity float64) uint32 { return uint32(math.Floor(similarity * fixedOne)) }

// fromFixed is the inverse of toFixed. On 32-bit machines, int holds the fixed
// point of similarities over one half as a negative number.
func fromFixed(overlap int) float64 { return float64(uint32(overlap)) / fixedOne }

func ratio(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// Needed returns the smallest overlap for which
//
//	m.Similarity(overlap, sizeA, sizeB) >= threshold
//
// holds in floating point as written, or min(sizeA, sizeB)+1 if no overlap of
// such sets does. The threshold is in (0, 1]. It takes constant time.
//
// Sizes say nothing about weighted rows: Needed panics for their measures.
func (m Measure) Needed(threshold float64, sizeA, sizeB int) int {
	if m.Weighted() {
		panic(fmt.Sprintf("verify: overlap needed asked of measure %v, which has none", m))
	}
	small := min(sizeA, sizeB)
	guess := threshold * float64(small)
	if m == Jaccard {
		// o/(a+b-o) >= t exactly when o >= (a+b) t/(1+t).
		guess = float64(sizeA+sizeB) * threshold / (1 + threshold)
	}
	n := int(math.Ceil(max(0, min(guess, float64(small)+1))))
	// The guess is off by rounding alone, so each loop takes a step or none.
	// Both are sound because a rounded quotient is monotone in its parts.
	for n > 0 && m.Similarity(n-1, sizeA, sizeB) >= threshold {
		n--
	}
	for n <= small && m.Similarity(n, sizeA, sizeB) < threshold {
		n++
	}
	return n
}
