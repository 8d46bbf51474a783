package main

import (
	"math/rand/v2"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// TestPlantedExcerptsShareWhatIsPredicted: predictions go by the number of shingles
// in common, and all excerpts must be above the threshold.
func TestPlantedExcerptsShareWhatIsPredicted(t *testing.T) {
	id := pipeline.Near.Identity()
	r := newReader(id.Shingle)
	for _, words := range excerptWords {
		for _, ratio := range excerptRatios {
			long, excerpt := plantExcerpt(rand.New(rand.NewPCG(1, uint64(words*ratio))), words, ratio)
			a, b := r.set(excerpt), r.set(long)
			shared := verify.Overlap(a, b)
			if shared != excerptShared(words) || float64(shared)/float64(len(a)) < id.Threshold {
				t.Errorf("an excerpt of %d words shares %d of its %d shingles with a text %d times as long, want %d", words, shared, len(a), ratio, excerptShared(words))
			}
		}
	}
}
