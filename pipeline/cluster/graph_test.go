package cluster

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// whole is the size of every set of a test graph: with containment, an overlap
// is a similarity in parts of 1024, which fixed point holds exactly. strong is
// the threshold of 0.625.
const (
	whole  = 1024
	strong = 640
)

// graphInput returns n documents in random keep order without pairs.
func graphInput(r *rand.Rand, n int, method Method) Input {
	in := Input{
		SizeOf: func(corpus.ID) int { return whole }, Measure: verify.Containment, Threshold: strong / float64(whole), Method: method,
		Leader: upTo[corpus.ID](n),
	}
	ranks := make([]int64, n)
	for i, p := range r.Perm(n) {
		ranks[i] = int64(p)
	}
	in.Order = NewOrder(ranks, make([]uint32, n), nil)
	return in
}

func (in *Input) link(a, b int, overlap uint32) {
	in.Edges = append(in.Edges, verify.Scored{Pair: corpus.MakePair(corpus.ID(a), corpus.ID(b)), Overlap: overlap})
}

// randomGraph has pairs in families and between them, down to half the
// threshold, with few different similarities, so that averages tie.
func randomGraph(seed uint64, method Method) Input {
	r := rand.New(rand.NewPCG(seed, 5))
	n := 2 + r.IntN(30)
	in := graphInput(r, n, method)
	levels := []uint32{320, 480, 512, 640, 736, 768, 896}[r.IntN(4):]
	dense, families := r.Float64(), 1+r.IntN(6)
	for a := range n {
		for b := range a {
			if p := r.Float64(); p < dense/8 || a%families == b%families && p < dense {
				in.link(a, b, levels[r.IntN(len(levels))])
			}
		}
	}
	return in
}

// shuffled gives the documents other IDs and the pairs another order, some of
// them twice. The second result maps old IDs to new ones.
func shuffled(r *rand.Rand, in Input) (Input, []corpus.ID) {
	to := upTo[corpus.ID](len(in.Leader))
	r.Shuffle(len(to), func(i, j int) { to[i], to[j] = to[j], to[i] })
	out := in
	ranks := make([]int64, len(to))
	for id, t := range to {
		ranks[t] = -int64(in.Order.Position(corpus.ID(id)))
	}
	out.Order = NewOrder(ranks, make([]uint32, len(to)), nil)
	out.Edges = nil
	for _, e := range in.Edges {
		for range 1 + r.IntN(2) {
			out.link(int(to[e.Pair.A]), int(to[e.Pair.B]), e.Overlap)
		}
	}
	r.Shuffle(len(out.Edges), func(i, j int) { out.Edges[i], out.Edges[j] = out.Edges[j], out.Edges[i] })
	return out, to
}

// similarities is the matrix of the pairs, in parts of whole; 0 where there is none.
func similarities(in Input) [][]uint64 {
	m := make([][]uint64, len(in.Leader))
	for i := range m {
		m[i] = make([]uint64, len(m))
	}
	for _, e := range in.Edges {
		m[e.Pair.A][e.Pair.B], m[e.Pair.B][e.Pair.A] = uint64(e.Overlap), uint64(e.Overlap)
	}
	return m
}

// TestSameUnderOtherNumbers: neither IDs nor the order of pairs count.
func TestSameUnderOtherNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for seed := range uint64(20) {
		for _, method := range methods {
			in := randomGraph(seed, method)
			want := Build(in)
			for range 50 {
				other, to := shuffled(r, in)
				got := Build(other)
				back := make([]corpus.ID, len(to))
				for id, t := range to {
					back[t] = corpus.ID(id)
				}
				for i := range got.Clusters {
					c := &got.Clusters[i]
					c.Representative = back[c.Representative]
					for k := range c.Members {
						m := &c.Members[k]
						m.ID, m.Cover = back[m.ID], back[m.Cover]
					}
				}
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("seed %d, %v: got %+v\nwant %+v", seed, method, got, want)
				}
			}
		}
	}
}

// TestCoverGuarantee: by every method, with weak pairs about, each document that
// goes has a kept one in its cluster at or above the threshold, and every
// cluster hangs together by such pairs.
func TestCoverGuarantee(t *testing.T) {
	gone := map[Method]int{}
	for seed := range uint64(300) {
		for _, method := range methods {
			in := randomGraph(seed, method)
			in.Measure = []verify.Measure{verify.Containment, verify.Jaccard}[seed%2]
			sizes := rand.New(rand.NewPCG(seed, 9))
			bySize := make([]int, len(in.Leader))
			for i := range bySize {
				bySize[i] = whole - sizes.IntN(80)*int(seed%3)
			}
			in.SizeOf = func(id corpus.ID) int { return bySize[id] }
			overlap := similarities(in)
			seen := map[corpus.ID]bool{}
			for _, c := range Build(in).Clusters {
				kept := map[corpus.ID]bool{}
				ids := newForest[corpus.ID](len(in.Leader))
				for i, m := range c.Members {
					if seen[m.ID] {
						t.Fatalf("seed %d, %v: %d is in two clusters", seed, method, m.ID)
					}
					seen[m.ID], kept[m.ID] = true, m.Kept
					for _, o := range c.Members[:i] {
						n := int(overlap[m.ID][o.ID])
						if in.Measure.Similarity(n, in.SizeOf(m.ID), in.SizeOf(o.ID)) >= in.Threshold {
							ids.join(m.ID, o.ID)
						}
					}
				}
				for _, m := range c.Members {
					if ids.root(m.ID) != ids.root(c.Representative) {
						t.Fatalf("seed %d, %v: %d does not hang together with its cluster", seed, method, m.ID)
					}
					if m.Kept {
						continue
					}
					gone[method]++
					s := in.Measure.Directed(int(overlap[m.ID][m.Cover]), in.SizeOf(m.ID), in.SizeOf(m.Cover))
					if !kept[m.Cover] || s < in.Threshold || s != m.Similarity {
						t.Fatalf("seed %d, %v: %+v, covered at %v (kept: %v)", seed, method, m, s, kept[m.Cover])
					}
				}
			}
		}
	}
	for _, method := range methods {
		if gone[method] < 500 {
			t.Errorf("%v: %d documents went: the graphs test too little", method, gone[method])
		}
	}
}

// clusterOf names the cluster of each document by its representative; a document
// in none is its own.
func clusterOf(n int, res Result) []corpus.ID {
	out := upTo[corpus.ID](n)
	for _, c := range res.Clusters {
		for _, m := range c.Members {
			out[m.ID] = c.Representative
		}
	}
	return out
}

// samePartition tells whether two labellings put the same documents together.
func samePartition[T comparable](a []corpus.ID, b []T) bool {
	to, from := map[corpus.ID]T{}, map[T]corpus.ID{}
	for i := range a {
		if _, ok := to[a[i]]; !ok {
			to[a[i]] = b[i]
		}
		if _, ok := from[b[i]]; !ok {
			from[b[i]] = a[i]
		}
		if to[a[i]] != b[i] || from[b[i]] != a[i] {
			return false
		}
	}
	return true
}

// chainOf returns n documents in a row, best in the middle, each similar to the
// next.
func chainOf(n int, overlap uint32, method Method) Input {
	in := graphInput(rand.New(rand.NewPCG(1, 2)), n, method)
	for i := range n - 1 {
		in.link(i, i+1, overlap)
	}
	return in
}

// TestChainsAreCut: components join a chain, the dividing methods do not.
func TestChainsAreCut(t *testing.T) {
	for n := 4; n < 40; n += 5 {
		if res := Build(chainOf(n, 896, Components)); len(res.Clusters) != 1 || res.Clusters[0].Cohesion.Diameter != n-1 {
			t.Errorf("components of a chain of %d: %+v", n, res.Clusters)
		}
		// An average of three in a row is (0.875 + 0) / 2.
		for _, c := range Build(chainOf(n, 896, Average)).Clusters {
			if len(c.Members) != 2 {
				t.Errorf("chain of %d: average link joins %d", n, len(c.Members))
			}
		}
		largest := Build(chainOf(n, 896, Community)).Clusters[0]
		if len(largest.Members) > 3+n/4 {
			t.Errorf("chain of %d: a community of %d", n, len(largest.Members))
		}
	}
	// Weak pairs hold a short chain together: (0.875 + 0.5) / 2 = 0.6875.
	in := chainOf(3, 896, Average)
	in.link(0, 2, 512)
	if res := Build(in); len(res.Clusters) != 1 || len(res.Clusters[0].Members) != 3 {
		t.Errorf("with a weak pair: %+v, want one cluster of three", res.Clusters)
	}
}

// TestCopiesDoNotPull: a thousand copies of a text weigh as one.
func TestCopiesDoNotPull(t *testing.T) {
	for _, method := range []Method{Average, Community} {
		in := randomGraph(3, method)
		n := len(in.Leader)
		want := clusterOf(n, Build(in))
		for range 1000 {
			in.Leader = append(in.Leader, 0)
		}
		ranks := make([]int64, len(in.Leader))
		for i := range ranks {
			ranks[i] = -1000
			if i < n {
				ranks[i] = -int64(in.Order.Position(corpus.ID(i)))
			}
		}
		in.Order = NewOrder(ranks, make([]uint32, len(ranks)), func(id corpus.ID) string { return fmt.Sprintf("%09d", id) })
		got := clusterOf(len(in.Leader), Build(in))
		if !samePartition(want, got[:n]) || slices.ContainsFunc(got[n:], func(c corpus.ID) bool { return c != got[0] }) {
			t.Errorf("%v: with 1,000 copies of a text other clusters: %v, without %v", method, got[:n], want)
		}
	}
}
