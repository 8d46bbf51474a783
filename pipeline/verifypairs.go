package pipeline

import (
	"cmp"
	"context"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// pairBatch is a run of candidate pairs on its way through verification.
type pairBatch struct {
	offered int // pairs that were in it before the window and the sieve
	pairs   []corpus.Pair
	scored  []verify.Scored
}

// verifyPairs compares the candidate pairs.
//
//	joined pairs, sorted -> compare  -> keep the similar ones
//	                       (parallel)      (in order)
func (j *Job) verifyPairs(ctx context.Context, source candidateSource, verifier *verify.Verifier) error {
	before := j.journal.Pairs()
	j.counts.Candidates += before.Compared
	j.addScored(before.Edges)
	free := make(chan *pairBatch, 4*j.options.Threads)
	return throughWorkers(ctx, j.options.Threads, func(ctx context.Context, send func(*pairBatch) error) error {
		done := before.Offered
		_, err := source.Pairs(ctx, func(pairs []corpus.Pair) error {
			skip := min(done, uint64(len(pairs)))
			if done, pairs = done-skip, pairs[skip:]; len(pairs) == 0 {
				return nil
			}
			b := take(free)
			j.fillPairs(b, pairs)
			return send(b)
		})
		return err
	}, func() func(*pairBatch) error {
		scratch := new(verify.Scratch)
		return func(b *pairBatch) (err error) {
			b.pairs = j.sieve.Filter(b.pairs)
			b.scored, err = verifier.Verify(b.pairs, b.scored[:0], scratch)
			return err
		}
	}, func(b *pairBatch) error {
		err := j.storePairs(b)
		giveBack(free, b)
		return err
	})
}

// fillPairs copies to b those of pairs that may be compared at all.
func (j *Job) fillPairs(b *pairBatch, pairs []corpus.Pair) {
	b.offered = len(pairs)
	b.pairs = append(b.pairs[:0], pairs...)
	if j.window != nil {
		b.pairs = j.window.Filter(b.pairs)
	}
	b.pairs = j.sides.Filter(b.pairs)
}

// storePairs keeps the similar pairs of b, and logs them.
func (j *Job) storePairs(b *pairBatch) error {
	j.counts.Candidates += int64(len(b.pairs))
	j.addScored(b.scored)
	if j.options.KeepCandidates {
		j.candidates = append(j.candidates, b.pairs...)
	}
	j.report(StageVerify)
	return j.journal.AddPairs(checkpoint.Pairs{Offered: uint64(b.offered), Compared: int64(len(b.pairs)), Edges: b.scored})
}

// addEdges merges the pairs that giant buckets gave into the others. What a
// giant bucket compared in vain is not kept as a candidate.
func (j *Job) addEdges(more []verify.Scored) {
	if len(more) == 0 {
		return
	}
	j.edges = append(j.edges, more...)
	slices.SortFunc(j.edges, func(a, b verify.Scored) int { return comparePairs(a.Pair, b.Pair) })
	j.edges = slices.CompactFunc(j.edges, func(a, b verify.Scored) bool { return a.Pair == b.Pair })
	if j.options.KeepCandidates {
		for _, e := range more {
			j.candidates = append(j.candidates, e.Pair)
		}
		slices.SortFunc(j.candidates, comparePairs)
		j.candidates = slices.Compact(j.candidates)
	}
}

func comparePairs(a, b corpus.Pair) int { return cmp.Compare(a.Pack(), b.Pack()) }
