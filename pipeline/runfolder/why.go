package runfolder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/prune"
)

// Fate is what became of a record, with what there is to know of it.
type Fate struct {
	pipeline.MemberRow
	// Covers is how many other documents it stands for.
	Covers int64 `json:"covers"`
	// By is the row of its keeper; nil if it has none but itself.
	By *pipeline.MemberRow `json:"keeper_row,omitempty"`
}

// FatesOf finds the records of some ids in a finished run, or in what [WriteApplied]
// wrote, in the order of the table: of a bad record with an id that was used before
// there is a row too. An id that no record has is an error. The table is read twice
// and not held.
func FatesOf(ctx context.Context, dir string, ids []string) ([]Fate, error) {
	if err := holdsMembers(dir); err != nil {
		return nil, err
	}
	v, path := &verifier{ctx: ctx, dir: dir}, filepath.Join(dir, tableNames[0]+jsonlEnding)
	wanted := map[string]bool{} // whether it was found
	for _, id := range ids {
		wanted[id] = false
	}
	var fates []Fate
	err := v.rows(path, func(r *pipeline.MemberRow) error {
		if _, ok := wanted[r.ID]; ok {
			wanted[r.ID] = true
			fates = append(fates, Fate{MemberRow: *r})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("runfolder: %w", err)
	}
	for _, id := range ids {
		if !wanted[id] {
			return nil, fmt.Errorf("runfolder: no record of %q has the id %q: give it as %s has it, FILE:LINE if records have none", dir, id, path)
		}
	}
	err = v.rows(path, func(r *pipeline.MemberRow) error {
		for i := range fates {
			fates[i].meet(r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("runfolder: %w", err)
	}
	return fates, nil
}

// meet takes note of another row, if it is about the record.
func (f *Fate) meet(r *pipeline.MemberRow) {
	if f.Class == pipeline.ClassQuarantined || r.Class == pipeline.ClassQuarantined || r.ID == f.ID {
		return
	}
	if r.Keeper == f.ID {
		f.Covers++
	}
	if r.ID == f.Keeper {
		row := *r
		f.By = &row
	}
}

// holdsMembers is an error if a folder has no whole table of members.
func holdsMembers(dir string) error {
	for _, last := range []string{SuccessFile, prune.AccountingFile} {
		_, err := os.Stat(filepath.Join(dir, last))
		if err == nil {
			_, err = os.Stat(filepath.Join(dir, tableNames[0]+jsonlEnding))
		}
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return fmt.Errorf("runfolder: %q holds no finished run of doppel run, nor what doppel apply wrote", dir)
}
