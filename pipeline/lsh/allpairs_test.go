package lsh

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// candidates is what a user of either source has to know.
type candidates interface {
	Documents() iter.Seq[corpus.ID]
	Stats() Stats
	Giants(ctx context.Context, yield func(band int, members []corpus.ID) error) error
	Pairs(ctx context.Context, yield func(pairs []corpus.Pair) error) (Stats, error)
	Close() error
}

var _ = []candidates{(*Joined)(nil), (*AllPairs)(nil)}

func TestAllPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for _, n := range []int{0, 1, 2, 3, 90, 91, 92, 300} { // 91 documents make 4,095 pairs
		ids := make([]corpus.ID, n)
		for i := range ids {
			ids[i] = corpus.ID(10*i + rng.IntN(10))
		}
		all, err := NewAllPairs(ids)
		if err != nil {
			t.Fatal(err)
		}
		var want joined
		for i, a := range ids {
			for _, b := range ids[i+1:] {
				want.pairs = append(want.pairs, corpus.Pair{A: a, B: b})
			}
		}
		if before := all.Stats(); before.Pairs != 0 || before.PairsRaw != int64(len(want.pairs)) {
			t.Errorf("%d documents: %+v", n, before)
		}
		for range 2 {
			got := joined{documents: slices.Collect(all.Documents())}
			err := all.Giants(t.Context(), func(int, []corpus.ID) error { return errors.New("a giant bucket") })
			if err != nil {
				t.Fatal(err)
			}
			got.stats, err = all.Pairs(t.Context(), func(pairs []corpus.Pair) error {
				if len(pairs) == 0 || len(pairs) > allPairsBatch {
					t.Errorf("a batch of %d pairs", len(pairs))
				}
				got.pairs = append(got.pairs, pairs...)
				clear(pairs)
				return nil
			})
			if err != nil || !slices.Equal(got.pairs, want.pairs) || got.stats.Pairs != int64(len(want.pairs)) || got.stats != all.Stats() {
				t.Fatalf("%d documents: %d pairs, %+v, %v, want %d", n, len(got.pairs), got.stats, err, len(want.pairs))
			}
			checkDocuments(t, got)
		}
		if err := errors.Join(all.Close(), all.Close()); err != nil {
			t.Error(err)
		}
		if _, err := all.Pairs(t.Context(), nil); err == nil {
			t.Error("pairs after Close")
		}
	}
}

// TestAllPairsAreThoseOfOneKey: either source gives the same to its user.
func TestAllPairsAreThoseOfOneKey(t *testing.T) {
	ids := []corpus.ID{3, 4, 9, 1000, 1 << 20}
	b := NewKeyBucketer(BucketerOptions{MaxBucket: -1, TempDir: t.TempDir()})
	for _, id := range ids {
		if err := b.AddKeys(id, []uint64{7}); err != nil {
			t.Fatal(err)
		}
	}
	want := joinKeys(t, b)
	all, err := NewAllPairs(ids)
	if err != nil {
		t.Fatal(err)
	}
	got := joined{documents: slices.Collect(all.Documents())}
	got.stats, err = all.Pairs(t.Context(), func(pairs []corpus.Pair) error {
		got.pairs = append(got.pairs, pairs...)
		return nil
	})
	if err != nil || !got.equal(want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestAllPairsStops(t *testing.T) {
	ids := make([]corpus.ID, 1000)
	for i := range ids {
		ids[i] = corpus.ID(i)
	}
	all, err := NewAllPairs(ids)
	if err != nil {
		t.Fatal(err)
	}
	stop, batches := errors.New("stop"), 0
	if _, err := all.Pairs(t.Context(), func([]corpus.Pair) error { batches++; return stop }); !errors.Is(err, stop) || batches != 1 {
		t.Errorf("%d batches, error %v, want %v", batches, err, stop)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = all.Pairs(ctx, func([]corpus.Pair) error { cancel(); batches++; return nil })
	if !errors.Is(err, context.Canceled) || batches != 2 {
		t.Errorf("%d batches, error %v, want %v", batches, err, context.Canceled)
	}
	for _, wrong := range [][]corpus.ID{{1, 1}, {0, 2, 1}} {
		if _, err := NewAllPairs(wrong); err == nil || !strings.Contains(err.Error(), "want ascending IDs") {
			t.Errorf("%v: error %v", wrong, err)
		}
	}
}
