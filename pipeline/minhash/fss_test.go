package minhash

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
	"github.com/doppel-dedup/doppel/internal/kernel/sketch"
)

// slowFSS is Fast Similarity Sketching straight from the paper's pseudo-code:
// every round throws every element, a bin keeps the minimum of (round, value),
// and the first round that leaves no bin empty is the last. What a bin hands
// over is the mixed element. Bins are computed in exact fractions.
func slowFSS(s *Signer, set []uint64) Signature {
	type ball struct {
		round          int
		value, element uint64
	}
	k := s.hashes
	bins := make([]*ball, k)
	for i := range 2 * k {
		for _, x := range set {
			y := sketch.Mix(x)
			u := s.rounds[i].A*y + s.rounds[i].B
			bin := i - k
			if i < k {
				if u == math.MaxUint64 {
					continue // documented: reaches no bin
				}
				product := new(big.Int).Mul(new(big.Int).SetUint64(u>>32), big.NewInt(int64(k)))
				bin = int(product.Rsh(product, 32).Int64())
			}
			b := bins[bin]
			if b == nil || i < b.round || i == b.round && u < b.value {
				bins[bin] = &ball{i, u, y}
			}
		}
		if !slices.Contains(bins, nil) {
			break
		}
	}
	sig := make(Signature, k)
	for bin, b := range bins {
		sig[bin] = b.element
	}
	return sig
}

func TestFSSEqualsThePaper(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(11, 12))
		for _, k := range []int{1, 2, 3, 31, 63, 64, 65, 96, 128, 227, MaxHashes} {
			s := newSigner(t, FSS, k, int64(k)-3)
			for _, n := range []int{1, 2, 3, 10, 100, 128, 129, 511, 512, 513, 1031} {
				if k == MaxHashes && n > 3 && n < 100 {
					continue // slow, and no other path
				}
				set := randomSet(rng, n)
				if got, want := s.Sign(nil, set), slowFSS(s, set); !slices.Equal(got, want) {
					t.Errorf("k=%d n=%d: sketch differs from the definition", k, n)
				}
			}
		}
	})
}

// unmix is the inverse of mix.
func unmix(y uint64) uint64 {
	inverse := func(a uint64) uint64 {
		x := a
		for range 5 {
			x *= 2 - a*x
		}
		return x
	}
	y ^= y>>31 ^ y>>62
	y *= inverse(0x94d049bb133111eb)
	y ^= y>>27 ^ y>>54
	y *= inverse(0xbf58476d1ce4e5b9)
	return y ^ y>>30 ^ y>>60
}

// TestFSSExtremeValues puts elements on the values 0 and 2^64-1, the mark of an
// empty bin, in early, late and last rounds.
func TestFSSExtremeValues(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(13, 14))
		for _, k := range []int{1, 2, 7, 64, 96} {
			s := newSigner(t, FSS, k, 5)
			for i := range s.rounds {
				for _, u := range []uint64{0, 1, math.MaxUint64 - 1, math.MaxUint64} {
					x := unmix(s.rounds[i].Element(u))
					if got := s.rounds[i].A*sketch.Mix(x) + s.rounds[i].B; got != u {
						t.Fatalf("k=%d round %d: value %#x, want %#x", k, i, got, u)
					}
					for _, set := range [][]uint64{{x}, {x, rng.Uint64()}, append(randomSet(rng, 40), x)} {
						if got, want := s.Sign(nil, set), slowFSS(s, set); !slices.Equal(got, want) {
							t.Errorf("k=%d round %d value %#x n=%d: sketch differs from the definition", k, i, u, len(set))
						}
					}
				}
			}
		}
	})
}

// TestFSSHoldsMixedElements checks the claim that makes positions comparable
// without a round number: each holds the mixed hash of an element of the set.
func TestFSSHoldsMixedElements(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	for _, n := range []int{1, 2, 50, 600} {
		set := randomSet(rng, n)
		in := map[uint64]bool{}
		for _, x := range set {
			in[sketch.Mix(x)] = true
		}
		distinct := map[uint64]bool{}
		for _, v := range newSigner(t, FSS, 128, 1).Sign(nil, set) {
			if !in[v] {
				t.Fatalf("n=%d: %#x is no element", n, v)
			}
			distinct[v] = true
		}
		// Without replacement as far as it goes: all of the few, and of many
		// elements nearly as many as there are bins.
		if n <= 2 && len(distinct) != n || n == 600 && len(distinct) < 110 {
			t.Errorf("n=%d: %d distinct elements in 128 bins", n, len(distinct))
		}
	}
}

// TestFSSBinsAreUniform counts which bin an element of a set of one reaches
// first, over sequential elements: chi-squared with k-1 degrees of freedom, five
// standard deviations.
func TestFSSBinsAreUniform(t *testing.T) {
	for _, k := range []int{3, 96, 1000} {
		s := newSigner(t, FSS, k, 1)
		for _, round := range []int{0, 1, k - 1} {
			const each = 200
			count := make([]float64, k)
			for x := range each * k {
				count[sketch.Bin(s.rounds[round].A*sketch.Mix(uint64(x))+s.rounds[round].B, uint64(k))]++
			}
			chi := 0.0
			for _, c := range count {
				chi += (c - each) * (c - each) / each
			}
			if df := float64(k - 1); math.Abs(chi-df) > 5*math.Sqrt(2*df)+3 {
				t.Errorf("k=%d round %d: chi-squared %.1f with %v degrees of freedom", k, round, chi, df)
			}
		}
	}
}

// TestFSSEstimatorErrsLessThanMinHash checks bias and RMSE as for Classic32. Bins
// draw elements nearly without replacement, so the error of small sets is well
// below sqrt(J(1-J)/k); limits are 4 standard deviations of a measured RMSE.
func TestFSSEstimatorErrsLessThanMinHash(t *testing.T) {
	for _, in := range inputs {
		for _, n := range []int{10, 300, 5000} {
			for _, j := range []float64{0.05, 0.3, 0.5, 0.8} {
				for _, k := range []int{64, 128} {
					run, most := 400, 0.8
					switch n {
					case 300:
						most = 1
					case 5000:
						run, most = 120, 1.05
						if testing.Short() {
							run = 60
						}
					}
					bias, rmse := accuracy(t, FSS, n, j, k, run, in.element)
					t.Logf("%-14s n=%-4d J=%-4v k=%-3d bias %5.2f RMSE %.3f", in.name, n, j, k, bias, rmse)
					if limit := most * (1 + 4/math.Sqrt(2*float64(run))); math.Abs(bias) > 5 || rmse > limit {
						t.Errorf("%s, n=%d, J=%v, k=%d: bias %.2f standard errors, RMSE %.3f of theory (limit %.3f)", in.name, n, j, k, bias, rmse, limit)
					}
				}
			}
		}
	}
}

// TestFSSMeanOverManyTrialsIsJaccard looks for a bias far below a standard error:
// 4,000 trials at small n, where rounds are many.
func TestFSSMeanOverManyTrialsIsJaccard(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 30} {
		for _, j := range []float64{0.1, 0.34, 0.6} {
			for _, k := range []int{8, 96} {
				bias, _ := accuracyOrExact(t, n, j, k, 4000)
				if math.Abs(bias) > 5 {
					t.Errorf("n=%d J=%v k=%d: bias %.2f standard errors of the mean", n, j, k, bias)
				}
			}
		}
	}
}

// accuracyOrExact is accuracy for FSS where sets may come out equal or disjoint,
// of which the estimate must be exact.
func accuracyOrExact(t *testing.T, n int, j float64, k, trials int) (bias, rmse float64) {
	t.Helper()
	_, _, exact := pairOf(n, j, func(i int) uint64 { return uint64(i) })
	if exact > 0 && exact < 1 {
		return accuracy(t, FSS, n, j, k, trials, inputs[0].element)
	}
	s := newSigner(t, FSS, k, 3)
	for trial := range 100 {
		a, b, _ := pairOf(n, j, func(i int) uint64 { return uint64(trial*2*n + i) })
		if got := Estimate(s.Sign(nil, a), s.Sign(nil, b)); got != exact {
			t.Fatalf("n=%d J=%v: estimate %v", n, exact, got)
		}
	}
	return 0, 0
}

// TestFSSOfUnequalSizes: a small set and a large one that holds it need different
// numbers of rounds; the estimate must not mind.
func TestFSSOfUnequalSizes(t *testing.T) {
	const k, trials = 96, 2000
	rng := rand.New(rand.NewPCG(19, 20))
	for _, sizes := range [][2]int{{1, 2}, {1, 10}, {10, 100}, {40, 800}} {
		small, large := sizes[0], sizes[1]
		exact := float64(small) / float64(large)
		sum := 0.0
		for trial := range trials {
			s := newSigner(t, FSS, k, int64(trial))
			set := randomSet(rng, large)
			sum += Estimate(s.Sign(nil, set[:small]), s.Sign(nil, set)) - exact
		}
		// 5 standard errors of k independent positions are an upper bound.
		if limit := 5 * StdErr(exact, k*trials); math.Abs(sum/trials) > limit {
			t.Errorf("%d of %d elements: mean error %v, limit %v", small, large, sum/trials, limit)
		}
	}
}

// TestFSSGolden pins whole sketches, from sets of one element, where all rounds
// are needed, to sets larger than a chunk.
func TestFSSGolden(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		h := uint64(0)
		for _, n := range []uint64{1, 2, 10, 300, 2000} {
			var set []uint64
			for x := range n {
				set = append(set, x)
			}
			for _, k := range []int{1, 96, 128, 1024} {
				for _, v := range newSigner(t, FSS, k, 1).Sign(nil, set) {
					h = sketch.Mix(h^v) + 1
				}
			}
		}
		if want := uint64(0xefb15fa6633cbed5); h != want {
			t.Errorf("digest of sketches is %#x, want %#x", h, want)
		}
	})
}

// TestFSSSignsWithoutAllocating keeps the scratch memory on the stack.
func TestFSSSignsWithoutAllocating(t *testing.T) {
	s := newSigner(t, FSS, 128, 1)
	set := randomSet(rand.New(rand.NewPCG(17, 18)), 700)
	dst := make(Signature, 128)
	if got := testing.AllocsPerRun(10, func() { s.Sign(dst, set) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}
