package boilerplate_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/pipeline/boilerplate"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// TestBruteForce: with all texts in the samples, what is boilerplate is told by the
// definition, over the texts and over those of each source, in whatever order they come.
func TestBruteForce(t *testing.T) {
	t.Parallel()
	files := []corpus.File{{Path: "a.jsonl", Format: corpus.JSONL}, {Path: "b.jsonl", Format: corpus.JSONL}}
	found := 0
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 5))
		share := 0.1 + 0.8*rng.Float64()
		sources := []string{"", "one", "two"}
		sets := make([][]uint64, 100)
		from := make([]string, len(sets)) // file and source
		common := make([]uint64, 12)
		for i := range common {
			common[i] = rng.Uint64()
		}
		b := boilerplate.New(share, files)
		for _, id := range rng.Perm(len(sets)) {
			for i, h := range common {
				if rng.IntN(len(common)) < i {
					sets[id] = append(sets[id], h)
				}
			}
			for range 30 {
				sets[id] = append(sets[id], rng.Uint64())
			}
			slices.Sort(sets[id])
			file, source := rng.IntN(2), sources[rng.IntN(3)]
			if from[id] = source; source == "" {
				from[id] = fmt.Sprint("file ", file)
			}
			var d shingle.Digest
			binary.LittleEndian.PutUint64(d[:], rng.Uint64())
			for range 1 + rng.IntN(2) {
				b.See(d, corpus.ID(id), file, []byte(source))
			}
		}
		rows := spill.New[uint64](1<<20, t.TempDir())
		for _, id := range b.Sampled() {
			if err := rows.Append(sets[id]); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Learn(rows, func() *extsort.Sorter { return extsort.New(1<<20, t.TempDir()) }); err != nil {
			t.Fatal(err)
		}
		want := bruteForce(sets, from, share)
		if b.Len() != len(want) {
			t.Errorf("seed %d: %d shingles are boilerplate, want %d", seed, b.Len(), len(want))
		}
		found += len(want)
		for id, set := range sets {
			left := slices.DeleteFunc(slices.Clone(set), func(h uint64) bool { return want[h] })
			got, dropped := b.Without(slices.Clone(set))
			if !slices.Equal(got, left) || dropped != len(set)-len(left) {
				t.Fatalf("seed %d: of text %d are left %d shingles and %d dropped, want %d of %d", seed, id, len(got), dropped, len(left), len(set))
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d shingles were boilerplate", found)
	}
}

// bruteForce returns the shingles that are in 20 sets and more than the share of all,
// or more than half, and the share, of those of one source.
func bruteForce(sets [][]uint64, from []string, share float64) map[uint64]bool {
	all := map[string]int{}
	in := map[string]map[uint64]int{"": {}}
	for i, set := range sets {
		for _, group := range []string{"", from[i]} {
			all[group]++
			if in[group] == nil {
				in[group] = map[uint64]int{}
			}
			for _, h := range set {
				in[group][h]++
			}
		}
	}
	found := map[uint64]bool{}
	for group, counts := range in {
		limit := share
		if group != "" {
			limit = max(share, 0.5)
		}
		for h, n := range counts {
			if n >= 20 && float64(n) > limit*float64(all[group]) {
				found[h] = true
			}
		}
	}
	return found
}
