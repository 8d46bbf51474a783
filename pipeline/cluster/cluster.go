// Package cluster turns verified pairs into clusters and decides which document
// of each is kept.
//
// # In and out
//
// In go the groups of exact duplicates ([Input.Leader]), the verified pairs
// between their leaders ([Input.Edges]) and a total order of all documents,
// best to keep first ([Order], made from a [KeepPolicy]). Out come clusters of
// two and more documents, each with a representative; every member that is not
// kept names the kept document that covers it and its exact similarity to it.
//
// # The cover guarantee
//
// A document is given up only if a kept document is similar to it at or above
// the threshold. Chains cannot break this: where A resembles B and B resembles
// C, but A does not resemble C, deleting C in favour of A would lose C. So
// clusters are not simply the connected parts of the graph of pairs. They are
// stars: a representative and documents each verified against it. This is the
// greedy dominating set of the graph, also known as the star cover of Aslam,
// Pelekhov and Rus (The Star Clustering Algorithm, 2004), with the keep order
// in place of their order by degree:
//
//  1. Walk the documents in keep order. One that no earlier representative
//     covers becomes a representative.
//  2. Each other document joins the most similar of the representatives that
//     cover it, the first in keep order on a tie.
//
// Exact duplicates move as one, since they have the same shingle set. The
// first of a group in keep order stands for it; the others go.
//
// # Methods
//
// [Cover], the default, makes one cluster of each star. [Components] joins
// stars that a verified pair links, directly or by a chain, and keeps the
// representative of each star: it shows families of documents whole, and
// prunes exactly the same documents.
//
// [Average] and [Community] divide the components where they hang together by
// chains. They decide first which documents are of one cluster, then cover each
// cluster by stars of its own. Pairs between clusters cover nothing, so other
// documents are kept than by Cover, as a rule more; the guarantee is the same.
//
// Average is average link, the unweighted pair-group method of Sokal and
// Michener (A statistical method for evaluating systematic relationships,
// 1958). Every text starts as a cluster. The two clusters with the highest
// average similarity over all pairs between them are merged, as long as it is
// at or above the threshold. A pair that is not in the input counts as 0, so
// give it weak pairs too, verified below the threshold: they count with what
// they have, and without them an average is too low. Of equal averages the one
// whose first members come first in keep order is merged.
//
// Community looks for communities of high modularity among the pairs at or above
// the threshold (Louvain; Blondel et al. 2008), moving texts in keep order and
// never by chance. It asks where pairs are denser than chance would have them,
// not how similar they are on average. It may cut a long chain anywhere, and in
// a large component keep small groups together.
//
// Both weigh texts, not documents: a group of exact copies counts as one, so
// that a text which was copied a thousand times does not pull others to it.
// Similarities are added up in fixed point.
//
// # Cohesion
//
// Every cluster tells how closely it hangs together: see [Cohesion]. Members of
// a star are each similar to its middle, but maybe not to one another; a
// cluster of stars may be a chain whose ends have nothing in common.
//
// # Containment
//
// Jaccard similarity is symmetric, containment is not: a paragraph lies in its
// article and may go in its favour, never the article in the paragraph's. A
// representative therefore covers a document only if the document is contained
// in it. When the keep order puts the paragraph first, both become
// representatives in step 1, so another step follows, which does nothing for
// Jaccard:
//
//   - Walk the representatives from the last in keep order to the first. One
//     that another representative covers, and that no document needs for its
//     own cover, is covered like any other document.
//
// # Determinism
//
// The result is a function of the groups, the pairs and the keep order. The
// order of the pairs in the input does not matter, and, unless the policy is
// "first", nor does the order of the documents.
//
// # Concurrency and memory
//
// [Build] runs on one goroutine and may run beside other calls. It takes time
// linear in documents and pairs, save for sorting the list of clusters and the
// diameters of clusters up to [ExactDiameter], and about 60 bytes a document and
// 16 bytes a pair besides its input, and 16 more a pair of the largest cluster;
// its result takes 32 bytes a member. Average and Community take in addition up
// to about 200 bytes for each pair of the largest component, and O(pairs log
// pairs) time in practice. A [KeepPolicy] and an [Order] may be used by many
// goroutines.
package cluster

import (
	"fmt"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// Input is what [Build] needs. Build changes none of it.
type Input struct {
	// Leader gives, for each document, the leader of its group of exact
	// duplicates: the lowest ID among them, which is its own leader. So is a
	// document without copies, and one without a token. The length is the
	// number of documents.
	Leader []corpus.ID
	// Edges are the verified pairs between leaders, in any order; a pair may
	// come twice. There are fewer than 1<<32. Those below the threshold in both
	// directions are weak: Average looks at them, nothing else does.
	Edges []verify.Scored
	// SizeOf returns the number of distinct shingles of a leader.
	SizeOf func(corpus.ID) int
	// Measure and Threshold say when one document covers another.
	Measure   verify.Measure
	Threshold float64
	// Order ranks the documents, best to keep first.
	Order *Order
	// Method says how far a cluster goes.
	Method Method
	// Protected tells which documents are references: they all stay. They come
	// first in Order; pairs between two of them are not wanted. Default: none.
	Protected func(corpus.ID) bool
	// Forced tells which documents stay whatever covers them. They come first in
	// Order, behind the protected ones. Default: none.
	Forced func(corpus.ID) bool
	// Scope says whether sources count; Sources has that of each document if they
	// do, any numbers.
	Scope   Scope
	Sources []uint32
}

// Result is the clusters of a corpus.
type Result struct {
	// Clusters have two members or more. They are sorted by size, largest
	// first, then by their representatives' place in the keep order. No
	// document is in two.
	Clusters []Cluster
}

// Cluster is a set of documents that are the same text by the caller's terms.
type Cluster struct {
	// Representative is the kept member that comes first in the keep order.
	Representative corpus.ID
	// Members holds the representative first and the others in keep order.
	Members []Member
	// MinSimilarity and MeanSimilarity are over the members that are not kept,
	// each compared with the document that covers it; 1 if all are kept.
	MinSimilarity, MeanSimilarity float64
	// Cohesion is over all verified pairs within the cluster.
	Cohesion Cohesion
}

// Member is a document of a cluster.
type Member struct {
	// ID is the document.
	ID corpus.ID
	// Cover is the kept document that stands for this one; a kept document
	// covers itself.
	Cover corpus.ID
	// Overlap is the number of distinct shingles shared with Cover.
	Overlap uint32
	// Similarity is the exact similarity to Cover, for containment the share
	// of this document found in Cover: at least the threshold, 1 for a kept
	// document or a copy.
	Similarity float64
	// Kept tells whether the document survives. At least one of a cluster does.
	Kept bool
	// Exact tells that the document is not kept and is an exact duplicate of
	// Cover after normalising.
	Exact bool
}

// Build makes the clusters. It panics if the input breaks the rules stated at
// [Input]: an edge at a document that is not a leader, an ID out of range, an
// order of another length.
func Build(in Input) Result {
	in.check()
	g := newGraph(&in)
	if in.Scope != AnySource {
		return g.scoped()
	}
	switch in.Method {
	case Average, Community:
		label := g.partition()
		g.cut(label)
		return g.collect(g.cover(), label)
	case Components:
		return g.collect(g.cover(), g.components())
	}
	stars := g.cover()
	label := make([]corpus.ID, len(stars))
	for l, s := range stars {
		label[l] = s.by
	}
	return g.collect(stars, label)
}

// scoped makes the clusters where sources count: their extent is as elsewhere, but
// who stays is decided by source.
func (g *graph) scoped() Result {
	var label []corpus.ID
	switch {
	case g.in.Method == Average || g.in.Method == Community:
		label = g.partition()
	case g.in.Method == Components || g.in.Scope == OtherSources:
		label = g.components()
	default:
		stars := g.cover()
		label = make([]corpus.ID, len(stars))
		for l, s := range stars {
			label[l] = s.by
		}
	}
	g.cut(label)
	g.own = g.newScoped().cover()
	return g.collect(nil, label)
}

func (in *Input) check() {
	if in.Scope != AnySource && len(in.Sources) != len(in.Leader) {
		panic(fmt.Sprintf("cluster: sources of %d documents for %d documents", len(in.Sources), len(in.Leader)))
	}
	if in.Order.Len() != len(in.Leader) {
		panic(fmt.Sprintf("cluster: an order of %d documents for %d documents", in.Order.Len(), len(in.Leader)))
	}
	for id, l := range in.Leader {
		if int(l) > id || in.Leader[l] != l {
			panic(fmt.Sprintf("cluster: document %d has leader %d, which is not its own leader", id, l))
		}
	}
	if uint64(len(in.Edges)) > maxEdges {
		panic(fmt.Sprintf("cluster: %d verified pairs, at most %d can be added up", len(in.Edges), uint64(maxEdges)))
	}
	for _, e := range in.Edges {
		for _, id := range [...]corpus.ID{e.Pair.A, e.Pair.B} {
			if int(id) >= len(in.Leader) || in.Leader[id] != id {
				panic(fmt.Sprintf("cluster: verified pair (%d, %d) has an end that is not a leader", e.Pair.A, e.Pair.B))
			}
		}
	}
}
