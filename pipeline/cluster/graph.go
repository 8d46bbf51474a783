package cluster

import "github.com/doppel-dedup/doppel/pipeline/corpus"

// graph is the groups of exact duplicates and the verified pairs between them.
// A group is known by its leader; arrays are indexed by document, and hold
// nothing of use for documents that are no leader.
type graph struct {
	in    *Input
	order []corpus.ID // leaders, by the keep order of each group's best member
	best  []corpus.ID // by leader: the member first in keep order
	start []uint64    // by leader: its links are links[start[l]:start[l+1]]
	links []link
	bar   uint64 // the threshold in fixed point
	own   []star // by document, where sources count; nil elsewhere
}

// link is one end of a verified pair, seen from the other.
type link struct {
	to      corpus.ID
	overlap uint32
}

func newGraph(in *Input) *graph {
	n := len(in.Leader)
	g := &graph{
		in:    in,
		order: make([]corpus.ID, 0, n),
		best:  make([]corpus.ID, n),
		start: make([]uint64, n+1),
		links: make([]link, 2*len(in.Edges)),
		bar:   barOf(in.Threshold),
	}
	seen := make([]bool, n)
	for _, id := range in.Order.ids {
		if l := in.Leader[id]; !seen[l] {
			seen[l] = true
			g.best[l] = id
			g.order = append(g.order, l)
		}
	}
	// Count, sum up, fill from the back: start ends as the first link of each.
	for _, e := range in.Edges {
		g.start[e.Pair.A]++
		g.start[e.Pair.B]++
	}
	sum := uint64(0)
	for i := range g.start {
		sum += g.start[i]
		g.start[i] = sum
	}
	for _, e := range in.Edges {
		g.put(e.Pair.A, link{e.Pair.B, e.Overlap})
		g.put(e.Pair.B, link{e.Pair.A, e.Overlap})
	}
	return g
}

func (g *graph) put(at corpus.ID, l link) {
	g.start[at]--
	g.links[g.start[at]] = l
}

func (g *graph) linksOf(l corpus.ID) []link { return g.links[g.start[l]:g.start[l+1]] }

// directed returns how far representative stands for member, which share a
// link of the given overlap.
func (g *graph) directed(member, representative corpus.ID, overlap uint32) float64 {
	return g.in.Measure.Directed(int(overlap), g.in.SizeOf(member), g.in.SizeOf(representative))
}

// similarity returns the similarity of two leaders with a link of the given
// overlap. At or above the threshold the pair is strong: one covers the other.
func (g *graph) similarity(a, b corpus.ID, overlap uint32) float64 {
	return g.in.Measure.Similarity(int(overlap), g.in.SizeOf(a), g.in.SizeOf(b))
}

func (g *graph) covers(representative, member corpus.ID, overlap uint32) bool {
	return g.directed(member, representative, overlap) >= g.in.Threshold
}
