package lsh

import (
	"fmt"
	"math"
)

// Tune returns the banding of the steepest S-curve that finds a pair at the
// threshold with probability targetRecall or more, from at most maxHashes
// hashes. A steeper curve proposes fewer pairs of lower similarity, so the
// largest number of rows that can keep the promise wins, with the fewest bands
// that do.
//
// threshold is in (0,1], targetRecall in (0,1). The error says which argument
// is out of range, or how many hashes the threshold and recall need. Some
// answers for recall 0.99 and 136 hashes: 0.9 -> 11x10 (bands x rows), 0.8 ->
// 16x6, 0.7 -> 26x5, 0.5 -> 35x3, 0.06 -> 75x1.
//
// Note: minhash-lsh, datasketch and their descendants minimise the summed areas
// of false positives and false negatives instead. At threshold 0.8 with 128
// hashes that optimum finds 40% of the pairs at the threshold.
func Tune(threshold, targetRecall float64, maxHashes int) (Params, error) {
	switch {
	case !(threshold > 0 && threshold <= 1):
		return Params{}, fmt.Errorf("lsh: threshold %v, want more than 0 and at most 1", threshold)
	case !(targetRecall > 0 && targetRecall < 1):
		return Params{}, fmt.Errorf("lsh: target recall %v, want more than 0 and less than 1", targetRecall)
	case maxHashes < 1:
		return Params{}, fmt.Errorf("lsh: at most %d hashes, want at least 1", maxHashes)
	}
	for r := maxHashes; r >= 1; r-- {
		if b := bandsFor(threshold, targetRecall, r); b <= float64(maxHashes/r) {
			return Params{Bands: int(b), Rows: r}, nil
		}
	}
	need := bandsFor(threshold, targetRecall, 1)
	return Params{}, fmt.Errorf("lsh: threshold %v with recall %v needs %.0f hashes, at most %d allowed", threshold, targetRecall, need, maxHashes)
}

// bandsFor returns the least number of bands of r rows that reach the recall at
// similarity s: a whole number, at least 1, possibly too large for an int.
func bandsFor(s, recall float64, r int) float64 {
	miss := math.Log1p(-math.Pow(s, float64(r))) // of one band; -Inf at s = 1
	b := math.Max(1, math.Ceil(math.Log1p(-recall)/miss))
	// The quotient of two rounded logarithms may fall on the wrong side of a
	// whole number; the promise is kept as CandidateProb computes it.
	for b < math.MaxInt32 && (Params{Bands: int(b), Rows: r}).CandidateProb(s) < recall {
		b++
	}
	return b
}
