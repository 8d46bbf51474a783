package pipeline

import (
	"fmt"

	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// sievedTerms is the number of key terms of a document that the sieve weighs: more
// than make keys, for the weights of those further down tell foreign documents from
// related ones that share as many of the first.
const sievedTerms = 40

// Bytes of memory for a document in the sieve, and for each of its terms.
const (
	perSieved = 16
	perTerm   = 6
)

// sieveKept is the share of the verified pairs of fnc1_train that key terms find and
// that have a cosine of key terms of at least 0.10, 0.11 and so on: measured at the
// level story, by weights of the background. ecbplus_odd had no say; docs/accuracy.md
// has what comes out there.
var sieveKept = [...]float64{
	0.9987, 0.9983, 0.9978, 0.9974, 0.9960, 0.9945, 0.9927, 0.9910, 0.9864,
	0.9808, 0.9731, 0.9617, 0.9480, 0.9330, 0.9156, 0.8924, 0.8685,
}

// Of the cosines of sieveKept, in thousandths: the first one, and the step, which is
// also what the cut stays below the cosine that would do, for other corpora.
const (
	sieveFirst = 100
	sieveStep  = 10
)

// keyTermCut returns the cosine of key terms, in thousandths, at which the target
// recall asks for no more pairs to be compared: the largest of sieveKept, less a
// step. It is 0 where nothing was measured: for similarities or weights that are
// not the level's, thresholds below its own, and fewer key terms.
func (id Identity) keyTermCut() int {
	story := storyLevel()
	way := id.candidates(allPairsTexts + 1)
	if way != KeyTerms || id.Weights == idf.Corpus || id.Similarity != story.Similarity || id.Features != story.Features {
		return 0
	}
	if id.Threshold < story.Threshold || id.KeyTerms < story.KeyTerms {
		return 0
	}
	cut := 0
	for i, kept := range sieveKept {
		if kept >= id.Recall {
			cut = sieveFirst + i*sieveStep - sieveStep
		}
	}
	return cut
}

// byKeyTerms says how key terms find candidates.
func (id Identity) byKeyTerms() string {
	s := fmt.Sprintf("those that share two of their %d key terms", id.KeyTerms)
	if id.KeyTermCut > 0 {
		s += fmt.Sprintf(", of which those whose first %d have a cosine >= %v: %v of the pairs at the threshold or above",
			sievedTerms, float64(id.KeyTermCut)/1000, id.Recall)
		if id.Weights == idf.Auto {
			s += "; the cosine does not count where words are weighed by the corpus"
		}
	}
	return s
}

// perSieved returns the bytes of memory that the sieve takes for a document, as far
// as is known before the run.
func (id Identity) perSieved(documents int64) int64 {
	if id.KeyTermCut == 0 || id.candidates(documents) != KeyTerms {
		return 0
	}
	return perSieved + perTerm*sievedTerms
}

// newSieve returns the sieve for so many documents, or none: by weights of the
// corpus cosines are others, and the cut would cost one pair in eighty.
func (j *Job) newSieve(documents int) *verify.Sieve {
	cut := j.plan.Identity.KeyTermCut
	if cut == 0 || j.weights.model.Kind() != idf.Background {
		return nil
	}
	return verify.NewSieve(cut, documents*sievedTerms)
}

// storeTerms hands the key terms of b to the sieve.
func (j *Job) storeTerms(b *setBatch) error {
	if j.sieve == nil {
		return nil
	}
	for i, id := range b.ids {
		if err := j.sieve.Add(id, partOf(b.terms, b.termEnd, i)); err != nil {
			return err
		}
	}
	return nil
}
