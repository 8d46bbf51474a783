package pipeline

import (
	"cmp"
	"fmt"
	"iter"
	"slices"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// hasEvents tells whether a log, which may be nil, decides anything.
func hasEvents(log *decision.Log) bool { return log != nil && len(log.Events) > 0 }

// digestOf returns what stands for a log in an identity.
func digestOf(log *decision.Log) string {
	if !hasEvents(log) {
		return ""
	}
	return log.Digest
}

// settle groups what was found in documents by what d, which was decided of them, says.
//
// What is dropped is as if it were not in the corpus: the rest is clustered without
// it, so that the cover guarantee needs no exception. A pair that is no duplicate is
// as if it had not been found. What is kept comes first in keep order.
func (f *Findings) settle(d *decision.Outcome, known documents) {
	id := f.plan.Identity
	group := func() []cluster.Cluster {
		return known.involve(ends(f.edges), f.catalog.Key).group(id, &known, f.edges, f.sizeOf).Clusters
	}
	if len(d.Apart) > 0 {
		f.edges = slices.DeleteFunc(slices.Clone(f.edges), func(e verify.Scored) bool { return d.Apart[e.Pair] })
	}
	if slices.Contains(d.Kept, true) {
		known.forced = d.Kept
	}
	if slices.Contains(d.Dropped, true) {
		// What would be together if nothing were dropped: of a cluster nothing may be left.
		f.doubts = append(f.doubts, emptiedClusters(group(), d.Dropped, f.catalog)...)
		f.dropped = d.Dropped
		leader, sizeOf := known.leader, f.sizeOf
		f.sizeOf = func(id corpus.ID) int { return sizeOf(leader[id]) }
		known.leader, f.edges = without(d.Dropped, leader, f.edges)
	}
	f.counts.Verified = 0
	for _, e := range f.edges {
		if id.Similarity.ofPair(e, f.sizeOf) >= id.Threshold {
			f.counts.Verified++
		}
	}
	f.doubts = append(f.doubts, decisionDoubts(d)...)
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

// emptiedClusters warns of clusters of which nothing stays.
func emptiedClusters(all []cluster.Cluster, dropped []bool, names *corpus.Catalog) []report.Warning {
	var n int64
	first := ""
	for i := range all {
		stays := func(m cluster.Member) bool { return !dropped[m.ID] }
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
		"of %s nothing stays, since all members are dropped by decision: the first is that of %q", quantity.Of(n, "cluster", "clusters"), first)}}
}

// decisionDoubts warns of what goes without a cover, and of what does not apply.
func decisionDoubts(d *decision.Outcome) []report.Warning {
	var w []report.Warning
	var n int64
	for _, goes := range d.Dropped {
		if goes {
			n++
		}
	}
	if n > 0 {
		w = append(w, report.Warning{Code: "decided", Message: fmt.Sprintf("%s dropped by decision, whether or not a kept one covers them", quantity.Of(n, "document is", "documents are"))})
	}
	if d.Elsewhere > 0 {
		w = append(w, report.Warning{Code: "decided_elsewhere", Message: fmt.Sprintf("%s not in this corpus: what was decided of it does not apply", quantity.Of(d.Elsewhere, "text of the decisions is", "texts of the decisions are"))})
	}
	return w
}

// decidable returns the documents as those that people decide about.
func (d *documents) decidable(names *corpus.Catalog, contents iter.Seq2[shingle.Digest, error]) *decision.Documents {
	return &decision.Documents{Catalog: names, Leader: d.leader, Empty: d.empty, References: d.references, Contents: contents,
		Compare: func(a, b corpus.ID) int {
			return cmp.Or(slices.Compare(d.ranksOf(b), d.ranksOf(a)), cmp.Compare(d.lens[b], d.lens[a]), cmp.Compare(names.Key(a), names.Key(b)))
		}}
}

// ranksOf returns those of a document, one for each criterion of the keep policy.
func (d *documents) ranksOf(id corpus.ID) []int64 {
	k := len(d.ranks) / len(d.leader)
	return d.ranks[int(id)*k:][:k]
}

// decide finds what the options' decisions are about, as soon as the documents are
// read: what is wrong with them shows before these are compared.
func (j *Job) decide() (err error) {
	if !hasEvents(j.options.Decisions) {
		return nil
	}
	j.decided, err = j.decidable(j.catalog, j.contentsOfAll).Apply(j.options.Decisions)
	return err
}

// contentsOfAll yields the digests of texts, as [decision.Documents] has them.
func (j *Job) contentsOfAll(yield func(shingle.Digest, error) bool) {
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
}
