package pipeline

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/snapshot"
	"github.com/doppel-dedup/doppel/shingle"
)

// ApplyOptions says what is applied to a saved run. The zero value of every field
// changes nothing.
type ApplyOptions struct {
	// Keep and KeepPer are those of [RethresholdOptions].
	Keep, KeepPer string
	// Inputs are those of the run, opened with [SavedRun.FieldOptions]. The fields that
	// Keep looks at are read from there if the run does not hold them. Whether tables
	// are what they were the caller must see, by [corpus.Corpus.Sum].
	Inputs *corpus.Corpus
	// Decisions is a log of what people decided, of this run or of another.
	Decisions *decision.Log
	// Quarantine yields the bad records of the run, as [Result.WriteQuarantine] writes
	// them, without their line ends. Default: none.
	Quarantine iter.Seq2[[]byte, error]
}

// Applied is a saved run with another keep policy and with decisions: what a run with
// that policy would have found, and what it would prune. It is good until the saved
// run is closed.
type Applied struct {
	Findings
	run  *SavedRun
	cuts cuts
}

// Apply groups the pairs of the saved run, which was opened with Contents, under
// another keep policy and with decisions.
//
// Without decisions the result is that of a fresh run with the policy, but for giant
// buckets, in which the policy has a say in what is compared (warning
// saved_giant_buckets).
func (s *SavedRun) Apply(ctx context.Context, o ApplyOptions) (*Applied, error) {
	if !s.keepContents || s.from.Header().Schema < snapshot.SchemaWithPlaces {
		return nil, fmt.Errorf("pipeline: %q was saved by an older version, without the places and contents of documents: run it again", s.dir)
	}
	id, keep, err := s.changed(RethresholdOptions{Keep: o.Keep, KeepPer: o.KeepPer})
	if err != nil {
		return nil, err
	}
	id.Decisions = digestOf(o.Decisions)
	fields, err := s.fieldsFor(ctx, id, keep, o.Inputs)
	if err != nil {
		return nil, err
	}
	f, err := s.again(ctx, origin{Identity: id}, keep, fields, o.Decisions)
	if fields != s.fields {
		err = errors.Join(err, fields.rows.Close()) // ranks are all that is made of them
	}
	if err != nil {
		return nil, err
	}
	f.bad = o.Quarantine
	if f.bad == nil {
		f.bad = func(func([]byte, error) bool) {}
	}
	if n := f.counts.GiantBuckets; n > 0 && id.Keep != s.identity.Keep {
		f.doubts = append(f.doubts, report.Warning{Code: "saved_giant_buckets", Message: fmt.Sprintf(
			"%s chained in the keep order of %q: a run with %q may find other pairs there", quantity.Of(n, "giant bucket was", "giant buckets were"), s.identity.Keep, id.Keep)})
	}
	a := &Applied{Findings: *f, run: s}
	s.applied = append(s.applied, a)
	return a, nil
}

// PlanPrune returns what is to be pruned. c has the files of the run, in their order,
// as [corpus.OpenFiles] opens them; nil is for a plan whose records are not written.
func (a *Applied) PlanPrune(c *corpus.Corpus) (*prune.Plan, error) {
	s, p := a.run, a.plan
	in := prune.Input{
		Corpus: c, Catalog: s.catalog, Clusters: a.clusters, Threshold: p.Identity.Threshold,
		Protected: s.isReference, Empty: func(id corpus.ID) bool { return s.empty[id] },
		Quarantined: a.badInFile, Fingerprint: p.Fingerprint, Options: encoded(p.Identity), Warnings: p.PruneWarnings(),
	}
	a.addDecided(&in)
	var err error
	if in.Digests, err = s.digests(); err != nil {
		return nil, err
	}
	for _, f := range s.from.Header().Inputs {
		in.Files = append(in.Files, corpus.File{Name: f.Name, Size: f.Bytes, Format: f.Format, Reference: f.Reference})
		in.Filtered = append(in.Filtered, f.Filtered)
	}
	return prune.NewPlan(in)
}

// contentsOfAll yields the digests of texts, as [decision.Documents] has them.
func (s *SavedRun) contentsOfAll(yield func(shingle.Digest, error) bool) {
	for _, c := range s.contents {
		if !yield(c, nil) {
			return
		}
	}
}

// Contents returns the digests of the normalised texts of documents, as 32 hexadecimal
// digits, "" for those without a letter or number. The run was opened with Contents.
// An id that is not in the run is an error.
func (s *SavedRun) Contents(ctx context.Context, ids []string) ([]string, error) {
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	contents := make([]string, len(ids))
	for i, key := range ids {
		id, known := s.catalog.Find(key)
		if err := s.catalog.Err(); err != nil {
			return nil, err
		}
		if !known {
			return nil, fmt.Errorf("pipeline: document %q is not in %q: give an id as reports name it", key, s.dir)
		}
		if c := s.contents[s.leader[id]]; c != (shingle.Digest{}) {
			contents[i] = hex.EncodeToString(c[:])
		}
	}
	return contents, nil
}

// Decidable returns the contents for the ids of an event if that can be applied to the
// run alone.
func (s *SavedRun) Decidable(ctx context.Context, e decision.Event) ([]string, error) {
	contents, err := s.Contents(ctx, e.IDs)
	if err != nil {
		return nil, err
	}
	if err := s.decidable(s.catalog, s.contentsOfAll).Check(e); err != nil {
		return nil, err
	}
	if slices.Max(contents) == "" {
		contents = nil // a run of an older version
	}
	return contents, nil
}

// BadRecords yields the lines of [ApplyOptions.Quarantine].
func (a *Applied) BadRecords() iter.Seq2[[]byte, error] { return a.bad }
