package minhash

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkSign reports the cost of one shingle. A set is signed only once in
// real life, and a branch predictor learns a single one by heart: so the sets
// alternate.
func BenchmarkSign(b *testing.B) {
	for _, n := range []int{10, 100, 300, 700, 3000} {
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		sets := make([][]uint64, max(4, 100_000/n))
		for i := range sets {
			sets[i] = randomSet(rng, n)
		}
		for _, k := range []int{96, 128, 227} {
			for _, family := range []Family{Classic32, FSS, Classic} {
				b.Run(fmt.Sprintf("n=%d/k=%d/%v", n, k, family), func(b *testing.B) {
					s := newSigner(b, family, k, 1)
					dst := make(Signature, k)
					b.ReportAllocs()
					i := 0
					for b.Loop() {
						dst = s.Sign(dst, sets[i])
						if i++; i == len(sets) {
							i = 0
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/shingle")
				})
			}
		}
	}
}
