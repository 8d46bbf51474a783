package cluster

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// slowDiameter is Floyd and Warshall's way, for a connected graph.
func slowDiameter(n int, edges [][2]uint32) (most int) {
	d := make([][]int, n)
	for i := range d {
		d[i] = make([]int, n)
		for j := range d[i] {
			if i != j {
				d[i][j] = n
			}
		}
	}
	for _, e := range edges {
		d[e[0]][e[1]], d[e[1]][e[0]] = 1, 1
	}
	for k := range n {
		for i := range n {
			for j := range n {
				d[i][j] = min(d[i][j], d[i][k]+d[k][j])
			}
		}
	}
	for i := range d {
		for _, steps := range d[i] {
			most = max(most, steps)
		}
	}
	return most
}

// randomConnected returns a random tree, deep or shallow, and some more edges.
func randomConnected(r *rand.Rand, n int) (edges [][2]uint32) {
	depth, more := 1+r.IntN(n), r.Float64()*r.Float64()*r.Float64()
	seen := map[[2]uint32]bool{}
	names := r.Perm(n)
	add := func(a, b int) {
		e := [2]uint32{uint32(min(names[a], names[b])), uint32(max(names[a], names[b]))}
		if !seen[e] {
			seen[e] = true
			edges = append(edges, e)
		}
	}
	for a := 1; a < n; a++ {
		add(a, max(0, a-1-r.IntN(depth)))
	}
	for a := range n {
		for b := range a {
			if r.Float64() < more {
				add(a, b)
			}
		}
	}
	return edges
}

func TestDiameterAgreesWithDefinition(t *testing.T) {
	seen := map[int]int{}
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 31))
		n := 1 + r.IntN(90)
		edges := randomConnected(r, n)
		got, exact := diameter(n, edges)
		if want := slowDiameter(n, edges); got != want || !exact {
			t.Fatalf("seed %d: diameter %d (exact: %v), want %d", seed, got, exact, want)
		}
		seen[got]++
		// As for a graph with too many nodes: a bound, and exact if it says so.
		if got > 2 {
			degree := make([]uint32, n)
			for _, e := range edges {
				degree[e[0]]++
				degree[e[1]]++
			}
			low, sure := newWalker(degree, edges).bySweeps(0)
			if low > got || sure && low != got || 2*low < got {
				t.Fatalf("seed %d: by sweeps %d (exact: %v), want %d", seed, low, sure, got)
			}
			if sure {
				seen[-1]++
			}
		}
	}
	for _, steps := range []int{-1, 0, 1, 2, 3, 4, 5, 10} {
		if seen[steps] == 0 {
			t.Errorf("no graph of diameter %d: the test is too narrow", steps)
		}
	}
}

func TestDiameterOfLargeGraphs(t *testing.T) {
	row := func(n int) (edges [][2]uint32) {
		for i := range n - 1 {
			edges = append(edges, [2]uint32{uint32(i), uint32(i + 1)})
		}
		return edges
	}
	star := func(n int) (edges [][2]uint32) {
		for i := range n - 1 {
			edges = append(edges, [2]uint32{uint32(n / 2), uint32((n/2 + 1 + i) % n)})
		}
		return edges
	}
	// Two stars whose middles are linked.
	double := func(n int) [][2]uint32 {
		edges := [][2]uint32{{0, 1}}
		for i := 2; i < n; i++ {
			edges = append(edges, [2]uint32{uint32(i % 2), uint32(i)})
		}
		return edges
	}
	for _, c := range []struct {
		name  string
		n     int
		edges [][2]uint32
		want  int
		exact bool
	}{
		{"row at the limit", ExactDiameter, row(ExactDiameter), ExactDiameter - 1, true},
		{"row beyond, even", 1001, row(1001), 1000, true},
		{"row beyond, odd", 1000, row(1000), 999, true}, // no diameter is n
		{"star", 100_000, star(100_000), 2, true},
		{"double star", 100_000, double(100_000), 3, false},
	} {
		if got, exact := diameter(c.n, c.edges); got != c.want || exact != c.exact {
			t.Errorf("%s: diameter %d (exact: %v), want %d (%v)", c.name, got, exact, c.want, c.exact)
		}
	}
}

// TestCohesionAgreesWithDefinition recomputes every figure from all pairs.
func TestCohesionAgreesWithDefinition(t *testing.T) {
	chains, clusters := 0, 0
	for seed := range uint64(24) {
		docs := randomDocs(seed, 60)
		for _, m := range measures {
			for _, method := range methods {
				in := inputWithWeak(t, docs, m, 0.5, method)
				in.Edges = append(in.Edges, in.Edges[:len(in.Edges)/2]...)
				for _, c := range Build(in).Clusters {
					want := slowCohesion(docs, in, c)
					got := c.Cohesion
					if math.Abs(got.MeanPair-want.MeanPair) > 1e-12 || got.MeanPair < got.MinPair {
						t.Fatalf("seed %d, %v, %v: mean %v, want %v", seed, m, method, got.MeanPair, want.MeanPair)
					}
					if got.MeanPair = want.MeanPair; got != want {
						t.Fatalf("seed %d, %v, %v: got %+v, want %+v", seed, m, method, got, want)
					}
					if got.IsChain() {
						chains++
						if method == Cover {
							t.Fatalf("seed %d: a star of diameter %d", seed, got.Diameter)
						}
					}
					clusters++
				}
			}
		}
	}
	if chains < 20 {
		t.Errorf("%d chains of %d clusters: the documents test too little", chains, clusters)
	}
}

func slowCohesion(docs []doc, in Input, c Cluster) Cohesion {
	var texts []corpus.ID
	seen := map[int]bool{}
	for _, m := range c.Members {
		if !seen[docs[m.ID].text] {
			seen[docs[m.ID].text] = true
			texts = append(texts, m.ID)
		}
	}
	out := Cohesion{Texts: len(texts), MinPair: 1, MeanPair: 1, Density: 1, DiameterExact: true}
	var edges [][2]uint32
	sum := 0.0
	for i, a := range texts {
		for j, b := range texts[:i] {
			s := in.Measure.Similarity(verify.Overlap(docs[a].set, docs[b].set), len(docs[a].set), len(docs[b].set))
			if s >= in.Threshold {
				edges = append(edges, [2]uint32{uint32(j), uint32(i)})
				out.MinPair = min(out.MinPair, s)
				sum += s
			}
		}
	}
	if out.Pairs = len(edges); out.Pairs > 0 {
		out.MeanPair = sum / float64(out.Pairs)
		out.Density = float64(out.Pairs) / float64(len(texts)*(len(texts)-1)/2)
	}
	out.Diameter = slowDiameter(len(texts), edges)
	return out
}

// TestCohesionOfCopies: copies of one text are as close as can be.
func TestCohesionOfCopies(t *testing.T) {
	docs := []doc{{key: "a", text: 0, set: span(0, 9)}, {key: "b", text: 0, set: span(0, 9)}}
	want := Cohesion{Texts: 1, Density: 1, MinPair: 1, MeanPair: 1, DiameterExact: true}
	for _, method := range methods {
		if got := Build(inputOf(t, docs, verify.Jaccard, 0.5, method)).Clusters[0].Cohesion; got != want {
			t.Errorf("%v: %+v, want %+v", method, got, want)
		}
	}
}

// TestMeanOfOnePairIsThePair: also of one that fixed point does not hold exactly
// at every scale.
func TestMeanOfOnePairIsThePair(t *testing.T) {
	for _, s := range []float64{1, 0.1, 0.3, 2.0 / 3, 0.9, 1.0 / 512, 1 - 1e-16} {
		for n := 1; n < 50; n++ {
			var sum fixedSum
			for range n {
				sum.add(s)
			}
			if got := sum.mean(n); got != s {
				t.Errorf("mean of %d times %v is %v", n, s, got)
			}
		}
	}
}

// BenchmarkCohesion measures a star of 100,000 texts, as a giant bucket makes
// it, and as many in families of the largest size whose diameter is exact.
func BenchmarkCohesion(b *testing.B) {
	for name, in := range map[string]Input{
		"star-100k":     hubGraph(100_000, 1, Components),
		"double-100k":   hubGraph(100_000, 2, Components),
		"chain-100k":    chainOf(100_000, strong, Components),
		"families-100k": familiesOf(100_000/ExactDiameter, ExactDiameter),
	} {
		b.Run(name, func(b *testing.B) {
			g := newGraph(&in)
			label := g.components()
			res := g.collect(g.cover(), label)
			for b.Loop() {
				co := g.newCohesive(label)
				for i := range res.Clusters {
					co.measure(res.Clusters[i].Members)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(in.Edges)), "ns/pair")
		})
	}
}

// familiesOf has components of the given size, each text with six pairs.
func familiesOf(families, size int) Input {
	r := rand.New(rand.NewPCG(6, 6))
	in := graphInput(r, families*size, Components)
	for a := range families * size {
		first := a / size * size
		for b := range 3 {
			if a > first+b {
				in.link(a, first+r.IntN(a-first), strong)
			}
		}
	}
	return in
}
