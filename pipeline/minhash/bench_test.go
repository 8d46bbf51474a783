package minhash

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkSign reports the cost of one shingle, for sets of 300.
func BenchmarkSign(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	set := make([]uint64, 300)
	for i := range set {
		set[i] = rng.Uint64()
	}
	for _, family := range []Family{MulAdd64, Classic} {
		for _, k := range []int{96, 128, 256} {
			b.Run(fmt.Sprintf("%v/k=%d", family, k), func(b *testing.B) {
				s, err := NewSigner(family, k, 1)
				if err != nil {
					b.Fatal(err)
				}
				dst := make(Signature, k)
				b.ReportAllocs()
				for b.Loop() {
					dst = s.Sign(dst, set)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(set)), "ns/shingle")
			})
		}
	}
}
