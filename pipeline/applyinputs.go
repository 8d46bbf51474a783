package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// ReadOptions returns how the files of the saved run were read, for
// [corpus.OpenFiles]. Containers, PageText and Stores are for the caller to add.
func (s *SavedRun) ReadOptions() corpus.Options { return s.identity.readOptions(s.keep.Fields()) }

// FieldOptions is ReadOptions for the fields that the keep policy of o looks at, and
// whether the run lacks one of these, so that [SavedRun.Apply] has to read the inputs. It
// is an error if the run cannot be changed to what o says.
func (s *SavedRun) FieldOptions(o ApplyOptions) (read corpus.Options, needed bool, err error) {
	id, keep, err := s.changed(RethresholdOptions{Keep: o.Keep, KeepPer: o.KeepPer})
	if err != nil {
		return corpus.Options{}, false, err
	}
	read = id.readOptions(keep.Fields())
	read.Sums = true
	return read, s.lacksFields(keep), nil
}

func (s *SavedRun) lacksFields(keep cluster.KeepPolicy) bool {
	return s.fields.missing(keep) != "" && s.hasFields()
}

// fieldsFor returns the fields that a keep policy looks at: those of the run, or a store
// for the caller to close with what c, the inputs, has in them.
func (s *SavedRun) fieldsFor(ctx context.Context, id Identity, keep cluster.KeepPolicy, c *corpus.Corpus) (*fieldStore, error) {
	if !s.lacksFields(keep) {
		return s.fields, nil
	}
	if c == nil {
		return nil, fmt.Errorf("pipeline: keep policy %q looks at the field %q, which takes the inputs again", id.Keep, s.fields.missing(keep))
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	j, err := s.reread(s.planned(origin{Identity: id}), c)
	if err != nil {
		return nil, err
	}
	found := newFieldStore(keep.Fields(), j.options.Memory/16, j.options.Temp, j.options.tempFS)
	if err := errors.Join(s.readFields(ctx, j, found), found.rows.Seal()); err != nil {
		return nil, errors.Join(err, found.rows.Close())
	}
	return found, nil
}

// readFields reads the documents of the run again and stores their fields. Documents are
// told by their lines, since the places and digests of a table's records hang on which
// of its fields are read.
func (s *SavedRun) readFields(ctx context.Context, j *Job, found *fieldStore) error {
	c, next := j.corpus, corpus.ID(0)
	changed := func(file int) error { return &corpus.ChangedError{File: c.Files()[file].Name} }
	err := stream(ctx, j, func(ctx context.Context, send func(*corpus.Block, func(*textBatch)) error) error {
		return c.Scan(ctx, func(b *corpus.Block) error { return send(b, func(*textBatch) {}) })
	}, func() func(*textBatch) error {
		parser := corpus.NewParser(c)
		return func(b *textBatch) error { parser.Parse(b.block, &b.in); return nil }
	}, func(b *textBatch) error {
		for i := range b.in.Docs {
			d := &b.in.Docs[i]
			if int(next) == s.catalog.Len() {
				return nil
			}
			e := s.catalog.Entry(next)
			if order := cmp.Or(cmp.Compare(b.block.File, e.File), cmp.Compare(d.Line, e.Line)); order < 0 {
				continue // its id was used before, or it is a reference without a word
			} else if order > 0 {
				return errors.Join(s.catalog.Err(), changed(e.File))
			}
			if err := found.append(d.Fields); err != nil {
				return err
			}
			next++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if int(next) < s.catalog.Len() {
		return changed(s.catalog.Entry(next).File)
	}
	return s.checkDigests(c)
}

// checkDigests holds the files of c as they were read, but tables, against the run.
func (s *SavedRun) checkDigests(c *corpus.Corpus) error {
	digests, err := s.digests()
	if err != nil {
		return err
	}
	for i, f := range c.Files() {
		if isTable := f.Format != corpus.JSONL && !f.Format.IsWhole(); !isTable && c.Digest(i) != digests[i] {
			return &corpus.ChangedError{File: f.Name}
		}
	}
	return nil
}

// reread returns a job that only reads the documents of the run again, from c. It has no
// stores, and is not closed.
func (s *SavedRun) reread(plan *Plan, c *corpus.Corpus) (*Job, error) {
	digests, err := s.digests()
	if err != nil {
		return nil, err
	}
	c.Expect(digests)
	h := s.from.Header()
	o := Options{Memory: s.options.Memory, Temp: s.options.Temp, tempFS: s.options.tempFS, Identity: plan.Identity}.Defaults()
	p := *plan
	p.provide(o, Stats{Bytes: h.Counts.Bytes, Documents: h.Counts.Documents, RecordBytes: h.Counts.Bytes / max(h.Counts.Documents, 1)})
	return &Job{options: o, plan: &p, corpus: c, catalog: s.catalog}, nil
}

// digests returns those of the inputs, as [corpus.Corpus.Digest] has them.
func (s *SavedRun) digests() (digests []uint64, err error) {
	for _, f := range s.from.Header().Inputs {
		digest, err := strconv.ParseUint(f.Digest, 16, 64)
		if err != nil {
			return nil, fmt.Errorf("pipeline: saved run %q: input %q has the digest %q, want 16 hexadecimal digits", s.dir, f.Name, f.Digest)
		}
		digests = append(digests, digest)
	}
	return digests, nil
}
