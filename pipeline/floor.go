package pipeline

import (
	"math"

	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// PairFloor returns the similarity from which verified pairs are kept if a floor is
// asked for: never above what clustering needs. For 0 it is a similarity at which few
// candidate pairs are: a tenth under the threshold, and not under half of it.
//
// Figures agree in the directions in which two documents are similar, so a lower bar
// would leave out pairs that clustering needs: there it is not lowered.
func (id Identity) PairFloor(asked float64) float64 {
	if id.Similarity == Exact || id.Figures == FiguresApart {
		return id.verifiedFrom()
	}
	if asked == 0 {
		asked = math.Round(max(id.Threshold-0.1, id.Threshold/2)*1e6) / 1e6
	}
	return min(asked, id.verifiedFrom())
}

// pairsFrom is the similarity from which verified pairs are kept.
func (j *Job) pairsFrom() float64 {
	if floor := j.options.PairFloor; floor > 0 {
		return j.plan.Identity.PairFloor(floor)
	}
	return j.plan.Identity.verifiedFrom()
}

// addScored appends pairs to the edges, or to the weak ones if clustering must not
// see them.
func (j *Job) addScored(scored []verify.Scored) {
	from := j.plan.Identity.verifiedFrom()
	if j.pairsFrom() == from {
		j.edges = append(j.edges, scored...)
		return
	}
	for _, e := range scored {
		if j.similarity(e) >= from {
			j.edges = append(j.edges, e)
		} else {
			j.weak = append(j.weak, e)
		}
	}
}

// allPairs yields the edges and the weak pairs in ascending order, numbered. A pair
// is in one of the two lists.
func (j *Job) allPairs() func(yield func(int, verify.Scored) bool) {
	return func(yield func(int, verify.Scored) bool) {
		edges, weak := j.edges, j.weak
		for i := range len(edges) + len(weak) {
			from := &edges
			if len(edges) == 0 || len(weak) > 0 && comparePairs(weak[0].Pair, edges[0].Pair) < 0 {
				from = &weak
			}
			if !yield(i, (*from)[0]) {
				return
			}
			*from = (*from)[1:]
		}
	}
}
