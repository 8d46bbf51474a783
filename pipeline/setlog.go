package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Where the sets of all texts are made before candidates are found, a checkpoint keeps
// them, with the keys. Where they are made of the documents in candidate pairs alone it
// does not: docs/reliability.md has what either costs.

// errOtherSets is the error of sets that are not those of this run.
var errOtherSets = errors.New("pipeline: the sets in the checkpoint have a good checksum and are not of these documents: delete its folder")

// takeUpSets stores what an earlier run has made of the sets of wanted documents, of
// which it has left out none at the beginning. Later calls do nothing.
func (j *Job) takeUpSets(ctx context.Context, wanted []corpus.ID) error {
	if j.setsWanted = int64(len(wanted)); !j.plan.Identity.setsFirst() {
		return nil
	}
	before := j.setsMade
	err := j.journal.OpenSets(j.takeLearnt, func(from *checkpoint.Sets) error {
		left := wanted[j.setsMade:]
		if n := len(from.IDs); n > len(left) || !slices.Equal(from.IDs, left[:n]) || !j.wellFormed(from) {
			return errOtherSets
		}
		return errors.Join(ctx.Err(), j.storeSets(batchOf(from)))
	})
	if err != nil || j.setsMade == before {
		return err
	}
	if !j.journal.SetsDone() { // the file may have been changed behind what was read of it
		last := cursor{places: &j.places, ids: wanted[j.setsMade-1:]}
		_, j.recheck, _, _ = last.next()
	}
	if tell := j.options.Checkpoint.Tell; tell != nil {
		tell(fmt.Sprintf("taken up in the second reading: sets of %s of %s", quantity.Number(j.setsMade), quantity.Of(j.setsWanted, "document", "documents")))
	}
	return nil
}

// noFile is what Job.recheck is where no file is meant.
const noFile = -1

func (j *Job) takeLearnt(p []byte) error {
	if j.boiler == nil {
		return errOtherSets
	}
	j.learnt = true
	return j.boiler.TakeLearnt(p)
}

// logSets logs a batch that was stored.
func (j *Job) logSets(b *setBatch) error {
	if j.journal == nil || !j.plan.Identity.setsFirst() {
		return nil
	}
	return j.journal.AddSets(&checkpoint.Sets{
		IDs: b.ids,
		Columns: []checkpoint.Column{{Values: b.sets, Ends: b.setEnd}, {Values: b.keys, Ends: b.keyEnd}, {Values: b.terms, Ends: b.termEnd},
			{Values: b.figures, Ends: b.figureEnd}, {Values: b.figureMinima, Ends: b.figureMinimaEnd}},
		Counts:   []int64{b.shingles, b.dropped, b.bare, b.cut},
		Passages: b.passages,
	}, b.block.Size())
}

// batchOf is what logSets has logged. It has parts of what is read.
func batchOf(from *checkpoint.Sets) *setBatch {
	c, n := from.Columns, from.Counts
	return &setBatch{ids: from.IDs, sets: c[0].Values, setEnd: c[0].Ends, keys: c[1].Values, keyEnd: c[1].Ends,
		terms: c[2].Values, termEnd: c[2].Ends, figures: c[3].Values, figureEnd: c[3].Ends,
		figureMinima: c[4].Values, figureMinimaEnd: c[4].Ends, passages: from.Passages,
		boilerplateCounts: boilerplateCounts{n[0], n[1], n[2]}, cut: n[3]}
}

// wellFormed tells whether sets have the columns and counts that logSets would log here.
func (j *Job) wellFormed(from *checkpoint.Sets) bool {
	figures := j.figures != nil
	has := []bool{true, j.boiler != nil || j.keyed != nil, j.sieve != nil, figures, figures}
	for i := range from.Columns {
		if i < len(has) && has[i] != (len(from.Columns[i].Ends) > 0) {
			return false
		}
	}
	return len(from.IDs) > 0 && len(from.Columns) == len(has) && len(from.Counts) == 4
}
