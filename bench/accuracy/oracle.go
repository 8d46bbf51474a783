package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
)

// oracle holds every copy preset on every labelled set against brute force.
func oracle(ctx context.Context, b *bench) error {
	t := newTable("set", "preset", "pairs at the threshold or above", "found", "recall (95%)", "predicted", "precision", "pruned", "without cover")
	var broken []error
	sum := map[pipeline.Preset]*measured{}
	for _, set := range labelledSets {
		for _, preset := range copyPresets {
			m, err := b.measure(ctx, runKey{set, preset, cluster.DefaultMethod})
			if err != nil {
				return err
			}
			oracleRow(t, set, preset, m)
			if sum[preset] == nil {
				sum[preset] = &measured{}
			}
			sum[preset].add(m)
			broken = append(broken, m.promises(set, preset))
		}
	}
	for _, preset := range copyPresets {
		oracleRow(t, "**all sets**", preset, sum[preset])
	}
	return errors.Join(append(broken, b.table("oracle", t))...)
}

// add sums what is counted. Predictions become a sum over pairs.
func (m *measured) add(o *measured) {
	pairs, more := float64(m.oracle.True), float64(o.oracle.True)
	if more > 0 {
		m.oracle.PredictedRecall = (m.oracle.PredictedRecall*pairs + o.oracle.PredictedRecall*more) / (pairs + more)
	}
	m.oracle.True += o.oracle.True
	m.oracle.VerifiedFound += o.oracle.VerifiedFound
	m.oracle.Verified += o.oracle.Verified
	m.cover.pruned += o.cover.pruned
	m.cover.violations += o.cover.violations
}

func oracleRow(t *table, set string, preset pipeline.Preset, m *measured) {
	s := m.oracle
	predicted := "-"
	if s.True > 0 {
		predicted = decimals(s.PredictedRecall, 4)
	}
	t.row(set, "`"+string(preset)+"`", count(s.True), count(s.VerifiedFound), shareWithInterval(s.VerifiedFound, s.True),
		predicted, share(s.VerifiedFound, s.Verified), count(m.cover.pruned), count(m.cover.violations))
}

// promises returns what the run did not keep of them: all that is reported is
// true, all that goes is covered, and of the true pairs as many are found as the
// target says, within what chance explains.
func (m *measured) promises(set string, preset pipeline.Preset) error {
	var errs []error
	s := m.oracle
	if s.VerifiedFound != s.Verified || s.WrongOverlap > 0 {
		errs = append(errs, fmt.Errorf("%s at %s: %d of %d reported pairs are true, %d with a wrong overlap", set, preset, s.VerifiedFound, s.Verified, s.WrongOverlap))
	}
	if m.cover.violations > 0 {
		errs = append(errs, fmt.Errorf("%s at %s: %d of %d pruned documents are not covered", set, preset, m.cover.violations, m.cover.pruned))
	}
	if _, high := wilson(s.VerifiedFound, s.True); high < preset.Identity().Recall {
		errs = append(errs, fmt.Errorf("%s at %s: %d of %d true pairs found, target %v", set, preset, s.VerifiedFound, s.True, preset.Identity().Recall))
	}
	return errors.Join(errs...)
}
