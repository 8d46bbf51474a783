package pipeline

import (
	"context"

	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

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
