package main

import (
	"context"
	"errors"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"

	"github.com/doppel-dedup/doppel/pipeline"
)

// termCounts are the numbers of key terms that are tried.
var termCounts = []int{8, 10, 12, 15, 20, 25}

// border is where pairs are no longer just above the threshold, over the threshold.
const border = 1.1

// termRun is what a way to find candidates finds at the story level.
type termRun struct {
	cut        int // of the cosine of key terms, in thousandths
	compared   int64
	verified   int64   // pairs at the threshold or above
	atBorder   int64   // of these, those below border
	right      int64   // of verified, those true by the truth
	pairF1, f1 float64 // of the clusters, the second B-cubed
}

// sieveRecalls are the targets that are tried; the first one has no cut.
var sieveRecalls = []float64{noCut, .995, .99, .97, .95, .93, .9}

// noCut is a recall that no cut is known to keep.
const noCut = .9999

// keyTerms holds candidates by key terms against all pairs, without a cut of their
// cosine and with those for some recalls.
func keyTerms(ctx context.Context, b *bench) error {
	return temporary(func(dir string) error {
		both, err := b.joined(dir, eventSets)
		if err != nil {
			return err
		}
		sets := []*labelled{b.sets[eventSets[0]], b.sets[eventSets[1]], both}
		f := &figure{width: 760, height: 300, panels: [][]*plot.Plot{nil}}
		t := newTable("set", "key terms", "pairs compared", "share of all", "verified pairs found", "those at 0.10 to 0.11", "those that are true", "pair F1", "B-cubed F1")
		cuts := newTable("set", "recall asked for", "cosine of key terms", "pairs compared", "share of all", "verified pairs found", "those at 0.10 to 0.11", "those that are true", "pair F1", "B-cubed F1")
		for _, set := range sets {
			if err := keyTermsOf(ctx, set, t, cuts, f); err != nil {
				return err
			}
		}
		return errors.Join(b.table("keyterms", t), b.table("keycuts", cuts), b.figure("keyterms", f))
	})
}

// keyTermsOf adds the rows and the panel of one set.
func keyTermsOf(ctx context.Context, set *labelled, t, cuts *table, f *figure) error {
	all, err := runTerms(ctx, set, pipeline.Identity{Candidates: pipeline.AllPairs})
	if err != nil {
		return err
	}
	p := newPanel(set.name, "share of all pairs compared", "share of pairs found")
	var verified, right points
	three := func(v float64) string { return decimals(v, 3) }
	for _, m := range termCounts {
		r, err := runTerms(ctx, set, pipeline.Identity{Candidates: pipeline.KeyTerms, KeyTerms: m, Recall: noCut})
		if err != nil {
			return err
		}
		x := float64(r.compared) / float64(all.compared)
		verified = append(verified, counted(x, r.verified, all.verified))
		right = append(right, counted(x, r.right, all.right))
		t.row(set.name, count(m), count(r.compared), decimals(x, 4), shareWithInterval(r.verified, all.verified),
			shareWithInterval(r.atBorder, all.atBorder), shareWithInterval(r.right, all.right), three(r.pairF1), three(r.f1))
	}
	t.row(set.name, "all pairs", count(all.compared), "1", count(all.verified), count(all.atBorder), count(all.right), three(all.pairF1), three(all.f1))
	cut, err := cutsOf(ctx, set, all, cuts)
	if err != nil {
		return err
	}
	f.addKey("verified pairs", addMeasured(p, verified, looks[0], true)...)
	f.addKey("verified pairs, 25 terms and a cut of their cosine", addMeasured(p, cut, looks[2], true)...)
	f.addKey("true pairs among them", addMeasured(p, right, looks[1], true)...)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, verified[len(verified)-1].x*1.05, .8, 1
	marks := plotter.XYLabels{}
	for i, m := range termCounts {
		marks.XYs, marks.Labels = append(marks.XYs, plotter.XY{X: verified[i].x, Y: .81}), append(marks.Labels, count(m))
	}
	labels := check(plotter.NewLabels(marks))
	for i := range labels.TextStyle {
		labels.TextStyle[i].Font, labels.TextStyle[i].XAlign = sans(8), text.XCenter
	}
	p.Add(labels)
	f.panels[0] = append(f.panels[0], p)
	return nil
}

// cutsOf adds the rows of the cuts of one set to t, and returns the shares of
// verified pairs found.
func cutsOf(ctx context.Context, set *labelled, all termRun, t *table) (verified points, err error) {
	for _, recall := range sieveRecalls {
		r, err := runTerms(ctx, set, pipeline.Identity{Candidates: pipeline.KeyTerms, Recall: recall})
		if err != nil {
			return nil, err
		}
		asked, cut := decimals(recall, 3), decimals(float64(r.cut)/1000, 2)
		if recall == noCut {
			asked, cut = "all", "none"
		}
		x := float64(r.compared) / float64(all.compared)
		verified = append(verified, counted(x, r.verified, all.verified))
		t.row(set.name, asked, cut, count(r.compared), decimals(x, 4), shareWithInterval(r.verified, all.verified),
			shareWithInterval(r.atBorder, all.atBorder), shareWithInterval(r.right, all.right), decimals(r.pairF1, 3), decimals(r.f1, 3))
	}
	return verified, nil
}

func runTerms(ctx context.Context, set *labelled, id pipeline.Identity) (r termRun, err error) {
	clusters := trueClusters(set)
	err = runWith(ctx, pipeline.Options{Inputs: []string{set.path}, Preset: storyPreset, Identity: id}, func(res *pipeline.Result) error {
		r.cut = res.Plan().Identity.KeyTermCut
		r.compared = res.Counts().Candidates
		for p := range res.Pairs() {
			a, b := set.index[p.A], set.index[p.B]
			r.verified++
			if p.Similarity < border*res.Plan().Identity.Threshold {
				r.atBorder++
			}
			if clusters[a] != "" && clusters[a] == clusters[b] {
				r.right++
			}
		}
		score, err := res.Score(set.truth)
		r.pairF1, r.f1 = score.Pairs.F1, score.BCubed.F1
		return err
	})
	return r, err
}
