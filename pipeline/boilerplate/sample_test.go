package boilerplate

import (
	"cmp"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// TestTextSample compares samples with the least of all texts, whatever their order
// and however often they come.
func TestTextSample(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		size, n := 1+rng.IntN(40), rng.IntN(400)
		var all, offered []rankedText
		for id := range n {
			all = append(all, rankedText{rng.Uint64(), corpus.ID(id)})
			for range 1 + rng.IntN(3)*rng.IntN(3) {
				offered = append(offered, all[id])
			}
		}
		rng.Shuffle(len(offered), func(a, b int) { offered[a], offered[b] = offered[b], offered[a] })
		s := textSample{size: size}
		for _, text := range offered {
			var d shingle.Digest
			binary.LittleEndian.PutUint64(d[:], text.rank)
			s.add(d, text.id)
		}
		s.settle()
		slices.SortFunc(all, func(a, b rankedText) int { return cmp.Compare(a.rank, b.rank) })
		if want := all[:min(n, size)]; !slices.Equal(s.texts, want) {
			t.Errorf("seed %d: sample %v, want %v", seed, s.texts, want)
		}
	}
}

// TestTextsOfOneRank that differ are two: the sets of both are asked for.
func TestTextsOfOneRank(t *testing.T) {
	t.Parallel()
	all, some := textSample{size: 4}, textSample{size: 2}
	for id, rank := range []byte{9, 9, 3, 9} {
		d := shingle.Digest{0: rank}
		all.add(d, corpus.ID(id))
		all.add(d, corpus.ID(id))
		if id > 0 {
			some.add(d, corpus.ID(id))
		}
	}
	if got, want := idsOf(union([]*textSample{&all, &some})), []corpus.ID{0, 1, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("sampled %v, want %v", got, want)
	}
	if want := []rankedText{{3, 2}, {9, 1}}; !slices.Equal(some.texts, want) {
		t.Errorf("the smaller sample is %v, want %v", some.texts, want)
	}
}

// TestShingleSet compares the table with a map of all bits but the lowest.
func TestShingleSet(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4))
	var set shingleSet
	want := map[uint64]bool{}
	if set.has(0) {
		t.Error("an empty set has 0")
	}
	for i := range 20_000 {
		h := rng.Uint64()
		switch i % 4 {
		case 0:
			h &= 0xFF << 40 // many that fall on one place
		case 1:
			h |= 0xFFFFFF << 40
		}
		if has := set.has(h); has != want[h>>1] {
			t.Fatalf("step %d: has %x: %t", i, h, has)
		}
		if i%2 == 0 {
			set.add(h)
			want[h>>1] = true
		}
	}
	if set.used != len(want) {
		t.Errorf("%d shingles, want %d", set.used, len(want))
	}
	for h := range want {
		if !set.has(h << 1) {
			t.Errorf("lost %x", h<<1)
		}
	}
}
