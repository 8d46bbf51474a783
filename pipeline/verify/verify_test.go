package verify

import (
	"cmp"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// storeOf returns a sealed store of the sets; budget is the bytes it may keep
// in memory.
func storeOf(tb testing.TB, budget int64, sets ...[]uint64) *SetStore {
	tb.Helper()
	s := NewSetStore(budget, tb.TempDir())
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	for _, set := range sets {
		if err := s.Append(set); err != nil {
			tb.Fatal(err)
		}
	}
	if err := s.Seal(); err != nil {
		tb.Fatal(err)
	}
	return s
}

func newVerifier(tb testing.TB, s *SetStore, m Measure, threshold float64) *Verifier {
	tb.Helper()
	v, err := NewVerifier(s, m, threshold)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

// families returns sets of which some are edited copies of others, and some
// empty.
func families(seed uint64, n int) (sets [][]uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range n {
		var s []uint64
		switch {
		case i%11 == 5: // no token
		case i%3 == 0 || len(sets[i-1]) == 0:
			s, _ = kerneltest.RandomSets(r, 1+r.IntN(120), 0, 0)
		default:
			s = slices.Clone(sets[i-1])
			for range r.IntN(2) * r.IntN(1+len(s)/4) {
				s[r.IntN(len(s))] = r.Uint64()
			}
			s = s[:len(s)-r.IntN(1+len(s)/4)]
			slices.Sort(s)
			s = slices.Compact(s)
		}
		sets = append(sets, s)
	}
	return sets
}

func allPairs(n int) (pairs []corpus.Pair) {
	for a := range n {
		for b := a + 1; b < n; b++ {
			pairs = append(pairs, corpus.Pair{A: corpus.ID(a), B: corpus.ID(b)})
		}
	}
	return pairs
}

// familiesUnder returns families of what m compares: sets, or rows of which some
// are edited copies of others and some empty.
func familiesUnder(m Measure, seed uint64, n int) (rows [][]uint64) {
	if !m.Weighted() {
		return families(seed, n)
	}
	const vocabulary = 3000
	r := rand.New(rand.NewPCG(seed, 2))
	var words, pairs terms
	for i := range n {
		switch {
		case i%11 == 5:
			rows = append(rows, nil)
			continue
		case i%3 == 0:
			words, pairs = randomTerms(r, 1+r.IntN(120), vocabulary), randomTerms(r, r.IntN(400), vocabulary)
		case i%7 != 1: // or a copy
			words, pairs = edited(r, words, r.IntN(8), vocabulary), edited(r, pairs, r.IntN(8), vocabulary)
		}
		rows = append(rows, rowOf(words, pairs))
	}
	return rows
}

// overlapUnder is what Scored.Overlap must be for a pair. RowSimilarity has tests
// of its own.
func overlapUnder(m Measure, a, b []uint64) int {
	if !m.Weighted() {
		return kerneltest.Shared(a, b)
	}
	return int(uint32(math.Round(RowSimilarity(a, b, m) * fixedOne)))
}

// bruteForce is what Verify must return.
func bruteForce(sets [][]uint64, m Measure, threshold float64, pairs []corpus.Pair) (out []Scored) {
	for _, p := range pairs {
		a, b := sets[p.A], sets[p.B]
		n := overlapUnder(m, a, b)
		if m.Similarity(n, len(a), len(b)) >= threshold {
			out = append(out, Scored{p, uint32(n)})
		}
	}
	return out
}

func TestVerifyAgreesWithBruteForce(t *testing.T) {
	for seed := range uint64(4) {
		pairs := allPairs(60)
		if seed%2 == 1 { // order is a matter of speed only
			r := rand.New(rand.NewPCG(seed, 2))
			r.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
		}
		for _, m := range slices.Concat(measures, weighted) {
			sets := familiesUnder(m, seed, 60)
			var stores []*SetStore
			for _, budget := range []int64{0, 3000, 1 << 24} {
				stores = append(stores, storeOf(t, budget, sets...))
			}
			for _, th := range []float64{0.02, 0.5, 0.8, 1} {
				want := bruteForce(sets, m, th, pairs)
				if len(want) == 0 {
					t.Fatalf("seed %d, %v >= %v: no pair to find", seed, m, th)
				}
				for _, s := range stores {
					got, err := newVerifier(t, s, m, th).Verify(pairs, nil, new(Scratch))
					if err != nil || !slices.Equal(got, want) {
						t.Fatalf("seed %d, %d bytes in memory, %v >= %v: %d pairs, want %d (err %v)", seed, s.MemoryBytes(), m, th, len(got), len(want), err)
					}
				}
			}
		}
	}
}

func TestVerifyAppends(t *testing.T) {
	s := storeOf(t, 1<<20, []uint64{1, 2, 3}, []uint64{1, 2, 3})
	before := Scored{corpus.Pair{A: 7, B: 8}, 9}
	got, err := newVerifier(t, s, Jaccard, 0.8).Verify(allPairs(2), []Scored{before}, new(Scratch))
	if want := []Scored{before, {corpus.Pair{A: 0, B: 1}, 3}}; err != nil || !slices.Equal(got, want) {
		t.Fatalf("got %v, %v, want %v", got, err, want)
	}
}

func TestPairAtTheThresholdIsVerified(t *testing.T) {
	// 4 shared of 5 and 4: Jaccard 0.8; 0.8 is not a binary fraction.
	s := storeOf(t, 1<<20, []uint64{1, 2, 3, 4, 5}, []uint64{1, 2, 3, 4})
	for th, want := range map[float64]int{0.8: 1, math.Nextafter(0.8, 0): 1, math.Nextafter(0.8, 1): 0} {
		got, err := newVerifier(t, s, Jaccard, th).Verify(allPairs(2), nil, new(Scratch))
		if err != nil || len(got) != want {
			t.Errorf("threshold %v: %v, %v, want %d pairs", th, got, err, want)
		}
	}
}

func TestContainmentInEitherDirection(t *testing.T) {
	s := storeOf(t, 1<<20, []uint64{1, 2, 3, 4, 5, 6, 7, 8}, []uint64{3, 5}, []uint64{3, 4, 5, 6, 7})
	got, err := newVerifier(t, s, Containment, 1).Verify(allPairs(3), nil, new(Scratch))
	want := []Scored{{corpus.Pair{A: 0, B: 1}, 2}, {corpus.Pair{A: 0, B: 2}, 5}, {corpus.Pair{A: 1, B: 2}, 2}}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("got %v, %v, want %v", got, err, want)
	}
}

// TestPeerBug05_EmptyDocumentsMatchNothing: datasketch, rensa, ekzhu/minhash-lsh
// and duplodocus take J(empty, empty) as 1.
func TestPeerBug05_EmptyDocumentsMatchNothing(t *testing.T) {
	s := storeOf(t, 1<<20, nil, nil, rowOf(terms{1: 1}))
	for _, m := range slices.Concat(measures, weighted) {
		v := newVerifier(t, s, m, math.SmallestNonzeroFloat64)
		got, err := v.Verify(allPairs(3), nil, new(Scratch))
		if err != nil || len(got) != 0 {
			t.Errorf("%v: empty documents verified: %v, %v", m, got, err)
		}
		got, st, err := v.Chain(t.Context(), []corpus.ID{0, 1, 2}, nil, new(Scratch))
		if err != nil || len(got) != 0 || st.Verified != 0 {
			t.Errorf("%v: empty documents verified in a chain: %v, %+v, %v", m, got, st, err)
		}
	}
}

// TestPeerBug10_ThreadsDoNotChangeResults: dolma and BFF keep different
// documents from run to run.
func TestPeerBug10_ThreadsDoNotChangeResults(t *testing.T) {
	sets := families(42, 120)
	pairs := allPairs(len(sets))
	want := bruteForce(sets, Jaccard, 0.5, pairs)
	v := newVerifier(t, storeOf(t, 4000, sets...), Jaccard, 0.5)
	for threads := 1; threads <= 16; threads++ {
		parts := make([][]Scored, threads)
		var wg sync.WaitGroup
		for i := range threads {
			wg.Go(func() {
				part := pairs[i*len(pairs)/threads : (i+1)*len(pairs)/threads]
				var err error
				if parts[i], err = v.Verify(part, nil, new(Scratch)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := slices.Concat(parts...); !slices.Equal(got, want) {
			t.Fatalf("%d threads: %d pairs, want %d", threads, len(got), len(want))
		}
	}
}

// A scratch that has seen the store's own memory must not write to it when it
// reads a spilled set.
func TestScratchNeverWritesToTheStore(t *testing.T) {
	sets := families(9, 60)
	s := storeOf(t, 2000, sets...)
	if s.MemoryBytes() == 0 || s.FileBytes() == 0 {
		t.Fatalf("want sets in both places, have %d bytes in memory and %d in the file", s.MemoryBytes(), s.FileBytes())
	}
	scratch := new(Scratch)
	v := newVerifier(t, s, Jaccard, 0.02)
	var ids []corpus.ID
	for i := range sets {
		ids = append(ids, corpus.ID(i))
	}
	for range 2 {
		if _, err := v.Verify(allPairs(len(sets)), nil, scratch); err != nil {
			t.Fatal(err)
		}
		if _, _, err := v.Chain(t.Context(), ids, nil, scratch); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range sets {
		got, err := s.Get(corpus.ID(i), nil)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("set %d changed: %v, want %v (err %v)", i, got, want, err)
		}
	}
}

func TestNewVerifierRefuses(t *testing.T) {
	s := storeOf(t, 0)
	for _, th := range []float64{0, -1, 1.01, math.NaN(), math.Inf(1)} {
		if _, err := NewVerifier(s, Jaccard, th); err == nil || !strings.Contains(err.Error(), "threshold") {
			t.Errorf("threshold %v: error %v", th, err)
		}
	}
	if _, err := NewVerifier(s, Measure(7), 0.5); err == nil {
		t.Error("an unknown measure is accepted")
	}
}

func TestVerifyReportsUnreadableSets(t *testing.T) {
	dir := t.TempDir()
	s := NewSetStore(24, dir)
	for range 2 { // the second set is spilled
		if err := s.Append([]uint64{1, 2, 3}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Seal(); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := os.Truncate(plant.ScratchFile(t, dir), 0); err != nil {
		t.Fatal(err)
	}
	v := newVerifier(t, s, Jaccard, 0.5)
	if _, err := v.Verify(allPairs(2), nil, new(Scratch)); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "document 1") {
		t.Errorf("error %v, want one that names document 1", err)
	}
	if _, _, err := v.Chain(t.Context(), []corpus.ID{0, 1}, nil, new(Scratch)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Chain: error %v", err)
	}
	if _, err := v.Verify([]corpus.Pair{{A: 1, B: 0}}, nil, new(Scratch)); err == nil {
		t.Error("an unreadable first set goes unnoticed")
	}
}

func benchmarkVerify(b *testing.B, budget int64) {
	r := rand.New(rand.NewPCG(1, 1))
	var sets [][]uint64
	for range 512 {
		x, y := kerneltest.RandomSets(r, 300, 300, 280)
		sets = append(sets, x, y)
	}
	v := newVerifier(b, storeOf(b, budget, sets...), Jaccard, 0.8)
	var pairs []corpus.Pair // half of them verified, as is usual for a steep S-curve
	for i := 0; i+3 < len(sets); i += 2 {
		id := corpus.ID(i)
		pairs = append(pairs, corpus.Pair{A: id, B: id + 1}, corpus.Pair{A: id, B: id + 3})
	}
	scratch, dst := new(Scratch), []Scored(nil)
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if dst, err = v.Verify(pairs, dst[:0], scratch); err != nil {
			b.Fatal(err)
		}
	}
	if len(dst)*2 < len(pairs) {
		b.Fatalf("%d of %d pairs verified", len(dst), len(pairs))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(pairs)), "ns/pair")
}

func BenchmarkVerifyInMemory(b *testing.B) { benchmarkVerify(b, 1<<30) }
func BenchmarkVerifySpilled(b *testing.B)  { benchmarkVerify(b, 0) }

// BenchmarkVerifyScattered compares sets that lie all over 96 MB of memory, as
// those of a large corpus do: half of the pairs are similar.
func BenchmarkVerifyScattered(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	const n = 40_000
	sets := make([][]uint64, n)
	place := r.Perm(n)
	for i := 0; i < n; i += 2 {
		set := make([]uint64, 300)
		for k := range set {
			set[k] = r.Uint64()
		}
		other := slices.Clone(set)
		for k := range 20 {
			other[15*k] = r.Uint64()
		}
		slices.Sort(set)
		slices.Sort(other)
		sets[place[i]], sets[place[i+1]] = set, other
	}
	v := newVerifier(b, storeOf(b, 1<<30, sets...), Jaccard, 0.8)
	var pairs []corpus.Pair
	for i := 0; i < n; i += 2 {
		pairs = append(pairs, corpus.MakePair(corpus.ID(place[i]), corpus.ID(place[i+1])),
			corpus.MakePair(corpus.ID(place[i]), corpus.ID(place[(i+3)%n])))
	}
	slices.SortFunc(pairs, func(x, y corpus.Pair) int { return cmp.Compare(x.Pack(), y.Pack()) })
	scratch, dst := new(Scratch), []Scored(nil)
	for b.Loop() {
		var err error
		if dst, err = v.Verify(pairs, dst[:0], scratch); err != nil {
			b.Fatal(err)
		}
	}
	if len(dst)*2 != len(pairs) {
		b.Fatalf("%d of %d pairs verified", len(dst), len(pairs))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(pairs)), "ns/pair")
}
