package cluster

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// doc is a document of a test: documents with the same text have the same set.
type doc struct {
	key  string
	text int
	set  []uint64
	rank int64
}

// inputOf groups, verifies and orders docs as the pipeline does, by brute force.
func inputOf(tb testing.TB, docs []doc, m verify.Measure, threshold float64, method Method) Input {
	tb.Helper()
	store := verify.NewSetStore(1<<30, "")
	tb.Cleanup(func() { store.Close() })
	in := Input{Measure: m, Threshold: threshold, Method: method, SizeOf: store.Size}
	first := map[int]corpus.ID{}
	ranks, lens := make([]int64, len(docs)), make([]uint32, len(docs))
	for i, d := range docs {
		l, copied := first[d.text]
		if !copied || len(d.set) == 0 {
			l = corpus.ID(i)
			first[d.text] = l
			if err := store.Append(d.set); err != nil {
				tb.Fatal(err)
			}
		} else if err := store.Append(nil); err != nil {
			tb.Fatal(err)
		}
		in.Leader = append(in.Leader, l)
		ranks[i], lens[i] = d.rank, uint32(len(d.set))
	}
	in.Order = NewOrder(ranks, lens, func(id corpus.ID) string { return docs[id].key })
	if err := store.Seal(); err != nil {
		tb.Fatal(err)
	}
	v, err := verify.NewVerifier(store, m, threshold)
	if err != nil {
		tb.Fatal(err)
	}
	var pairs []corpus.Pair
	for a := range docs {
		for b := a + 1; b < len(docs); b++ {
			pairs = append(pairs, corpus.Pair{A: corpus.ID(a), B: corpus.ID(b)})
		}
	}
	if in.Edges, err = v.Verify(pairs, nil, new(verify.Scratch)); err != nil {
		tb.Fatal(err)
	}
	return in
}

// inputWithWeak is inputOf with the pairs down to half the threshold.
func inputWithWeak(tb testing.TB, docs []doc, m verify.Measure, threshold float64, method Method) Input {
	tb.Helper()
	in := inputOf(tb, docs, m, threshold/2, method)
	in.Threshold = threshold
	return in
}

// randomDocs returns documents in families of edited, shortened and exact
// copies, with a few ranks that tie, some of them empty.
func randomDocs(seed uint64, n int) (docs []doc) {
	r := rand.New(rand.NewPCG(seed, 11))
	for i := range n {
		d := doc{key: fmt.Sprintf("k%03d", (i*7919)%n), text: i, rank: r.Int64N(3)}
		if i > 0 {
			from := docs[r.IntN(i)]
			switch how := r.IntN(4); {
			case len(from.set) == 0:
			case how == 0:
				d.text, d.set = from.text, from.set
			case how <= 2:
				d.set = edit(r, from.set)
			}
		}
		if d.set == nil && r.IntN(6) > 0 {
			for range 4 + r.IntN(16) {
				d.set = append(d.set, uint64(r.IntN(1<<20)))
			}
			slices.Sort(d.set)
			d.set = slices.Compact(d.set)
		}
		if len(d.set) == 0 {
			d.set, d.text = nil, -1
		}
		docs = append(docs, d)
	}
	return docs
}

// edit changes, drops and adds a few values.
func edit(r *rand.Rand, set []uint64) []uint64 {
	out := slices.Clone(set)
	for i := range out {
		if r.IntN(9) == 0 {
			out[i] = uint64(r.IntN(1 << 20))
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 4 && r.IntN(3) == 0 {
		out = out[:len(out)-r.IntN(len(out)/2)]
	}
	return out
}

// slowBuild follows the definitions word by word, on a matrix of similarities.
func slowBuild(in Input) map[corpus.ID]Member {
	n := len(in.Leader)
	sim := make([][]float64, n) // sim[a][b]: of leader a in leader b
	overlap := make([][]uint32, n)
	for i := range n {
		sim[i], overlap[i] = make([]float64, n), make([]uint32, n)
	}
	for _, e := range in.Edges {
		a, b := e.Pair.A, e.Pair.B
		sa, sb := in.SizeOf(a), in.SizeOf(b)
		sim[a][b], sim[b][a] = in.Measure.Directed(int(e.Overlap), sa, sb), in.Measure.Directed(int(e.Overlap), sb, sa)
		overlap[a][b], overlap[b][a] = e.Overlap, e.Overlap
	}
	// best[i] is the best member of the i-th group; groups are in keep order.
	var best []corpus.ID
	byOrder := make([]corpus.ID, n)
	for i := range n {
		byOrder[in.Order.Position(corpus.ID(i))] = corpus.ID(i)
	}
	for _, id := range byOrder {
		if !slices.ContainsFunc(best, func(b corpus.ID) bool { return in.Leader[b] == in.Leader[id] }) {
			best = append(best, id)
		}
	}
	similar := func(a, b corpus.ID) float64 { return sim[in.Leader[a]][in.Leader[b]] }
	// coversOf lists the groups of kept that cover m, m itself left out.
	coversOf := func(m corpus.ID, kept []corpus.ID) (out []corpus.ID) {
		for _, k := range kept {
			if k != m && similar(m, k) >= in.Threshold {
				out = append(out, k)
			}
		}
		return out
	}
	var kept []corpus.ID
	for _, b := range best {
		if len(coversOf(b, kept)) == 0 {
			kept = append(kept, b)
		}
	}
	for i := len(kept) - 1; i >= 0; i-- {
		without := slices.Delete(slices.Clone(kept), i, i+1)
		fine := true
		for _, b := range best {
			if !slices.Contains(without, b) && len(coversOf(b, without)) == 0 {
				fine = false
			}
		}
		if fine {
			kept = without
		}
	}
	out := map[corpus.ID]Member{}
	for i := range n {
		id := corpus.ID(i)
		l := in.Leader[id]
		b := best[slices.IndexFunc(best, func(b corpus.ID) bool { return in.Leader[b] == l })]
		m := Member{ID: id, Cover: b, Overlap: uint32(in.SizeOf(l)), Similarity: 1, Exact: id != b, Kept: id == b}
		if !slices.Contains(kept, b) {
			covers := coversOf(b, kept)
			c := slices.MaxFunc(covers, func(x, y corpus.ID) int { return cmp.Compare(similar(b, x), similar(b, y)) })
			m = Member{ID: id, Cover: c, Overlap: overlap[l][in.Leader[c]], Similarity: similar(b, c)}
		}
		out[id] = m
	}
	return out
}

// checkResult recomputes from the sets all that a result promises.
func checkResult(t *testing.T, docs []doc, in Input, res Result) {
	t.Helper()
	seen := map[corpus.ID]bool{}
	isKept := map[corpus.ID]bool{}
	for _, c := range res.Clusters {
		for _, m := range c.Members {
			if seen[m.ID] {
				t.Fatalf("document %d is in two clusters", m.ID)
			}
			seen[m.ID] = true
			isKept[m.ID] = m.Kept
		}
	}
	for i, c := range res.Clusters {
		if i > 0 && len(res.Clusters[i-1].Members) < len(c.Members) {
			t.Fatalf("cluster %d is larger than the one before", i)
		}
		// Peer bug 25: the cluster's id is that of a member, which is kept.
		if len(c.Members) < 2 || c.Members[0].ID != c.Representative || !c.Members[0].Kept {
			t.Fatalf("cluster %d of %d members has representative %d, first member %+v", i, len(c.Members), c.Representative, c.Members[0])
		}
		low, sum, gone := 1.0, 0.0, 0
		for k, m := range c.Members {
			if k >= 2 && in.Order.Position(c.Members[k-1].ID) >= in.Order.Position(m.ID) {
				t.Fatalf("members %d and %d are not in keep order", c.Members[k-1].ID, m.ID)
			}
			if m.Kept && in.Order.Position(m.ID) < in.Order.Position(c.Representative) {
				t.Fatalf("%d is kept and better than its representative %d", m.ID, c.Representative)
			}
			checkMember(t, docs, in, m, isKept)
			if !slices.ContainsFunc(c.Members, func(o Member) bool { return o.ID == m.Cover }) {
				t.Fatalf("%d is covered by %d of another cluster", m.ID, m.Cover)
			}
			if !m.Kept {
				low, sum, gone = min(low, m.Similarity), sum+m.Similarity, gone+1
			}
		}
		if c.MinSimilarity != low || c.MeanSimilarity != sum/float64(gone) {
			t.Fatalf("cluster %d: similarity %v, %v, want %v, %v", i, c.MinSimilarity, c.MeanSimilarity, low, sum/float64(gone))
		}
	}
}

func checkMember(t *testing.T, docs []doc, in Input, m Member, isKept map[corpus.ID]bool) {
	t.Helper()
	d, cover := docs[m.ID], docs[m.Cover]
	if !isKept[m.Cover] || m.Kept != (m.Cover == m.ID) {
		t.Fatalf("%+v is covered by a document that is not kept", m)
	}
	n := verify.Overlap(d.set, cover.set)
	if s := in.Measure.Directed(n, len(d.set), len(cover.set)); s != m.Similarity || s < in.Threshold || uint32(n) != m.Overlap {
		t.Fatalf("%+v: recomputed overlap %d, similarity %v, threshold %v", m, n, s, in.Threshold)
	}
	if m.Exact != (!m.Kept && d.text == cover.text) {
		t.Fatalf("%+v: texts %d and %d", m, d.text, cover.text)
	}
}

// named is a result in terms of keys, which outlive a permutation.
func named(docs []doc, res Result) (out []string) {
	for _, c := range res.Clusters {
		var b strings.Builder
		fmt.Fprintf(&b, "%s %v %v %+v:", docs[c.Representative].key, c.MinSimilarity, c.MeanSimilarity, c.Cohesion)
		for _, m := range c.Members {
			fmt.Fprintf(&b, " %s<%s %d %v %v %v", docs[m.ID].key, docs[m.Cover].key, m.Overlap, m.Similarity, m.Kept, m.Exact)
		}
		out = append(out, b.String())
	}
	return out
}

var (
	methods  = []Method{Cover, Components, Average, Community}
	measures = []verify.Measure{verify.Jaccard, verify.Containment}
)

func TestBuildAgreesWithDefinition(t *testing.T) {
	gone, thinned := 0, 0
	for seed := range uint64(60) {
		docs := randomDocs(seed, 60)
		for _, m := range measures {
			for _, th := range []float64{0.3, 0.6, 0.9} {
				in := inputOf(t, docs, m, th, Cover)
				want := slowBuild(in)
				res := Build(in)
				checkResult(t, docs, in, res)
				got := map[corpus.ID]Member{}
				for _, c := range res.Clusters {
					for _, x := range c.Members {
						got[x.ID] = x
						if x.Cover != c.Representative {
							t.Fatalf("seed %d: a star with two covers, %d and %d", seed, x.Cover, c.Representative)
						}
						if !x.Kept && in.Order.Position(x.ID) < in.Order.Position(x.Cover) {
							thinned++
						}
					}
				}
				for id, w := range want {
					g, in := got[id]
					if in && g != w || !in && !w.Kept {
						t.Fatalf("seed %d, %v >= %v: %+v (in a cluster: %v), want %+v", seed, m, th, g, in, w)
					}
					if !w.Kept {
						gone++
					}
				}
			}
		}
	}
	if gone < 1000 || thinned == 0 {
		t.Fatalf("%d pruned, %d of them in favour of a later one: the documents test too little", gone, thinned)
	}
}

func TestComponentsJoinStars(t *testing.T) {
	joined := 0
	for seed := range uint64(30) {
		docs := randomDocs(seed, 60)
		for _, m := range measures {
			in := inputOf(t, docs, m, 0.5, Cover)
			stars := Build(in)
			in.Method = Components
			res := Build(in)
			checkResult(t, docs, in, res)
			if !reflect.DeepEqual(pruned(stars), pruned(res)) {
				t.Fatalf("seed %d, %v: components and stars decide differently", seed, m)
			}
			joined += len(stars.Clusters) - len(res.Clusters)

			want := slowComponents(in)
			for _, c := range res.Clusters {
				for _, x := range c.Members {
					if want[x.ID] != want[c.Representative] {
						t.Fatalf("seed %d, %v: %d and %d are not linked", seed, m, x.ID, c.Representative)
					}
				}
				if n := countOf(want, want[c.Representative]); n != len(c.Members) {
					t.Fatalf("seed %d, %v: cluster of %d, component of %d", seed, m, len(c.Members), n)
				}
			}
		}
	}
	if joined == 0 {
		t.Fatal("no two stars were ever joined")
	}
}

// pruned lists what goes. A kept document may be alone by one method and in a
// cluster by the other.
func pruned(res Result) map[corpus.ID]Member {
	out := map[corpus.ID]Member{}
	for _, c := range res.Clusters {
		for _, m := range c.Members {
			if !m.Kept {
				out[m.ID] = m
			}
		}
	}
	return out
}

// slowComponents spreads the lowest ID along edges until nothing changes.
func slowComponents(in Input) []corpus.ID {
	label := slices.Clone(in.Leader)
	for changed := true; changed; {
		changed = false
		for _, e := range in.Edges {
			low := min(label[e.Pair.A], label[e.Pair.B])
			for _, id := range [...]corpus.ID{e.Pair.A, e.Pair.B} {
				if label[id] != low {
					label[id], changed = low, true
				}
			}
		}
	}
	for id, l := range in.Leader {
		label[id] = label[l]
	}
	return label
}

func countOf(label []corpus.ID, l corpus.ID) (n int) {
	for _, x := range label {
		if x == l {
			n++
		}
	}
	return n
}

func TestOrderOfArrivalDoesNotMatter(t *testing.T) {
	for seed := range uint64(5) {
		docs := randomDocs(seed, 50)
		r := rand.New(rand.NewPCG(seed, 3))
		for _, m := range measures {
			for _, method := range methods {
				want := named(docs, Build(inputWithWeak(t, docs, m, 0.5, method)))
				if len(want) < 3 {
					t.Fatalf("seed %d: %d clusters", seed, len(want))
				}
				for range 5 {
					other := slices.Clone(docs)
					r.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
					in := inputWithWeak(t, other, m, 0.5, method)
					// Verified twice, as a pair of two giant buckets may be.
					in.Edges = append(in.Edges, in.Edges[:len(in.Edges)/2]...)
					r.Shuffle(len(in.Edges), func(i, j int) { in.Edges[i], in.Edges[j] = in.Edges[j], in.Edges[i] })
					if got := named(other, Build(in)); !slices.Equal(got, want) {
						t.Fatalf("seed %d, %v, %v:\n%s\nafter shuffling, was\n%s", seed, m, method, strings.Join(got, "\n"), strings.Join(want, "\n"))
					}
				}
			}
		}
	}
}

func TestEdgesBelowTheThresholdCountForNothing(t *testing.T) {
	docs := randomDocs(1, 60)
	for _, m := range measures {
		for _, method := range []Method{Cover, Components, Community} {
			loose := inputOf(t, docs, m, 0.2, method)
			strict := inputOf(t, docs, m, 0.7, method)
			want := Build(strict)
			strict.Edges = loose.Edges
			if got := Build(strict); !reflect.DeepEqual(got, want) {
				t.Errorf("%v, %v: pairs below the threshold change the clusters", m, method)
			}
		}
	}
}

func TestBuildOfNothing(t *testing.T) {
	for _, docs := range [][]doc{nil, {{key: "a", text: -1}}, {{key: "a", text: -1}, {key: "b", text: -1}}} {
		if res := Build(inputOf(t, docs, verify.Jaccard, 0.5, Cover)); len(res.Clusters) != 0 {
			t.Errorf("%d empty documents make clusters: %+v", len(docs), res.Clusters)
		}
	}
}

func TestBuildPanicsOnBrokenInput(t *testing.T) {
	good := func() Input {
		return Input{
			Leader: []corpus.ID{0, 0, 2}, SizeOf: func(corpus.ID) int { return 5 }, Threshold: 0.5,
			Order: NewOrder(make([]int64, 3), make([]uint32, 3), func(id corpus.ID) string { return fmt.Sprint(id) }),
		}
	}
	edge := func(a, b corpus.ID) []verify.Scored {
		return []verify.Scored{{Pair: corpus.Pair{A: a, B: b}, Overlap: 5}}
	}
	for name, breakIt := range map[string]func(in *Input){
		"good":                  func(in *Input) { in.Edges = edge(0, 2) },
		"edge at a copy":        func(in *Input) { in.Edges = edge(1, 2) },
		"edge out of range":     func(in *Input) { in.Edges = edge(0, 3) },
		"leader after its copy": func(in *Input) { in.Leader = []corpus.ID{1, 1, 2} },
		"leader with a leader":  func(in *Input) { in.Leader = []corpus.ID{0, 0, 1} },
		"short order":           func(in *Input) { in.Leader = append(in.Leader, 3) },
	} {
		in := good()
		breakIt(&in)
		func() {
			defer func() {
				if got := recover() != nil; got == (name == "good") {
					t.Errorf("%s: panic %v", name, got)
				}
			}()
			Build(in)
		}()
	}
}

func TestMethodNames(t *testing.T) {
	for _, m := range methods {
		if got, err := ParseMethod(m.String()); err != nil || got != m {
			t.Errorf("ParseMethod(%q) = %v, %v", m, got, err)
		}
	}
	for _, s := range []string{"", "default", "Cover", "louvain", "method(7)"} {
		if _, err := ParseMethod(s); err == nil {
			t.Errorf("ParseMethod(%q) succeeds", s)
		}
	}
	if got := Method(7).String(); got != "method(7)" {
		t.Errorf("an unknown method is %q", got)
	}
}

func BenchmarkBuild(b *testing.B) {
	// Families of 10, each member linked to 5 others.
	const n = 200_000
	r := rand.New(rand.NewPCG(1, 1))
	in := Input{SizeOf: func(corpus.ID) int { return 300 }, Threshold: 0.8}
	ranks, lens := make([]int64, n), make([]uint32, n)
	for i := range n {
		in.Leader = append(in.Leader, corpus.ID(i))
		ranks[i] = r.Int64()
		for k := 1; k <= 5; k++ {
			if j := i/10*10 + (i+k)%10; j > i {
				in.Edges = append(in.Edges, verify.Scored{Pair: corpus.Pair{A: corpus.ID(i), B: corpus.ID(j)}, Overlap: 270 + r.Uint32N(30)})
			}
		}
	}
	in.Order = NewOrder(ranks, lens, func(id corpus.ID) string { return fmt.Sprint(id) })
	for _, in.Method = range methods {
		b.Run(in.Method.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Build(in)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/doc")
		})
	}
}
