package main

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/eval"
)

// storyPreset is what looks for reports of one event, and storyMethods how it may
// make clusters of them.
const storyPreset = pipeline.Story

var storyMethods = []cluster.Method{cluster.Cover, cluster.Components}

// story measures the story level on the sets of events: the ranking of pairs by
// similarity, and the clusters by each method.
func story(ctx context.Context, b *bench) error {
	f := &figure{width: 700, height: 320, panels: [][]*plot.Plot{nil}}
	t := newTable("set", "clusters by", "pair precision", "recall", "F1", "B-cubed precision", "recall", "F1", "ARI", "largest", "average precision of pairs", "recall of pairs against brute force")
	for _, name := range eventSets {
		set, err := b.set(name)
		if err != nil {
			return err
		}
		p := newPanel(name, "pair recall", "pair precision")
		shares(&p.X)
		shares(&p.Y)
		for i, method := range storyMethods {
			var score eval.ClusterScore
			var found eval.OracleScore
			var ranked ranking
			err := runOver(ctx, set.path, runKey{preset: storyPreset, method: method}, func(res *pipeline.Result) (err error) {
				ranked = rank(set, res)
				if score, err = res.Score(set.truth); err != nil {
					return err
				}
				found, err = res.Oracle(ctx, 0)
				return err
			})
			if err != nil {
				return err
			}
			if i == 0 {
				curve := line(ranked.curve, grey, 1.4)
				p.Add(curve)
				f.addKey("pairs by similarity", curve)
			}
			dot := glyphs(plotter.XYs{{X: score.Pairs.Recall, Y: score.Pairs.Precision}}, looks[i])
			dot.GlyphStyle.Radius = 4.5
			p.Add(dot)
			f.addKey("clusters by "+method.String(), dot)
			three := func(v float64) string { return decimals(v, 3) }
			t.row(name, method.String(), three(score.Pairs.Precision), three(score.Pairs.Recall), three(score.Pairs.F1),
				three(score.BCubed.Precision), three(score.BCubed.Recall), three(score.BCubed.F1), three(score.ARI), count(score.LargestCluster),
				three(ranked.averagePrecision), shareWithInterval(found.VerifiedFound, found.True))
		}
		f.panels[0] = append(f.panels[0], p)
	}
	return errors.Join(b.figure("story", f), b.table("story", t))
}

// ranking is what comes of going down the reported pairs by similarity. Pairs
// that were not reported count as missed.
type ranking struct {
	curve            plotter.XYs // recall and precision, thinned
	averagePrecision float64     // mean over the true pairs of the precision at their rank
}

// rank looks at the reported pairs; pairs of equal similarity share a rank, and
// copies come first.
func rank(set *labelled, res *pipeline.Result) ranking {
	clusters := trueClusters(set)
	type scored struct {
		similarity float64
		right      bool
	}
	var pairs []scored
	add := func(a, b int, similarity float64) {
		if clusters[a] != "" && clusters[b] != "" {
			pairs = append(pairs, scored{similarity, clusters[a] == clusters[b]})
		}
	}
	copies := copiesOf(set)
	for _, group := range copies {
		for i, a := range group {
			for _, b := range group[:i] {
				add(a, b, 1)
			}
		}
	}
	for p := range res.Pairs() {
		for _, a := range copies[set.index[p.A]] {
			for _, b := range copies[set.index[p.B]] {
				add(a, b, p.Similarity)
			}
		}
	}
	slices.SortStableFunc(pairs, func(x, y scored) int { return -cmp.Compare(x.similarity, y.similarity) })
	total := float64(pairsOf(clusters))
	var r ranking
	hits := 0.
	for i := 0; i < len(pairs); {
		j, more := i, 0.
		for ; j < len(pairs) && pairs[j].similarity == pairs[i].similarity; j++ {
			if pairs[j].right {
				more++
			}
		}
		hits += more
		precision := hits / float64(j)
		r.averagePrecision += more / total * precision
		if n := len(r.curve); n == 0 || hits/total-r.curve[n-1].X > .004 || j == len(pairs) {
			r.curve = append(r.curve, plotter.XY{X: hits / total, Y: precision})
		}
		i = j
	}
	if len(r.curve) == 0 {
		r.curve = plotter.XYs{{X: 0, Y: 1}}
	}
	return r
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
