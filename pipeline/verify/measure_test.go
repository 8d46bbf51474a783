package verify

import (
	"math"
	"math/rand/v2"
	"testing"
)

var measures = []Measure{Jaccard, Containment}

func TestSimilarity(t *testing.T) {
	for _, c := range []struct {
		overlap, a, b                  int
		jaccard, containment, directed float64
	}{
		{0, 0, 0, 0, 0, 0},
		{0, 0, 5, 0, 0, 0},
		{0, 3, 5, 0, 0, 0},
		{3, 3, 3, 1, 1, 1},
		{3, 3, 6, 0.5, 1, 1},
		{3, 6, 3, 0.5, 1, 0.5},
		{4, 5, 5, 4.0 / 6, 0.8, 0.8},
		{1, 4, 8, 1.0 / 11, 0.25, 0.25},
		{1, 8, 4, 1.0 / 11, 0.25, 0.125},
	} {
		if got := Jaccard.Similarity(c.overlap, c.a, c.b); got != c.jaccard {
			t.Errorf("Jaccard of %d shared of %d and %d = %v, want %v", c.overlap, c.a, c.b, got, c.jaccard)
		}
		if got := Jaccard.Directed(c.overlap, c.a, c.b); got != c.jaccard {
			t.Errorf("Jaccard, directed, of %d shared of %d and %d = %v, want %v", c.overlap, c.a, c.b, got, c.jaccard)
		}
		if got := Containment.Similarity(c.overlap, c.a, c.b); got != c.containment {
			t.Errorf("Containment of %d shared of %d and %d = %v, want %v", c.overlap, c.a, c.b, got, c.containment)
		}
		if got := Containment.Directed(c.overlap, c.a, c.b); got != c.directed {
			t.Errorf("Containment, directed, of %d shared of %d and %d = %v, want %v", c.overlap, c.a, c.b, got, c.directed)
		}
	}
}

// slowNeeded is the definition of Needed.
func slowNeeded(m Measure, threshold float64, a, b int) int {
	for o := range min(a, b) + 1 {
		if m.Similarity(o, a, b) >= threshold {
			return o
		}
	}
	return min(a, b) + 1
}

func TestNeededIsTheSmallestOverlap(t *testing.T) {
	thresholds := []float64{math.SmallestNonzeroFloat64, 1e-9, 0.02, 0.06, 0.1, 0.25, 0.3, 1.0 / 3, 0.5, 2.0 / 3, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99, math.Nextafter(1, 0), 1}
	// Thresholds that are exact similarities, and their neighbours, are where
	// a formula and its definition part.
	for o := 1; o <= 7; o++ {
		for whole := o; whole <= 7; whole++ {
			v := float64(o) / float64(whole)
			thresholds = append(thresholds, v, math.Nextafter(v, 0))
			if v < 1 {
				thresholds = append(thresholds, math.Nextafter(v, 1))
			}
		}
	}
	for _, m := range measures {
		for _, th := range thresholds {
			for a := range 25 {
				for b := range 25 {
					if got, want := m.Needed(th, a, b), slowNeeded(m, th, a, b); got != want {
						t.Fatalf("%v.Needed(%v, %d, %d) = %d, want %d", m, th, a, b, got, want)
					}
				}
			}
		}
	}
}

func TestNeededOfLargeSets(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50_000 {
		a, b := 1+r.IntN(1<<r.IntN(31)), 1+r.IntN(1<<r.IntN(31))
		m := measures[r.IntN(2)]
		th := 1 - r.Float64()
		if r.IntN(2) == 0 {
			th = max(th, m.Similarity(1+r.IntN(min(a, b)), a, b)) // often exact
		}
		n := m.Needed(th, a, b)
		if n > 0 && m.Similarity(n-1, a, b) >= th {
			t.Fatalf("%v.Needed(%v, %d, %d) = %d, but %d is enough", m, th, a, b, n, n-1)
		}
		if n <= min(a, b) && m.Similarity(n, a, b) < th {
			t.Fatalf("%v.Needed(%v, %d, %d) = %d is not enough", m, th, a, b, n)
		}
		if n > min(a, b)+1 {
			t.Fatalf("%v.Needed(%v, %d, %d) = %d is over %d", m, th, a, b, n, min(a, b)+1)
		}
	}
}

func TestSimilarityIsMonotoneSymmetricAndBounded(t *testing.T) {
	for _, m := range measures {
		for a := range 20 {
			for b := range 20 {
				last := 0.0
				for o := range min(a, b) + 1 {
					s := m.Similarity(o, a, b)
					if s != m.Similarity(o, b, a) || s < last || s < 0 || s > 1 {
						t.Fatalf("%v.Similarity(%d, %d, %d) = %v after %v", m, o, a, b, s, last)
					}
					if d := max(m.Directed(o, a, b), m.Directed(o, b, a)); d != s {
						t.Fatalf("%v: larger direction %v, similarity %v", m, d, s)
					}
					last = s
				}
			}
		}
	}
}

// The fixed point of a weighted measure spans [0, 1], rises, and ignores sizes.
func TestFixedPoint(t *testing.T) {
	for _, m := range weighted {
		last := -1.0
		for _, overlap := range []uint32{0, 1, 2, 1 << 20, 1<<31 - 1, 1 << 31, 1<<31 + 1, 1<<32 - 2, 1<<32 - 1} {
			s := m.Similarity(int(overlap), 3, 4)
			if s <= last || s != m.Similarity(int(overlap), 0, 9) || s != m.Directed(int(overlap), 1, 2) || toFixed(s) != overlap && toFixed(s) != overlap-1 {
				t.Errorf("%v.Similarity(%d) = %v after %v, back %d", m, overlap, s, last, toFixed(s))
			}
			last = s
		}
		if m.Similarity(0, 1, 1) != 0 || last != 1 || !m.Weighted() || Jaccard.Weighted() {
			t.Errorf("%v: from %v to %v", m, m.Similarity(0, 1, 1), last)
		}
	}
}

func TestMeasureNames(t *testing.T) {
	if Jaccard.String() != "jaccard" || Containment.String() != "containment" {
		t.Errorf("measures are called %v and %v", Jaccard, Containment)
	}
	if Cosine.String() != "cosine" || WeightedJaccard.String() != "weighted-jaccard" {
		t.Errorf("measures are called %v and %v", Cosine, WeightedJaccard)
	}
	if got := Measure(9).String(); got != "measure(9)" {
		t.Errorf("String of an unknown measure is %q", got)
	}
}
