package cluster

import (
	"cmp"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// collect lists the clusters with their members. label gives, for each leader, a
// leader that stands for its whole cluster.
func (g *graph) collect(stars []star, label []corpus.ID) Result {
	leader, order := g.in.Leader, g.in.Order
	size := make([]uint32, len(leader))
	for _, l := range leader {
		size[label[l]]++
	}
	total, clusters := 0, 0
	for _, n := range size {
		if n >= 2 {
			total += int(n)
			clusters++
		}
	}
	all := make([]Member, total)
	list := make([]Cluster, 0, clusters)
	// Walking in keep order puts the members of each cluster in keep order.
	// at holds one more than the place of a label's cluster in list.
	at := make([]uint32, len(leader))
	for _, id := range order.ids {
		l := label[leader[id]]
		if size[l] < 2 {
			continue
		}
		if at[l] == 0 {
			list = append(list, Cluster{Members: all[:0:size[l]]})
			all = all[size[l]:]
			at[l] = uint32(len(list))
		}
		c := &list[at[l]-1]
		c.Members = append(c.Members, g.member(id, stars))
	}
	co := g.newCohesive(label)
	if g.in.Scope != AnySource || g.in.Protected != nil {
		list = slices.DeleteFunc(list, func(c Cluster) bool { return g.in.ofOne(c.Members) })
	}
	for i := range list {
		list[i].Cohesion = co.measure(list[i].Members)
		list[i].finish()
	}
	slices.SortFunc(list, func(a, b Cluster) int {
		return cmp.Or(cmp.Compare(len(b.Members), len(a.Members)),
			cmp.Compare(order.Position(a.Representative), order.Position(b.Representative)))
	})
	return Result{Clusters: list}
}

func (g *graph) member(id corpus.ID, stars []star) Member {
	l := g.in.Leader[id]
	if g.own != nil {
		s := g.own[id]
		return Member{ID: id, Cover: s.by, Overlap: s.overlap, Similarity: s.similarity, Kept: s.by == id, Exact: s.by != id && g.in.Leader[s.by] == l}
	}
	if g.in.stays(id) {
		return Member{ID: id, Cover: id, Overlap: uint32(g.in.SizeOf(l)), Similarity: 1, Kept: true}
	}
	s := stars[l]
	m := Member{ID: id, Cover: g.best[s.by], Overlap: s.overlap, Similarity: s.similarity}
	m.Kept = m.Cover == id
	m.Exact = s.by == l && !m.Kept
	return m
}

// finish moves the representative, the first kept member, to the front and
// computes the figures.
func (c *Cluster) finish() {
	i := slices.IndexFunc(c.Members, func(m Member) bool { return m.Kept })
	rep := c.Members[i]
	copy(c.Members[1:i+1], c.Members[:i])
	c.Members[0] = rep
	c.Representative = rep.ID

	sum, n := 0.0, 0
	c.MinSimilarity = 1
	for _, m := range c.Members {
		if !m.Kept {
			c.MinSimilarity = min(c.MinSimilarity, m.Similarity)
			sum += m.Similarity
			n++
		}
	}
	c.MeanSimilarity = 1
	if n > 0 {
		c.MeanSimilarity = sum / float64(n)
	}
}
