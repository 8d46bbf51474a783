package sketch

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// unmix is the inverse of Mix.
func unmix(y uint64) uint64 {
	y ^= y>>31 ^ y>>62
	y *= inverseOf(mixB)
	y ^= y>>27 ^ y>>54
	y *= inverseOf(mixA)
	return y ^ y>>30 ^ y>>60
}

func inverseOf(a uint64) uint64 {
	r := NewRound(a, 0)
	return r.inverse
}

func TestMixIsABijection(t *testing.T) {
	for _, x := range []uint64{0, 1, 1 << 63, math.MaxUint64, 0xdeadbeef} {
		if got := unmix(Mix(x)); got != x {
			t.Errorf("unmix(Mix(%#x)) = %#x", x, got)
		}
	}
}

func newRounds(rng *rand.Rand, k int) []Round {
	rounds := make([]Round, 2*k)
	for i := range rounds {
		rounds[i] = NewRound(rng.Uint64()|1, rng.Uint64())
	}
	return rounds
}

// guarded calls f with set and a result of k numbers at both ends of guarded
// memory, and returns the two results, which must be equal.
func guarded(t testing.TB, set []uint64, k int, f func(dst, set []uint64)) []uint64 {
	t.Helper()
	end, start := kerneltest.Guarded[uint64](t, len(set))
	copy(end, set)
	copy(start, set)
	dst, other := kerneltest.Guarded[uint64](t, k)
	f(dst, start)
	f(other, end)
	if !slices.Equal(dst, other) {
		t.Fatalf("n=%d k=%d: two calls differ", len(set), k)
	}
	if !slices.Equal(set, start) || !slices.Equal(set, end) {
		t.Fatalf("n=%d k=%d: the set was changed", len(set), k)
	}
	return slices.Clone(dst)
}

// positions are numbers of positions around the sizes of vectors and words.
var positions = []int{1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 96, 97, 100, 127, 128, 129, 143, 200, 227, 255, 256, 511, 512, 513, 1000, 1023, 1024}

// lengths calls f with each number of elements that has an edge.
func lengths(f func(n int)) {
	for n := 1; n <= 300; n++ {
		f(n)
	}
	for _, n := range []int{504, 511, 512, 513, 519, 520, 521, 1023, 1024, 1025, 1031, 1537, 3000} {
		f(n)
	}
}

// sets returns sets of n elements that take kernels along all their paths.
func sets(rng *rand.Rand, n int) map[string][]uint64 {
	random, sequential := make([]uint64, n), make([]uint64, n)
	same, ends := make([]uint64, n), make([]uint64, n)
	one := rng.Uint64()
	for i := range n {
		random[i], sequential[i], same[i] = rng.Uint64(), uint64(i), one
		ends[i] = -uint64(i & 1)
	}
	return map[string][]uint64{"random": random, "sequential": sequential, "same": same, "ends": ends}
}

func TestFSSEqualsPortable(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(1, 2))
		check := func(name string, k int, set []uint64) {
			rounds := newRounds(rng, k)
			want := make([]uint64, k)
			fssPortable(want, set, rounds)
			got := guarded(t, set, k, func(dst, set []uint64) { FSS(dst, set, rounds) })
			if !slices.Equal(got, want) {
				t.Fatalf("%s, n=%d k=%d: sketch differs", name, len(set), k)
			}
		}
		lengths(func(n int) {
			for name, set := range sets(rng, n) {
				check(name, positions[rng.IntN(len(positions))], set)
				check(name, 96, set)
			}
		})
		for _, k := range positions {
			for _, n := range []int{1, 2, 5, 8, 40, 600, 1100} {
				check("random", k, sets(rng, n)["random"])
			}
		}
	})
}

// TestFSSExtremeValues puts elements on the least and greatest values, and all
// elements of a set into few bins, in every round.
func TestFSSExtremeValues(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(3, 4))
		for _, k := range []int{1, 2, 7, 64, 96, 600} {
			rounds := newRounds(rng, k)
			for i := range rounds {
				if i%(1+k/50) != 0 {
					continue
				}
				r := &rounds[i]
				at := func(u uint64) uint64 { return unmix(r.Element(u)) }
				if got := r.A*Mix(at(5)) + r.B; got != 5 {
					t.Fatalf("k=%d round %d: value %d, want 5", k, i, got)
				}
				var crowd []uint64 // in the first and in the last bin, equal but for the last bits
				for j := range uint64(30) {
					crowd = append(crowd, at(j), at(math.MaxUint64-j))
				}
				for _, set := range [][]uint64{
					{at(0)}, {at(math.MaxUint64)}, {at(math.MaxUint64), rng.Uint64()},
					{at(math.MaxUint64), at(math.MaxUint64 - 1), at(1)},
					crowd, append(slices.Repeat(crowd, 20), rng.Uint64()),
				} {
					want, got := make([]uint64, k), make([]uint64, k)
					fssPortable(want, set, rounds)
					FSS(got, set, rounds)
					if !slices.Equal(got, want) {
						t.Fatalf("k=%d round %d n=%d: sketch differs", k, i, len(set))
					}
				}
			}
		}
	})
}

func TestClassic32EqualsTheDefinition(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(5, 6))
		check := func(name string, k int, set []uint64) {
			f := NewFuncs32(k, rng.Uint64)
			got := guarded(t, set, k, func(dst, set []uint64) { Classic32(dst, set, f) })
			for i, v := range got {
				least := uint32(math.MaxUint32)
				for _, x := range set {
					least = min(least, f.At(i, x))
				}
				if v != uint64(least) {
					t.Fatalf("%s, n=%d k=%d: position %d is %#x, want %#x", name, len(set), k, i, v, least)
				}
			}
		}
		lengths(func(n int) {
			for name, set := range sets(rng, n) {
				check(name, 1+rng.IntN(60), set)
			}
			check("random", positions[rng.IntN(len(positions))], sets(rng, n)["random"])
		})
		for _, k := range positions {
			check("random", k, sets(rng, 11)["random"])
		}
	})
}

// TestLargeSetsEqualPortable takes sets that kernels get in pieces.
func TestLargeSetsEqualPortable(t *testing.T) {
	const most = 2*64*MaxPositions + 1
	ks := []int{1, 7, 96, 256, 300, MaxPositions}
	if testing.Short() {
		ks = []int{1, 7, 128}
	}
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		if l == kernel.Portable {
			return // takes all sets alike
		}
		rng := rand.New(rand.NewPCG(13, 14))
		large := sets(rng, most)
		for _, k := range ks {
			rounds, f := newRounds(rng, k), NewFuncs32(k, rng.Uint64)
			want, got := make([]uint64, k), make([]uint64, k)
			check := func(name string, set []uint64) {
				t.Helper()
				fssPortable(want, set, rounds)
				if FSS(got, set, rounds); !slices.Equal(got, want) {
					t.Fatalf("%s, n=%d k=%d: sketch differs", name, len(set), k)
				}
				classic32Portable(want, set, f)
				if Classic32(got, set, f); !slices.Equal(got, want) {
					t.Fatalf("%s, n=%d k=%d: signature differs", name, len(set), k)
				}
			}
			for _, n := range []int{4096, 4097, most / 2, most/2 + 1, most - 1, most} {
				check("random", large["random"][:n])
			}
			check("sequential", large["sequential"])

			// The least values of the first round at places where pieces may begin
			// and end.
			set := slices.Clone(large["random"])
			for i, at := range []int{0, most/3 - 1, most / 3, most / 3 * 2, most / 2, most/2 + 1, most - 2, most - 1} {
				set[at] = unmix(rounds[0].Element(uint64(i)<<61 + uint64(i)))
			}
			check("least values", set)
			if k > 7 {
				continue // what follows takes the portable function all rounds
			}
			check("same", large["same"])
			// Nothing but values that mark an empty bin, and no bin filled at once.
			never := unmix(rounds[0].Element(math.MaxUint64))
			check("marks", slices.Repeat([]uint64{never}, most/2+1))
			// Bins that only the first or the last piece fills.
			few := slices.Repeat([]uint64{rng.Uint64()}, most)
			copy(few, set[:most/2])
			check("first half", few)
			slices.Reverse(few)
			check("second half", few)
		}
	})
}

func TestBandKeysEqualPortable(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(7, 8))
		for bands := range 70 {
			for _, rows := range []int{1, 2, 3, 5, 6, 13, 40} {
				for name, sig := range sets(rng, bands*rows) {
					want := make([]uint64, bands)
					bandKeysPortable(want, sig, rows)
					got := guarded(t, sig, bands, func(dst, sig []uint64) { BandKeys(dst, sig, rows) })
					if !slices.Equal(got, want) {
						t.Fatalf("%s, %d bands x %d rows: keys differ", name, bands, rows)
					}
				}
			}
		}
	})
}

// TestWhatCannotBeIsRefused: kernels trust the lengths that they are given.
func TestWhatCannotBeIsRefused(t *testing.T) {
	rounds := newRounds(rand.New(rand.NewPCG(9, 10)), MaxPositions+1)
	f := NewFuncs32(3, func() uint64 { return 1 })
	some := make([]uint64, MaxPositions+1)
	for name, call := range map[string]func(){
		"FSS of nothing":             func() { FSS(some[:1], nil, rounds[:2]) },
		"FSS without bins":           func() { FSS(nil, some, nil) },
		"FSS with too many bins":     func() { FSS(some, some, rounds) },
		"FSS with too few rounds":    func() { FSS(some[:4], some, rounds[:7]) },
		"Classic32 of nothing":       func() { Classic32(some[:3], nil, f) },
		"Classic32 into too little":  func() { Classic32(some[:2], some, f) },
		"Classic32 without any":      func() { Classic32(nil, some, Funcs32{}) },
		"NewFuncs32 of none":         func() { NewFuncs32(0, nil) },
		"NewFuncs32 of too many":     func() { NewFuncs32(MaxPositions+1, nil) },
		"BandKeys without rows":      func() { BandKeys(some[:1], some, 0) },
		"BandKeys from too little":   func() { BandKeys(some[:3], some[:5], 2) },
		"BandKeys of a huge product": func() { BandKeys(some[:4], some, math.MaxInt/2) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", name)
				}
			}()
			call()
		}()
	}
}

func TestNothingIsAllocated(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(11, 12))
		set, dst := sets(rng, 700)["random"], make([]uint64, 128)
		large := sets(rng, 64*MaxPositions+1)["random"] // in pieces
		rounds, f := newRounds(rng, len(dst)), NewFuncs32(len(dst), rng.Uint64)
		for name, call := range map[string]func(){
			"FSS":                      func() { FSS(dst, set, rounds) },
			"FSS of a large set":       func() { FSS(dst, large, rounds) },
			"Classic32":                func() { Classic32(dst, set, f) },
			"Classic32 of a large set": func() { Classic32(dst, large, f) },
			"BandKeys":                 func() { BandKeys(dst[:16], set, 6) },
		} {
			if got := testing.AllocsPerRun(10, call); got != 0 {
				t.Errorf("%s: %v allocations", name, got)
			}
		}
	})
}

// live runs f on each level, under the fuzzer, which has no subtests.
func live(f func(l kernel.Level)) {
	for l := kernel.Portable; l <= kernel.Best(); l++ {
		restore := kernel.Use(l)
		f(l)
		restore()
	}
}

func wordsOf(data []byte) []uint64 {
	var words []uint64
	for ; len(data) >= 8; data = data[8:] {
		words = append(words, binary.LittleEndian.Uint64(data))
	}
	return words
}

func FuzzFSS(f *testing.F) {
	f.Add(uint16(95), uint64(1), []byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, k uint16, seed uint64, data []byte) {
		set := wordsOf(data)
		if len(set) == 0 {
			return
		}
		bins := 1 + int(k)%MaxPositions
		rounds := newRounds(rand.New(rand.NewPCG(seed, 0)), bins)
		want, got := make([]uint64, bins), make([]uint64, bins)
		fssPortable(want, set, rounds)
		live(func(l kernel.Level) {
			if FSS(got, set, rounds); !slices.Equal(got, want) {
				t.Fatalf("%v: k=%d seed=%d: sketch differs", l, bins, seed)
			}
		})
	})
}

func FuzzClassic32(f *testing.F) {
	f.Add(uint16(127), uint64(1), []byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, k uint16, seed uint64, data []byte) {
		set := wordsOf(data)
		if len(set) == 0 {
			return
		}
		funcs := NewFuncs32(1+int(k)%MaxPositions, rand.New(rand.NewPCG(seed, 0)).Uint64)
		want, got := make([]uint64, funcs.Len()), make([]uint64, funcs.Len())
		classic32Portable(want, set, funcs)
		live(func(l kernel.Level) {
			if Classic32(got, set, funcs); !slices.Equal(got, want) {
				t.Fatalf("%v: k=%d seed=%d: signature differs", l, funcs.Len(), seed)
			}
		})
	})
}

func FuzzBandKeys(f *testing.F) {
	f.Add(uint8(2), []byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, r uint8, data []byte) {
		sig, rows := wordsOf(data), 1+int(r)%40
		want, got := make([]uint64, len(sig)/rows), make([]uint64, len(sig)/rows)
		bandKeysPortable(want, sig, rows)
		live(func(l kernel.Level) {
			if BandKeys(got, sig, rows); !slices.Equal(got, want) {
				t.Fatalf("%v: %d rows: keys differ", l, rows)
			}
		})
	})
}

// benchmarkSign reports the cost of one shingle. A set is signed only once in
// real life, and a branch predictor learns a single one by heart: so the sets
// alternate, as many as stay near the processor, where a set is that was just
// made.
func benchmarkSign(b *testing.B, sign func(rng *rand.Rand, k int) func(dst, set []uint64)) {
	for _, n := range []int{10, 30, 100, 300, 1000, 3000} {
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		many := make([][]uint64, max(4, 20_000/n))
		for i := range many {
			many[i] = sets(rng, n)["random"]
		}
		for _, k := range []int{96, 128} {
			b.Run(fmt.Sprintf("n=%d/k=%d", n, k), func(b *testing.B) {
				f, dst := sign(rng, k), make([]uint64, k)
				kerneltest.BenchmarkLevels(b, func(b *testing.B) {
					b.ReportAllocs()
					i := 0
					for b.Loop() {
						f(dst, many[i])
						if i++; i == len(many) {
							i = 0
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/shingle")
				})
			})
		}
	}
}

func BenchmarkFSS(b *testing.B) {
	benchmarkSign(b, func(rng *rand.Rand, k int) func(dst, set []uint64) {
		rounds := newRounds(rng, k)
		return func(dst, set []uint64) { FSS(dst, set, rounds) }
	})
}

func BenchmarkClassic32(b *testing.B) {
	benchmarkSign(b, func(rng *rand.Rand, k int) func(dst, set []uint64) {
		f := NewFuncs32(k, rng.Uint64)
		return func(dst, set []uint64) { Classic32(dst, set, f) }
	})
}

func BenchmarkBandKeys(b *testing.B) {
	sig := sets(rand.New(rand.NewPCG(1, 1)), MaxPositions)["random"]
	for _, p := range []struct{ bands, rows int }{{11, 10}, {16, 6}, {35, 3}, {227, 1}} {
		b.Run(fmt.Sprintf("%dx%d", p.bands, p.rows), func(b *testing.B) {
			dst := make([]uint64, p.bands)
			kerneltest.BenchmarkLevels(b, func(b *testing.B) {
				for b.Loop() {
					BandKeys(dst, sig, p.rows)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(p.bands), "ns/key")
			})
		})
	}
}
