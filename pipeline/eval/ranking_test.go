package eval

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// rank adds the pairs given as "0-1 .9", each document being a group of its own
// unless groups names it.
func rank(t *testing.T, truth *Truth, groups [][]string, pairs map[[2]int]float64) *Ranking {
	t.Helper()
	r := NewRanking(truth)
	for i, g := range groups {
		if n := r.AddGroup(g); n != i {
			t.Fatalf("group %d has number %d", i, n)
		}
	}
	for p, s := range pairs {
		r.AddPairs(p[0], p[1], s)
	}
	return r
}

func singles(n int) [][]string {
	groups := make([][]string, n)
	for i := range groups {
		groups[i] = []string{fmt.Sprint(i)}
	}
	return groups
}

// TestAveragePrecision has values worked out by hand.
func TestAveragePrecision(t *testing.T) {
	for _, c := range []struct {
		name, truth string
		groups      [][]string
		pairs       map[[2]int]float64
		want        AveragePrecision
	}{
		{"nothing true", "abc", singles(3), map[[2]int]float64{{0, 1}: .5}, AveragePrecision{1, 1, .5, 0, 0}},
		{"nothing compared: chance", "aabc", singles(4), nil, AveragePrecision{1. / 6, 0, 0, 1, 0}},
		{"perfect", "aabb", singles(4), map[[2]int]float64{{0, 1}: .9, {2, 3}: .8, {1, 2}: .1}, AveragePrecision{1, 3, .1, 2, 2}},
		{"wrong one first", "aabb", singles(4), map[[2]int]float64{{0, 1}: .8, {1, 2}: .9, {2, 3}: .7},
			AveragePrecision{(1./2 + 2./3) / 2, 3, .7, 2, 2}},
		// One rank of three pairs, two of them true: precision 2/3 for both.
		{"all tied", "aabb", singles(4), map[[2]int]float64{{0, 1}: .8, {1, 2}: .8, {2, 3}: .8},
			AveragePrecision{2. / 3, 3, .8, 2, 2}},
		// The missed pair is found in the last rank, at 2 of all 6 pairs.
		{"one missed", "aabb", singles(4), map[[2]int]float64{{0, 1}: .8}, AveragePrecision{(1 + 2./6) / 2, 1, .8, 2, 1}},
		// Copies 0 and 1, true, at 1; documents of one text in two clusters, false, at 1
		// too. Then 0-3 and 1-3 at .5 are false, as is the pair of 2 and 3.
		{"groups", "aabb", [][]string{{"0", "1", "2"}, {"3"}}, map[[2]int]float64{{0, 1}: .5},
			AveragePrecision{(1./3 + 2./6) / 2, 6, .5, 2, 2}},
		{"unnamed documents", "a-a-", [][]string{{"0", "1"}, {"2", "3"}}, map[[2]int]float64{{0, 1}: .5}, AveragePrecision{1, 1, .5, 1, 1}},
	} {
		got := rank(t, truthOf(t, c.truth), c.groups, c.pairs).AveragePrecision()
		if !near(got.Value, c.want.Value) {
			t.Errorf("%s: got %g, want %g", c.name, got.Value, c.want.Value)
		}
		got.Value = c.want.Value
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// slowAverage is the definition: walk over the distinct similarities, those not
// compared at the end, and weigh every pair by itself.
func slowAverage(truth []rune, similarity map[[2]int]float64, weight func(i, j int) float64) float64 {
	type pair struct {
		s, w   float64
		isTrue bool
	}
	var pairs []pair
	var total float64
	for i := range truth {
		for j := range i {
			s, ok := similarity[[2]int{j, i}]
			if !ok {
				s = -1
			}
			p := pair{s, weight(j, i), truth[i] == truth[j]}
			if p.isTrue {
				total += p.w
			}
			pairs = append(pairs, p)
		}
	}
	if total == 0 {
		return 1
	}
	slices.SortFunc(pairs, func(x, y pair) int { return cmp.Compare(y.s, x.s) })
	var ap, found, passed float64
	for i := 0; i < len(pairs); {
		gain, s := 0.0, pairs[i].s
		for ; i < len(pairs) && pairs[i].s == s; i++ {
			passed += pairs[i].w
			if pairs[i].isTrue {
				gain += pairs[i].w
			}
		}
		found += gain
		if gain > 0 {
			ap += gain / total * found / passed
		}
	}
	return ap
}

func TestAveragePrecisionEqualsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		truth, similarity := randomRanking(r)
		got := rank(t, truthOf(t, string(truth)), singles(len(truth)), similarity).AveragePrecision().Value
		want := slowAverage(truth, similarity, func(int, int) float64 { return 1 })
		if !near(got, want) {
			t.Fatalf("%s, %v: got %g, want %g", string(truth), similarity, got, want)
		}
	}
}

// randomRanking has many ties and many pairs that were not compared.
func randomRanking(r *rand.Rand) (truth []rune, similarity map[[2]int]float64) {
	truth = make([]rune, 1+r.IntN(20))
	for i := range truth {
		truth[i] = 'a' + rune(r.IntN(1+r.IntN(12)))
	}
	similarity = map[[2]int]float64{}
	for i := range truth {
		for j := range i {
			if r.IntN(3) > 0 {
				similarity[[2]int{j, i}] = float64(1+r.IntN(5)) / 5
			}
		}
	}
	return truth, similarity
}

// TestRankingIgnoresTheOrderOfPairs: sums must not depend on it.
func TestRankingIgnoresTheOrderOfPairs(t *testing.T) {
	truth := truthOf(t, strings.Repeat("abcdefgh", 8))
	r := rand.New(rand.NewPCG(2, 9))
	type pair struct {
		a, b int
		s    float64
	}
	var pairs []pair
	for i := range 64 {
		for j := range i {
			pairs = append(pairs, pair{i, j, float64(r.IntN(50)) / 50})
		}
	}
	var first float64
	for round := range 5 {
		r.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
		x := rank(t, truth, singles(64), nil)
		for _, p := range pairs {
			x.AddPairs(p.a, p.b, p.s)
		}
		if got := x.AveragePrecision().Value; round == 0 {
			first = got
		} else if got != first {
			t.Fatalf("got %v, then %v", first, got)
		}
	}
}
