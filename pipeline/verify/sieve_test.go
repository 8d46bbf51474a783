package verify

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// sieveTerms returns up to most entries of few hashes, so that documents share
// some. Weights are of the whole range.
func sieveTerms(r *rand.Rand, most int) []uint64 {
	terms := map[uint64]uint64{}
	for range r.IntN(most + 1) {
		weight := 1 + r.Uint64N(1<<16-1)
		if r.IntN(2) == 0 {
			weight = 1<<16 - 1 // the sums at their largest
		}
		terms[uint64(1+r.IntN(most*2))<<40|r.Uint64N(2)<<32] = weight
	}
	var row []uint64
	for hash, weight := range terms {
		row = append(row, hash|weight)
	}
	slices.Sort(row)
	return row
}

// slowPasses is the definition in whole numbers of any size.
func slowPasses(a, b []uint64, cut int64) bool {
	var shared, squaresA, squaresB big.Int
	weight := func(e uint64) *big.Int { return new(big.Int).SetUint64(e & 0xFFFF) }
	for _, x := range a {
		squaresA.Add(&squaresA, new(big.Int).Mul(weight(x), weight(x)))
		for _, y := range b {
			if x>>32 == y>>32 {
				shared.Add(&shared, new(big.Int).Mul(weight(x), weight(y)))
			}
		}
	}
	for _, y := range b {
		squaresB.Add(&squaresB, new(big.Int).Mul(weight(y), weight(y)))
	}
	have := shared.Mul(&shared, big.NewInt(1000))
	have.Mul(have, have)
	need := squaresA.Mul(&squaresA, &squaresB)
	need.Mul(need, big.NewInt(cut*cut))
	return have.Sign() > 0 && have.Cmp(need) >= 0
}

func TestSieveAgainstSlowSieve(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 7))
		rows := map[corpus.ID][]uint64{}
		for _, cut := range []int{1, 100, 250, 999, 1000} {
			s := NewSieve(cut, 10)
			for id := corpus.ID(0); id < 80; id++ {
				if r.IntN(8) == 0 {
					delete(rows, id)
					continue // left out
				}
				rows[id] = sieveTerms(r, []int{3, 20, maxSieved}[r.IntN(3)])
				if before, there := rows[id-1]; there && r.IntN(8) == 0 {
					rows[id] = slices.Clone(before)
				}
				if err := s.Add(id, rows[id]); err != nil {
					t.Fatal(err)
				}
			}
			var pairs, want []corpus.Pair
			for a := corpus.ID(0); a < 82; a++ {
				for b := a + 1; b < 82; b++ {
					pairs = append(pairs, corpus.Pair{A: a, B: b})
					passes := slowPasses(rows[a], rows[b], int64(cut))
					if passes {
						want = append(want, corpus.Pair{A: a, B: b})
					}
					if got := s.Passes(b, a); got != passes {
						t.Fatalf("seed %d, cut %d: %d and %d pass: %v, want %v", seed, cut, b, a, got, passes)
					}
				}
			}
			if len(want) == 0 || len(want) == len(pairs) {
				t.Fatalf("seed %d, cut %d: %d of %d pairs pass, which tests nothing", seed, cut, len(want), len(pairs))
			}
			if got := s.Filter(pairs); !slices.Equal(got, want) {
				t.Errorf("seed %d, cut %d: %d pairs pass, want %d", seed, cut, len(got), len(want))
			}
		}
	}
}

func TestSieveAtTheCut(t *testing.T) {
	entry := func(hash, weight uint64) uint64 { return hash<<32 | weight }
	// The cosine is 3*5 / (5*25) = 0.12 in whole numbers.
	a, b := []uint64{entry(1, 3), entry(2, 4)}, []uint64{entry(1, 5), entry(3, 24), entry(4, 4), entry(5, 2), entry(6, 2)}
	for cut, want := range map[int]bool{119: true, 120: true, 121: false} {
		s := NewSieve(cut, 0)
		if err := s.Add(0, a); err != nil {
			t.Fatal(err)
		}
		if err := s.Add(3, b); err != nil {
			t.Fatal(err)
		}
		if got := s.Passes(0, 3); got != want {
			t.Errorf("cut %d: passes %v, want %v", cut, got, want)
		}
		if s.Passes(0, 1) || s.Passes(1, 2) || s.Passes(0, 9) {
			t.Errorf("cut %d: documents without terms pass", cut)
		}
		if n := s.MemoryBytes(); n != 7*6+4*16 {
			t.Errorf("7 terms of 4 documents count for %d bytes", n)
		}
	}
	if none := (*Sieve)(nil); !none.Passes(1, 2) || len(none.Filter([]corpus.Pair{{A: 1, B: 2}})) != 1 {
		t.Error("no sieve keeps a pair apart")
	}
}

func TestSieveRefuses(t *testing.T) {
	s := NewSieve(100, 0)
	if err := s.Add(4, []uint64{1<<32 | 1}); err != nil {
		t.Fatal(err)
	}
	if s.Add(4, nil) == nil || s.Add(2, nil) == nil {
		t.Error("IDs that do not ascend were taken")
	}
	if s.Add(5, make([]uint64, maxSieved+1)) == nil {
		t.Error("too many terms were taken")
	}
}

// BenchmarkSieve has 40 terms a document, of which pairs share a few.
func BenchmarkSieve(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	s := NewSieve(130, 40_000)
	for id := range corpus.ID(1000) {
		var row []uint64
		for range 40 {
			row = append(row, r.Uint64N(1000)<<40|1000)
		}
		slices.Sort(row)
		if err := s.Add(id, row); err != nil {
			b.Fatal(err)
		}
	}
	passed := 0
	for i := corpus.ID(0); b.Loop(); i++ {
		if s.Passes(i%1000, (i*7+1)%1000) {
			passed++
		}
	}
	if passed == 0 {
		b.Error("none passed")
	}
}
