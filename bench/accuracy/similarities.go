package main

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// similarities are the pairs of distinct texts of a set, down to a low similarity.
// Records go by their index, copies by that of the first of them.
type similarities struct {
	set    *labelled
	copies map[int][]int // records by leader, itself included
	pairs  []verify.Scored
	order  *cluster.Order

	average  eval.AveragePrecision
	interval *eval.Interval // of average
}

// rounds is the number of bootstrap rounds.
const rounds = 1000

// similaritiesOf compares all pairs of a set and keeps those from lowest on.
func similaritiesOf(ctx context.Context, set *labelled, id pipeline.Identity, lowest float64) (*similarities, error) {
	s := &similarities{set: set, copies: copiesOf(set)}
	lens := make([]uint32, len(set.records))
	for i, r := range set.records {
		lens[i] = uint32(len(r.Text))
	}
	s.order = cluster.NewOrder(make([]int64, len(lens)), lens, func(i corpus.ID) string { return set.records[i].ID })
	id.Threshold, id.Candidates, id.Clustering = lowest, pipeline.AllPairs, cluster.Components
	err := runWith(ctx, pipeline.Options{Inputs: []string{set.path}, Preset: storyPreset, Identity: id}, func(res *pipeline.Result) error {
		for p := range res.Pairs() {
			s.pairs = append(s.pairs, verify.Scored{Pair: corpus.Pair{A: corpus.ID(set.index[p.A]), B: corpus.ID(set.index[p.B])}, Overlap: fixedPoint(p.Similarity)})
		}
		ranking, err := res.Ranking(set.truth)
		if err != nil {
			return err
		}
		s.average = ranking.AveragePrecision()
		intervals, err := res.Intervals(ctx, set.truth, ranking, rounds)
		s.interval = intervals.AveragePrecision
		return err
	})
	return s, err
}

func (s *similarities) averageText() string {
	if s.interval == nil {
		return decimals(s.average.Value, 3)
	}
	return within(s.average.Value, *s.interval)
}

// fixedPoint writes any similarity as package verify writes weighted ones.
func fixedPoint(similarity float64) uint32 { return uint32(math.Floor(similarity * math.MaxUint32)) }

func similarityOf(p verify.Scored) float64 { return verify.Cosine.Similarity(int(p.Overlap), 0, 0) }

// scoreAt makes clusters by average link at a threshold, as a run would there.
func (s *similarities) scoreAt(threshold float64) eval.ClusterScore {
	in := cluster.Input{
		Leader: make([]corpus.ID, len(s.set.records)), SizeOf: func(corpus.ID) int { return 1 },
		Measure: verify.Cosine, Threshold: threshold, Order: s.order, Method: cluster.Average,
	}
	for leader, group := range s.copies {
		for _, i := range group {
			in.Leader[i] = corpus.ID(leader)
		}
	}
	for _, p := range s.pairs {
		if similarityOf(p) >= threshold/2 {
			in.Edges = append(in.Edges, p)
		}
	}
	predicted := map[string]string{}
	for _, c := range cluster.Build(in).Clusters {
		for _, m := range c.Members {
			predicted[s.set.records[m.ID].ID] = s.set.records[c.Representative].ID
		}
	}
	return eval.Score(s.set.truth, predicted)
}

// curve is recall and precision going down the pairs by similarity, thinned. Pairs
// of equal similarity share a rank, and copies come first.
func (s *similarities) curve() plotter.XYs {
	clusters := trueClusters(s.set)
	type scored struct {
		overlap uint32
		right   bool
	}
	var pairs []scored
	add := func(a, b int, overlap uint32) {
		if clusters[a] != "" && clusters[b] != "" {
			pairs = append(pairs, scored{overlap, clusters[a] == clusters[b]})
		}
	}
	for _, group := range s.copies {
		for i, a := range group {
			for _, b := range group[:i] {
				add(a, b, math.MaxUint32)
			}
		}
	}
	for _, p := range s.pairs {
		for _, a := range s.copies[int(p.Pair.A)] {
			for _, b := range s.copies[int(p.Pair.B)] {
				add(a, b, p.Overlap)
			}
		}
	}
	slices.SortFunc(pairs, func(x, y scored) int { return -cmp.Compare(x.overlap, y.overlap) })
	total := float64(pairsOf(clusters))
	curve := plotter.XYs{{X: 0, Y: 1}}
	hits := 0.
	for i, p := range pairs {
		if p.right {
			hits++
		}
		if i+1 < len(pairs) && pairs[i+1].overlap == p.overlap {
			continue
		}
		if hits/total-curve[len(curve)-1].X > .004 {
			curve = append(curve, plotter.XY{X: hits / total, Y: hits / float64(i+1)})
		}
	}
	return curve
}

// copiesOf lists the records of each normalised text under the first of them.
func copiesOf(set *labelled) map[int][]int {
	reader := newReader(word(1))
	first, copies := map[string]int{}, map[int][]int{}
	for i, d := range set.records {
		text := string(reader.normalised(d.Text))
		if _, ok := first[text]; !ok {
			first[text] = i
		}
		copies[first[text]] = append(copies[first[text]], i)
	}
	return copies
}
