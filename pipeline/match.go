package pipeline

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// pairBatch is a run of candidate pairs on its way through verification.
type pairBatch struct {
	offered int // pairs that were in it before the window and the sieve
	pairs   []corpus.Pair
	scored  []verify.Scored
}

// match is pass 2: buckets give candidate pairs, the documents in them get their
// shingle sets, and each pair is verified exactly. The verified pairs are left in
// j.edges, sorted.
func (j *Job) match(ctx context.Context) error {
	if j.plan.Identity.Similarity == Exact {
		j.findInvolved(func(func(corpus.ID) bool) {})
		return nil
	}
	source, err := j.findCandidates(ctx)
	if err != nil {
		return err
	}
	err = j.verify(ctx, source)
	return errors.Join(err, source.Close())
}

// findCandidates joins the keys that the documents left, or does without.
func (j *Job) findCandidates(ctx context.Context) (candidateSource, error) {
	if j.weights != nil {
		j.weights.settle(j.secrets.words)
	}
	j.found = j.plan.Identity.candidates(j.counts.Distinct)
	if j.boiler != nil {
		if err := j.makeContent(ctx); err != nil {
			return nil, err
		}
	}
	switch j.found {
	case AllPairs:
		return lsh.NewAllPairs(j.leaders())
	case KeyTerms:
		leaders := j.leaders()
		j.keyed = lsh.NewKeyBucketer(j.bucketing())
		j.sieve = j.newSieve(len(leaders))
		if err := j.makeSets(ctx, leaders); err != nil {
			return nil, err
		}
		j.tempBytes += j.keyed.FileBytes()
		return j.keyed.Join(ctx)
	case SampledShingles:
		return j.keyed.Join(ctx)
	}
	return j.bucketer.Join(ctx)
}

// verifiedFrom is the similarity from which pairs are kept: below the threshold
// they cover nothing, but average link weighs them.
func (id Identity) verifiedFrom() float64 {
	if id.Clustering == cluster.Average {
		return id.Threshold / 2
	}
	return id.Threshold
}

// findInvolved finds the documents that can be in a cluster.
func (j *Job) findInvolved(candidates iter.Seq[corpus.ID]) {
	j.involved = j.involve(candidates, j.catalog.Key)
	if !j.options.Save && j.decided == nil {
		j.ranks, j.lens = nil, nil // have served
	}
}

func (j *Job) verify(ctx context.Context, source candidateSource) error {
	wanted := slices.Collect(source.Documents())
	if j.options.KeepCandidates {
		wanted = j.leaders() // the oracle compares them all
	}
	// The keep order is found beside the sets: neither needs the other.
	inOrder := make(chan struct{})
	go func() {
		defer close(inOrder)
		j.findInvolved(source.Documents())
	}()
	var err error
	if j.found != KeyTerms && j.boiler == nil { // else they are there
		err = j.makeSets(ctx, wanted)
	}
	<-inOrder
	if err != nil {
		return err
	}
	id := j.plan.Identity
	verifier, err := j.newVerifier(id.verifiedFrom())
	if err != nil {
		return err
	}
	j.counts.GiantBuckets = source.Stats().GiantLists
	chains := chainer{job: j, verifier: verifier}
	if err := chains.all(ctx, source); err != nil {
		return err
	}
	if verifier, err = j.newVerifier(j.pairsFrom()); err != nil {
		return err
	}
	if err := j.verifyPairs(ctx, source, verifier); err != nil {
		return err
	}
	j.counts.Candidates += chains.stats.compared
	j.counts.Unlinked = chains.stats.unlinked
	j.addEdges(chains.edges)
	for _, e := range j.edges {
		if j.similarity(e) >= id.Threshold {
			j.counts.Verified++
		}
	}
	return nil
}

// newVerifier returns what compares pairs, and keeps those similar from the given
// similarity on.
func (j *Job) newVerifier(from float64) (*verify.Verifier, error) {
	id := j.plan.Identity
	verifier, err := verify.NewVerifier(j.sets, id.Similarity.Measure(), from)
	if err != nil {
		return nil, err
	}
	verifier = verifier.Within(j.window).Between(j.sides)
	if j.figures != nil {
		verifier = verifier.Agreeing(j.figures.sets, id.Threshold)
	}
	return verifier, nil
}

// similarity returns that of a verified pair: for containment the larger of the
// two directions.
func (j *Job) similarity(e verify.Scored) float64 {
	return j.plan.Identity.Similarity.ofPair(e, j.sets.Size)
}

// leaders returns the documents that are compared: the first with each text, unless
// it is empty.
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
func (j *Job) verifyPairs(ctx context.Context, source candidateSource, verifier *verify.Verifier) error {
	before := j.journal.Pairs()
	j.counts.Candidates += before.Compared
	j.addScored(before.Edges)
	done := before.Offered
	g, ctx := errgroup.WithContext(ctx)
	in := make(chan *pairBatch)
	free := make(chan *pairBatch, 4*j.options.Threads)
	g.Go(func() error {
		defer close(in)
		_, err := source.Pairs(ctx, func(pairs []corpus.Pair) error {
			skip := min(done, uint64(len(pairs)))
			if done, pairs = done-skip, pairs[skip:]; len(pairs) == 0 {
				return nil
			}
			b := take(free)
			b.offered = len(pairs)
			b.pairs = append(b.pairs[:0], pairs...)
			if j.window != nil {
				b.pairs = j.window.Filter(b.pairs)
			}
			b.pairs = j.sides.Filter(b.pairs)
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
			b.pairs = j.sieve.Filter(b.pairs)
			b.scored, err = verifier.Verify(b.pairs, b.scored[:0], scratch)
			return err
		}
	})
	g.Go(func() error {
		for b := range verified {
			j.counts.Candidates += int64(len(b.pairs))
			j.addScored(b.scored)
			if j.options.KeepCandidates {
				j.candidates = append(j.candidates, b.pairs...)
			}
			j.report(StageVerify)
			if err := j.journal.AddPairs(checkpoint.Pairs{Offered: uint64(b.offered), Compared: int64(len(b.pairs)), Edges: b.scored}); err != nil {
				return err
			}
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

// all chains the giant buckets, but for those that an earlier run has.
func (c *chainer) all(ctx context.Context, source candidateSource) error {
	before := c.job.journal.Giants()
	c.edges = append(c.edges, before.Edges...)
	c.stats.compared, c.stats.unlinked = before.Compared, before.Unlinked
	bucket := uint64(0)
	return source.Giants(ctx, func(_ int, members []corpus.ID) error {
		if bucket++; bucket <= before.Buckets {
			return nil
		}
		was, edges := c.stats, len(c.edges)
		if err := c.add(ctx, members); err != nil {
			return err
		}
		return c.job.journal.AddGiants(checkpoint.Giants{Buckets: 1, Compared: c.stats.compared - was.compared, Unlinked: c.stats.unlinked - was.unlinked, Edges: c.edges[edges:]})
	})
}

// add chains one giant bucket: in runs of what the window lets meet, and each of
// these in groups whose figures may agree, so that a member's few comparisons are
// not spent on those that it can make no pair with.
func (c *chainer) add(ctx context.Context, members []corpus.ID) error {
	c.job.involved.sort(members)
	runs, err := c.job.byFigures(c.job.window.Runs(members))
	if err != nil {
		return err
	}
	compared := int64(0)
	for _, run := range runs {
		edges, stats, err := c.verifier.Chain(ctx, run, c.edges, &c.scratch)
		if err != nil {
			return err
		}
		c.edges = edges
		compared += int64(stats.Compared)
	}
	c.stats.compared += compared
	// Runs overlap, so that a pair may be compared more than once.
	all := int64(len(members)) * int64(len(members)-1) / 2
	c.stats.unlinked += max(0, all-compared)
	return nil
}
