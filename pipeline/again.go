package pipeline

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// place is where a document begins in its decompressed file.
type place struct {
	id     corpus.ID
	file   int
	offset int64
}

// errStreamed is what a second reading of standard input gives.
var errStreamed = errors.New("pipeline: standard input cannot be read again: give a file")

// textsOf reads the texts of some documents again. They are few: all are held.
func (r *Result) textsOf(ctx context.Context, ids []corpus.ID) (map[corpus.ID][]byte, error) {
	c := r.job.corpus
	wanted := make([]place, len(ids))
	files := map[int]bool{}
	for i, id := range ids {
		file, offset := r.job.catalog.BlockOffset(id)
		wanted[i] = place{id, file, offset}
		files[file] = true
		if c.Files()[file].Path == corpus.StdinPath && !r.job.options.Reread {
			return nil, errStreamed
		}
	}
	if err := r.job.catalog.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(wanted, func(a, b place) int { return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.offset, b.offset)) })
	parser := corpus.NewParser(c)
	texts := make(map[corpus.ID][]byte, len(ids))
	var batch corpus.Batch
	err := c.Rescan(ctx, func(file int) bool { return files[file] }, func(b *corpus.Block) error {
		defer b.Release()
		for len(wanted) > 0 && wanted[0].file == b.File && b.Holds(wanted[0].offset) {
			batch.Reset()
			if err := parser.ParseAt(b, wanted[0].offset, &batch); err != nil {
				return err
			}
			texts[wanted[0].id] = slices.Clone(batch.Docs[0].Text)
			wanted = wanted[1:]
		}
		return nil
	})
	if err == nil && len(wanted) > 0 {
		err = &corpus.ChangedError{File: c.Files()[wanted[0].file].Name}
	}
	return texts, err
}
