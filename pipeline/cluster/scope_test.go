package cluster

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// scopedGraph has copies of texts in several sources, references, and pairs between
// texts. Sizes differ if the measure tells directions apart.
func scopedGraph(r *rand.Rand, scope Scope, method Method, directions bool) Input {
	texts := 1 + r.IntN(8)
	sizes := make([]int, texts)
	var leaders []corpus.ID
	in := Input{Measure: verify.Jaccard, Threshold: 0.5, Method: method, Scope: scope}
	if directions {
		in.Measure = verify.Containment
	}
	text := []int{}
	for t := range texts {
		sizes[t] = 100
		if directions {
			sizes[t] = 50 + 50*r.IntN(4)
		}
		l := corpus.ID(len(in.Leader))
		leaders = append(leaders, l)
		for range 1 + r.IntN(4) {
			in.Leader, text = append(in.Leader, l), append(text, t)
			in.Sources = append(in.Sources, 7*r.Uint32N(3))
		}
	}
	in.SizeOf = func(id corpus.ID) int { return sizes[text[id]] }
	protected := make([]bool, len(in.Leader))
	ranks := make([]int64, len(in.Leader))
	for i, p := range r.Perm(len(ranks)) {
		if ranks[i] = int64(p); r.IntN(6) == 0 {
			protected[i], ranks[i] = true, int64(p+1000)
		}
	}
	in.Protected = func(id corpus.ID) bool { return protected[id] }
	in.Order = NewOrder(ranks, make([]uint32, len(ranks)), nil)
	for a := range texts {
		for b := range a {
			if r.IntN(2) == 0 {
				overlap := uint32(min(sizes[a], sizes[b]) * (60 + r.IntN(41)) / 100)
				if in.Measure.Similarity(int(overlap), sizes[a], sizes[b]) >= in.Threshold && in.wanted(leaders[a], leaders[b]) {
					in.link(int(leaders[a]), int(leaders[b]), overlap)
				}
			}
		}
	}
	return in
}

// wanted tells whether some document of one text may go in favour of some of another.
func (in *Input) wanted(a, b corpus.ID) bool {
	for i, l := range in.Leader {
		for k, m := range in.Leader {
			x, y := corpus.ID(i), corpus.ID(k)
			if l == a && m == b && (in.mayGo(x, y) || in.mayGo(y, x)) {
				return true
			}
		}
	}
	return false
}

// mayGo is the rule, written anew: id may go in favour of by if they are similar.
func (in *Input) mayGo(id, by corpus.ID) bool {
	if in.Protected(id) {
		return false
	}
	if in.Protected(by) || in.Scope == AnySource {
		return true
	}
	return (in.Sources[id] == in.Sources[by]) == (in.Scope == OwnSource)
}

// similar returns how far by stands for id, 0 if they are not paired.
func (in *Input) similar(id, by corpus.ID) float64 {
	a, b := in.Leader[id], in.Leader[by]
	if a == b {
		return 1
	}
	for _, e := range in.Edges {
		if e.Pair == corpus.MakePair(a, b) {
			return in.Measure.Directed(int(e.Overlap), in.SizeOf(id), in.SizeOf(by))
		}
	}
	return 0
}

// TestScopedCoversByBruteForce holds the covers against their definition: who goes
// has the most similar cover there is; who stays, and comes after one that could
// stand for it, does not: a walk in keep order leaves no choice.
func TestScopedCoversByBruteForce(t *testing.T) {
	for seed := range uint64(6000) {
		r := rand.New(rand.NewPCG(seed, 11))
		directions := seed%5 == 0
		in := scopedGraph(r, Scope(seed%3), methods[seed/3%uint64(len(methods))], directions)
		where := fmt.Sprintf("seed %d, scope %d, %v", seed, in.Scope, in.Method)
		cluster := make([]int, len(in.Leader)) // number from 1, 0 for none
		members := make([]Member, len(in.Leader))
		for i := range members {
			members[i] = Member{ID: corpus.ID(i), Cover: corpus.ID(i), Kept: true}
		}
		for i, c := range Build(in).Clusters {
			across := map[uint32]bool{}
			for _, m := range c.Members {
				cluster[m.ID], members[m.ID] = i+1, m
				across[in.Sources[m.ID]] = true
				if in.Protected(m.ID) {
					across[1] = true
				}
			}
			if !slices.ContainsFunc(c.Members, func(m Member) bool { return !in.Protected(m.ID) }) || in.Scope == OtherSources && len(across) < 2 {
				t.Fatalf("%s: nothing in a cluster could go: %+v", where, c.Members)
			}
		}
		for _, m := range members {
			if m.Kept != (m.Cover == m.ID) || in.Protected(m.ID) && !m.Kept {
				t.Fatalf("%s: %+v", where, m)
			}
			best := 0.0
			for _, k := range members {
				if sim := in.similar(m.ID, k.ID); k.Kept && k.ID != m.ID && cluster[k.ID] == cluster[m.ID] && cluster[m.ID] > 0 && in.mayGo(m.ID, k.ID) && sim >= in.Threshold {
					best = max(best, sim)
					if m.Kept && !directions && in.Order.Position(k.ID) < in.Order.Position(m.ID) {
						t.Fatalf("%s: %d stays, and %d before it covers it at %v", where, m.ID, k.ID, sim)
					}
				}
			}
			if m.Kept {
				continue
			}
			if !members[m.Cover].Kept || !in.mayGo(m.ID, m.Cover) || in.similar(m.ID, m.Cover) != m.Similarity || m.Similarity != best || best < in.Threshold {
				t.Fatalf("%s: %d goes in favour of %d at %v (kept %v), the best cover is at %v", where, m.ID, m.Cover, m.Similarity, members[m.Cover].Kept, best)
			}
			if m.Exact != (in.Leader[m.ID] == in.Leader[m.Cover]) {
				t.Fatalf("%s: %+v", where, m)
			}
		}
		if in.Scope == OtherSources && !directions && in.Method <= Components {
			checkAnywhere(t, where, &in, members)
		}
	}
}

// checkAnywhere: across sources the covers of cover and components are those of the
// whole graph, not of clusters that were there before.
func checkAnywhere(t *testing.T, where string, in *Input, members []Member) {
	t.Helper()
	for _, m := range members {
		for _, k := range members {
			if m.Kept && k.Kept && in.Order.Position(k.ID) < in.Order.Position(m.ID) && in.mayGo(m.ID, k.ID) && in.similar(m.ID, k.ID) >= in.Threshold {
				t.Fatalf("%s: %d and %d both stay", where, k.ID, m.ID)
			}
		}
	}
}

// TestOneSurvivorOfEachSource: one document kept of a cluster wipes out
// whole sources (marin #7197).
func TestOneSurvivorOfEachSource(t *testing.T) {
	in := Input{
		Leader: []corpus.ID{0, 0, 0, 0, 0, 0}, Sources: []uint32{1, 2, 1, 3, 2, 1}, Scope: OwnSource,
		SizeOf: func(corpus.ID) int { return 9 }, Measure: verify.Jaccard, Threshold: 0.8,
		Order: NewOrder([]int64{1, 2, 3, 4, 5, 6}, make([]uint32, 6), nil),
	}
	kept := map[uint32]int{}
	for _, m := range Build(in).Clusters[0].Members {
		if m.Kept {
			kept[in.Sources[m.ID]]++
		}
	}
	if len(kept) != 3 || kept[1] != 1 || kept[2] != 1 || kept[3] != 1 {
		t.Errorf("kept by source: %v, want one of each of the three", kept)
	}
}
