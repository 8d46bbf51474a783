package main

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/eval"
)

// curves draws, for each preset with signatures, the probability that a pair
// becomes a candidate: as computed, and as counted over the pairs of all
// labelled sets.
func curves(ctx context.Context, b *bench) error {
	f := &figure{width: 680, height: 560}
	t := newTable("preset", "similarity", "pairs", "candidates", "measured", "predicted for these pairs")
	var row []*plot.Plot
	for _, preset := range copyPresets[1:] {
		bins := map[float64]eval.CurveBin{}
		var m *measured
		for _, set := range labelledSets {
			var err error
			if m, err = b.measure(ctx, runKey{set, preset, cluster.DefaultMethod}); err != nil {
				return err
			}
			for _, bin := range m.oracle.Curve {
				sum := bins[bin.Low]
				sum.Low, sum.High = bin.Low, bin.High
				sum.Predicted += bin.Predicted * float64(bin.Pairs) // a sum until all sets are in
				sum.Pairs += bin.Pairs
				sum.Candidates += bin.Candidates
				bins[bin.Low] = sum
			}
		}
		row = append(row, curvePanel(f, preset, m, bins))
		for _, low := range sortedKeys(bins) {
			bin := bins[low]
			t.row("`"+string(preset)+"`", fmt.Sprintf("%.2f to %.2f", bin.Low, bin.High), count(bin.Pairs), count(bin.Candidates),
				shareWithInterval(bin.Candidates, bin.Pairs), decimals(bin.Predicted/float64(bin.Pairs), 4))
		}
	}
	f.panels = [][]*plot.Plot{row[:2], row[2:]}
	if err := b.figure("curves", f); err != nil {
		return err
	}
	return b.table("curves", t)
}

func curvePanel(f *figure, preset pipeline.Preset, m *measured, bins map[float64]eval.CurveBin) *plot.Plot {
	id := preset.Identity()
	p := newPanel(fmt.Sprintf("%s: %s, %d x %d", preset, id.Shingle, m.params.Bands, m.params.Rows), "exact Jaccard similarity", "share that are candidates")
	shares(&p.X)
	shares(&p.Y)
	var computed plotter.XYs
	for i := range 201 {
		s := float64(i) / 200
		computed = append(computed, plotter.XY{X: s, Y: m.params.CandidateProb(s)})
	}
	curve := line(computed, grey, 1.6)
	threshold := line(plotter.XYs{{X: id.Threshold, Y: 0}, {X: id.Threshold, Y: 1}}, looks[5].color, .8)
	threshold.Dashes = dashes
	p.Add(curve, threshold)
	var counts points
	var expected plotter.XYs
	for _, low := range sortedKeys(bins) {
		bin := bins[low]
		centre := (bin.Low + bin.High) / 2
		counts = append(counts, counted(centre, bin.Candidates, bin.Pairs))
		expected = append(expected, plotter.XY{X: centre, Y: bin.Predicted / float64(bin.Pairs)})
	}
	hollow := glyphs(expected, looks[1])
	hollow.GlyphStyle.Radius = 4
	p.Add(hollow)
	f.addKey("S-curve", curve)
	f.addKey("threshold", threshold)
	f.addKey("predicted for the pairs of a bin", hollow)
	f.addKey("measured, 95%", addMeasured(p, counts, looks[0], false)...)
	return p
}

func sortedKeys[V any](m map[float64]V) []float64 {
	var keys []float64
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
