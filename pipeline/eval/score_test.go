package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// labels makes a truth, or a prediction, that puts documents "0", "1"... in the
// clusters named by the letters of s; "-" leaves a document out.
func labels(s string) map[string]string {
	m := map[string]string{}
	for i, c := range s {
		if c != '-' {
			m[fmt.Sprint(i)] = string(c)
		}
	}
	return m
}

func truthOf(t *testing.T, s string) *Truth {
	var b strings.Builder
	b.WriteString("id,cluster\n")
	for i, c := range s {
		if c != '-' {
			fmt.Fprintf(&b, "%d,%c\n", i, c)
		}
	}
	return readTruth(t, b.String())
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-12 }

// TestScore has values worked out by hand.
func TestScore(t *testing.T) {
	ln := math.Log
	for _, c := range []struct {
		name, truth, predicted string
		want                   ClusterScore
	}{
		{"nothing at all", "", "", ClusterScore{
			Pairs: newPairScore(0, 0, 0), BCubed: BCubed{1, 1, 1}, ARI: 1, VMeasure: VMeasure{1, 1, 1}, SameSet: 1,
		}},
		{"perfect, other names", "aabbc", "xxyyz", ClusterScore{
			Documents: 5, Clusters: 2, TrueClusters: 2, LargestCluster: 2,
			Pairs: newPairScore(2, 0, 0), BCubed: BCubed{1, 1, 1}, ARI: 1, VMeasure: VMeasure{1, 1, 1}, SameSet: 1,
		}},
		{"singletons may stay unnamed", "aabbc", "xxyy-", ClusterScore{
			Documents: 5, Clusters: 2, TrueClusters: 2, LargestCluster: 2,
			Pairs: newPairScore(2, 0, 0), BCubed: BCubed{1, 1, 1}, ARI: 1, VMeasure: VMeasure{1, 1, 1}, SameSet: 1,
		}},
		// Two pairs glued together: of 6 predicted pairs 2 are true. B-cubed
		// precision 1/2. ARI: index 2, expected 2*6/6 = 2, so 0.
		{"all in one", "aabb", "xxxx", ClusterScore{
			Documents: 4, Clusters: 1, TrueClusters: 2, LargestCluster: 4,
			Pairs: newPairScore(2, 4, 0), BCubed: BCubed{.5, 1, 2. / 3}, ARI: 0, VMeasure: VMeasure{0, 1, 0}, SameSet: 0,
		}},
		{"all alone", "aabb", "----", ClusterScore{
			Documents: 4, TrueClusters: 2, LargestCluster: 1,
			Pairs: newPairScore(0, 0, 2), BCubed: BCubed{1, .5, 2. / 3}, ARI: 0, VMeasure: VMeasure{1, .5, 2. / 3}, SameSet: 0,
		}},
		// Documents 0 to 4, truth {0 1 2} {3 4}, predicted {0 1} {2 3} {4}:
		// common pair 01; predicted 2 pairs, true 4. B-cubed precision
		// (1+1+.5+.5+1)/5, recall (2/3+2/3+1/3+1/2+1/2)/5. ARI: expected
		// 4*2/10, largest 3. H(C) = -.6 ln .6 - .4 ln .4, H(C|K) = .4 ln 2,
		// H(K) = -.8 ln .4 - .2 ln .2, H(K|C) = -.4 ln(2/3) - .2 ln(1/3) + .4 ln 2.
		{"mixed", "aaabb", "xxyy-", ClusterScore{
			Documents: 5, Clusters: 2, TrueClusters: 2, LargestCluster: 2,
			Pairs: newPairScore(1, 1, 3), BCubed: BCubed{.8, 8. / 15, .64}, ARI: .2 / 2.2,
			VMeasure: VMeasure{
				1 - .4*ln(2)/(-.6*ln(.6)-.4*ln(.4)),
				1 - (-.4*ln(2./3)-.2*ln(1./3)+.4*ln(2))/(-.8*ln(.4)-.2*ln(.2)),
				0, // filled below: the harmonic mean of the two
			},
		}},
		// What the truth does not name is left out: "?" cannot hurt.
		{"unnamed documents", "aa--b", "xxxxy", ClusterScore{
			Documents: 3, LeftOut: 2, Clusters: 1, TrueClusters: 1, LargestCluster: 2,
			Pairs: newPairScore(1, 0, 0), BCubed: BCubed{1, 1, 1}, ARI: 1, VMeasure: VMeasure{1, 1, 1}, SameSet: 1,
		}},
		{"half of the sets right", "aabb", "xxyz", ClusterScore{
			Documents: 4, Clusters: 1, TrueClusters: 2, LargestCluster: 2,
			Pairs: newPairScore(1, 0, 1), BCubed: BCubed{1, .75, 6. / 7}, ARI: (1 - 2./6) / (1.5 - 2./6),
			VMeasure: VMeasure{1, 1 - .5*ln(2)/(1.5*ln(2)), .8}, SameSet: .5,
		}},
	} {
		if c.want.VMeasure.V == 0 {
			c.want.VMeasure.V = harmonic(c.want.VMeasure.Homogeneity, c.want.VMeasure.Completeness)
		}
		got := Score(truthOf(t, c.truth), labels(c.predicted))
		if !sameScore(got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func sameScore(x, y ClusterScore) bool {
	a := []float64{x.BCubed.Precision, x.BCubed.Recall, x.BCubed.F1, x.ARI, x.VMeasure.Homogeneity, x.VMeasure.Completeness, x.VMeasure.V, x.SameSet}
	b := []float64{y.BCubed.Precision, y.BCubed.Recall, y.BCubed.F1, y.ARI, y.VMeasure.Homogeneity, y.VMeasure.Completeness, y.VMeasure.V, y.SameSet}
	for i := range a {
		if !near(a[i], b[i]) {
			return false
		}
	}
	x.BCubed, x.ARI, x.VMeasure, x.SameSet = y.BCubed, y.ARI, y.VMeasure, y.SameSet
	return x == y
}

func TestPairScore(t *testing.T) {
	for _, c := range []struct {
		tp, fp, fn int64
		p, r, f1   float64
	}{
		{0, 0, 0, 1, 1, 1},
		{0, 3, 0, 0, 1, 0},
		{0, 0, 3, 1, 0, 0},
		{3, 1, 2, .75, .6, 2. / 3},
	} {
		s := newPairScore(c.tp, c.fp, c.fn)
		if !near(s.Precision, c.p) || !near(s.Recall, c.r) || !near(s.F1, c.f1) || s.TP != c.tp || s.FP != c.fp || s.FN != c.fn {
			t.Errorf("%+v: got %+v", c, s)
		}
	}
}

// TestScoreEqualsBruteForce goes over all pairs and documents of random
// clusterings, and knows nothing of contingency tables.
func TestScoreEqualsBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for round := range 500 {
		n := 1 + r.IntN(25)
		a, b := make([]rune, n), make([]rune, n)
		for i := range n {
			a[i], b[i] = 'a'+rune(r.IntN(6)), 'a'+rune(r.IntN(1+round%8))
		}
		got := Score(truthOf(t, string(a)), labels(string(b)))
		var tp, fp, fn int64
		var p, rec, same float64
		for i := range n {
			var both, inTrue, inPredicted float64
			for j := range n {
				isTrue, isPredicted := a[i] == a[j], b[i] == b[j]
				if isTrue {
					inTrue++
				}
				if isPredicted {
					inPredicted++
				}
				if isTrue && isPredicted {
					both++
				}
				switch {
				case j >= i:
				case isTrue && isPredicted:
					tp++
				case isTrue:
					fn++
				case isPredicted:
					fp++
				}
			}
			p += both / inPredicted / float64(n)
			rec += both / inTrue / float64(n)
			if both == inTrue && both == inPredicted {
				same += 1 / float64(n)
			}
		}
		if got.Pairs != newPairScore(tp, fp, fn) || !near(got.BCubed.Precision, p) || !near(got.BCubed.Recall, rec) || !near(got.SameSet, same) {
			t.Fatalf("%s against %s: got %+v, want %d %d %d, %g %g %g", string(b), string(a), got, tp, fp, fn, p, rec, same)
		}
		// ARI from pair counts (Hubert and Arabie, as a 2x2 table).
		tn := int64(n*(n-1)/2) - tp - fp - fn
		if d := float64((tp+fn)*(fn+tn) + (tp+fp)*(fp+tn)); d != 0 && n > 1 {
			if want := 2 * float64(tp*tn-fn*fp) / d; !near(got.ARI, want) {
				t.Fatalf("%s against %s: ARI %g, want %g", string(b), string(a), got.ARI, want)
			}
		}
		// V-measure is symmetric when truth and prediction change places.
		back := Score(truthOf(t, string(b)), labels(string(a)))
		if !near(back.VMeasure.Homogeneity, got.VMeasure.Completeness) || !near(back.VMeasure.V, got.VMeasure.V) {
			t.Fatalf("%s against %s: %+v and %+v", string(b), string(a), got.VMeasure, back.VMeasure)
		}
	}
}

func TestScoreIsReproducible(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	a, b := make([]rune, 3000), make([]rune, 3000)
	for i := range a {
		a[i], b[i] = 'a'+rune(r.IntN(900)), 'a'+rune(r.IntN(900))
	}
	truth, predicted := truthOf(t, string(a)), labels(string(b))
	first := Score(truth, predicted)
	for range 5 {
		if again := Score(truth, predicted); again != first {
			t.Fatalf("got %+v, then %+v", first, again)
		}
	}
}

func BenchmarkScore(b *testing.B) {
	const n = 100_000
	var text strings.Builder
	text.WriteString("id,cluster\n")
	predicted := map[string]string{}
	for i := range n {
		fmt.Fprintf(&text, "%d,%d\n", i, i/3)
		predicted[fmt.Sprint(i)] = fmt.Sprint(i / 2)
	}
	truth, err := ReadTruth(strings.NewReader(text.String()))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		Score(truth, predicted)
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
}
