package verify

import (
	"math/rand/v2"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// BenchmarkRows compares rows of 250 words and 2,000 skip pairs. Two articles on
// different things share a few, two on one story a third of them.
func BenchmarkRows(b *testing.B) {
	const n = 200
	for _, c := range []struct {
		name          string
		words, pairs  int // shared
		threshold, is float64
	}{
		{"unrelated/whole", 12, 4, 0, 1},
		{"unrelated/threshold=0.15", 12, 4, 0.15, 0},
		{"near/threshold=0.15", 40, 60, 0.15, 0},
		{"related/threshold=0.15", 90, 600, 0.15, 1},
	} {
		r := rand.New(rand.NewPCG(1, 1))
		var rows [][]uint64
		for range n {
			x, y := randomRowPair(r, 250, c.words)
			z, u := randomRowPair(r, 2000, c.pairs)
			rows = append(rows, rowOf(x, z), rowOf(y, u))
		}
		for _, m := range weighted {
			b.Run(m.String()+"/"+c.name, func(b *testing.B) {
				similar := 0
				for b.Loop() {
					similar = 0
					for i := 0; i < len(rows); i += 2 {
						_, ok := rowOverlap(rows[i], rows[i+1], m, c.threshold)
						similar += one(ok)
					}
				}
				if float64(similar) != c.is*n {
					b.Fatalf("%d of %d similar", similar, n)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/pair")
			})
		}
	}
}

// randomRowPair returns sections of n terms that share so many.
func randomRowPair(r *rand.Rand, n, shared int) (a, b terms) {
	x, y := kerneltest.RandomSets(r, n, n, shared)
	weigh := func(hashes []uint64) terms {
		s := terms{}
		for _, h := range hashes {
			s[h] = 256 + h%2048
		}
		return s
	}
	return weigh(x), weigh(y)
}
