package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
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
	for i, id := range ids {
		file, offset := r.job.catalog.BlockOffset(id)
		wanted[i] = place{id, file, offset}
		if c.Files()[file].Path == corpus.StdinPath && !r.job.options.Reread {
			return nil, errStreamed
		}
	}
	if err := r.job.catalog.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(wanted, func(a, b place) int { return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.offset, b.offset)) })
	texts := make(map[corpus.ID][]byte, len(ids))
	wanted = r.textsInPlace(wanted, texts)
	files := map[int]bool{}
	for _, p := range wanted {
		files[p.file] = true
	}
	parser := corpus.NewParser(c)
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

// textsInPlace reads what it can of the wanted texts, in the order of files, at their
// places, and returns the others. A text that is not the one that was read first is one of
// those: the scan for them tells what has become of the file.
func (r *Result) textsInPlace(wanted []place, texts map[corpus.ID][]byte) (left []place) {
	again := textReader{job: r.job, parser: corpus.NewParser(r.job.corpus), normalizer: shingle.NewNormalizer()}
	for _, p := range wanted {
		text, ok := again.text(p)
		if !ok {
			left = append(left, p)
			continue
		}
		texts[p.id] = text
	}
	again.close()
	return left
}

// textReader reads texts at their places, if their digests were kept.
type textReader struct {
	job        *Job
	parser     *corpus.Parser
	normalizer *shingle.Normalizer
	file       int // of records
	opened     bool
	records    *corpus.PlaceReader // nil if the file has no places
	batch      corpus.Batch
	norm       []byte
}

// text returns a text if it is still there.
func (t *textReader) text(p place) ([]byte, bool) {
	if t.job.contents == nil {
		return nil, false
	}
	content, err := t.job.contents.Get(int(t.job.leader[p.id]), nil)
	if err != nil || len(content) == 0 || !t.open(p.file) {
		return nil, false
	}
	b, err := t.records.Block(p.offset)
	if err != nil {
		return nil, false
	}
	t.batch.Reset()
	if t.parser.ParseAt(b, p.offset, &t.batch) != nil {
		return nil, false
	}
	text := t.batch.Docs[0].Text
	t.norm = t.normalizer.Append(t.norm[:0], text)
	digest := shingle.DigestOf(t.norm, t.job.plan.Identity.Seed)
	return slices.Clone(text), bytes.Equal(digest[:], content)
}

// open makes the file the one that is read, and tells whether its records have places.
func (t *textReader) open(file int) bool {
	if !t.opened || file != t.file {
		t.close()
		t.file, t.opened = file, true
		t.records, _ = t.job.corpus.OpenPlaces(file) // else the scan tells what is wrong
	}
	return t.records != nil
}

func (t *textReader) close() {
	if t.records != nil {
		_ = t.records.Close() // opened for reading: nothing can be lost
		t.records = nil
	}
}
