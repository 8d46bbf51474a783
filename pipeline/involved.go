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

// involve finds the documents involved. candidates are leaders, ascending.
func (j *Job) involve(candidates iter.Seq[corpus.ID]) {
	const in = 1
	v := &involved{number: make([]uint32, len(j.leader))}
	for id := range candidates {
		v.number[id] = in
	}
	for i, leader := range j.leader {
		if corpus.ID(i) != leader {
			v.number[i], v.number[leader] = in, in
		}
	}
	n := 0
	for _, mark := range v.number {
		n += int(mark)
	}
	v.ids = make([]corpus.ID, 0, n)
	ranks, lens := make([]int64, 0, n), make([]uint32, 0, n)
	for i, mark := range v.number {
		if mark == in {
			v.number[i] = uint32(len(v.ids))
			v.ids = append(v.ids, corpus.ID(i))
			ranks, lens = append(ranks, j.ranks[i]), append(lens, j.lens[i])
		}
	}
	j.ranks, j.lens = nil, nil // have served
	v.order = cluster.NewOrder(ranks, lens, func(n corpus.ID) string { return j.catalog.Key(v.ids[n]) })
	v.place = make([]uint32, n)
	for k, id := range v.ids {
		leader, at := v.number[j.leader[id]], v.order.Position(corpus.ID(k))
		if int(leader) == k || at < v.place[leader] {
			v.place[leader] = at // a leader comes before its copies
		}
	}
	j.involved = v
}

// sort puts leaders into keep order: that of the best document with each text.
func (v *involved) sort(leaders []corpus.ID) {
	slices.SortFunc(leaders, func(a, b corpus.ID) int { return cmp.Compare(v.place[v.number[a]], v.place[v.number[b]]) })
}

// group turns verified pairs and exact copies into clusters.
func (j *Job) group() {
	v := j.involved
	leader := make([]corpus.ID, len(v.ids))
	for k, id := range v.ids {
		leader[k] = corpus.ID(v.number[j.leader[id]])
	}
	// The edges are renumbered in place and back: numbers ascend as IDs do.
	renumber(j.edges, func(id corpus.ID) corpus.ID { return corpus.ID(v.number[id]) })
	j.clusters = cluster.Build(cluster.Input{
		Leader:    leader,
		Edges:     j.edges,
		SizeOf:    func(n corpus.ID) int { return j.sets.Size(v.ids[n]) },
		Measure:   j.plan.Identity.Similarity.measure(),
		Threshold: j.plan.Identity.Threshold,
		Order:     v.order,
		Method:    j.plan.Identity.Clustering,
	})
	renumber(j.edges, func(n corpus.ID) corpus.ID { return v.ids[n] })
	for i := range j.clusters.Clusters {
		c := &j.clusters.Clusters[i]
		c.Representative = v.ids[c.Representative]
		for k := range c.Members {
			m := &c.Members[k]
			m.ID, m.Cover = v.ids[m.ID], v.ids[m.Cover]
		}
	}
	j.involved = nil
}

func renumber(edges []verify.Scored, f func(corpus.ID) corpus.ID) {
	for i := range edges {
		p := &edges[i].Pair
		p.A, p.B = f(p.A), f(p.B)
	}
}
