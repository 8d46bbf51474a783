package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
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
		records = append(records, record{ID: files[0], Text: string(text)})
	}
	return records, nil
}

// seedSimilarities are those of the seeds with each other, and with other news.
type seedSimilarities struct {
	within, across []float64 // inside the event, and to the others
	apart          float64   // between the others
	far            []float64 // of each other news document, to the most similar one of the event
}

// compareSeeds gives the similarity of any two texts as a preset sees it. The texts
// are in one corpus, on which weights may depend.
func compareSeeds(ctx context.Context, preset pipeline.Preset, event, others, news []record) (s seedSimilarities, err error) {
	all := slices.Concat(event, others, news)
	of := func(i, j int) float64 { return 0 }
	if preset.Identity().Similarity == pipeline.Jaccard {
		sets := setsOf(all, preset.Identity().Shingle)
		of = func(i, j int) float64 { return jaccard(sets[i], sets[j]) }
	} else if of, err = weightedPairs(ctx, preset, all); err != nil {
		return s, err
	}
	first := len(event) + len(others)
	for i := range event {
		for j := range first {
			switch {
			case j >= len(event):
				s.across = append(s.across, of(i, j))
			case j > i:
				s.within = append(s.within, of(i, j))
			}
		}
	}
	s.apart = of(len(event), len(event)+1)
	for j := first; j < len(all); j++ {
		nearest := 0.
		for i := range event {
			nearest = max(nearest, of(i, j))
		}
		s.far = append(s.far, nearest)
	}
	return s, nil
}

// weightedPairs runs a preset far below its threshold and returns the similarity of
// any two records.
func weightedPairs(ctx context.Context, preset pipeline.Preset, records []record) (func(i, j int) float64, error) {
	index := map[string]int{}
	for i, r := range records {
		index[r.ID] = i
	}
	pairs := map[[2]int]float64{}
	err := temporary(func(dir string) error {
		path := filepath.Join(dir, "seeds.jsonl")
		if err := writeRecords(path, records); err != nil {
			return err
		}
		id := pipeline.Identity{Threshold: 1e-6, Candidates: pipeline.AllPairs, Clustering: cluster.Components}
		return runWith(ctx, pipeline.Options{Inputs: []string{path}, Preset: preset, Identity: id}, func(res *pipeline.Result) error {
			for p := range res.Pairs() {
				pairs[ordered(index[p.A], index[p.B])] = p.Similarity
			}
			return nil
		})
	})
	return func(i, j int) float64 { return pairs[ordered(i, j)] }, err
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
	t := newTable("preset", "compared", "threshold", "inside the event, least", "most", "from the event to the others, most", "between the others", "to 496 other news documents, most", "clusters")
	for _, preset := range append(slices.Clone(copyPresets[1:]), pipeline.Story) {
		id := preset.Identity()
		s, err := compareSeeds(ctx, preset, event, others, news.records)
		if err != nil {
			return err
		}
		groups, err := seedClusters(ctx, preset)
		if err != nil {
			return err
		}
		compared := id.Shingle.String()
		if preset == pipeline.Story {
			compared = id.Features.String()
		}
		four := func(v float64) string { return decimals(v, 4) }
		t.row("`"+string(preset)+"`", compared, decimals(id.Threshold, 3), four(slices.Min(s.within)), four(slices.Max(s.within)),
			four(slices.Max(s.across)), four(s.apart), four(slices.Max(s.far)), groups)
		if preset == pipeline.Story {
			if err := b.figure("seeds", seedsFigure(id.Threshold, s)); err != nil {
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
func seedsFigure(threshold float64, s seedSimilarities) *figure {
	p := newPanel("", "similarity at the story level", "")
	rows := []string{"the event, to other news", "the event, to the others", "between the others", "inside the event"}
	names(&p.Y, rows)
	p.X.Min, p.X.Max = 0, slices.Max(s.within)*1.1
	f := &figure{width: 640, height: 220, panels: [][]*plot.Plot{{p}}}
	for i, values := range [][]float64{s.far, s.across, {s.apart}, s.within} {
		var data plotter.XYs
		for _, v := range values {
			data = append(data, plotter.XY{X: v, Y: float64(i)})
		}
		dots := glyphs(data, looks[3-i])
		dots.GlyphStyle.Radius = 3
		p.Add(dots)
	}
	limit := line(plotter.XYs{{X: threshold, Y: -.6}, {X: threshold, Y: 3.6}}, looks[5].color, .9)
	limit.Dashes = dashes
	p.Add(limit)
	f.addKey("threshold", limit)
	return f
}
