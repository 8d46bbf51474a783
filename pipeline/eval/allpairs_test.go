package eval

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// randomSets makes n sets over few shingles, some of them nil, so that pairs of
// all similarities turn up.
func randomSets(r *rand.Rand, n int) []shingle.Set {
	sets := make([]shingle.Set, n)
	for i := range sets {
		if r.IntN(8) == 0 {
			continue
		}
		if i > 0 && r.IntN(3) == 0 {
			sets[i] = slices.Clone(sets[r.IntN(i)]) // to be changed a little
		}
		for range 1 + r.IntN(12) {
			// All parts of the hash range, with its ends.
			sets[i] = append(sets[i], []uint64{0, 1<<64 - 1, uint64(r.IntN(40)) * 0x0666666666666666}[r.IntN(3)])
		}
		slices.Sort(sets[i])
		sets[i] = slices.Compact(sets[i])
	}
	return sets
}

// slowPairs compares every set with every other, shingle by shingle.
func slowPairs(sets []shingle.Set, measure verify.Measure, threshold float64) []verify.Scored {
	var pairs []verify.Scored
	for a := range sets {
		for b := a + 1; b < len(sets); b++ {
			overlap := 0
			for _, h := range sets[a] {
				if slices.Contains(sets[b], h) {
					overlap++
				}
			}
			whole := len(sets[a]) + len(sets[b]) - overlap
			if measure == verify.Containment {
				whole = min(len(sets[a]), len(sets[b]))
			}
			if overlap > 0 && float64(overlap)/float64(whole) >= threshold {
				pairs = append(pairs, verify.Scored{Pair: corpus.Pair{A: corpus.ID(a), B: corpus.ID(b)}, Overlap: uint32(overlap)})
			}
		}
	}
	return pairs
}

func allPairs(t *testing.T, sets []shingle.Set, measure verify.Measure, threshold float64) []verify.Scored {
	t.Helper()
	var pairs []verify.Scored
	err := AllPairs(t.Context(), sets, measure, threshold, func(batch []verify.Scored) error {
		pairs = append(pairs, batch...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pairs
}

func TestAllPairsEqualsSlowLoop(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	found := 0
	for round := range 300 {
		n := r.IntN(60)
		if round%50 == 0 {
			n = 900 // several waves
		}
		sets := randomSets(r, n)
		measure := []verify.Measure{verify.Jaccard, verify.Containment}[round%2]
		threshold := []float64{1e-9, .06, 1. / 3, .5, .8, 1}[r.IntN(6)]
		got, want := allPairs(t, sets, measure, threshold), slowPairs(sets, measure, threshold)
		if !slices.Equal(got, want) {
			t.Fatalf("round %d, %v >= %g: got %d pairs, want %d\n%v\n%v", round, measure, threshold, len(got), len(want), got, want)
		}
		found += len(got)
	}
	if found < 1000 {
		t.Errorf("only %d pairs were compared", found)
	}
}

func TestAllPairsErrors(t *testing.T) {
	sets := randomSets(rand.New(rand.NewPCG(2, 2)), 200)
	for _, threshold := range []float64{0, -1, 1.1} {
		if err := AllPairs(t.Context(), sets, verify.Jaccard, threshold, nil); err == nil {
			t.Errorf("threshold %g was accepted", threshold)
		}
	}
	full := errors.New("full")
	calls := 0
	err := AllPairs(t.Context(), sets, verify.Jaccard, .1, func([]verify.Scored) error { calls++; return full })
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = AllPairs(ctx, sets, verify.Jaccard, .1, func([]verify.Scored) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	unsorted := []shingle.Set{{1 << 63, 1}}
	if err := AllPairs(t.Context(), unsorted, verify.Jaccard, .1, nil); err == nil {
		t.Error("an unsorted set was accepted")
	}
}

// setsOf returns the shingle sets of a labelled set of documents.
func setsOf(tb testing.TB, name, spec string) []shingle.Set {
	tb.Helper()
	s, err := shingle.ParseSpec(spec)
	if err != nil {
		tb.Fatal(err)
	}
	normalizer, shingler := shingle.NewNormalizer(), shingle.NewShingler(s, 0)
	var sets []shingle.Set
	var text []byte
	for _, d := range plant.Records(tb, name) {
		text = normalizer.Append(text[:0], []byte(d.Text))
		sets = append(sets, slices.Clone(shingler.Append(nil, text)))
	}
	return sets
}

// TestAllPairsOnLabelledSet compares with the loop on real text, where verify
// does the counting.
func TestAllPairsOnLabelledSet(t *testing.T) {
	sets := setsOf(t, "scoop_news", "word:3")
	for _, threshold := range []float64{.05, .5} {
		var want []verify.Scored
		for a := range sets {
			for b := a + 1; b < len(sets); b++ {
				o := verify.Overlap(sets[a], sets[b])
				if o > 0 && verify.Jaccard.Similarity(o, len(sets[a]), len(sets[b])) >= threshold {
					want = append(want, verify.Scored{Pair: corpus.Pair{A: corpus.ID(a), B: corpus.ID(b)}, Overlap: uint32(o)})
				}
			}
		}
		if got := allPairs(t, sets, verify.Jaccard, threshold); !slices.Equal(got, want) || len(want) < 100 {
			t.Errorf("threshold %g: got %d pairs, want %d", threshold, len(got), len(want))
		}
	}
}

func BenchmarkAllPairs(b *testing.B) {
	for _, name := range []string{"bible_en_pd8", "stress_open", "cockroach_versions", "driver_docs_half", "civil_codes_11"} {
		for _, spec := range []string{"word:3", "word:5"} {
			b.Run(fmt.Sprintf("%s/%s", name, spec), func(b *testing.B) {
				sets := setsOf(b, name, spec)
				shingles, pairs := 0, 0
				for _, s := range sets {
					shingles += len(s)
				}
				for b.Loop() {
					pairs = 0
					err := AllPairs(b.Context(), sets, verify.Jaccard, .5, func(batch []verify.Scored) error {
						pairs += len(batch)
						return nil
					})
					if err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(len(sets))*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
				b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*1e9/float64(shingles), "ns/shingle")
				b.ReportMetric(float64(pairs), "pairs")
			})
		}
	}
}
