package pipeline

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// decided is what a log comes to for the documents of a run.
type decided struct {
	// dropped and forced are by document; apart has pairs of leaders.
	dropped, forced []bool
	apart           map[corpus.Pair]bool
	// elsewhere counts texts of the log that the run does not have.
	elsewhere int64
}

// subject is the documents of a run that people decide about.
type subject struct {
	documents
	catalog *corpus.Catalog
	// contents yields the digests of the texts of all documents, by ID; zero for a
	// copy, and for a document without a letter or number.
	contents iter.Seq2[shingle.Digest, error]
}

// hasEvents tells whether a log, which may be nil, decides anything.
func hasEvents(log *decision.Log) bool { return log != nil && len(log.Events) > 0 }

// digestOf returns what stands for a log in an identity.
func digestOf(log *decision.Log) string {
	if !hasEvents(log) {
		return ""
	}
	return log.Digest
}

// settle groups what f has found in documents by what was decided of them.
//
// What is dropped is as if it were not in the corpus: the rest is clustered without
// it, so that the cover guarantee needs no exception. A pair that is no duplicate is
// as if it had not been found. What is kept comes first in keep order.
func (d *decided) settle(f *Findings, known documents) {
	id := f.plan.Identity
	group := func() []cluster.Cluster {
		return known.involve(ends(f.edges), f.catalog.Key).group(id, &known, f.edges, f.sizeOf).Clusters
	}
	if len(d.apart) > 0 {
		f.edges = slices.DeleteFunc(slices.Clone(f.edges), func(e verify.Scored) bool { return d.apart[e.Pair] })
	}
	if slices.Contains(d.forced, true) {
		known.forced = d.forced
	}
	if slices.Contains(d.dropped, true) {
		// What would be together if nothing were dropped: of a cluster nothing may be left.
		f.doubts = append(f.doubts, d.emptied(group(), f.catalog)...)
		f.dropped = d.dropped
		leader, sizeOf := known.leader, f.sizeOf
		f.sizeOf = func(id corpus.ID) int { return sizeOf(leader[id]) }
		known.leader, f.edges = without(d.dropped, leader, f.edges)
	}
	f.counts.Verified = 0
	for _, e := range f.edges {
		if id.Similarity.ofPair(e, f.sizeOf) >= id.Threshold {
			f.counts.Verified++
		}
	}
	f.doubts = append(f.doubts, d.doubts()...)
	f.clusters = group()
}

// without returns the leaders and the pairs of the documents that are not dropped: a
// text is led by the first that stays of those that have it, and one that none has is
// in no pair.
func without(dropped []bool, leader []corpus.ID, edges []verify.Scored) ([]corpus.ID, []verify.Scored) {
	const nobody = noReference
	first := make([]corpus.ID, len(leader)) // that stays, by leader
	for i := range first {
		first[i] = nobody
	}
	for i, l := range leader {
		if !dropped[i] && first[l] == nobody {
			first[l] = corpus.ID(i)
		}
	}
	led := make([]corpus.ID, len(leader))
	for i, l := range leader {
		if led[i] = first[l]; dropped[i] {
			led[i] = corpus.ID(i)
		}
	}
	var left []verify.Scored
	for _, e := range edges {
		a, b := first[e.Pair.A], first[e.Pair.B]
		if a == nobody || b == nobody {
			continue
		}
		e.Pair = corpus.Pair{A: min(a, b), B: max(a, b)}
		left = append(left, e)
	}
	slices.SortFunc(left, func(x, y verify.Scored) int { return comparePairs(x.Pair, y.Pair) })
	return led, left
}

// emptied warns of clusters of which nothing stays.
func (d *decided) emptied(all []cluster.Cluster, names *corpus.Catalog) []report.Warning {
	var n int64
	first := ""
	for i := range all {
		stays := func(m cluster.Member) bool { return !d.dropped[m.ID] }
		if slices.ContainsFunc(all[i].Members, stays) {
			continue
		}
		if n++; n == 1 {
			first = names.Key(all[i].Representative)
		}
	}
	if n == 0 {
		return nil
	}
	return []report.Warning{{Code: "emptied_clusters", Message: fmt.Sprintf(
		"of %s nothing stays, since all members are dropped by decision: the first is that of %q", plural(n, "cluster", "clusters"), first)}}
}

// doubts warns of what goes without a cover, and of what does not apply.
func (d *decided) doubts() []report.Warning {
	var w []report.Warning
	var n int64
	for _, goes := range d.dropped {
		if goes {
			n++
		}
	}
	if n > 0 {
		w = append(w, report.Warning{Code: "decided", Message: fmt.Sprintf("%s dropped by decision, whether or not a kept one covers them", plural(n, "document is", "documents are"))})
	}
	if d.elsewhere > 0 {
		w = append(w, report.Warning{Code: "decided_elsewhere", Message: fmt.Sprintf("%s not in this corpus: what was decided of it does not apply", plural(d.elsewhere, "text of the decisions is", "texts of the decisions are"))})
	}
	return w
}

// decide finds what a log is about. Of several events about a document the last
// counts.
func (s *subject) decide(log *decision.Log) (*decided, error) {
	events := log.Effective()
	byContent, err := s.leadersOf(events)
	if err != nil {
		return nil, err
	}
	f := &targets{subject: s, byContent: byContent, copies: map[corpus.ID][]corpus.ID{}}
	for _, leader := range f.byContent {
		f.copies[leader] = nil
	}
	for i, leader := range s.leader {
		if list, wanted := f.copies[leader]; wanted {
			f.copies[leader] = append(list, corpus.ID(i))
		}
	}
	d := s.undecided()
	for i := range events {
		if err := f.apply(&events[i], d); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", log.Name, events[i].Line, err)
		}
	}
	return d, nil
}

// undecided is what no event comes to.
func (s *subject) undecided() *decided {
	n := len(s.leader)
	return &decided{dropped: make([]bool, n), forced: make([]bool, n), apart: map[corpus.Pair]bool{}}
}

// leadersOf returns the first documents with the contents that events name.
func (s *subject) leadersOf(events []decision.Event) (map[string]corpus.ID, error) {
	wanted := map[shingle.Digest]string{}
	for i := range events {
		for _, text := range events[i].Content {
			var c shingle.Digest
			if n, err := hex.Decode(c[:], []byte(text)); err == nil && n == len(c) {
				wanted[c] = text
			}
		}
	}
	found := map[string]corpus.ID{}
	id := corpus.ID(0)
	for c, err := range s.contents {
		if err != nil {
			return nil, err
		}
		if text, ok := wanted[c]; ok && c != (shingle.Digest{}) {
			if first, before := found[text]; before {
				return nil, fmt.Errorf("pipeline: the texts of documents %q and %q differ, and have one digest, %s, by which decisions name a text: somebody must have made them so; "+
					"run with --seed random, and decide of that run", s.catalog.Key(first), s.catalog.Key(id), text)
			}
			found[text] = id
		}
		id++
	}
	return found, nil
}

// targets finds the documents that events are about.
type targets struct {
	*subject
	byContent map[string]corpus.ID
	copies    map[corpus.ID][]corpus.ID // of those leaders, themselves among them
}

// apply brings an event into d.
func (f *targets) apply(e *decision.Event, d *decided) error {
	var leaders []corpus.ID
	for i := range e.IDs {
		docs, err := f.of(e, i)
		if err != nil {
			return err
		}
		if len(docs) == 0 {
			d.elsewhere++
			continue
		}
		leaders = append(leaders, f.leader[docs[0]])
		for _, id := range docs {
			if e.Action == decision.NotDuplicate || f.isReference(id) {
				continue
			}
			d.dropped[id], d.forced[id] = e.Action == decision.Drop, e.Action == decision.Keep
		}
	}
	if e.Action != decision.NotDuplicate || len(leaders) < 2 {
		return nil
	}
	if leaders[0] == leaders[1] {
		return fmt.Errorf("documents %q and %q have the same text, and copies are always duplicates: decide to keep them instead", e.IDs[0], e.IDs[1])
	}
	d.apart[corpus.Pair{A: min(leaders[0], leaders[1]), B: max(leaders[0], leaders[1])}] = true
	return nil
}

// of returns the documents that place i of an event names: by content all that have
// the text to be dropped, and to be kept the one with the id or the best of them. None
// are returned for a text that is not here.
func (f *targets) of(e *decision.Event, i int) ([]corpus.ID, error) {
	s := f.subject
	id, known := s.catalog.Find(e.IDs[i])
	if err := s.catalog.Err(); err != nil {
		return nil, err
	}
	if len(e.Content) > 0 && e.Content[i] != "" {
		leader, here := f.byContent[e.Content[i]]
		switch {
		case !here:
			return nil, nil
		case e.Action == decision.Drop:
			return f.copies[leader], nil
		case known && s.leader[id] == leader:
			return []corpus.ID{id}, nil
		}
		return []corpus.ID{f.best(f.copies[leader])}, nil
	}
	switch {
	case !known:
		return nil, fmt.Errorf("document %q is not in the run, and the decision has no content by which to find it", e.IDs[i])
	case e.Action != decision.NotDuplicate && s.isReference(id):
		return nil, fmt.Errorf("document %q is a reference, of which nothing can be decided", e.IDs[i])
	case e.Action == decision.Drop && s.empty[id]:
		return nil, fmt.Errorf("document %q has no letter or number, and such documents always stay", e.IDs[i])
	}
	return []corpus.ID{id}, nil
}

// best returns the first of copies in keep order.
func (f *targets) best(copies []corpus.ID) corpus.ID {
	k := len(f.ranks) / len(f.leader)
	rank := func(id corpus.ID) []int64 { return f.ranks[int(id)*k:][:k] }
	return slices.MinFunc(copies, func(a, b corpus.ID) int {
		return cmp.Or(slices.Compare(rank(b), rank(a)), cmp.Compare(f.lens[b], f.lens[a]), cmp.Compare(f.catalog.Key(a), f.catalog.Key(b)))
	})
}

// decide finds what the options' decisions are about, as soon as the documents are
// read: what is wrong with them shows before these are compared.
func (j *Job) decide() (err error) {
	if !hasEvents(j.options.Decisions) {
		return nil
	}
	s := &subject{documents: j.documents, catalog: j.catalog, contents: func(yield func(shingle.Digest, error) bool) {
		var c shingle.Digest
		buf := make([]byte, 0, len(c))
		for i := range j.leader {
			row, err := j.contents.Get(i, buf)
			clear(c[:])
			copy(c[:], row)
			if !yield(c, err) {
				return
			}
		}
	}}
	j.decided, err = s.decide(j.options.Decisions)
	return err
}
