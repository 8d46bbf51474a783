package main

import (
	"context"
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/shingle"
)

// lexical is a similarity of texts by their words or letters, held against the
// sets of events: clusters by average link at every threshold of a grid.
type lexical struct {
	name     string
	identity pipeline.Identity
	step     float64
	steps    int

	sets   []*similarities
	scores [][]eval.ClusterScore // by set, then threshold
}

// lexicals begin with the preset and end with the similarity of its first version.
func lexicals() []*lexical {
	weighted := func(s pipeline.Similarity, features string, weights idf.Kind) pipeline.Identity {
		f, err := idf.ParseFeatures(features)
		if err != nil {
			panic(err)
		}
		return pipeline.Identity{Similarity: s, Features: f, Weights: weights}
	}
	plain := func(unit shingle.Unit, n int) pipeline.Identity {
		return pipeline.Identity{Similarity: pipeline.Jaccard, Shingle: shingle.Spec{Unit: unit, N: n}}
	}
	return []*lexical{
		{name: "`story`: word:1*skip:20, cosine", identity: weighted(pipeline.Cosine, "word:1*skip:20", idf.Background), step: .01, steps: 30},
		{name: "the same, weights from the corpus", identity: weighted(pipeline.Cosine, "word:1*skip:20", idf.Corpus), step: .01, steps: 30},
		{name: "word:1*skip:20, weighted Jaccard", identity: weighted(pipeline.WeightedJaccard, "word:1*skip:20", idf.Background), step: .005, steps: 40},
		{name: "word:1, cosine", identity: weighted(pipeline.Cosine, "word:1", idf.Background), step: .01, steps: 50},
		{name: "word:1, cosine, weights from the corpus", identity: weighted(pipeline.Cosine, "word:1", idf.Corpus), step: .01, steps: 50},
		{name: "word:1-2, cosine", identity: weighted(pipeline.Cosine, "word:1-2", idf.Background), step: .01, steps: 40},
		{name: "word:1, weighted Jaccard", identity: weighted(pipeline.WeightedJaccard, "word:1", idf.Background), step: .01, steps: 40},
		{name: "char:5, Jaccard", identity: plain(shingle.Char, 5), step: .01, steps: 30},
		{name: "word:1, Jaccard", identity: plain(shingle.Word, 1), step: .01, steps: 40},
		{name: "word:3, Jaccard", identity: plain(shingle.Word, 3), step: .001, steps: 50},
	}
}

// lowest of the thresholds, in steps.
const lowestStep = 2

func (l *lexical) threshold(i int) float64 { return l.step * float64(i+lowestStep) }

// lexical measures all similarities.
func (b *bench) lexical(ctx context.Context) ([]*lexical, error) {
	all := lexicals()
	for _, l := range all {
		for _, name := range eventSets {
			set, err := b.set(name)
			if err != nil {
				return nil, err
			}
			s, err := similaritiesOf(ctx, set, l.identity, l.threshold(0)/2)
			if err != nil {
				return nil, fmt.Errorf("%s by %s: %w", name, l.name, err)
			}
			l.sets = append(l.sets, s)
			var scores []eval.ClusterScore
			for i := range l.steps {
				scores = append(scores, s.scoreAt(l.threshold(i)))
			}
			l.scores = append(l.scores, scores)
		}
	}
	return all, nil
}

func (l *lexical) f1(set, i int) float64 { return l.scores[set][i].BCubed.F1 }

// mean of B-cubed F1 over the sets at one threshold.
func (l *lexical) mean(i int) float64 {
	sum := 0.
	for set := range l.scores {
		sum += l.f1(set, i)
	}
	return sum / float64(len(l.scores))
}

// best is the threshold with the highest value, the lowest of equal ones.
func (l *lexical) best(value func(i int) float64) int {
	best := 0
	for i := range l.steps {
		if value(i) > value(best) {
			best = i
		}
	}
	return best
}

// lexicalTable shows each similarity at its best threshold for each set, at one for
// both, and at the best one of the other set.
func lexicalTable(all []*lexical) *table {
	a, b := eventSets[0], eventSets[1]
	t := newTable("similarity", "average precision, "+a, b, "best threshold, "+a, "F1", "best, "+b, "F1", "one for both", a, b, "loss",
		b+" at the best of "+a, a+" at the best of "+b, "loss")
	three := func(v float64) string { return decimals(v, 3) }
	for _, l := range all {
		x, y := l.best(func(i int) float64 { return l.f1(0, i) }), l.best(func(i int) float64 { return l.f1(1, i) })
		one := l.best(l.mean)
		own := (l.f1(0, x) + l.f1(1, y)) / 2
		at := func(i int) string { return decimals(l.threshold(i), 4) }
		t.row(l.name, l.sets[0].averageText(), l.sets[1].averageText(), at(x), three(l.f1(0, x)), at(y), three(l.f1(1, y)),
			at(one), three(l.f1(0, one)), three(l.f1(1, one)), three(own-l.mean(one)),
			three(l.f1(1, x)), three(l.f1(0, y)), three(own-(l.f1(1, x)+l.f1(0, y))/2))
	}
	return t
}

// thresholdsFigure shows the clusters of a similarity by threshold.
func thresholdsFigure(l *lexical) *figure {
	f := &figure{width: 700, height: 320, panels: [][]*plot.Plot{nil}}
	threshold := storyPreset.Identity().Threshold
	for set, name := range eventSets {
		p := newPanel(name, "threshold", "B-cubed, clusters by average link")
		shares(&p.Y)
		p.X.Min, p.X.Max = 0, l.threshold(l.steps-1)
		limit := line(plotter.XYs{{X: threshold, Y: 0}, {X: threshold, Y: 1}}, grey, .9)
		limit.Dashes = dashes
		p.Add(limit)
		for i, value := range []struct {
			name string
			of   func(eval.BCubed) float64
		}{
			{"F1", func(s eval.BCubed) float64 { return s.F1 }},
			{"precision", func(s eval.BCubed) float64 { return s.Precision }},
			{"recall", func(s eval.BCubed) float64 { return s.Recall }},
		} {
			var data plotter.XYs
			for k, s := range l.scores[set] {
				data = append(data, plotter.XY{X: l.threshold(k), Y: value.of(s.BCubed)})
			}
			dots, joined := glyphs(data, looks[i]), line(data, looks[i].color, .9)
			p.Add(joined, dots)
			f.addKey(value.name, dots, joined)
		}
		f.addKey("threshold of the preset", limit)
		f.panels[0] = append(f.panels[0], p)
	}
	return f
}
