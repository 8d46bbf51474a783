package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/snapshot"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// RethresholdOptions says how a saved run is clustered again. A field that is zero
// is as it was.
type RethresholdOptions struct {
	// Threshold is the similarity, in (0, 1], at which two documents count as
	// near-duplicates: not below [SavedRun.VerifiedFrom], for average link not
	// below twice that.
	Threshold float64
	// Clustering turns pairs into clusters.
	Clustering cluster.Method
	// Keep chooses the representative. A policy that looks at a field must look at
	// the one that the run was saved with; source goes by the names of files if
	// that was not the field "source".
	Keep string
	// KeepPer is [KeepPerSource] to keep a document of each source. A run that was
	// isolated takes none.
	KeepPer string
}

// Validate tells whether [SavedRun.Rethreshold] can do what o says, and if not, what
// would.
func (s *SavedRun) Validate(o RethresholdOptions) error {
	id, keep, err := s.changed(o)
	if err != nil {
		return err
	}
	return s.checkHeld(id, keep)
}

// changed returns the identity and the keep policy that o asks for, which may look at
// fields that were not saved.
func (s *SavedRun) changed(o RethresholdOptions) (Identity, cluster.KeepPolicy, error) {
	id, keep := s.identity, s.keep
	id.Decisions = "" // of the run, and not of what comes of it
	id.Threshold = cmp.Or(o.Threshold, id.Threshold)
	id.Clustering = cmp.Or(o.Clustering, id.Clustering)
	id.KeepPer = cmp.Or(o.KeepPer, id.KeepPer)
	if o.Keep != "" {
		var err error
		id.Keep = o.Keep
		if keep, err = id.keepPolicy(); err != nil {
			return Identity{}, keep, err
		}
		id.Keep = keep.String()
	}
	if err := cmp.Or(s.checkIdentity(id), s.checkPairs(id)); err != nil {
		return Identity{}, keep, fmt.Errorf("pipeline: %w", err)
	}
	return id, keep, nil
}

// checkIdentity looks at what no run could do, or none that was saved like this one.
func (s *SavedRun) checkIdentity(id Identity) error {
	switch {
	case id.KeepPer != "" && id.KeepPer != KeepPerSource:
		return fmt.Errorf("keep per %q is unknown, want %s", id.KeepPer, KeepPerSource)
	case id.KeepPer != "" && id.Isolate:
		return fmt.Errorf("%q was isolated, so it has no pairs within a source to keep one of each", s.dir)
	case !(id.Threshold > 0 && id.Threshold <= 1):
		return fmt.Errorf("threshold %v is outside (0, 1]", id.Threshold)
	case id.Clustering > cluster.Community:
		return fmt.Errorf("clustering %d is unknown", id.Clustering)
	}
	return nil
}

// checkPairs tells whether the saved pairs are enough.
func (s *SavedRun) checkPairs(id Identity) error {
	if from, need := s.VerifiedFrom(), id.verifiedFrom(); need < from {
		again := fmt.Sprintf("run doppel cluster --save again with --threshold %v --clustering %s", id.Threshold, id.Clustering)
		if need < id.Threshold {
			return fmt.Errorf("clustering %s at threshold %v weighs pairs from similarity %v, and %q has them from %v: %s", id.Clustering, id.Threshold, need, s.dir, from, again)
		}
		return fmt.Errorf("threshold %v is below %v, the similarity from which %q has its pairs: %s", id.Threshold, from, s.dir, again)
	}
	if s.apart() && id.Threshold < s.identity.Threshold {
		return fmt.Errorf("threshold %v is below %v, to which the figures of the pairs of %q agree: run doppel cluster --save again with --threshold %v", id.Threshold, s.identity.Threshold, s.dir, id.Threshold)
	}
	return nil
}

// checkHeld tells whether the fields are saved that the keep policy looks at.
func (s *SavedRun) checkHeld(id Identity, keep cluster.KeepPolicy) error {
	want := s.fields.missing(keep)
	if want == "" || want == keep.BySource() {
		return nil
	}
	holds := "no field"
	if have := s.fields.names; len(have) > 0 {
		holds = "the field \"" + strings.Join(have, `", "`) + "\" alone"
	}
	return fmt.Errorf("pipeline: keep policy %q looks at the field %q, and %q holds %s: make the run again with --keep %s, or use doppel apply on a run folder, which reads the field from the inputs", id.Keep, want, s.dir, holds, id.Keep)
}

// Rethreshold clusters the pairs of the saved run that reach another threshold. With
// all pairs as candidates the clusters are those of a run at that threshold. With
// others there may be more: the saved run has looked for less similar pairs, and
// has missed fewer of these.
func (s *SavedRun) Rethreshold(ctx context.Context, o RethresholdOptions) (*Findings, error) {
	id, keep, err := s.changed(o)
	if err == nil {
		err = s.checkHeld(id, keep)
	}
	if err != nil {
		return nil, err
	}
	f, err := s.again(ctx, origin{Identity: id, RethresholdOf: s.Fingerprint()}, keep, s.fields, nil)
	if err == nil && s.identity.Decisions != "" {
		f.doubts = append(f.doubts, report.Warning{Code: "undecided", Message: "what people decided before the run that was saved is not applied again: doppel apply does that, at the threshold of the run"})
	}
	return f, err
}

// again clusters the saved pairs under an identity, with the fields that its keep
// policy looks at and with what log, which may be nil, decides.
func (s *SavedRun) again(ctx context.Context, of origin, keep cluster.KeepPolicy, fields *fieldStore, log *decision.Log) (*Findings, error) {
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	id := of.Identity
	f := s.found(of)
	f.weaker = s.under(id.verifiedFrom())
	f.edges, f.counts.Verified = s.above(id)
	known := s.documents
	var err error
	if known.ranks, f.counts.Unranked, err = s.rank(keep, fields); err != nil {
		return nil, err
	}
	f.doubts = s.doubts(id, keep, fields)
	if hasEvents(log) {
		decided, err := known.decidable(s.catalog, s.contentsOfAll).Apply(log)
		if err != nil {
			return nil, err
		}
		f.settle(decided, known)
	} else {
		f.clusters = known.involve(ends(f.edges), s.catalog.Key).group(id, &known, f.edges, f.sizeOf).Clusters
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	f.tally()
	return f, f.Err()
}

// found returns what the saved run has to tell in any case.
func (s *SavedRun) found(of origin) *Findings {
	h := s.from.Header()
	return &Findings{
		plan:          s.planned(of),
		catalog:       s.catalog,
		fileName:      func(file int) string { return h.Inputs[file].Name },
		isWhole:       func(file int) bool { return h.Inputs[file].Format.IsWhole() },
		sizeOf:        s.sizeOf,
		counts:        h.Counts,
		reading:       reading{ignored: h.IgnoredFiles, firstIgnored: h.FirstIgnored, broken: h.BrokenFiles, bad: h.BadRecords, undated: h.Undated, sourced: s.sources.named, boilerplate: h.Boilerplate},
		sources:       s.sources,
		references:    s.references,
		badInFile:     s.badInFile(),
		empty:         s.empty,
		rethresholdOf: of.RethresholdOf,
	}
}

// above returns the saved pairs that clustering asks for under an identity, and how many
// of them reach its threshold.
func (s *SavedRun) above(id Identity) (edges []verify.Scored, verified int64) {
	for i, e := range s.edges {
		similarity := s.similarity(e)
		if similarity < id.verifiedFrom() || s.apart() && !s.agree(i, id.verifiedFrom(), id.Threshold) {
			continue
		}
		edges = append(edges, e)
		if similarity >= id.Threshold {
			verified++
		}
	}
	return edges, verified
}

// under yields the saved pairs that are less alike.
func (s *SavedRun) under(similarity float64) iter.Seq[verify.Scored] {
	return func(yield func(verify.Scored) bool) {
		for _, e := range s.edges {
			if s.similarity(e) < similarity && !yield(e) {
				return
			}
		}
	}
}

// ends yields the documents in edges.
func ends(edges []verify.Scored) iter.Seq[corpus.ID] {
	return func(yield func(corpus.ID) bool) {
		for _, e := range edges {
			if !yield(e.Pair.A) || !yield(e.Pair.B) {
				return
			}
		}
	}
}

// planned is the plan of the saved run, as it is for another identity: the
// candidates were found as they were.
func (s *SavedRun) planned(of origin) *Plan {
	id := of.Identity
	p := &Plan{Identity: id, Documents: int64(len(s.leader)), Candidates: s.from.Header().ChancePairs}
	if id.Similarity == Exact || id.candidates(0) != MinHash {
		p.Recall = id.unsignedRecall()
	} else {
		p.Params = lsh.Params{Bands: id.Bands, Rows: id.Rows}
		p.Recall = p.Params.CandidateProb(id.jaccardAtThreshold())
	}
	p.Fingerprint = fingerprintOf(encoded(of))
	p.Warnings = id.doubts(p)
	return p
}

// rank returns the documents' ranks under a policy, and how many have none.
func (s *SavedRun) rank(keep cluster.KeepPolicy, fields *fieldStore) (ranks []int64, unranked int64, err error) {
	inputs := s.from.Header().Inputs
	ranks = make([]int64, 0, keep.Len()*len(s.leader))
	at := make([]int, len(keep.Fields())) // of each field, in fields
	for i, f := range keep.Fields() {
		at[i] = slices.Index(fields.names, f)
	}
	file := 0
	doc := cluster.DocInfo{Fields: make([][]byte, len(at))}
	for i := range s.leader {
		doc.ID, doc.TextLen, doc.Key = corpus.ID(i), int(s.lens[i]), append(doc.Key[:0], s.catalog.Key(corpus.ID(i))...)
		clear(doc.Fields)
		for file+1 < len(s.files) && s.files[file+1] <= doc.ID {
			file++
		}
		doc.FileName, doc.Protected = inputs[file].Name, inputs[file].Reference
		held, err := fields.get(doc.ID)
		if err != nil {
			return nil, 0, err
		}
		for i, at := range at {
			if at >= 0 && at < len(held) {
				doc.Fields[i] = held[at]
			}
		}
		var ok bool
		if ranks, ok = keep.AppendRanks(ranks, doc); !ok && !doc.Protected {
			unranked++
		}
	}
	return ranks, unranked, nil
}

// doubts lists in what the findings may differ from those of a run with the
// identity.
func (s *SavedRun) doubts(id Identity, keep cluster.KeepPolicy, fields *fieldStore) []report.Warning {
	var w []report.Warning
	h := s.from.Header()
	if from := s.identity.verifiedFrom(); h.Counts.GiantBuckets > 0 && id.verifiedFrom() != from {
		w = append(w, report.Warning{Code: "saved_giant_buckets", Message: fmt.Sprintf(
			"%s chained at similarity %v when the run was saved: a run at threshold %v may find more pairs there",
			quantity.Of(h.Counts.GiantBuckets, "giant bucket was", "giant buckets were"), from, id.Threshold)})
	}
	if s.apart() && id.Similarity == Containment && id.verifiedFrom() != s.VerifiedFrom() {
		w = append(w, report.Warning{Code: "saved_figures", Message: fmt.Sprintf(
			"the saved run left out pairs whose figures do not agree in a direction in which they are similar from %v: a run at threshold %v may find more", s.VerifiedFrom(), id.Threshold)})
	}
	if field := keep.BySource(); field != "" && fields.missing(keep) == field && s.hasFields() {
		w = append(w, report.Warning{Code: "saved_source", Message: fmt.Sprintf(
			"the saved run holds no field %q: documents are ranked by the names of their files alone", field)})
	}
	return w
}

// hasFields tells whether an input has documents with fields.
func (s *SavedRun) hasFields() bool {
	return slices.ContainsFunc(s.from.Header().Inputs, func(in snapshot.Input) bool { return !in.Format.IsWhole() })
}
