package pipeline

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// pairBatch is a run of candidate pairs on its way through verification.
type pairBatch struct {
	pairs  []corpus.Pair
	scored []verify.Scored
}

// match is pass 2: buckets give candidate pairs, the documents in them get their
// shingle sets, and each pair is verified exactly. The verified pairs are left in
// j.edges, sorted.
func (j *Job) match(ctx context.Context) error {
	if j.bucketer == nil {
		j.involve(func(func(corpus.ID) bool) {})
		return nil
	}
	joined, err := j.bucketer.Join(ctx)
	if err != nil {
		return err
	}
	err = j.verify(ctx, joined)
	return errors.Join(err, joined.Close())
}

func (j *Job) verify(ctx context.Context, joined *lsh.Joined) error {
	wanted := slices.Collect(joined.Documents())
	if j.options.KeepCandidates {
		wanted = j.leaders() // the oracle compares them all
	}
	// The keep order is found beside the sets: neither needs the other.
	inOrder := make(chan struct{})
	go func() {
		defer close(inOrder)
		j.involve(joined.Documents())
	}()
	err := j.makeSets(ctx, wanted)
	<-inOrder
	if err != nil {
		return err
	}
	verifier, err := verify.NewVerifier(j.sets, j.plan.Identity.Similarity.measure(), j.plan.Identity.Threshold)
	if err != nil {
		return err
	}
	j.counts.GiantBuckets = joined.Stats().GiantLists
	chains := chainer{job: j, verifier: verifier}
	if err := joined.Giants(ctx, func(_ int, members []corpus.ID) error { return chains.add(ctx, members) }); err != nil {
		return err
	}
	if err := j.verifyPairs(ctx, joined, verifier); err != nil {
		return err
	}
	j.counts.Candidates += chains.stats.compared
	j.counts.Unlinked = chains.stats.unlinked
	j.addEdges(chains.edges)
	j.counts.Verified = int64(len(j.edges))
	return nil
}

// leaders returns the documents that have a signature: the first with each text,
// unless it is empty.
func (j *Job) leaders() []corpus.ID {
	var ids []corpus.ID
	for i, leader := range j.leader {
		if id := corpus.ID(i); id == leader && !j.empty[i] {
			ids = append(ids, id)
		}
	}
	return ids
}

// verifyPairs compares the candidate pairs.
//
//	joined pairs, sorted -> compare  -> keep the similar ones
//	                       (parallel)      (in order)
func (j *Job) verifyPairs(ctx context.Context, joined *lsh.Joined, verifier *verify.Verifier) error {
	g, ctx := errgroup.WithContext(ctx)
	in := make(chan *pairBatch)
	free := make(chan *pairBatch, 4*j.options.Threads)
	g.Go(func() error {
		defer close(in)
		_, err := joined.Pairs(ctx, func(pairs []corpus.Pair) error {
			b := take(free)
			b.pairs = append(b.pairs[:0], pairs...)
			select {
			case in <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		return err
	})
	verified := ordered(ctx, g, j.options.Threads, in, func() func(*pairBatch) error {
		scratch := new(verify.Scratch)
		return func(b *pairBatch) (err error) {
			b.scored, err = verifier.Verify(b.pairs, b.scored[:0], scratch)
			return err
		}
	})
	g.Go(func() error {
		for b := range verified {
			j.counts.Candidates += int64(len(b.pairs))
			j.edges = append(j.edges, b.scored...)
			if j.options.KeepCandidates {
				j.candidates = append(j.candidates, b.pairs...)
			}
			j.report(StageVerify)
			select {
			case free <- b:
			default:
			}
		}
		return nil
	})
	return g.Wait()
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

// chainer turns giant buckets into verified pairs through representatives, one
// bucket at a time, in keep order, so that the survivors are those that
// clustering would choose.
type chainer struct {
	job      *Job
	verifier *verify.Verifier
	scratch  verify.Scratch
	edges    []verify.Scored
	stats    struct{ compared, unlinked int64 }
}

func (c *chainer) add(ctx context.Context, members []corpus.ID) error {
	c.job.involved.sort(members)
	edges, stats, err := c.verifier.Chain(ctx, members, c.edges, &c.scratch)
	if err != nil {
		return err
	}
	c.edges = edges
	all := int64(stats.Members) * int64(stats.Members-1) / 2
	c.stats.compared += int64(stats.Compared)
	c.stats.unlinked += all - int64(stats.Compared)
	return nil
}
