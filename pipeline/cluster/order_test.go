package cluster

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

func TestOrder(t *testing.T) {
	ranks := []int64{5, 9, 5, 5, 5}
	lens := []uint32{10, 1, 20, 10, 10}
	keys := []string{"c", "z", "y", "B", "a"}
	asked := map[corpus.ID]int{}
	o := NewOrder(ranks, lens, func(id corpus.ID) string {
		asked[id]++
		return keys[id]
	})
	want := []corpus.ID{1, 2, 3, 4, 0} // rank, length, then "B" < "a" < "c"
	for p, id := range want {
		if got := o.Position(id); got != uint32(p) {
			t.Errorf("position of %d is %d, want %d", id, got, p)
		}
	}
	if len(asked) != 3 || asked[0] != 1 || asked[3] != 1 || asked[4] != 1 {
		t.Errorf("keys asked for: %v, want 0, 3 and 4 once each", asked)
	}
	if o.Len() != 5 {
		t.Errorf("length %d", o.Len())
	}
}

// TestPeerBug14_SurvivorDependsOnPolicyAndDocumentAlone: duplodocus keeps
// another copy in each run.
func TestPeerBug14_SurvivorDependsOnPolicyAndDocumentAlone(t *testing.T) {
	const n = 300
	r := rand.New(rand.NewPCG(3, 3))
	type doc struct {
		rank int64
		len  uint32
		key  string
	}
	docs := make([]doc, n)
	for i := range docs {
		docs[i] = doc{r.Int64N(4), r.Uint32N(4), fmt.Sprintf("d%03d", i)}
	}
	arrange := func() (keys []string) {
		ranks, lens := make([]int64, n), make([]uint32, n)
		for i, d := range docs {
			ranks[i], lens[i] = d.rank, d.len
		}
		o := NewOrder(ranks, lens, func(id corpus.ID) string { return docs[id].key })
		keys = make([]string, n)
		for i, d := range docs {
			keys[o.Position(corpus.ID(i))] = d.key
		}
		return keys
	}
	want := arrange()
	for range 20 {
		r.Shuffle(n, func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
		if got := arrange(); !slices.Equal(got, want) {
			t.Fatal("the order of arrival shows in the keep order")
		}
	}
	slices.SortFunc(docs, func(a, b doc) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(b.len, a.len), cmp.Compare(a.key, b.key))
	})
	for i, d := range docs {
		if want[i] != d.key {
			t.Fatalf("place %d has %s, want %s", i, want[i], d.key)
		}
	}
}

func TestNewOrderRefusesOddInput(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("3 ranks and 2 lengths are accepted")
		}
	}()
	NewOrder(make([]int64, 3), make([]uint32, 2), nil)
}

func BenchmarkNewOrder(b *testing.B) {
	const n = 1_000_000
	r := rand.New(rand.NewPCG(1, 1))
	ranks, lens := make([]int64, n), make([]uint32, n)
	for i := range ranks {
		lens[i] = r.Uint32N(20_000)
		ranks[i] = int64(lens[i])
	}
	for b.Loop() {
		NewOrder(ranks, lens, func(id corpus.ID) string { return fmt.Sprintf("%09d", id) })
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/doc")
}
