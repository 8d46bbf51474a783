package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/shingle"
)

// Score compares the clusters with a truth. It is an error if the truth names
// none of the documents read.
func (r *Result) Score(truth *eval.Truth) (eval.ClusterScore, error) {
	notRead := 0
	for key := range truth.All {
		if _, ok := r.job.catalog.Find(key); !ok {
			notRead++
		}
	}
	if notRead == truth.Len() {
		return eval.ClusterScore{}, fmt.Errorf("pipeline: none of the %d documents that the truth names is among the %d read", notRead, r.counts.Documents)
	}
	predicted := map[string]string{}
	for c := range r.Clusters() {
		for _, m := range c.Members {
			predicted[m.ID] = c.Cluster
		}
	}
	if err := r.Err(); err != nil {
		return eval.ClusterScore{}, err
	}
	score := eval.Score(truth, predicted)
	score.NotRead = notRead
	return score, nil
}

// Oracle finds all pairs by brute force and compares the run with them. It
// needs Options.KeepCandidates, and all shingle sets in memory. floor is the
// lowest similarity of the curve it measures; 0 is the threshold.
func (r *Result) Oracle(ctx context.Context, floor float64) (eval.OracleScore, error) {
	j := r.job
	if j.signer == nil || !j.options.KeepCandidates {
		return eval.OracleScore{}, errors.New("pipeline: the oracle needs a level with signatures and the candidates kept")
	}
	sets := make([]shingle.Set, len(j.leader))
	for i := range sets {
		set, err := j.sets.Get(corpus.ID(i), nil)
		if err != nil {
			return eval.OracleScore{}, err
		}
		if len(set) > 0 {
			sets[i] = set
		}
	}
	return eval.Oracle(ctx, eval.OracleInput{
		Sets:       sets,
		Measure:    j.plan.Identity.Similarity.measure(),
		Threshold:  j.plan.Identity.Threshold,
		Floor:      floor,
		Predict:    j.plan.Params.CandidateProb,
		Candidates: j.candidates,
		Verified:   j.edges,
	})
}
