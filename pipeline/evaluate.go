package pipeline

import (
	"context"
	"errors"
	"fmt"

	"github.com/doppel-dedup/doppel/internal/quantity"
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
		return eval.ClusterScore{}, fmt.Errorf("pipeline: none of the %s that the truth names is among the %s read", quantity.Of(notRead, "document", "documents"), quantity.Number(r.counts.Documents))
	}
	predicted, err := r.predicted()
	if err != nil {
		return eval.ClusterScore{}, err
	}
	score := eval.Score(truth, predicted)
	score.NotRead = notRead
	return score, nil
}

// predicted maps the ids of clustered documents to their clusters.
func (r *Result) predicted() (map[string]string, error) {
	predicted := map[string]string{}
	for c := range r.Clusters() {
		for _, m := range c.Members {
			predicted[m.ID] = c.Cluster
		}
	}
	return predicted, r.Err()
}

// Ranking returns all pairs with a known similarity, copies and verified pairs, for
// [eval.Ranking.AveragePrecision] and [Result.Intervals]. Verified pairs are those
// that the run found at its threshold, or down to where its clustering looks; all
// others count as never compared.
func (r *Result) Ranking(truth *eval.Truth) (*eval.Ranking, error) {
	j := r.job
	copies := map[corpus.ID][]string{}
	for i, leader := range j.leader {
		if id := corpus.ID(i); id != leader {
			copies[leader] = append(copies[leader], j.catalog.Key(id))
		}
	}
	ranking := eval.NewRanking(truth)
	groups := make([]int, len(j.leader))
	for i, leader := range j.leader {
		if id := corpus.ID(i); id == leader {
			groups[i] = ranking.AddGroup(append([]string{j.catalog.Key(id)}, copies[id]...))
		}
	}
	for _, e := range j.edges {
		ranking.AddPairs(groups[e.Pair.A], groups[e.Pair.B], j.similarity(e))
	}
	return ranking, r.Err()
}

// Intervals returns confidence intervals of the scores; see [eval.Bootstrap]. With
// a nil ranking there is none of the average precision.
func (r *Result) Intervals(ctx context.Context, truth *eval.Truth, ranking *eval.Ranking, rounds int) (eval.Intervals, error) {
	predicted, err := r.predicted()
	if err != nil {
		return eval.Intervals{}, err
	}
	return eval.Bootstrap(ctx, truth, predicted, ranking, rounds)
}

// Oracle finds all pairs by brute force and compares the run with them. It
// needs Options.KeepCandidates, and all shingle sets in memory. floor is the
// lowest similarity of the curve it measures; 0 is the threshold.
func (r *Result) Oracle(ctx context.Context, floor float64) (eval.OracleScore, error) {
	j := r.job
	if !j.plan.Identity.Similarity.signed() || !j.options.KeepCandidates {
		return eval.OracleScore{}, errors.New("pipeline: the oracle needs a level with shingles and the candidates kept")
	}
	predict := j.plan.Params.CandidateProb
	if j.signer == nil {
		predict = func(float64) float64 { return j.plan.Recall }
	}
	if j.window != nil || j.figures != nil {
		return eval.OracleScore{}, errors.New("pipeline: the oracle goes by similarity alone: leave out the date window, and figures apart")
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
		Measure:    j.plan.Identity.Similarity.Measure(),
		Threshold:  j.plan.Identity.Threshold,
		Floor:      floor,
		Predict:    predict,
		Candidates: j.candidates,
		Verified:   j.edges,
	})
}
