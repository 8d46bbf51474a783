package cluster

import (
	"cmp"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// Scope says in favour of which documents another one may go, by their sources. A
// protected document may stand for any other.
type Scope uint8

const (
	// AnySource lets a document go in favour of any other.
	AnySource Scope = iota
	// OwnSource lets it go in favour of one of its own source only, so that each
	// cluster keeps a document of every source in it.
	OwnSource
	// OtherSources lets it go in favour of one of another source only. Copies of a
	// text within a source stay or go together. Clusters of Cover are then those of
	// Components, and documents of one source alone are none.
	OtherSources
)

// node is the documents of a text that a source holds: what scoped covers decide as
// one. The protected documents of a text are a node of their own.
type node struct {
	leader, best corpus.ID // best comes first in keep order
	source       uint32
	protected    bool
}

// scoped decides which documents stay where sources count. It takes about 60 bytes a
// document.
type scoped struct {
	g     *graph
	nodes []node   // by leader; of one leader the protected one first, then by source
	first []uint32 // by leader: its nodes are nodes[first[l]:first[l+1]]
	of    []uint32 // by document: its node
	order []uint32 // nodes in keep order
}

func (g *graph) newScoped() *scoped {
	in := g.in
	ids := slices.Clone(in.Order.ids)
	source := func(id corpus.ID) uint32 {
		if in.isProtected(id) {
			return 0
		}
		return in.Sources[id]
	}
	slices.SortStableFunc(ids, func(a, b corpus.ID) int { // keep order within a node
		return cmp.Or(cmp.Compare(in.Leader[a], in.Leader[b]), -compareBools(in.isProtected(a), in.isProtected(b)), cmp.Compare(source(a), source(b)))
	})
	s := &scoped{g: g, first: make([]uint32, len(ids)+1), of: make([]uint32, len(ids))}
	for _, id := range ids {
		n := node{leader: in.Leader[id], best: id, source: source(id), protected: in.isProtected(id)}
		if last := len(s.nodes) - 1; last < 0 || s.nodes[last].leader != n.leader || s.nodes[last].source != n.source || s.nodes[last].protected != n.protected {
			s.nodes = append(s.nodes, n)
			s.first[n.leader+1]++
			s.order = append(s.order, uint32(last+1))
		}
		s.of[id] = uint32(len(s.nodes) - 1)
	}
	for l := range in.Leader {
		s.first[l+1] += s.first[l]
	}
	slices.SortFunc(s.order, func(a, b uint32) int {
		return cmp.Compare(in.Order.Position(s.nodes[a].best), in.Order.Position(s.nodes[b].best))
	})
	return s
}

func compareBools(a, b bool) int {
	return cmp.Compare(oneIf(a), oneIf(b))
}

// allows tells whether documents of m may go in favour of those of n.
func (s *scoped) allows(m, n *node) bool {
	switch {
	case m.protected:
		return false
	case n.protected:
		return true
	case s.g.in.Scope == OwnSource:
		return m.source == n.source
	}
	return m.source != n.source
}

// among yields the nodes of a leader that may go in favour of n, or, with n as the
// one that goes, in whose favour it may.
func (s *scoped) among(l corpus.ID, n *node, goes bool, yield func(uint32)) {
	from, to := s.first[l], s.first[l+1]
	if s.g.in.Scope == OwnSource && !n.protected {
		// At most the protected node and the one of the same source.
		if s.nodes[from].protected {
			if goes {
				yield(from)
			}
			from++
		}
		at, found := slices.BinarySearchFunc(s.nodes[from:to], n.source, func(m node, source uint32) int { return cmp.Compare(m.source, source) })
		if m := from + uint32(at); found && s.nodes[m] != *n {
			yield(m)
		}
		return
	}
	for m := from; m < to; m++ {
		if goes && s.allows(n, &s.nodes[m]) || !goes && s.allows(&s.nodes[m], n) {
			if s.nodes[m] != *n {
				yield(m)
			}
		}
	}
}

// coveredBy appends to dst the nodes that n covers, each once.
func (s *scoped) coveredBy(n uint32, dst []uint32) []uint32 {
	from := len(dst)
	me := &s.nodes[n]
	add := func(m uint32) { dst = append(dst, m) }
	s.among(me.leader, me, false, add)
	for _, k := range s.g.linksOf(me.leader) {
		if s.g.covers(me.leader, k.to, k.overlap) {
			s.among(k.to, me, false, add)
		}
	}
	slices.Sort(dst[from:])
	return slices.Compact(dst)
}

// cover returns the star of each document, by documents, as [graph.cover] does for
// leaders where sources do not count.
func (s *scoped) cover() []star {
	kept := s.dominate()
	if s.g.in.Measure == verify.Containment {
		thin(s.order, kept, func(n uint32) bool { return s.g.in.stays(s.nodes[n].best) }, s.coveredBy)
	}
	together := s.g.in.Scope == OtherSources // copies within a node stay
	stars := make([]star, len(s.of))
	byNode := make([]star, len(s.nodes))
	for n := range s.nodes {
		if !kept[n] {
			byNode[n] = s.closest(uint32(n), kept)
		}
	}
	for i, n := range s.of {
		id, me := corpus.ID(i), &s.nodes[n]
		size := uint32(s.g.in.SizeOf(me.leader))
		switch {
		case kept[n] && (together || me.best == id || s.g.in.stays(id)):
			stars[i] = star{id, size, 1}
		case kept[n]:
			stars[i] = star{me.best, size, 1}
		default:
			stars[i] = byNode[n]
		}
	}
	return stars
}

// dominate is [graph.dominate] for nodes.
func (s *scoped) dominate() (kept []bool) {
	kept = make([]bool, len(s.nodes))
	covered := make([]bool, len(s.nodes))
	var buf []uint32
	for _, n := range s.order {
		if covered[n] && !s.g.in.stays(s.nodes[n].best) {
			continue
		}
		kept[n] = true
		buf = s.coveredBy(n, buf[:0])
		for _, m := range buf {
			covered[m] = true
		}
	}
	return kept
}

// closest returns the star of a node that is not kept: of the kept nodes that cover
// it the most similar, the first in keep order on a tie.
func (s *scoped) closest(n uint32, kept []bool) star {
	var best star
	found := false
	me := &s.nodes[n]
	try := func(overlap uint32, similarity float64) func(uint32) {
		return func(m uint32) {
			by := s.nodes[m].best
			if !kept[m] || found && (similarity < best.similarity || similarity == best.similarity && s.g.in.Order.Position(by) > s.g.in.Order.Position(best.by)) {
				return
			}
			best, found = star{by, overlap, similarity}, true
		}
	}
	s.among(me.leader, me, true, try(uint32(s.g.in.SizeOf(me.leader)), 1))
	for _, k := range s.g.linksOf(me.leader) {
		if similarity := s.g.directed(me.leader, k.to, k.overlap); similarity >= s.g.in.Threshold {
			s.among(k.to, me, true, try(k.overlap, similarity))
		}
	}
	if !found {
		panic("cluster: documents that are not kept have no cover")
	}
	return best
}

// ofOne tells whether all documents with the given label are of one source, or
// protected, so that none of them can go.
func (in *Input) ofOne(members []Member) bool {
	first := members[0].ID
	for _, m := range members {
		if !in.isProtected(m.ID) && (in.Scope != OtherSources || in.Sources[m.ID] != in.Sources[first] || in.isProtected(first)) {
			return false
		}
		if in.Scope == OtherSources && in.isProtected(m.ID) != in.isProtected(first) {
			return false
		}
	}
	return true
}

// stays tells whether a document is kept whatever covers it.
func (in *Input) stays(id corpus.ID) bool {
	return in.isProtected(id) || in.Forced != nil && in.Forced(id)
}

func (in *Input) isProtected(id corpus.ID) bool { return in.Protected != nil && in.Protected(id) }
