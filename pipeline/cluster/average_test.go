package cluster

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// slowAverage follows the definition on the full matrix, not knowing of
// components: it looks at all pairs of clusters for each merge.
func slowAverage(in Input) []corpus.ID {
	sim := similarities(in)
	// clusters lists members by place in the keep order, clusters by their first.
	var clusters [][]corpus.ID
	for _, id := range in.Order.ids {
		clusters = append(clusters, []corpus.ID{id})
	}
	for {
		var best, bestN uint64 = 0, 1
		x, y := -1, -1
		for i, a := range clusters {
			for j := i + 1; j < len(clusters); j++ {
				sum, n := uint64(0), uint64(len(a)*len(clusters[j]))
				for _, p := range a {
					for _, q := range clusters[j] {
						sum += sim[p][q]
					}
				}
				// The first of several in this order wins: clusters are sorted
				// by their first members.
				if sum*bestN > best*n {
					best, bestN, x, y = sum, n, i, j
				}
			}
		}
		if float64(best)/whole < in.Threshold*float64(bestN) {
			break
		}
		clusters[x] = append(clusters[x], clusters[y]...)
		clusters = append(clusters[:y], clusters[y+1:]...)
	}
	out := make([]corpus.ID, len(in.Leader))
	for _, c := range clusters {
		for _, id := range c {
			out[id] = c[0]
		}
	}
	return out
}

func TestAverageAgreesWithDefinition(t *testing.T) {
	sizes := map[int]int{}
	for seed := range uint64(600) {
		in := randomGraph(seed, Average)
		if seed%2 == 1 { // no ties
			r := rand.New(rand.NewPCG(seed, 1))
			for i := range in.Edges {
				in.Edges[i].Overlap = 320 + r.Uint32N(704)
			}
		}
		res := Build(in)
		if got, want := clusterOf(len(in.Leader), res), slowAverage(in); !samePartition(got, want) {
			t.Fatalf("seed %d: clusters %v, want %v", seed, got, want)
		}
		for _, c := range res.Clusters {
			sizes[len(c.Members)]++
		}
	}
	for n := 2; n <= 12; n++ {
		if sizes[n] == 0 {
			t.Errorf("no cluster of %d: the graphs test too little", n)
		}
	}
}

// TestAverageAgreesWithScipy compares with scipy 1.17.1: linkage(..., "average")
// of 1 - similarity, similarities below half the threshold set to 0, and
// fcluster at 1 - threshold.
func TestAverageAgreesWithScipy(t *testing.T) {
	const matrix = `173
99 256
565 303 160
40 221 221 72
355 189 216 406 61
60 267 85 98 194 52
353 121 138 312 38 617 34
493 217 184 561 61 706 62 543
441 388 167 745 88 325 131 238 435
165 629 161 274 175 141 356 94 173 367
368 373 264 603 103 498 103 324 576 576 283
93 475 375 165 432 137 222 85 139 200 329 238
271 226 68 313 54 127 150 103 177 369 306 212 108
327 405 129 488 91 207 182 153 277 636 476 380 193 527
253 343 97 351 82 146 212 110 197 449 471 268 164 650 705
294 485 303 509 134 390 131 249 438 552 351 760 310 214 401 289
398 334 116 546 74 223 147 173 306 663 380 382 161 556 800 630 378
756 152 77 471 34 269 58 274 374 389 154 292 78 307 320 263 240 398
365 215 232 445 68 880 59 550 740 363 160 565 154 139 231 163 444 246 277
66 249 558 111 379 127 109 80 114 125 163 178 478 57 107 86 219 92 53 139
147 185 49 179 53 73 198 57 101 222 283 131 93 543 344 486 141 328 167 81 46
263 407 117 388 95 166 221 122 221 509 536 313 194 555 795 835 343 660 264 186 103 411
356 97 103 275 29 469 28 749 449 206 78 260 65 98 135 99 198 157 287 422 60 54 107`
	for threshold, want := range map[int]string{
		300: "abcacadaaabacbbbabaacbba",
		500: "abcdefgffdbdhiiidiafcjif",
		600: "abcdefghfdbijkllilafmnlh",
		700: "abcdefghfdijklmnjmafopnh",
		800: "abcdefghijklmnopqorfstpu",
	} {
		in := graphInput(rand.New(rand.NewPCG(1, 1)), len(want), Average)
		in.Threshold, in.SizeOf = float64(threshold)/1000, func(corpus.ID) int { return 1000 }
		for i, row := range strings.Split(matrix, "\n") {
			for j, cell := range strings.Fields(row) {
				var similarity int
				if _, err := fmt.Sscan(cell, &similarity); err != nil {
					t.Fatal(err)
				}
				if 2*similarity >= threshold {
					in.link(i+1, j, uint32(similarity))
				}
			}
		}
		if got := clusterOf(len(want), Build(in)); !samePartition(got, []byte(want)) {
			t.Errorf("threshold %d: clusters %v, want %s", threshold, got, want)
		}
	}
}

// TestAverageAtTheThreshold: a pair is merged at the threshold exactly and not a
// step below it, though both are one number in fixed point. Around it stand two
// clusters that neither of its ends joins.
func TestAverageAtTheThreshold(t *testing.T) {
	for _, c := range []struct {
		overlap uint32
		want    int
	}{{1_199_999_999, 2}, {1_200_000_000, 3}, {1_200_000_001, 3}} {
		in := graphInput(rand.New(rand.NewPCG(1, 1)), 6, Average)
		in.Threshold, in.SizeOf = 0.6, func(corpus.ID) int { return 2_000_000_000 }
		in.link(0, 5, c.overlap)
		for i, overlap := range []uint32{1_200_000_000, 2_000_000_000, 1_200_000_000, 2_000_000_000, 1_200_000_000} {
			in.link(i, i+1, overlap)
		}
		if got := len(Build(in).Clusters); got != c.want {
			t.Errorf("overlap %d: %d clusters, want %d", c.overlap, got, c.want)
		}
	}
}

// TestWeightKeepsTheThreshold: rounding takes no pair over it or below.
func TestWeightKeepsTheThreshold(t *testing.T) {
	for _, threshold := range []float64{1e-12, 0.3, 0.6, 2.0 / 3, 1} {
		g := &graph{in: &Input{Threshold: threshold}, bar: barOf(threshold)}
		for _, s := range []float64{0, threshold * 0.9, math.Nextafter(threshold, 0), threshold, math.Nextafter(threshold, 1), 1} {
			if got := g.weight(s) >= g.bar; got != (s >= threshold) {
				t.Errorf("threshold %v, similarity %v: weight %d, bar %d", threshold, s, g.weight(s), g.bar)
			}
		}
	}
}

// TestPairTable enters many more pairs than there is room for, of clusters most of
// which are no more.
func TestPairTable(t *testing.T) {
	table := newPairTable(4)
	want := map[[2]uint32]uint32{}
	oldest := uint32(0)
	alive := func(cluster uint32) bool { return cluster >= oldest }
	for i := uint32(1); i < 20_000; i++ {
		oldest = i - min(i, 30)
		for _, d := range []uint32{1, 7, 30} {
			if d <= i {
				table.add(i, i-d, 3*i+d, alive)
				want[[2]uint32{i - d, i}] = 3*i + d
			}
		}
	}
	if len(table.slots) > 1024 {
		t.Errorf("%d slots for the pairs of 30 clusters", len(table.slots))
	}
	found := 0
	for i := oldest; i < 20_000; i++ {
		for j := oldest; j < i; j++ {
			s := table.find(i, j)
			pair, ok := want[[2]uint32{j, i}]
			if s.isFree() == ok || ok && s.pair != pair {
				t.Fatalf("pair (%d, %d) is %+v, want %d (%v)", i, j, s, pair, ok)
			}
			if ok {
				found++
			}
		}
	}
	if found == 0 {
		t.Error("no pair is left to be found")
	}
}

// TestPriorities: products beyond 64 bits, and ties.
func TestPriorities(t *testing.T) {
	const big = 1 << 32 // pairs of two clusters of 65,536
	descending := []priority{
		{one * big, big, 5, 6}, {one*big - 1, big, 1, 2}, {one/2 + 1, 1, 8, 9},
		{one / 2 * big, big, 1, 3}, {one / 2, 1, 2, 3}, {one, 2, 2, 4}, {one / 2 * 3, 3, 3, 4},
		{one/2*big - 1, big, 0, 1}, {0, 1, 0, 1},
	}
	for i, p := range descending {
		for j, q := range descending {
			if got := p.before(q); got != (i < j) {
				t.Errorf("%+v before %+v is %v", p, q, got)
			}
		}
		if got := p.below(one / 2); got != (i >= 7) {
			t.Errorf("%+v below a half is %v", p, got)
		}
	}
}

// denseGraph has one component of families of the given size, whose members
// resemble most others, joined by as many single pairs, and weak pairs between.
func denseGraph(families, size int, method Method) Input {
	r := rand.New(rand.NewPCG(3, 3))
	n := families * size
	in := graphInput(r, n, method)
	for a := range n {
		first := a / size * size
		for b := first; b < a; b++ {
			if r.IntN(4) > 0 {
				in.link(a, b, strong-50+r.Uint32N(400))
			}
		}
		if first > 0 {
			in.link(a, r.IntN(first), strong+r.Uint32N(100))
			in.link(a, r.IntN(first), strong/2+r.Uint32N(300))
		}
	}
	return in
}

// hubGraph has a few documents that resemble all others, as a giant bucket
// leaves them, some of which resemble each other.
func hubGraph(n, hubs int, method Method) Input {
	r := rand.New(rand.NewPCG(4, 4))
	in := graphInput(r, n, method)
	for a := range n {
		for b := range min(a, hubs) {
			in.link(a, b, strong+r.Uint32N(380))
		}
	}
	return in
}

func BenchmarkDivide(b *testing.B) {
	for _, c := range []struct {
		name string
		make func(Method) Input
	}{
		{"families-100k", func(m Method) Input { return denseGraph(2000, 11, m) }},
		{"families-1M", func(m Method) Input { return denseGraph(20_000, 11, m) }},
		{"cliques-1M", func(m Method) Input { return denseGraph(53, 220, m) }},
		{"hubs-1M", func(m Method) Input { return hubGraph(32_000, 32, m) }},
	} {
		for _, method := range methods {
			b.Run(c.name+"/"+method.String(), func(b *testing.B) {
				in := c.make(method)
				b.ReportAllocs()
				clusters := 0
				for b.Loop() {
					clusters = len(Build(in).Clusters)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(in.Edges)), "ns/pair")
				b.ReportMetric(float64(len(in.Edges)), "pairs")
				b.ReportMetric(float64(clusters), "clusters")
			})
		}
	}
}
