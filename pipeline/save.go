package pipeline

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/snapshot"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// SaveOptions says where a run is saved.
type SaveOptions struct {
	// Dir is the folder: new or empty, and not inside an input.
	Dir string
	// Program is the name and version of the program that saves. Default: "doppel".
	Program string
	// FS is the file system to write to. Default: the machine's.
	FS vfs.FS
}

// Save stores what it takes to cluster again: the documents' names, lengths and
// places, and the verified pairs (see package snapshot). It needs Options.Save.
// The folder appears whole or not at all.
func (r *Result) Save(ctx context.Context, o SaveOptions) error {
	j := r.job
	if !j.options.Save {
		return errors.New("pipeline: a run can be saved only if Options.Save was set")
	}
	if j.options.FS == nil {
		if err := prune.CheckTarget(o.Dir, j.options.allInputs()); err != nil {
			return err
		}
	}
	if o.FS == nil {
		o.FS = vfs.OS{}
	}
	w, err := snapshot.CreateIn(o.FS, o.Dir, snapshot.Columns(j.figures != nil))
	if err != nil {
		return err
	}
	if err := r.save(ctx, w, cmp.Or(o.Program, "doppel")); err != nil {
		return errors.Join(err, w.Abort())
	}
	return nil
}

func (r *Result) save(ctx context.Context, w *snapshot.Writer, program string) error {
	if err := r.saveDocuments(ctx, w); err != nil {
		return err
	}
	if err := r.savePairs(ctx, w); err != nil {
		return err
	}
	id := r.plan.Identity
	h := snapshot.Header{
		Program:      program,
		Fingerprint:  r.plan.Fingerprint,
		Identity:     encoded(id),
		VerifiedFrom: r.job.pairsFrom(),
		ChancePairs:  r.plan.Candidates,
		Counts:       r.counts,
		IgnoredFiles: r.reading.ignored,
		FirstIgnored: r.reading.firstIgnored,
		BrokenFiles:  r.reading.broken,
		BadRecords:   r.reading.bad,
		Undated:      r.reading.undated,
		Boilerplate:  r.reading.boilerplate,
	}
	c := r.job.corpus
	for i, f := range c.Files() {
		h.Inputs = append(h.Inputs, snapshot.Input{Name: f.Name, Format: f.Format, Bytes: f.Size, Digest: fmt.Sprintf("%016x", c.Digest(i)), Quarantined: r.badInFile[i], Filtered: r.job.filteredInFile[i], Reference: f.Reference})
	}
	return w.Commit(h)
}

func (r *Result) saveDocuments(ctx context.Context, w *snapshot.Writer) error {
	j := r.job
	sized := j.plan.Identity.Similarity.signed()
	for i := range j.leader {
		if i%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		id := corpus.ID(i)
		e := r.catalog.Entry(id)
		d := snapshot.Document{N: id, ID: e.Key, Title: e.Title, File: e.File, Line: e.Line,
			Leader: j.leader[i], Characters: j.lens[i], Empty: j.empty[i]}
		_, d.Offset = r.catalog.BlockOffset(id)
		if e.Offset != d.Offset {
			d.StoredAt = &e.Offset
		}
		content, err := j.contents.Get(i, nil)
		if err != nil {
			return err
		}
		d.Content = hex.EncodeToString(content)
		if sized {
			d.Shingles = uint32(j.sets.Size(id)) // and not as decided, where a copy may lead
		}
		if j.figures != nil {
			d.Figures = uint32(j.figures.sets.Size(id))
		}
		if j.fields != nil {
			values, err := j.fields.get(id)
			if err != nil {
				return err
			}
			d.SetFields(values)
		}
		if err := w.Document(&d); err != nil {
			return err
		}
	}
	return r.catalog.Err()
}

// savePairs stores the verified pairs, with the figures that they share: whether these
// agree hangs on the threshold.
func (r *Result) savePairs(ctx context.Context, w *snapshot.Writer) error {
	var bufA, bufB []uint64
	for i, e := range r.job.allPairs() {
		if i%1024 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		pair := snapshot.Pair{Scored: e}
		if figures := r.job.figures; figures != nil {
			a, err := figures.sets.Get(e.Pair.A, bufA)
			if err != nil {
				return err
			}
			b, err := figures.sets.Get(e.Pair.B, bufB)
			if err != nil {
				return err
			}
			pair.Figures = uint32(verify.Overlap(a, b))
			bufA, bufB = slices.Grow(bufA[:0], len(a)), slices.Grow(bufB[:0], len(b)) // they may be views
		}
		if err := w.Pair(pair); err != nil {
			return err
		}
	}
	return nil
}
