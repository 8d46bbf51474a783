package pipeline

import (
	"cmp"
	"iter"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// involved are the documents that can be in a cluster: those that share a bucket
// with another one, and copies with the documents that they are copies of. In
// most corpora they are few. Clustering works on them alone, under dense numbers
// that ascend with the IDs, so that what it costs does not depend on the others.
type involved struct {
	ids    []corpus.ID // ascending
	number []uint32    // by ID: the place in ids; means nothing for documents not involved
	order  *cluster.Order
	// place is, for a leader, the best position of a document with its text.
	place []uint32
}

// documents is what clustering knows of every document, by ID.
type documents struct {
	leader []corpus.ID // the first document with the same text
	empty  []bool
	lens   []uint32 // characters
	ranks  []int64  // under the keep policy, as many a document as it has criteria
	// references is the first reference document, noReference if there is none: all
	// after it are references too.
	references corpus.ID
	source     []uint32 // ordinals; nil if sources are not asked for
	forced     []bool   // stay whatever covers them; nil if none do
}

// involve finds the documents involved: leaders in candidate pairs, in any order,
// and copies. key returns a document's name.
func (d *documents) involve(candidates iter.Seq[corpus.ID], key func(corpus.ID) string) *involved {
	const in = 1
	v := &involved{number: make([]uint32, len(d.leader))}
	for id := range candidates {
		v.number[id] = in
	}
	for i, leader := range d.leader {
		if corpus.ID(i) != leader {
			v.number[i], v.number[leader] = in, in
		}
	}
	n := 0
	for _, mark := range v.number {
		n += int(mark)
	}
	v.ids = make([]corpus.ID, 0, n)
	k := len(d.ranks) / max(len(d.leader), 1)
	ranks, lens := make([]int64, 0, (2+k)*n), make([]uint32, 0, n)
	for i, mark := range v.number {
		if mark == in {
			v.number[i] = uint32(len(v.ids))
			v.ids = append(v.ids, corpus.ID(i))
			if d.references != noReference {
				ranks = append(ranks, firstIf(d.isReference(corpus.ID(i))))
			}
			if d.forced != nil {
				ranks = append(ranks, firstIf(d.forced[i]))
			}
			ranks, lens = append(ranks, d.ranks[k*i:k*(i+1)]...), append(lens, d.lens[i])
		}
	}
	v.order = cluster.NewOrder(ranks, lens, func(n corpus.ID) string { return key(v.ids[n]) })
	v.place = make([]uint32, n)
	for k, id := range v.ids {
		leader, at := v.number[d.leader[id]], v.order.Position(corpus.ID(k))
		if int(leader) == k || at < v.place[leader] {
			v.place[leader] = at // a leader comes before its copies
		}
	}
	return v
}

// sort puts leaders into keep order: that of the best document with each text.
func (v *involved) sort(leaders []corpus.ID) {
	slices.SortFunc(leaders, func(a, b corpus.ID) int { return cmp.Compare(v.place[v.number[a]], v.place[v.number[b]]) })
}

// group turns verified pairs and exact copies into clusters. It leaves edges as they
// are, but uses them as scratch.
func (v *involved) group(id Identity, d *documents, edges []verify.Scored, sizeOf func(corpus.ID) int) cluster.Result {
	leader := make([]corpus.ID, len(v.ids))
	for k, id := range v.ids {
		leader[k] = corpus.ID(v.number[d.leader[id]])
	}
	in := cluster.Input{Scope: id.scope()}
	if in.Scope != cluster.AnySource {
		in.Sources = make([]uint32, len(v.ids))
		for k, id := range v.ids {
			in.Sources[k] = d.source[id]
		}
	}
	if d.references != noReference {
		in.Protected = func(n corpus.ID) bool { return d.isReference(v.ids[n]) }
	}
	if d.forced != nil {
		in.Forced = func(n corpus.ID) bool { return d.forced[v.ids[n]] }
	}
	// The edges are renumbered in place and back: numbers ascend as IDs do.
	renumber(edges, func(id corpus.ID) corpus.ID { return corpus.ID(v.number[id]) })
	in.Leader, in.Edges, in.Order = leader, edges, v.order
	in.SizeOf = func(n corpus.ID) int { return sizeOf(v.ids[n]) }
	in.Measure, in.Threshold, in.Method = id.Similarity.Measure(), id.Threshold, id.Clustering
	found := cluster.Build(in)
	renumber(edges, func(n corpus.ID) corpus.ID { return v.ids[n] })
	for i := range found.Clusters {
		c := &found.Clusters[i]
		c.Representative = v.ids[c.Representative]
		for k := range c.Members {
			m := &c.Members[k]
			m.ID, m.Cover = v.ids[m.ID], v.ids[m.Cover]
		}
	}
	return found
}

func renumber(edges []verify.Scored, f func(corpus.ID) corpus.ID) {
	for i := range edges {
		p := &edges[i].Pair
		p.A, p.B = f(p.A), f(p.B)
	}
}
