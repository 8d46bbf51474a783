package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/seeds"
)

// seedEvent is how the names of the articles on one event begin; those of
// seedOthers report other things.
var (
	seedEvent  = []string{"000_", "001_", "002_"}
	seedOthers = []string{"003_", "004_"}
)

func readSeeds(prefixes []string) ([]record, error) {
	var records []record
	for _, prefix := range prefixes {
		files, err := fs.Glob(seeds.FS, prefix+"*")
		if err != nil || len(files) != 1 {
			return nil, errors.Join(err, errors.New("seeds: no one file begins with "+prefix))
		}
		text, err := fs.ReadFile(seeds.FS, files[0])
		if err != nil {
			return nil, err
		}
		records = append(records, record{files[0], string(text)})
	}
	return records, nil
}

// pairwise gives the similarity of two texts at a preset.
func pairwise(preset pipeline.Preset, a, b []record) [][]float64 {
	setsA, setsB := setsOf(a, preset.Identity().Shingle), setsOf(b, preset.Identity().Shingle)
	values := make([][]float64, len(a))
	for i := range setsA {
		for j := range setsB {
			values[i] = append(values[i], jaccard(setsA[i], setsB[j]))
		}
	}
	return values
}

// nearest is, for each column, the largest value.
func nearest(rows [][]float64) []float64 {
	largest := slices.Clone(rows[0])
	for _, row := range rows[1:] {
		for i, v := range row {
			largest[i] = max(largest[i], v)
		}
	}
	return largest
}

// seedMargins shows how far the seeds are from the threshold of each preset.
func seedMargins(ctx context.Context, b *bench) error {
	event, err := readSeeds(seedEvent)
	if err != nil {
		return err
	}
	others, err := readSeeds(seedOthers)
	if err != nil {
		return err
	}
	news, err := b.set("ecbplus_odd")
	if err != nil {
		return err
	}
	t := newTable("preset", "shingles", "threshold", "inside the event, least", "most", "from the event to the others, most", "between the others", "to 496 other news documents, most", "clusters")
	for _, preset := range append(slices.Clone(copyPresets[1:]), pipeline.Story) {
		id := preset.Identity()
		inside, across := pairwise(preset, event, event), slices.Concat(pairwise(preset, event, others)...)
		apart, far := pairwise(preset, others, others)[0][1], nearest(pairwise(preset, event, news.records))
		within := []float64{inside[0][1], inside[0][2], inside[1][2]}
		groups, err := seedClusters(ctx, preset)
		if err != nil {
			return err
		}
		four := func(v float64) string { return decimals(v, 4) }
		t.row("`"+string(preset)+"`", id.Shingle.String(), decimals(id.Threshold, 3), four(slices.Min(within)), four(slices.Max(within)),
			four(slices.Max(across)), four(apart), four(slices.Max(far)), groups)
		if preset == pipeline.Story {
			if err := b.figure("seeds", seedsFigure(id.Threshold, within, append(across, apart), far)); err != nil {
				return err
			}
		}
	}
	return b.table("seeds", t)
}

// seedClusters names the clusters that a preset makes of the seeds.
func seedClusters(ctx context.Context, preset pipeline.Preset) (string, error) {
	res, err := pipeline.Run(ctx, pipeline.Options{FS: seeds.FS, Inputs: []string{"."}, Preset: preset})
	if err != nil {
		return "", err
	}
	var groups []string
	for c := range res.Clusters() {
		var members []string
		for _, m := range c.Members {
			number, _, _ := strings.Cut(m.ID, "_")
			members = append(members, number)
		}
		slices.Sort(members)
		groups = append(groups, strings.Join(members, " "))
	}
	slices.Sort(groups)
	return cmp.Or(strings.Join(groups, "; "), "none"), errors.Join(res.Err(), res.Close())
}

// seedsFigure shows the similarities at the story level on one axis.
func seedsFigure(threshold float64, within, apart, news []float64) *figure {
	p := newPanel("", "similarity at the story level", "")
	rows := []string{"the event, to other news", "the event and the others", "inside the event"}
	names(&p.Y, rows)
	p.X.Min, p.X.Max = 0, slices.Max(append(slices.Clone(within), threshold))*1.1
	f := &figure{width: 640, height: 200, panels: [][]*plot.Plot{{p}}}
	for i, values := range [][]float64{news, apart, within} {
		var data plotter.XYs
		for _, v := range values {
			data = append(data, plotter.XY{X: v, Y: float64(i)})
		}
		dots := glyphs(data, looks[2-i])
		dots.GlyphStyle.Radius = 3
		p.Add(dots)
	}
	limit := line(plotter.XYs{{X: threshold, Y: -.6}, {X: threshold, Y: 2.6}}, looks[5].color, .9)
	limit.Dashes = dashes
	p.Add(limit)
	f.addKey("threshold", limit)
	return f
}
