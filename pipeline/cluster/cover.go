package cluster

import (
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// star is how a group is covered: by the group of which leader, with what
// overlap and similarity. A representative is covered by itself.
type star struct {
	by         corpus.ID
	overlap    uint32
	similarity float64
}

// cover returns the star of each leader.
func (g *graph) cover() []star {
	kept := g.dominate()
	if g.in.Measure == verify.Containment {
		thin(g.order, kept, func(l corpus.ID) bool { return g.in.stays(g.best[l]) }, g.coveredBy)
	}
	stars := make([]star, len(kept))
	for _, l := range g.order {
		if kept[l] {
			stars[l] = star{l, uint32(g.in.SizeOf(l)), 1}
		} else {
			stars[l] = g.closest(l, kept)
		}
	}
	return stars
}

// dominate walks the groups in keep order and marks as kept each one that no
// group marked before covers.
func (g *graph) dominate() (kept []bool) {
	kept = make([]bool, len(g.best))
	covered := make([]bool, len(g.best))
	for _, l := range g.order {
		if covered[l] && !g.in.stays(g.best[l]) {
			continue
		}
		kept[l] = true
		for _, k := range g.linksOf(l) {
			if g.covers(l, k.to, k.overlap) {
				covered[k.to] = true
			}
		}
	}
	return kept
}

// thin walks the kept ones, groups or nodes, from the last in keep order to the first
// and unmarks each that another kept one covers and that no other needs. A symmetric
// measure leaves nothing to unmark. coveredBy appends those that one covers, each once.
//
// Note: the walk goes from the last so that of two which need not both stay, the better
// one does.
func thin[T ~uint32](order []T, kept []bool, stays func(T) bool, coveredBy func(T, []T) []T) {
	covers := make([]uint32, len(kept)) // kept ones over each, itself not counted
	var buf []T
	for _, n := range order {
		if kept[n] {
			buf = coveredBy(n, buf[:0])
			for _, m := range buf {
				covers[m]++
			}
		}
	}
	for _, n := range slices.Backward(order) {
		if !kept[n] || covers[n] == 0 || stays(n) {
			continue
		}
		buf = coveredBy(n, buf[:0])
		if slices.ContainsFunc(buf, func(m T) bool { return !kept[m] && covers[m] == 1 }) {
			continue
		}
		kept[n] = false
		for _, m := range buf {
			covers[m]--
		}
	}
}

// coveredBy appends to dst the leaders that l covers, each once.
func (g *graph) coveredBy(l corpus.ID, dst []corpus.ID) []corpus.ID {
	from := len(dst)
	for _, k := range g.linksOf(l) {
		if g.covers(l, k.to, k.overlap) {
			dst = append(dst, k.to)
		}
	}
	slices.Sort(dst[from:])
	return slices.Compact(dst)
}

// closest returns the star of a group that is not kept: of the kept groups that
// cover it the most similar, the first in keep order on a tie.
func (g *graph) closest(l corpus.ID, kept []bool) star {
	var (
		s     star
		found bool
	)
	for _, k := range g.linksOf(l) {
		if !kept[k.to] {
			continue
		}
		sim := g.directed(l, k.to, k.overlap)
		if sim < g.in.Threshold {
			continue
		}
		if !found || sim > s.similarity || sim == s.similarity && g.before(k.to, s.by) {
			s, found = star{k.to, k.overlap, sim}, true
		}
	}
	if !found {
		panic("cluster: a group that is not kept has no cover")
	}
	return s
}

// before tells whether the group of a comes before that of b in keep order.
func (g *graph) before(a, b corpus.ID) bool {
	return g.in.Order.Position(g.best[a]) < g.in.Order.Position(g.best[b])
}
