package cluster

import (
	"cmp"
	"math/bits"
	"slices"
)

// averageLink divides a component by average link and returns, for each number,
// the lowest number in its cluster. bar is the threshold in fixed point.
//
// While two clusters have an average of at least bar, the two with the highest
// are merged. On a tie they are the two whose first members come first in keep
// order: the better one's is compared first.
//
// Note: the nearest-neighbour chain (Murtagh 1983) takes less time on a full
// matrix, but merges in another order, so on a tie its clusters may differ from
// the definition.
func averageLink(s subgraph, bar uint64) []uint32 {
	a := newAverager(s, bar)
	for {
		i := a.next()
		if i == none {
			break
		}
		p := &a.pairs[i]
		now := a.rate(p)
		switch {
		case now == p.bound:
			a.merge(p.a, p.b)
		case now.below(bar):
			p.waits = false
		default:
			p.bound = now
			a.push(i)
		}
	}
	return a.part()
}

// averager is the state of [averageLink]. A cluster has the number of one of
// its members.
//
// Merging two clusters changes their averages with all their neighbours. To
// follow each would take quadratic time around a hub. Instead each pair of
// clusters has an upper bound, looked at again when it is the highest. It stays
// a bound because average link is reducible (Bruynooghe 1977): the average of a
// merged cluster with another is never above the larger of the two averages
// before. So a pair below bar needs no bound, and never will.
type averager struct {
	in    forest[uint32]
	size  []uint32   // by cluster
	first []uint32   // by cluster: its lowest number
	near  [][]uint32 // by cluster: the pairs it is in, and some dead ones
	pairs []clusterPair
	table pairTable
	// Pairs wait for their turn in two places: in pairs itself, which is sorted
	// from begun to ended, and, lowered since, in a heap with the highest on
	// top. Most are never lowered, and a sorted list is read faster than a heap.
	begun, ended uint32
	heap         []uint32
}

const none = ^uint32(0)

// clusterPair is what lies between two clusters.
type clusterPair struct {
	sum   uint64   // of similarities, in fixed point
	bound priority // while it waits: never below what it is now
	a, b  uint32
	waits bool
	dead  bool // joined with another pair, or within a cluster
}

// priority orders pairs of clusters: by average, highest first, then by the
// lower and the higher of their first members, lowest first.
type priority struct {
	sum, n uint64 // the average is sum/n
	lo, hi uint32
}

func (p priority) before(q priority) bool {
	ph, pl := bits.Mul64(p.sum, q.n)
	qh, ql := bits.Mul64(q.sum, p.n)
	switch {
	case ph != qh:
		return ph > qh
	case pl != ql:
		return pl > ql
	case p.lo != q.lo:
		return p.lo < q.lo
	}
	return p.hi < q.hi
}

func (p priority) below(bar uint64) bool {
	hi, lo := bits.Mul64(bar, p.n)
	return hi > 0 || p.sum < lo
}

func newAverager(s subgraph, bar uint64) *averager {
	n := s.len()
	a := &averager{
		in:    newForest[uint32](n),
		size:  make([]uint32, n),
		first: upTo[uint32](n),
		near:  make([][]uint32, n),
		pairs: make([]clusterPair, 0, len(s.ties)/2),
	}
	collect := func(strong bool) {
		for i := range uint32(n) {
			for _, t := range s.of(i) {
				if t.to > i && (t.weight >= bar) == strong {
					bound := priority{t.weight, 1, i, t.to}
					a.pairs = append(a.pairs, clusterPair{sum: t.weight, bound: bound, a: i, b: t.to, waits: strong})
				}
			}
		}
	}
	collect(true)
	slices.SortFunc(a.pairs, func(x, y clusterPair) int {
		return cmp.Or(cmp.Compare(y.sum, x.sum), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	a.ended = uint32(len(a.pairs))
	collect(false)

	lists := make([]uint32, len(s.ties))
	for i := range a.near {
		a.size[i] = 1
		a.near[i] = lists[s.start[i]:s.start[i]:s.start[i+1]]
	}
	a.table = newPairTable(len(a.pairs))
	for i := range a.pairs {
		p := &a.pairs[i]
		a.near[p.a] = append(a.near[p.a], uint32(i))
		a.near[p.b] = append(a.near[p.b], uint32(i))
		a.table.add(p.a, p.b, uint32(i), a.isAlive)
	}
	return a
}

func (a *averager) isAlive(cluster uint32) bool { return a.in[cluster] == cluster }

// part returns the lowest number in the cluster of each number.
func (a *averager) part() []uint32 {
	part := make([]uint32, len(a.in))
	for i := range part {
		part[i] = a.first[a.in.root(uint32(i))]
	}
	return part
}

// rate returns the priority of a pair as it is now.
func (a *averager) rate(p *clusterPair) priority {
	x, y := a.first[p.a], a.first[p.b]
	return priority{p.sum, uint64(a.size[p.a]) * uint64(a.size[p.b]), min(x, y), max(x, y)}
}

// merge makes one cluster of two. The pairs of the one that has fewer move, so
// no pair moves more often than the logarithm of their number.
func (a *averager) merge(to, from uint32) {
	if len(a.near[to]) < len(a.near[from]) {
		to, from = from, to
	}
	a.in[from] = to
	a.size[to] += a.size[from]
	a.first[to] = min(a.first[to], a.first[from])
	for _, i := range a.near[from] {
		p := &a.pairs[i]
		if p.dead {
			continue
		}
		third := p.a ^ p.b ^ from
		if third == to {
			p.dead = true
			continue
		}
		slot := a.table.find(to, third)
		if slot.isFree() {
			a.table.add(to, third, i, a.isAlive)
		} else {
			q := &a.pairs[slot.pair]
			if !p.waits || q.waits && q.bound.before(p.bound) {
				q.sum += p.sum
				p.dead = true
				continue
			}
			p.sum += q.sum
			q.dead = true
			slot.pair = i
		}
		p.a, p.b = to, third
		a.near[to] = append(a.near[to], i)
	}
	a.near[from] = nil
}

// next takes the pair with the highest bound, and returns none at the end.
func (a *averager) next() uint32 {
	for len(a.heap) > 0 && a.pairs[a.heap[0]].dead {
		a.pop()
	}
	for a.begun < a.ended && a.pairs[a.begun].dead {
		a.begun++
	}
	switch {
	case len(a.heap) > 0 && (a.begun == a.ended || a.higher(a.heap[0], a.begun)):
		return a.pop()
	case a.begun < a.ended:
		a.begun++
		return a.begun - 1
	}
	return none
}

func (a *averager) higher(x, y uint32) bool { return a.pairs[x].bound.before(a.pairs[y].bound) }

func (a *averager) push(x uint32) {
	a.heap = append(a.heap, x)
	for i := len(a.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !a.higher(a.heap[i], a.heap[up]) {
			return
		}
		a.heap[i], a.heap[up] = a.heap[up], a.heap[i]
		i = up
	}
}

func (a *averager) pop() uint32 {
	top, last := a.heap[0], len(a.heap)-1
	a.heap[0] = a.heap[last]
	a.heap = a.heap[:last]
	for i := 0; ; {
		high := i
		for _, child := range [...]int{2*i + 1, 2*i + 2} {
			if child < last && a.higher(a.heap[child], a.heap[high]) {
				high = child
			}
		}
		if high == i {
			return top
		}
		a.heap[i], a.heap[high] = a.heap[high], a.heap[i]
		i = high
	}
}
