package cluster

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// forest is a union-find structure: each element points towards the root of
// its set, a root to itself.
type forest[T ~uint32] []T

func newForest[T ~uint32](n int) forest[T] { return upTo[T](n) }

// upTo returns 0, 1, ..., n-1.
func upTo[T ~uint32](n int) []T {
	f := make([]T, n)
	for i := range f {
		f[i] = T(i)
	}
	return f
}

func (f forest[T]) root(x T) T {
	for f[x] != x {
		f[x] = f[f[x]]
		x = f[x]
	}
	return x
}

// join makes one set of two. The lower root is the new one: any rule gives the
// same sets, and a halved path takes logarithmic time on average.
func (f forest[T]) join(a, b T) {
	ra, rb := f.root(a), f.root(b)
	f[max(ra, rb)] = min(ra, rb)
}

// flatten makes each element point to its root.
func (f forest[T]) flatten() {
	for x := range f {
		f[x] = f.root(T(x))
	}
}

// components returns, for each leader, a leader that stands for all which
// strong pairs link to it, directly or by a chain.
func (g *graph) components() []corpus.ID {
	label := newForest[corpus.ID](len(g.best))
	for _, e := range g.in.Edges {
		if g.similarity(e.Pair.A, e.Pair.B, e.Overlap) >= g.in.Threshold {
			label.join(e.Pair.A, e.Pair.B)
		}
	}
	label.flatten()
	return label
}

// partition returns, for each leader, a leader that stands for its whole
// cluster, by average link or by communities.
//
// Components of strong pairs are divided one by one. For average link this is
// no approximation: two clusters are merged only while their average reaches
// the threshold, so at least one of the pairs between them does.
func (g *graph) partition() []corpus.ID {
	label := g.components()
	local := make([]uint32, len(label))
	for nodes := range g.families(label) {
		if len(nodes) < 3 {
			continue // a strong pair is one cluster by either method
		}
		s := g.subgraph(nodes, label, local)
		var part []uint32
		if g.in.Method == Average {
			part = averageLink(s, g.bar)
		} else {
			part = communities(s, g.bar)
		}
		for i, l := range nodes {
			label[l] = nodes[part[i]]
		}
	}
	return label
}

// families yields the leaders of each label, in keep order. A slice is good
// until the loop ends.
func (g *graph) families(label []corpus.ID) iter.Seq[[]corpus.ID] {
	return func(yield func([]corpus.ID) bool) {
		end := make([]uint32, len(label)) // by label: where the next leader of it goes
		for _, l := range g.order {
			end[label[l]]++
		}
		sum := uint32(0)
		for l, n := range end {
			end[l] = sum
			sum += n
		}
		nodes := make([]corpus.ID, len(g.order))
		for _, l := range g.order {
			nodes[end[label[l]]] = l
			end[label[l]]++
		}
		start := uint32(0)
		for _, e := range end {
			if e > start && !yield(nodes[start:e:e]) {
				return
			}
			start = max(start, e)
		}
	}
}

// one is a similarity of 1 in the fixed point in which similarities are added
// up, so that sums depend on no order. Twice the sum over all pairs fits 64
// bits for up to maxEdges pairs.
const (
	one      = 1 << 30
	maxEdges = 1<<32 - 1
)

// barOf is the threshold in fixed point.
func barOf(threshold float64) uint64 { return max(1, uint64(math.Round(threshold*one))) }

// weight returns a similarity in fixed point: at or above g.bar exactly if it
// is at or above the threshold, however close.
func (g *graph) weight(similarity float64) uint64 {
	w := uint64(math.Round(similarity * one))
	if similarity >= g.in.Threshold {
		return max(w, g.bar)
	}
	return min(w, g.bar-1)
}

// subgraph is the pairs among a few leaders, which have the numbers 0, 1, ...
// in keep order: the pairs of number i are ties[start[i]:start[i+1]], ascending
// by the other end, each once.
type subgraph struct {
	start []uint64
	ties  []tie
}

// tie is one end of a pair, seen from the other.
type tie struct {
	to     uint32
	weight uint64 // similarity in fixed point
}

func newSubgraph(n, ends int) subgraph { return subgraph{make([]uint64, 1, n+1), make([]tie, 0, ends)} }

func (s *subgraph) len() int { return len(s.start) - 1 }

func (s *subgraph) of(i uint32) []tie { return s.ties[s.start[i]:s.start[i+1]:s.start[i+1]] }

// end closes the pairs of a number: those of the next one follow.
func (s *subgraph) end() { s.start = append(s.start, uint64(len(s.ties))) }

// subgraph returns the pairs among nodes, which share a label that no other
// leader has. local is scratch of a place a document.
func (g *graph) subgraph(nodes, label []corpus.ID, local []uint32) subgraph {
	ends := 0
	for i, l := range nodes {
		local[l] = uint32(i)
		ends += len(g.linksOf(l))
	}
	s := newSubgraph(len(nodes), ends)
	for _, l := range nodes {
		from := len(s.ties)
		for _, k := range g.linksOf(l) {
			if label[k.to] == label[l] {
				s.ties = append(s.ties, tie{local[k.to], g.weight(g.similarity(l, k.to, k.overlap))})
			}
		}
		slices.SortFunc(s.ties[from:], func(a, b tie) int { return cmp.Compare(a.to, b.to) })
		// A pair that came twice has one similarity.
		s.ties = s.ties[:from+len(slices.Compact(s.ties[from:]))]
		s.end()
	}
	return s
}

// cut takes the pairs between clusters, and those below the threshold, out of
// the graph: what is left may cover.
func (g *graph) cut(label []corpus.ID) {
	n := uint64(0)
	for l := range label {
		links := g.linksOf(corpus.ID(l))
		g.start[l] = n
		for _, k := range links {
			if label[k.to] == label[l] && g.similarity(corpus.ID(l), k.to, k.overlap) >= g.in.Threshold {
				g.links[n] = k
				n++
			}
		}
	}
	g.start[len(label)] = n
	g.links = g.links[:n]
}
