package main

import (
	"context"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// clusterMethods are the ways to make clusters of pairs that are compared.
var clusterMethods = []cluster.Method{cluster.Cover, cluster.Components, cluster.Average, cluster.Community}

// precisionRecall shows, for each set with a truth about copies, the clusters of
// every preset by pair precision and recall, on the curve that a threshold alone
// would give.
func precisionRecall(ctx context.Context, b *bench) error {
	f := &figure{width: 760, height: 560, panels: [][]*plot.Plot{nil, nil}}
	for i, name := range copySets {
		p := newPanel(name, "pair recall", "pair precision")
		shares(&p.X)
		shares(&p.Y)
		set, err := b.set(name)
		if err != nil {
			return err
		}
		swept, err := sweep(ctx, set, shingle.Spec{Unit: shingle.Word, N: 3})
		if err != nil {
			return err
		}
		curve := line(swept, grey, 1.4)
		p.Add(curve)
		f.addKey("pairs by word:3 threshold alone", curve)
		for k, preset := range copyPresets {
			m, err := b.measure(ctx, runKey{name, preset, cluster.DefaultMethod})
			if err != nil {
				return err
			}
			dot := glyphs(plotter.XYs{{X: m.score.Pairs.Recall, Y: m.score.Pairs.Precision}}, looks[k])
			dot.GlyphStyle.Radius = 4
			p.Add(dot)
			f.addKey(string(preset), dot)
		}
		f.panels[i/3] = append(f.panels[i/3], p)
	}
	return b.figure("pr", f)
}

// sweep returns recall and precision of all pairs at or above a threshold, for
// thresholds from 0.05 to 1, by brute force.
func sweep(ctx context.Context, set *labelled, spec shingle.Spec) (plotter.XYs, error) {
	const steps = 40
	var all, right [steps + 1]int64 // by the highest threshold that a pair reaches
	clusters := trueClusters(set)
	sets := setsOf(set.records, spec)
	for i := range sets {
		if clusters[i] == "" || len(sets[i]) == 0 {
			sets[i] = nil // not named by the truth, or like nothing
		}
	}
	const lowest = 0.05
	err := eval.AllPairs(ctx, sets, verify.Jaccard, lowest, func(pairs []verify.Scored) error {
		for _, p := range pairs {
			similarity := verify.Jaccard.Similarity(int(p.Overlap), len(sets[p.Pair.A]), len(sets[p.Pair.B]))
			step := min(int(similarity*steps+1e-9), steps)
			all[step]++
			if clusters[p.Pair.A] == clusters[p.Pair.B] {
				right[step]++
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	truePairs := pairsOf(clusters)
	var curve plotter.XYs
	var found, hits int64
	for step := steps; step >= lowest*steps; step-- {
		found, hits = found+all[step], hits+right[step]
		if found > 0 && truePairs > 0 {
			curve = append(curve, plotter.XY{X: float64(hits) / float64(truePairs), Y: float64(hits) / float64(found)})
		}
	}
	if len(curve) == 0 {
		curve = plotter.XYs{{X: 0, Y: 1}}
	}
	return curve, nil
}

// trueClusters returns the truth's cluster of each record, "" for one it does not
// name.
func trueClusters(set *labelled) []string {
	clusters := make([]string, len(set.records))
	for id, c := range set.truth.All {
		if i, ok := set.index[id]; ok {
			clusters[i] = c
		}
	}
	return clusters
}

func pairsOf(clusters []string) (pairs int64) {
	sizes := map[string]int64{}
	for _, c := range clusters {
		if c != "" {
			pairs += sizes[c]
			sizes[c]++
		}
	}
	return pairs
}

// methods compares the ways to make clusters.
func methods(ctx context.Context, b *bench) error {
	t := newTable("set", "preset", "clusters by", "pair precision", "recall", "F1", "B-cubed precision", "recall", "F1", "ARI", "V", "largest")
	shown := []pipeline.Preset{pipeline.Near, pipeline.Loose, pipeline.Edited}
	values := make([]flipped, len(clusterMethods))
	var labels []string
	for _, set := range copySets {
		for _, preset := range copyPresets[1:] {
			for i, method := range clusterMethods {
				m, err := b.measure(ctx, runKey{set, preset, method})
				if err != nil {
					return err
				}
				scoreRow(t, set, preset, method, m.score)
				for _, s := range shown {
					if s == preset {
						f1 := m.score.BCubed.F1
						// The methods side by side: the first one a little higher.
						y := float64(len(labels)) + .15*(float64(len(clusterMethods)-1)/2-float64(i))
						values[i] = append(values[i], point{y, f1, f1, f1})
						if i == len(clusterMethods)-1 {
							labels = append(labels, set+", "+string(preset))
						}
					}
				}
			}
		}
	}
	if err := b.figure("methods", methodsFigure(labels, values)); err != nil {
		return err
	}
	return b.table("methods", t)
}

func methodsFigure(labels []string, values []flipped) *figure {
	p := newPanel("", "B-cubed F1 against the truth", "")
	shares(&p.X)
	names(&p.Y, labels)
	f := &figure{width: 560, height: 60 + 18*float64(len(labels)), panels: [][]*plot.Plot{{p}}}
	for i, v := range values {
		dots := glyphs(v, looks[i])
		dots.GlyphStyle.Radius = 3.2
		p.Add(dots)
		f.addKey(clusterMethods[i].String(), dots)
	}
	return f
}

func scoreRow(t *table, set string, preset pipeline.Preset, method cluster.Method, s *eval.ClusterScore) {
	three := func(v float64) string { return decimals(v, 3) }
	t.row(set, "`"+string(preset)+"`", method.String(), three(s.Pairs.Precision), three(s.Pairs.Recall), three(s.Pairs.F1),
		three(s.BCubed.Precision), three(s.BCubed.Recall), three(s.BCubed.F1), three(s.ARI), three(s.VMeasure.V), count(s.LargestCluster))
}
