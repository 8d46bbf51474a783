package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
)

// runKey names a run over a labelled set.
type runKey struct {
	set    string
	preset pipeline.Preset
	method cluster.Method // DefaultMethod is the preset's
}

// measured is what a run came to.
type measured struct {
	oracle eval.OracleScore
	params lsh.Params
	score  *eval.ClusterScore // nil without a truth
	cover  coverCheck
}

// floors are the lowest similarities of the measured curves: below, candidates
// are rare and pairs many.
var floors = map[pipeline.Preset]float64{pipeline.Strict: .5, pipeline.Near: .4, pipeline.Loose: .3, pipeline.Edited: .15}

// measure runs doppel over a labelled set and holds the run against brute force,
// against the truth, and against its promise. Each run is done once.
func (b *bench) measure(ctx context.Context, k runKey) (*measured, error) {
	if m := b.runs[k]; m != nil {
		return m, nil
	}
	set, err := b.set(k.set)
	if err != nil {
		return nil, err
	}
	m := &measured{}
	err = runOver(ctx, set.path, k, func(res *pipeline.Result) error {
		m.params = res.Plan().Params
		if m.cover, err = checkCover(set.records, set.index, res); err != nil {
			return err
		}
		if k.preset == pipeline.Verbatim {
			m.oracle = equalTexts(set.records, res)
		} else if m.oracle, err = res.Oracle(ctx, floors[k.preset]); err != nil {
			return err
		}
		if set.truth == nil {
			return nil
		}
		s, err := res.Score(set.truth)
		m.score = &s
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s at %s: %w", k.set, k.preset, err)
	}
	b.runs[k] = m
	return m, nil
}

// runOver runs doppel and shows the result to use.
func runOver(ctx context.Context, path string, k runKey, use func(*pipeline.Result) error) error {
	return runWith(ctx, pipeline.Options{
		Inputs: []string{path}, Preset: k.preset, KeepCandidates: true,
		Identity: pipeline.Identity{Clustering: k.method},
	}, use)
}

func runWith(ctx context.Context, o pipeline.Options, use func(*pipeline.Result) error) error {
	res, err := pipeline.Run(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(use(res), res.Err(), res.Close())
}

// coverCheck is the cover guarantee, computed again from the texts.
type coverCheck struct{ pruned, violations int }

// checkCover takes every document that would go and compares its text with that
// of the document which stands for it: that one must be kept, and the similarity
// must reach the threshold and be the very figure that was reported.
func checkCover(records []record, index map[string]int, res *pipeline.Result) (coverCheck, error) {
	id := res.Plan().Identity
	r := newReader(id.Shingle)
	var c coverCheck
	for cluster := range res.Clusters() {
		kept := map[string]bool{}
		for _, m := range cluster.Members {
			kept[m.ID] = m.Keep
		}
		for _, m := range cluster.Members {
			if m.Keep {
				continue
			}
			c.pruned++
			text, cover := records[index[m.ID]].Text, records[index[m.CoveredBy]].Text
			holds := kept[m.CoveredBy]
			if id.Similarity == pipeline.Exact {
				holds = holds && bytes.Equal(bytes.Clone(r.normalised(text)), r.normalised(cover))
			} else {
				similarity := jaccard(r.set(text), r.set(cover))
				holds = holds && similarity >= id.Threshold && similarity == m.Similarity
			}
			if !holds {
				c.violations++
			}
		}
	}
	return c, res.Err()
}

// equalTexts holds clusters of copies against the texts that are equal after
// normalising. Texts without a token are like nothing, so they are left out.
func equalTexts(records []record, res *pipeline.Result) eval.OracleScore {
	r := newReader(res.Plan().Identity.Shingle)
	texts, group := map[string]int64{}, map[string]string{}
	for _, d := range records {
		if text := string(r.normalised(d.Text)); len(r.shingler.Append(nil, []byte(text))) > 0 {
			texts[text]++
			group[d.ID] = text
		}
	}
	var s eval.OracleScore
	for _, n := range texts {
		s.True += n * (n - 1) / 2
	}
	for c := range res.Clusters() {
		n := int64(len(c.Members))
		s.Verified += n * (n - 1) / 2
		for i, a := range c.Members {
			for _, b := range c.Members[:i] {
				if group[a.ID] == group[b.ID] && group[a.ID] != "" {
					s.VerifiedFound++
				}
			}
		}
	}
	s.Recall, s.Precision, s.PredictedRecall = 1, 1, 1
	if s.True > 0 {
		s.Recall = float64(s.VerifiedFound) / float64(s.True)
	}
	if s.Verified > 0 {
		s.Precision = float64(s.VerifiedFound) / float64(s.Verified)
	}
	return s
}
