package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// GiantClusterError is a cluster that holds more of the corpus than allowed: most
// often a template, a licence or a cookie notice that its members share, not a text
// that somebody copied so often.
type GiantClusterError struct {
	// Members of Documents are in the cluster, a share over Limit.
	Members, Documents int64
	Limit              float64
	// Representative is the id of the document that would be kept first.
	Representative string
	// Common are the passages that most of a sample of its members have.
	Common []CommonPassage
}

// CommonPassage is what members of a cluster have in common.
type CommonPassage struct {
	Text  string
	Share float64 // of the members looked at
}

// Error says which cluster it is and what it is made of.
func (e *GiantClusterError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "pipeline: the cluster of %q holds %s of %s, more than the share of %v allowed: nothing was written", e.Representative, quantity.Number(e.Members), quantity.Of(e.Documents, "document", "documents"), e.Limit)
	for i, c := range e.Common {
		if i == 0 {
			b.WriteString("; its members share")
		} else {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %q (%.0f%%)", c.Text, 100*c.Share)
	}
	return b.String()
}

// Bounds of what is looked at to tell what a giant cluster is made of.
const (
	alarmMembers  = 200
	alarmPassages = 5
)

// CheckShare returns a [*GiantClusterError] if the largest cluster holds more than
// the given share of the documents. The error does not tell what its members have in
// common.
func (r *Findings) CheckShare(_ context.Context, limit float64) error {
	if float64(r.counts.LargestCluster) <= limit*float64(r.counts.Documents) || len(r.clusters) == 0 {
		return nil
	}
	c := &r.clusters[0]
	return &GiantClusterError{Members: int64(len(c.Members)), Documents: r.counts.Documents, Limit: limit,
		Representative: r.catalog.Key(c.Representative)}
}

// CheckShare is [Findings.CheckShare] with what the members have in common.
func (r *Result) CheckShare(ctx context.Context, limit float64) error {
	err := r.Findings.CheckShare(ctx, limit)
	var e *GiantClusterError
	if !errors.As(err, &e) {
		return err
	}
	c := &r.clusters[0]
	step := (len(c.Members) + alarmMembers - 1) / alarmMembers
	var ids []corpus.ID
	for i := 0; i < len(c.Members); i += step {
		ids = append(ids, c.Members[i].ID)
	}
	texts, err := r.textsOf(ctx, ids)
	switch {
	case errors.Is(err, errStreamed): // the error is as true without the passages
	case err != nil:
		return err
	default:
		e.Common = commonPassages(r.job.plan.Identity.Shingle, ids, texts)
	}
	return e
}

// runOfWords is where a run of words was found first, and in how many documents it is.
type runOfWords struct {
	doc, at int
	in      int
	last    int // document that has it, so that each counts once
}

// commonPassages returns the runs of words that most texts have, no two of which
// overlap in the text where they were found first.
func commonPassages(spec shingle.Spec, ids []corpus.ID, texts map[corpus.ID][]byte) []CommonPassage {
	words := passageWords(spec)
	segments := make([][]shingle.Segment, len(ids))
	for doc, id := range ids {
		segments[doc] = shingle.Segments(texts[id])
	}
	var common []CommonPassage
	var taken []*runOfWords
	for _, p := range runsByCount(segments, words) {
		if len(common) == alarmPassages {
			break
		}
		if slices.ContainsFunc(taken, func(t *runOfWords) bool { return t.doc == p.doc && p.at < t.at+words && t.at < p.at+words }) {
			continue
		}
		taken = append(taken, p)
		common = append(common, CommonPassage{
			Text:  shingle.Written(texts[ids[p.doc]], segments[p.doc][p.at:p.at+words]),
			Share: float64(p.in) / float64(len(ids)),
		})
	}
	return common
}

// runsByCount returns the runs of so many words in documents: those in most of them
// first, then in the order in which they were found.
func runsByCount(documents [][]shingle.Segment, words int) []*runOfWords {
	found := map[string]*runOfWords{}
	for doc, segments := range documents {
		norm := shingle.Norms(segments)
		for at := 0; at+words <= len(norm); at++ {
			key := strings.Join(norm[at:at+words], " ")
			p := found[key]
			if p == nil {
				p = &runOfWords{doc: doc, at: at, last: -1}
				found[key] = p
			}
			if p.last != doc {
				p.in, p.last = p.in+1, doc
			}
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *runOfWords) int {
		return cmp.Or(cmp.Compare(b.in, a.in), cmp.Compare(a.doc, b.doc), cmp.Compare(a.at, b.at))
	})
}
