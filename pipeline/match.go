package pipeline

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

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

// verify compares the candidates: those in giant buckets with representatives, the
// others each with each, and leaves the similar ones in j.edges.
func (j *Job) verify(ctx context.Context, source candidateSource) error {
	if err := j.prepare(ctx, source); err != nil {
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

// prepare finds the keep order of the documents in candidate pairs, and makes their
// sets beside it: neither needs the other.
func (j *Job) prepare(ctx context.Context, source candidateSource) error {
	wanted := slices.Collect(source.Documents())
	if j.options.KeepCandidates {
		wanted = j.leaders() // the oracle compares them all
	}
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
	return err
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
