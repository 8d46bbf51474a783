package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/eval"
)

// storyPreset is what looks for reports of one event, and storyMethods how it may
// make clusters of them.
const storyPreset = pipeline.Story

var storyMethods = []cluster.Method{cluster.Cover, cluster.Components, cluster.Average, cluster.Community}

// firstStory is the level that the preset was before it weighed words.
var firstStory = pipeline.Identity{Shingle: word(3), Similarity: pipeline.Jaccard, Threshold: .03, Clustering: cluster.Components, Candidates: pipeline.AllPairs}

// story measures the story level on the sets of events.
func story(ctx context.Context, b *bench) error {
	compared, err := b.lexical(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		b.storyClusters(ctx, compared[0], compared[len(compared)-1]), b.table("lexical", lexicalTable(compared)),
		b.figure("story-thresholds", thresholdsFigure(compared[0])))
}

// storyClusters shows what each method makes of the pairs, found in each way, on the
// curve that a threshold alone would give; and the first version of the preset.
func (b *bench) storyClusters(ctx context.Context, now, first *lexical) error {
	f := &figure{width: 700, height: 320, panels: [][]*plot.Plot{nil}}
	t := newTable("set", "candidates", "clusters by", "pair precision", "recall", "F1", "B-cubed precision", "recall", "F1", "ARI", "largest")
	for i, name := range eventSets {
		set, err := b.set(name)
		if err != nil {
			return err
		}
		p := newPanel(name, "pair recall", "pair precision")
		shares(&p.X)
		shares(&p.Y)
		curve, before := line(now.sets[i].curve(), grey, 1.4), line(first.sets[i].curve(), grey, 1.1)
		before.Dashes = dashes
		p.Add(curve, before)
		f.addKey("pairs by similarity", curve)
		f.addKey("by word:3 Jaccard", before)
		for _, candidates := range []pipeline.Candidates{pipeline.AllPairs, pipeline.KeyTerms} {
			for k, method := range storyMethods {
				id := pipeline.Identity{Clustering: method, Candidates: candidates}
				score, err := storyRow(ctx, t, set, method.String(), id)
				if err != nil {
					return err
				}
				if candidates == pipeline.AllPairs {
					dot := glyphs(plotter.XYs{{X: score.Pairs.Recall, Y: score.Pairs.Precision}}, looks[k])
					dot.GlyphStyle.Radius = 4.5
					p.Add(dot)
					f.addKey(method.String(), dot)
				}
			}
		}
		score, err := storyRow(ctx, t, set, "components, word:3 Jaccard 0.03, the first version", firstStory)
		if err != nil {
			return err
		}
		dot := glyphs(plotter.XYs{{X: score.Pairs.Recall, Y: score.Pairs.Precision}}, looks[5])
		dot.GlyphStyle.Radius = 4.5
		p.Add(dot)
		f.addKey("first version", dot)
		f.panels[0] = append(f.panels[0], p)
	}
	return errors.Join(b.figure("story", f), b.table("story", t))
}

// storyRow runs doppel and adds what it came to.
func storyRow(ctx context.Context, t *table, set *labelled, name string, id pipeline.Identity) (score eval.ClusterScore, err error) {
	var in eval.Intervals
	err = runWith(ctx, pipeline.Options{Inputs: []string{set.path}, Preset: storyPreset, Identity: id}, func(res *pipeline.Result) (err error) {
		if score, err = res.Score(set.truth); err != nil {
			return err
		}
		in, err = res.Intervals(ctx, set.truth, nil, rounds)
		return err
	})
	t.row(set.name, id.Candidates.String(), name,
		within(score.Pairs.Precision, in.Pairs.Precision), within(score.Pairs.Recall, in.Pairs.Recall), within(score.Pairs.F1, in.Pairs.F1),
		within(score.BCubed.Precision, in.BCubed.Precision), within(score.BCubed.Recall, in.BCubed.Recall), within(score.BCubed.F1, in.BCubed.F1),
		decimals(score.ARI, 3), count(score.LargestCluster))
	return score, err
}

// within writes a score with its interval.
func within(v float64, i eval.Interval) string {
	return fmt.Sprintf("%s (%s to %s)", decimals(v, 3), decimals(i.Low, 3), decimals(i.High, 3))
}

// joined is several sets as one corpus, written to dir.
func (b *bench) joined(dir string, names []string) (*labelled, error) {
	all := &labelled{name: "both", path: filepath.Join(dir, "both.jsonl"), index: map[string]int{}}
	var text strings.Builder
	truth := csv.NewWriter(&text)
	truth.Write([]string{"id", "cluster"}) // whose errors Flush keeps
	for _, name := range names {
		set, err := b.set(name)
		if err != nil {
			return nil, err
		}
		for _, r := range set.records {
			id := name + "/" + r.ID
			all.index[id] = len(all.records)
			all.records = append(all.records, record{ID: id, Text: r.Text})
		}
		for id, c := range set.truth.All {
			truth.Write([]string{name + "/" + id, name + "/" + c})
		}
	}
	truth.Flush()
	var err error
	if all.truth, err = eval.ReadTruth(strings.NewReader(text.String())); err != nil {
		return nil, err
	}
	return all, errors.Join(truth.Error(), writeRecords(all.path, all.records))
}

// temporary gives use a folder and removes it afterwards.
func temporary(use func(dir string) error) error {
	dir, err := os.MkdirTemp("", "doppel-accuracy-")
	if err != nil {
		return err
	}
	return errors.Join(use(dir), os.RemoveAll(dir))
}
