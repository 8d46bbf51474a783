package verify

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

func TestChain(t *testing.T) {
	s := storeOf(t, 1<<20,
		[]uint64{1, 2, 3, 4},   // 0: representative
		[]uint64{1, 2, 3, 4},   // 1: like 0
		[]uint64{9, 10, 11},    // 2: representative
		[]uint64{1, 2, 3},      // 3: like 0, .75
		[]uint64{1, 9, 10, 11}, // 4: like 2, .75
	)
	v := newVerifier(t, s, Jaccard, 0.7)
	got, st, err := v.Chain(t.Context(), []corpus.ID{3, 2, 0, 4, 1}, nil, new(Scratch))
	want := []Scored{{corpus.Pair{A: 0, B: 3}, 3}, {corpus.Pair{A: 2, B: 4}, 3}, {corpus.Pair{A: 1, B: 3}, 3}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	// 3 with none, 2 with 3, then each with 3 and 2.
	if want := (ChainStats{Members: 5, Representatives: 2, Compared: 7, Verified: 3}); st != want {
		t.Errorf("stats %+v, want %+v", st, want)
	}
}

// slowChain is Chain on plain slices.
func slowChain(sets [][]uint64, members []corpus.ID, m Measure, threshold float64) (out []Scored, st ChainStats) {
	st.Members = len(members)
	var reps []corpus.ID
	for _, id := range members {
		linked, covered := false, false
		for _, r := range reps {
			st.Compared++
			if n := overlapUnder(m, sets[id], sets[r]); m.Similarity(n, len(sets[id]), len(sets[r])) >= threshold {
				out = append(out, Scored{corpus.MakePair(id, r), uint32(n)})
				st.Verified++
				linked = true
				covered = covered || m.Directed(n, len(sets[id]), len(sets[r])) >= threshold
			}
		}
		switch {
		case covered:
		case len(reps) < MaxRepresentatives:
			reps = append(reps, id)
		case !linked:
			st.Unmatched++
		}
	}
	st.Representatives = len(reps)
	return out, st
}

func TestChainAgreesWithBruteForce(t *testing.T) {
	for seed := range uint64(8) {
		var ids []corpus.ID
		for i := range 150 {
			ids = append(ids, corpus.ID(i))
		}
		r := rand.New(rand.NewPCG(seed, 5))
		r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		scratch := new(Scratch)
		for _, m := range slices.Concat(measures, weighted) {
			sets := familiesUnder(m, seed, len(ids))
			want, wantStats := slowChain(sets, ids, m, 0.5)
			if wantStats.Unmatched == 0 || wantStats.Verified == 0 {
				t.Fatalf("seed %d tests too little: %+v", seed, wantStats)
			}
			for _, budget := range []int64{0, 20_000, 1 << 24} {
				s := storeOf(t, budget, sets...)
				got, st, err := newVerifier(t, s, m, 0.5).Chain(t.Context(), ids, nil, scratch)
				if err != nil || !slices.Equal(got, want) || st != wantStats {
					t.Fatalf("seed %d, %d bytes in memory, %v: %d pairs, %+v, want %d, %+v (err %v)", seed, budget, m, len(got), st, len(want), wantStats, err)
				}
			}
		}
	}
}

func TestChainIsLinear(t *testing.T) {
	const n = 10_000
	same, all := NewSetStore(1<<30, ""), NewSetStore(1<<30, "")
	defer same.Close()
	defer all.Close()
	var ids []corpus.ID
	for i := range n {
		if err := errors.Join(same.Append([]uint64{1, 2, 3}), all.Append([]uint64{uint64(i)})); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, corpus.ID(i))
	}
	got, st, err := newVerifier(t, same, Jaccard, 0.8).Chain(t.Context(), ids, nil, new(Scratch))
	if want := (ChainStats{Members: n, Representatives: 1, Compared: n - 1, Verified: n - 1}); err != nil || st != want || len(got) != n-1 {
		t.Errorf("equal members: %+v, want %+v (err %v)", st, want, err)
	}
	_, st, err = newVerifier(t, all, Jaccard, 0.8).Chain(t.Context(), ids, nil, new(Scratch))
	if err != nil || st.Compared > n*MaxRepresentatives || st.Unmatched != n-MaxRepresentatives {
		t.Errorf("members without anything shared: %+v (err %v)", st, err)
	}
}

func TestChainStops(t *testing.T) {
	s := storeOf(t, 1<<20, []uint64{1}, []uint64{1})
	cause := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, _, err := newVerifier(t, s, Jaccard, 1).Chain(ctx, []corpus.ID{0, 1}, nil, new(Scratch)); !errors.Is(err, cause) {
		t.Errorf("error %v, want %v", err, cause)
	}
}

// BenchmarkChain walks giant buckets of one template, every copy of which has
// edits of its own: time and comparisons a member must not grow with the bucket.
// One in 50 members only shares the bucket.
func BenchmarkChain(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			base, _ := kerneltest.RandomSets(r, 100, 0, 0)
			store := NewSetStore(1<<30, b.TempDir())
			defer store.Close()
			ids := make([]corpus.ID, n)
			set := make([]uint64, len(base))
			for i := range ids {
				copy(set, base)
				edits := r.IntN(20)
				if i%50 == 49 {
					edits = 1000
				}
				for range edits {
					set[r.IntN(len(set))] = r.Uint64()
				}
				slices.Sort(set)
				if err := store.Append(set); err != nil {
					b.Fatal(err)
				}
				ids[i] = corpus.ID(i)
			}
			if err := store.Seal(); err != nil {
				b.Fatal(err)
			}
			v := newVerifier(b, store, Jaccard, 0.8)
			scratch, dst, st := new(Scratch), []Scored(nil), ChainStats{}
			for b.Loop() {
				var err error
				if dst, st, err = v.Chain(b.Context(), ids, dst[:0], scratch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/member")
			b.ReportMetric(float64(st.Compared)/float64(n), "compared/member")
			b.ReportMetric(float64(st.Verified), "verified")
			b.ReportMetric(float64(st.Representatives), "representatives")
		})
	}
}
