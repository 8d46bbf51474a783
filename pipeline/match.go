package pipeline

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// pairBatch is a run of candidate pairs on its way through verification.
type pairBatch struct {
	pairs  []corpus.Pair
	scored []verify.Scored
}

// match is pass 2: buckets give candidate pairs, sorted and distinct, and each
// is verified exactly. The verified pairs are left in j.edges, sorted.
func (j *Job) match(ctx context.Context) error {
	if j.bucketer == nil {
		return nil
	}
	verifier, err := verify.NewVerifier(j.sets, j.plan.Identity.Similarity.measure(), j.plan.Identity.Threshold)
	if err != nil {
		return err
	}
	chains := chainer{job: j, verifier: verifier}
	g, ctx := errgroup.WithContext(ctx)
	in := make(chan *pairBatch)
	g.Go(func() error {
		defer close(in)
		stats, err := j.bucketer.Join(ctx, func(pairs []corpus.Pair) error {
			select {
			case in <- &pairBatch{pairs: slices.Clone(pairs)}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}, func(_ int, members []corpus.ID) error { return chains.add(ctx, members) })
		j.counts.GiantBuckets = stats.GiantLists
		return err
	})
	verified := ordered(ctx, g, j.options.Threads, in, func() func(*pairBatch) error {
		scratch := new(verify.Scratch)
		return func(b *pairBatch) (err error) {
			b.scored, err = verifier.Verify(b.pairs, nil, scratch)
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
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	j.counts.Candidates += chains.stats.compared
	j.counts.Unlinked = chains.stats.unlinked
	j.addEdges(chains.edges)
	j.counts.Verified = int64(len(j.edges))
	return nil
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
	place := c.job.place
	slices.SortFunc(members, func(a, b corpus.ID) int { return cmp.Compare(place[a], place[b]) })
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

// group turns verified pairs and exact copies into clusters.
func (j *Job) group() {
	j.clusters = cluster.Build(cluster.Input{
		Leader:    j.leader,
		Edges:     j.edges,
		SizeOf:    j.sets.Size,
		Measure:   j.plan.Identity.Similarity.measure(),
		Threshold: j.plan.Identity.Threshold,
		Order:     j.order,
		Method:    j.plan.Identity.Clustering,
	})
}
