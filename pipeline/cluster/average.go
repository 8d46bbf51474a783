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
		b := &a.bounds[i]
		key := pairKey(b.a, b.b)
		p := a.pairs[key]
		now := a.rate(b.a, b.b, p.sum)
		switch {
		case now == b.priority:
			a.merge(b.a, b.b)
		case now.below(bar):
			p.bound = none
			a.pairs[key] = p
		default:
			b.priority = now
			a.push(i)
		}
	}
	part := make([]uint32, s.len())
	for i := range part {
		part[i] = a.first[a.in.root(uint32(i))]
	}
	return part
}

// averager is the state of [averageLink]. A cluster has the number of one of
// its members.
//
// Merging two clusters changes their averages with all their neighbours. To
// follow each would take quadratic time around a hub. Instead there is an upper
// bound for each pair of clusters, looked at again when it is the highest. It
// stays a bound because average link is reducible (Bruynooghe 1977): the
// average of a merged cluster with another is never above the larger of the two
// averages before. So a pair below bar needs no bound, and never will.
type averager struct {
	in     forest[uint32]
	size   []uint32 // by cluster
	first  []uint32 // by cluster: its lowest number
	near   [][]tie  // by cluster: a list of neighbours, whose numbers may be out of date
	pairs  map[uint64]pairSum
	bounds []bound
	// Bounds wait in two places: in bounds itself, which is sorted, from begun
	// on, and, lowered since, in a heap with the highest on top. Most are never
	// lowered, and a sorted list is read faster than a heap.
	begun int
	heap  []uint32
}

// pairSum is what lies between two clusters.
type pairSum struct {
	sum   uint64 // of similarities, in fixed point
	bound uint32 // its place in bounds, or none
}

const none = ^uint32(0)

// bound is an upper bound of the priority of a pair of clusters.
type bound struct {
	priority
	a, b uint32 // the clusters, as numbered now
	dead bool   // the pair has another
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

func pairKey(a, b uint32) uint64 { return uint64(min(a, b))<<32 | uint64(max(a, b)) }

func newAverager(s subgraph, bar uint64) *averager {
	n := s.len()
	a := &averager{
		in:    newForest[uint32](n),
		size:  make([]uint32, n),
		first: upTo[uint32](n),
		near:  make([][]tie, n),
		pairs: make(map[uint64]pairSum, len(s.ties)/2),
	}
	strong := 0
	for _, t := range s.ties {
		if t.weight >= bar {
			strong++
		}
	}
	a.bounds = make([]bound, 0, strong/2)
	for i := range uint32(n) {
		a.size[i], a.near[i] = 1, s.of(i)
		for _, t := range a.near[i] {
			switch {
			case t.to < i:
			case t.weight < bar:
				a.pairs[pairKey(i, t.to)] = pairSum{t.weight, none}
			default:
				a.bounds = append(a.bounds, bound{a.rate(i, t.to, t.weight), i, t.to, false})
			}
		}
	}
	slices.SortFunc(a.bounds, func(x, y bound) int {
		return cmp.Or(cmp.Compare(y.sum, x.sum), cmp.Compare(x.lo, y.lo), cmp.Compare(x.hi, y.hi))
	})
	for i := range a.bounds {
		b := &a.bounds[i]
		a.pairs[pairKey(b.a, b.b)] = pairSum{b.sum, uint32(i)}
	}
	return a
}

// rate returns the priority of two clusters, given the sum between them.
func (a *averager) rate(x, y uint32, sum uint64) priority {
	fx, fy := a.first[x], a.first[y]
	return priority{sum, uint64(a.size[x]) * uint64(a.size[y]), min(fx, fy), max(fx, fy)}
}

// merge makes one cluster of two. What lies around the one with fewer
// neighbours moves, so no pair moves more often than the logarithm of their
// number.
func (a *averager) merge(to, from uint32) {
	if len(a.near[to]) < len(a.near[from]) {
		to, from = from, to
	}
	delete(a.pairs, pairKey(to, from))
	a.in[from] = to
	a.size[to] += a.size[from]
	a.first[to] = min(a.first[to], a.first[from])
	for _, t := range a.near[from] {
		third := a.in.root(t.to)
		p, ok := a.pairs[pairKey(from, third)]
		if !ok {
			continue // moved already, or within the cluster
		}
		delete(a.pairs, pairKey(from, third))
		q, known := a.pairs[pairKey(to, third)]
		if !known {
			q.bound = none
			a.near[to] = append(a.near[to], tie{to: third})
		}
		q.sum += p.sum
		q.bound = a.higher(q.bound, p.bound)
		if q.bound != none {
			b := &a.bounds[q.bound]
			b.a, b.b = to, third
		}
		a.pairs[pairKey(to, third)] = q
	}
	a.near[from] = nil
}

// higher returns the higher of two bounds for what is now one pair, and gives
// up the other.
func (a *averager) higher(x, y uint32) uint32 {
	if x == none || y == none {
		return min(x, y)
	}
	if a.bounds[y].before(a.bounds[x].priority) {
		x, y = y, x
	}
	a.bounds[y].dead = true
	return x
}

// next takes the highest bound that is not dead, and returns none at the end.
func (a *averager) next() uint32 {
	for len(a.heap) > 0 && a.bounds[a.heap[0]].dead {
		a.pop()
	}
	for a.begun < len(a.bounds) && a.bounds[a.begun].dead {
		a.begun++
	}
	switch {
	case len(a.heap) > 0 && (a.begun == len(a.bounds) || a.bounds[a.heap[0]].before(a.bounds[a.begun].priority)):
		return a.pop()
	case a.begun < len(a.bounds):
		a.begun++
		return uint32(a.begun - 1)
	}
	return none
}

func (a *averager) push(x uint32) {
	a.heap = append(a.heap, x)
	for i := len(a.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !a.bounds[a.heap[i]].before(a.bounds[a.heap[up]].priority) {
			return
		}
		a.heap[i], a.heap[up] = a.heap[up], a.heap[i]
		i = up
	}
}

// pop takes the top off the heap.
func (a *averager) pop() uint32 {
	top, last := a.heap[0], len(a.heap)-1
	a.heap[0] = a.heap[last]
	a.heap = a.heap[:last]
	for i := 0; ; {
		high := i
		for _, child := range [...]int{2*i + 1, 2*i + 2} {
			if child < last && a.bounds[a.heap[child]].before(a.bounds[a.heap[high]].priority) {
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
