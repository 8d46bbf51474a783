package cluster

import (
	"math/rand/v2"
	"testing"

	gonum "gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/community"
	"gonum.org/v1/gonum/graph/simple"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// weighted is the graph of the strong pairs for gonum.
func weighted(in Input) *simple.WeightedUndirectedGraph {
	g := simple.NewWeightedUndirectedGraph(0, 0)
	for id := range in.Leader {
		g.AddNode(simple.Node(id))
	}
	for _, e := range in.Edges {
		if e.Overlap >= strong {
			g.SetWeightedEdge(simple.WeightedEdge{F: simple.Node(e.Pair.A), T: simple.Node(e.Pair.B), W: float64(e.Overlap) / whole})
		}
	}
	return g
}

// modularity is gonum's figure for a labelling.
func modularity(in Input, label []corpus.ID) float64 {
	groups := map[corpus.ID][]gonum.Node{}
	for id, l := range label {
		groups[l] = append(groups[l], simple.Node(id))
	}
	var list [][]gonum.Node
	for _, g := range groups {
		list = append(list, g)
	}
	return community.Q(weighted(in), list, 1)
}

// plantedGraph is connected: families of the given size, whose members resemble
// each other with probability inside, and the members of others with outside.
func plantedGraph(r *rand.Rand, families, size int, inside, outside float64) Input {
	n := families * size
	in := graphInput(r, n, Community)
	for a := range n {
		for b := range a {
			p := outside
			if a/size == b/size {
				p = inside
			}
			if b == a-1 || r.Float64() < p {
				in.link(a, b, strong+r.Uint32N(whole-strong))
			}
		}
	}
	return in
}

// TestCommunitiesAgainstGonum: modularity is as high as that of gonum's Louvain,
// which starts from a random order, over many graphs.
func TestCommunitiesAgainstGonum(t *testing.T) {
	var ours, theirs float64
	const graphs = 60
	for seed := range uint64(graphs) {
		r := rand.New(rand.NewPCG(seed, 21))
		in := plantedGraph(r, 2+r.IntN(5), 3+r.IntN(12), 0.2+0.6*r.Float64(), 0.1*r.Float64())
		q := modularity(in, clusterOf(len(in.Leader), Build(in)))
		best := community.Q(weighted(in), community.Modularize(weighted(in), 1, rand.NewPCG(seed, 1)).Communities(), 1)
		if q < best-0.05 {
			t.Errorf("seed %d: modularity %.4f, gonum %.4f", seed, q, best)
		}
		ours, theirs = ours+q/graphs, theirs+best/graphs
	}
	t.Logf("mean modularity %.4f, gonum %.4f", ours, theirs)
	if ours < theirs-0.002 {
		t.Errorf("mean modularity %.4f, gonum %.4f", ours, theirs)
	}
}

func TestCommunitiesArePlantedFamilies(t *testing.T) {
	for seed := range uint64(10) {
		const families, size = 12, 20
		in := plantedGraph(rand.New(rand.NewPCG(seed, 22)), families, size, 0.8, 0.002)
		want := make([]int, families*size)
		for i := range want {
			want[i] = i / size
		}
		if got := clusterOf(len(want), Build(in)); !samePartition(got, want) {
			t.Errorf("seed %d: communities %v, want families of %d", seed, got, size)
		}
	}
}

// sparseGraph has about one and a half pairs a document, of two similarities.
func sparseGraph(seed uint64) Input {
	r := rand.New(rand.NewPCG(seed, 23))
	n := 10 + r.IntN(60)
	in := graphInput(r, n, Community)
	for a := range n {
		for b := range a {
			if r.Float64() < 1.5/float64(n) {
				in.link(a, b, []uint32{strong, whole}[r.IntN(2)])
			}
		}
	}
	return in
}

// TestCommunitiesHangTogether: in this graph, of 20,000 tried, Louvain leaves a
// community whose two parts no pair links.
func TestCommunitiesHangTogether(t *testing.T) {
	in := sparseGraph(17496)
	linked := newForest[corpus.ID](len(in.Leader))
	label := clusterOf(len(in.Leader), Build(in))
	for _, e := range in.Edges {
		if label[e.Pair.A] == label[e.Pair.B] {
			linked.join(e.Pair.A, e.Pair.B)
		}
	}
	linked.flatten()
	if !samePartition(label, linked) {
		t.Errorf("communities %v, linked parts %v", label, linked)
	}
}
