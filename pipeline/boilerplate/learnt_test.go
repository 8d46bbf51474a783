package boilerplate

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// TestLearntComesBack: sets, also large ones, and examples.
func TestLearntComesBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 31, 100_000} {
		b := New(0.1, nil)
		for range n {
			b.set.add(rng.Uint64())
		}
		for id := range min(n, mostExamples) {
			e := &example{id: corpus.ID(7 * id)}
			for range 20 * id {
				e.fresh.add(rng.Uint64())
			}
			b.examples = append(b.examples, e)
		}
		again := New(0.1, nil)
		if err := again.TakeLearnt(b.AppendLearnt([]byte("x"))[1:]); err != nil {
			t.Fatal(err)
		}
		if again.Len() != b.Len() || !sameSet(&again.set, &b.set) || len(again.examples) != len(b.examples) {
			t.Fatalf("%d shingles and %d examples came back of %d and %d", again.Len(), len(again.examples), b.Len(), len(b.examples))
		}
		for i, e := range b.examples {
			if got := again.examples[i]; got.id != e.id || !sameSet(&got.fresh, &e.fresh) {
				t.Errorf("example %d is another", i)
			}
		}
	}
}

func sameSet(a, b *shingleSet) bool {
	return a.used == b.used && !slices.ContainsFunc(a.slots, func(h uint64) bool { return h != 0 && !b.has(h) })
}

// FuzzTakeLearnt: no bytes make it panic, and what it takes comes back.
func FuzzTakeLearnt(f *testing.F) {
	b := New(0.1, nil)
	b.set.add(5)
	b.examples = []*example{{id: 3}}
	good := b.AppendLearnt(nil)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(bytes.Repeat([]byte{0xff}, 12))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, again := New(0.1, nil), New(0.1, nil)
		if b.TakeLearnt(data) != nil {
			return
		}
		if err := again.TakeLearnt(b.AppendLearnt(nil)); err != nil || !sameSet(&b.set, &again.set) {
			t.Errorf("%x: %v", data, err)
		}
	})
}
