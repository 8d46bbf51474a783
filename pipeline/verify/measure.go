package verify

import (
	"fmt"
	"math"
)

// Measure is a way to turn an overlap and two set sizes into a similarity in
// [0, 1]. The zero value is [Jaccard]. The numbers are persisted, never
// renumber.
type Measure uint8

const (
	// Jaccard is |A∩B| / |A∪B|.
	Jaccard Measure = 0
	// Containment is |A∩B| / |A|, the share of A's shingles found in B; of the
	// two directions the larger counts for a pair.
	Containment Measure = 1
)

var measureNames = [...]string{Jaccard: "jaccard", Containment: "containment"}

func (m Measure) valid() bool { return int(m) < len(measureNames) }

// String returns the measure's name in lower case.
func (m Measure) String() string {
	if !m.valid() {
		return fmt.Sprintf("measure(%d)", uint8(m))
	}
	return measureNames[m]
}

// Similarity returns the similarity of two sets of the given sizes that share
// overlap values: for [Containment] the larger of the two directions. It never
// falls when overlap rises, and is 0 if either set is empty.
func (m Measure) Similarity(overlap, sizeA, sizeB int) float64 {
	if m == Containment {
		return ratio(overlap, min(sizeA, sizeB))
	}
	return ratio(overlap, sizeA+sizeB-overlap)
}

// Directed returns how far the representative stands for the member: for
// [Containment] the share of the member's shingles found in the
// representative, for [Jaccard] the same in both directions. The sizes are
// those of the two sets.
func (m Measure) Directed(overlap, member, representative int) float64 {
	if m == Containment {
		return ratio(overlap, member)
	}
	return ratio(overlap, member+representative-overlap)
}

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
func (m Measure) Needed(threshold float64, sizeA, sizeB int) int {
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
