package pipeline

import (
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// Bounds of the sample that the background is measured on: fewer pairs say
// nothing about rare similarities, and more sets take time that a plan should not.
const (
	backgroundTexts = 256
	backgroundPairs = 1000
	backgroundSet   = 4096 // shingles
)

// background measures how similar the documents of a sample are that have nothing
// to do with each other: how many candidate pairs come by chance depends on it
// more than on anything else, and corpora differ in it by powers of ten.
type background struct {
	normalizer *shingle.Normalizer
	shingler   *shingle.Shingler
	unlike     float64 // pairs from here on have to do with each other
	norm       []byte
	sets       [][]uint64
}

func newBackground(id Identity) *background {
	// What unrelated documents share is mostly boilerplate, of which a small
	// sample does not tell how much will be left out. Only bands make candidates by
	// chance.
	if id.Similarity == Exact || id.Boilerplate > 0 || id.candidates(0) != MinHash {
		return &background{}
	}
	return &background{
		normalizer: shingle.NewNormalizer(),
		shingler:   id.newShingler(),
		unlike:     id.jaccardAtThreshold() / 2,
	}
}

func (b *background) add(text []byte) {
	if b.shingler == nil || len(b.sets) == backgroundTexts || len(text) > 8*backgroundSet {
		return
	}
	b.norm = b.normalizer.Append(b.norm[:0], text)
	if set := b.shingler.Append(nil, b.norm); len(set) > 0 {
		b.sets = append(b.sets, set)
	}
}

// similarities returns those of each document of the sample with the others, as
// Stats.Background wants them, or nil if they are too few.
func (b *background) similarities() [][]float64 {
	n := len(b.sets)
	if n*(n-1)/2 < backgroundPairs {
		return nil
	}
	of := make([][]float64, n)
	for i, set := range b.sets {
		for k, other := range b.sets[:i] {
			overlap := verify.Overlap(set, other)
			if overlap == 0 {
				continue
			}
			if s := verify.Jaccard.Similarity(overlap, len(set), len(other)); s < b.unlike {
				of[i], of[k] = append(of[i], s), append(of[k], s)
			}
		}
	}
	return of
}

// chanceRates returns the probability that a document becomes a candidate with one
// that it has nothing to do with, for each document of a sample: a few with much
// boilerplate have most of the pairs.
func chanceRates(p lsh.Params, background [][]float64) []float64 {
	if background == nil {
		return []float64{lsh.CandidateRate(p, lsh.DefaultProfile())}
	}
	rates := make([]float64, len(background))
	for i, similarities := range background {
		for _, s := range similarities {
			rates[i] += p.CandidateProb(s) / float64(len(background)-1)
		}
	}
	return rates
}
