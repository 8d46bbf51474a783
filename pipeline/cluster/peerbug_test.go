package cluster

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// span returns the set {from, ..., to-1}.
func span(from, to int) (s []uint64) {
	for v := from; v < to; v++ {
		s = append(s, uint64(v))
	}
	return s
}

// TestPeerBug01_VerificationSplitsClusters: text-dedup regroups verified pairs
// by the cluster that the unverified candidates made.
func TestPeerBug01_VerificationSplitsClusters(t *testing.T) {
	docs := []doc{
		{key: "A", text: 0, set: span(0, 100)},
		{key: "A2", text: 1, set: span(1, 101)},
		{key: "D", text: 2, set: span(31, 131)}, // J(A, D) = .53
		{key: "D2", text: 3, set: span(32, 132)},
	}
	for _, method := range methods {
		// Every pair is a candidate; only (A, A2) and (D, D2) are verified.
		in := inputOf(t, docs, verify.Jaccard, 0.8, method)
		if len(in.Edges) != 2 {
			t.Fatalf("%d verified pairs, want 2", len(in.Edges))
		}
		res := Build(in)
		if len(res.Clusters) != 2 {
			t.Fatalf("%v: clusters %+v, want two of two", method, res.Clusters)
		}
		for i, want := range []corpus.ID{0, 2} {
			if c := res.Clusters[i]; c.Representative != want || len(c.Members) != 2 || c.Members[1].ID != want+1 {
				t.Errorf("%v: cluster %d is %+v, want %d and %d", method, i, c, want, want+1)
			}
		}
	}
}

// TestPeerBug07_EveryCopyIsFound: datatrove stops after the first hit of an
// index entry.
func TestPeerBug07_EveryCopyIsFound(t *testing.T) {
	docs := []doc{{key: "A", text: 0, set: span(0, 50), rank: 1}}
	for i := range 4 {
		docs = append(docs, doc{key: fmt.Sprintf("exact%d", i), text: 0, set: span(0, 50)})
	}
	for i := range 4 {
		docs = append(docs, doc{key: fmt.Sprintf("near%d", i), text: 1 + i, set: span(i+1, 50)})
	}
	docs = append(docs, doc{key: "B", text: 9, set: span(100, 150)})
	docs = append(docs, slices.Clone(docs[:1])...)
	docs[len(docs)-1].key, docs[len(docs)-1].rank = "late", 0
	for _, method := range methods {
		in := inputOf(t, docs, verify.Jaccard, 0.8, method)
		res := Build(in)
		if len(res.Clusters) != 1 || len(res.Clusters[0].Members) != 10 {
			t.Fatalf("%v: %+v, want one cluster of 10", method, res.Clusters)
		}
		for _, m := range res.Clusters[0].Members {
			if m.Cover != 0 || m.Kept != (m.ID == 0) || m.Exact != (m.ID >= 1 && m.ID <= 4 || m.ID == 10) {
				t.Errorf("%v: %+v", method, m)
			}
		}
	}
}

// TestPeerBug10_SameClustersFromEveryGoroutine: dolma's survivors depend on
// threads. Build only reads its input.
func TestPeerBug10_SameClustersFromEveryGoroutine(t *testing.T) {
	in := inputOf(t, randomDocs(5, 80), verify.Jaccard, 0.5, Cover)
	want := Build(in)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if got := Build(in); !reflect.DeepEqual(got, want) {
				t.Error("another result from another goroutine")
			}
		})
	}
	wg.Wait()
}

// TestPeerBug23_NothingIsLostAlongAChain: with union-find, a chain of 20 whose
// neighbours have J .9 keeps one document; the last has J .02 to it.
func TestPeerBug23_NothingIsLostAlongAChain(t *testing.T) {
	var docs []doc
	for i := range 20 {
		docs = append(docs, doc{key: fmt.Sprintf("d%02d", i), text: i, set: span(i*10, i*10+190)})
	}
	for _, method := range methods {
		in := inputOf(t, docs, verify.Jaccard, 0.9, method)
		if len(in.Edges) != 19 {
			t.Fatalf("%d verified pairs, want the 19 of neighbours", len(in.Edges))
		}
		res := Build(in)
		checkResult(t, docs, in, res)
		kept := 0
		for _, c := range res.Clusters {
			for _, m := range c.Members {
				if m.Kept {
					kept++
				}
			}
		}
		// Every second document: 0, 2, ..., 18.
		if kept != 10 {
			t.Errorf("%v: %d documents kept, want 10", method, kept)
		}
		if n := map[Method]int{Cover: 10, Components: 1, Average: 10, Community: 5}[method]; len(res.Clusters) != n {
			t.Errorf("%v: %d clusters, want %d", method, len(res.Clusters), n)
		}
	}
}

// TestPeerBug25_ClusterIsNamedByAKeptMember: text-dedup named clusters by ids
// that were no member's.
func TestPeerBug25_ClusterIsNamedByAKeptMember(t *testing.T) {
	for seed := range uint64(10) {
		for _, method := range methods {
			for _, c := range Build(inputOf(t, randomDocs(seed, 60), verify.Jaccard, 0.4, method)).Clusters {
				i := slices.IndexFunc(c.Members, func(m Member) bool { return m.ID == c.Representative })
				if i < 0 || !c.Members[i].Kept {
					t.Errorf("seed %d: representative %d is no kept member of %+v", seed, c.Representative, c.Members)
				}
			}
		}
	}
}

// A paragraph that the policy prefers cannot stand for its article, but the
// article can stand for it.
func TestContainmentPrunesThePartNotTheWhole(t *testing.T) {
	docs := []doc{
		{key: "part", text: 0, set: span(10, 20), rank: 9},
		{key: "whole", text: 1, set: span(0, 100), rank: 5},
		{key: "copy of part", text: 0, set: span(10, 20), rank: 1},
	}
	for _, method := range methods {
		res := Build(inputOf(t, docs, verify.Containment, 0.9, method))
		want := []Member{
			{ID: 1, Cover: 1, Overlap: 100, Similarity: 1, Kept: true},
			{ID: 0, Cover: 1, Overlap: 10, Similarity: 1},
			{ID: 2, Cover: 1, Overlap: 10, Similarity: 1},
		}
		if len(res.Clusters) != 1 || res.Clusters[0].Representative != 1 || !slices.Equal(res.Clusters[0].Members, want) {
			t.Errorf("%v: %+v, want %+v", method, res.Clusters, want)
		}
	}
}

// The best copy of a group is kept, not its leader.
func TestBestCopyOfAGroupIsKept(t *testing.T) {
	docs := []doc{
		{key: "c", text: 0, set: span(0, 10), rank: 1},
		{key: "b", text: 1, set: span(0, 9), rank: 2},
		{key: "a", text: 0, set: span(0, 10), rank: 3},
	}
	res := Build(inputOf(t, docs, verify.Jaccard, 0.8, Cover))
	want := []Member{
		{ID: 2, Cover: 2, Overlap: 10, Similarity: 1, Kept: true},
		{ID: 1, Cover: 2, Overlap: 9, Similarity: 0.9},
		{ID: 0, Cover: 2, Overlap: 10, Similarity: 1, Exact: true},
	}
	if len(res.Clusters) != 1 || !slices.Equal(res.Clusters[0].Members, want) {
		t.Fatalf("%+v, want %+v", res.Clusters, want)
	}
	if c := res.Clusters[0]; c.MinSimilarity != 0.9 || c.MeanSimilarity != 0.95 {
		t.Errorf("similarity %v, %v, want 0.9, 0.95", c.MinSimilarity, c.MeanSimilarity)
	}
}

// A document goes to the most similar representative, though a better one
// came first.
func TestMemberJoinsTheMostSimilarRepresentative(t *testing.T) {
	docs := []doc{
		{key: "first", text: 0, set: span(0, 20), rank: 3},
		{key: "second", text: 1, set: span(6, 26), rank: 1},
		{key: "between", text: 2, set: span(4, 24), rank: 2},
	}
	res := Build(inputOf(t, docs, verify.Jaccard, 0.6, Cover))
	want := []Member{
		{ID: 1, Cover: 1, Overlap: 20, Similarity: 1, Kept: true},
		{ID: 2, Cover: 1, Overlap: 18, Similarity: 18.0 / 22},
	}
	if len(res.Clusters) != 1 || !slices.Equal(res.Clusters[0].Members, want) {
		t.Fatalf("%+v, want %+v", res.Clusters, want)
	}
}
