package sets

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// BenchmarkOverlap walks over more pairs than fit into the first-level cache, so
// that no branch can be learnt by heart.
func BenchmarkOverlap(b *testing.B) {
	for _, c := range []struct{ na, nb, shared, need int }{
		{10, 10, 9, 0},
		{30, 30, 27, 0},
		{100, 100, 90, 0},
		{300, 300, 284, 0},
		{300, 300, 267, 0},
		{300, 300, 54, 0},
		{300, 300, 54, 267},
		{1000, 1000, 947, 0},
		{1000, 1000, 181, 0},
	} {
		b.Run(fmt.Sprintf("%dx%d/shared=%d/need=%d", c.na, c.nb, c.shared, c.need), func(b *testing.B) {
			kerneltest.BenchmarkLevels(b, func(b *testing.B) { benchmark(b, c.na, c.nb, c.shared, c.need) })
		})
	}
}

// BenchmarkRatio shows where searching begins to beat comparing blocks.
func BenchmarkRatio(b *testing.B) {
	for _, small := range []int{3, 6, 20, 100} {
		for _, ratio := range []int{8, 15, 31, 63, 127, 255} {
			b.Run(fmt.Sprintf("%dx%d", small, ratio*small), func(b *testing.B) {
				kerneltest.BenchmarkLevels(b, func(b *testing.B) { benchmark(b, small, ratio*small, small/2, 0) })
			})
		}
	}
}

func benchmark(b *testing.B, na, nb, shared, need int) {
	r := rand.New(rand.NewPCG(1, 2))
	const pairs = 64
	var as, bs [pairs][]uint64
	for i := range pairs {
		as[i], bs[i] = kerneltest.RandomSets(r, na, nb, shared)
	}
	i := 0
	for b.Loop() {
		Overlap(as[i%pairs], bs[i%pairs], need)
		i++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/pair")
}
