package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/snapshot"
)

// ReadOptions returns how the files of the saved run were read, for
// [corpus.OpenFiles], with the fields that the keep policy of o looks at if the run does
// not hold them. Containers, PageText and Stores are for the caller to add.
func (s *SavedRun) ReadOptions(o ApplyOptions) (corpus.Options, error) {
	id, keep, err := s.changed(RethresholdOptions{Keep: o.Keep, KeepPer: o.KeepPer})
	if err != nil {
		return corpus.Options{}, err
	}
	needs, err := s.needsInputs(id, keep)
	if err != nil {
		return corpus.Options{}, err
	}
	fields := s.keep.Fields() // with others, the records of a table would not be those of then
	if needs {
		fields = keep.Fields()
	}
	return id.readOptions(fields), nil
}

// NeedsInputs tells whether the keep policy of o looks at a field that the run does not
// hold, so that [SavedRun.Apply] has to read the inputs. It is an error if the run can
// not be changed to what o says.
func (s *SavedRun) NeedsInputs(o ApplyOptions) (bool, error) {
	id, keep, err := s.changed(RethresholdOptions{Keep: o.Keep, KeepPer: o.KeepPer})
	if err != nil {
		return false, err
	}
	return s.needsInputs(id, keep)
}

// needsInputs is NeedsInputs for a policy. Places and digests of a table's records hang on
// the fields that are read of it, so a run over tables cannot look at more.
func (s *SavedRun) needsInputs(id Identity, keep cluster.KeepPolicy) (bool, error) {
	lacks := s.fields.missing(keep)
	if lacks == "" || !s.hasFields() {
		return false, nil
	}
	inputs := s.from.Header().Inputs
	table := slices.IndexFunc(inputs, func(in snapshot.Input) bool { return in.Format != corpus.JSONL && !in.Format.IsWhole() })
	switch {
	case table < 0:
		return true, nil
	case lacks == keep.BySource(): // for which names of files stand
		return false, nil
	}
	return false, fmt.Errorf("pipeline: keep policy %q looks at the field %q, which the run does not hold, and which can be read from JSONL alone, not from %q: make the run again with --keep %s",
		id.Keep, lacks, inputs[table].Name, id.Keep)
}

// fieldsFor returns the fields that a keep policy looks at: those of the run, or a store
// for the caller to close with what c, the inputs, has in them.
func (s *SavedRun) fieldsFor(ctx context.Context, id Identity, keep cluster.KeepPolicy, c *corpus.Corpus) (_ *fieldStore, err error) {
	needs, err := s.needsInputs(id, keep)
	if err != nil || !needs {
		return s.fields, err
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
	o := &j.options
	found := newFieldStore(keep.Fields(), o.Memory/16, o.Temp, o.tempFS)
	err = j.readDocuments(ctx, func(corpus.ID) bool { return true }, func() func(*textBatch) { return func(*textBatch) {} }, func(b *textBatch) error {
		for i := range b.in.Docs {
			if err := found.append(b.in.Docs[i].Fields); err != nil {
				return err
			}
		}
		return nil
	})
	if err = errors.Join(err, found.rows.Seal()); err != nil {
		return nil, errors.Join(err, found.rows.Close())
	}
	return found, nil
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
