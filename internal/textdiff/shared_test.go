package textdiff

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// tileSlowly is greedy string tiling as defined: look at every pair of places,
// take the longest free match, repeat.
func tileSlowly[T comparable](a, b []T, minTokens int) []Span {
	aTaken, bTaken := make([]bool, len(a)), make([]bool, len(b))
	var spans []Span
	for {
		var best Span
		for i := range a {
			for j := range b {
				n := 0
				for i+n < len(a) && j+n < len(b) && a[i+n] == b[j+n] && !aTaken[i+n] && !bTaken[j+n] {
					n++
				}
				if n > best.AEnd-best.AStart {
					best = Span{i, i + n, j, j + n, true}
				}
			}
		}
		n := best.AEnd - best.AStart
		if n < max(minTokens, 1) {
			slices.SortFunc(spans, func(x, y Span) int { return cmp.Compare(x.AStart, y.AStart) })
			return spans
		}
		for k := range n {
			aTaken[best.AStart+k], bTaken[best.BStart+k] = true, true
		}
		spans = append(spans, best)
	}
}

func TestShared(t *testing.T) {
	for _, c := range []struct {
		a, b string
		n    int
		want []Span
	}{
		{"", "", 1, nil},
		{"a b c", "", 1, nil},
		{"a b c", "x a b c", 3, []Span{{0, 3, 1, 4, true}}},
		{"a b c", "x a b c", 4, nil},
		{"a b", "a b", 0, []Span{{0, 2, 0, 2, true}}},
		// Passages that changed places.
		{"one two three red green blue", "red green blue - one two three", 3, []Span{{0, 3, 4, 7, true}, {3, 6, 0, 3, true}}},
		// A token of a is used once, though b repeats it.
		{"a b c", "a b c a b c", 2, []Span{{0, 3, 0, 3, true}}},
		// The longer passage wins the tokens that both want; the rest still counts.
		{"a b c d e", "a b c - - b c d e", 1, []Span{{0, 1, 0, 1, true}, {1, 5, 5, 9, true}}},
	} {
		got := Shared(strings.Fields(c.a), strings.Fields(c.b), c.n)
		if !slices.Equal(got, c.want) {
			t.Errorf("%q, %q, %d: got %v, want %v", c.a, c.b, c.n, got, c.want)
		}
	}
}

func TestSharedEqualsSlowTiling(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 4000 {
		alphabet := 1 + r.IntN(5)
		a, b := randomTokens(r, r.IntN(25), alphabet), randomTokens(r, r.IntN(25), alphabet)
		n := r.IntN(5)
		if got, want := Shared(a, b, n), tileSlowly(a, b, n); !slices.Equal(got, want) {
			t.Fatalf("case %d: %v, %v, %d: got %v, want %v", i, a, b, n, got, want)
		}
	}
}

// TestSharedRepetitive has 4 x 10^8 pairs of equal places.
func TestSharedRepetitive(t *testing.T) {
	const n = 20_000
	if got, want := Shared(make([]int, n), make([]int, n), 1), []Span{{0, n, 0, n, true}}; !slices.Equal(got, want) {
		t.Errorf("constant texts: got %v, want %v", got, want)
	}
	a, b := make([]int, n), make([]int, n)
	for i := range n {
		a[i], b[i] = i%7, i%7
	}
	for i := 0; i < n; i += 1999 {
		b[i] = -1
	}
	spans, sum := Shared(a, b, 3), 0
	for i, s := range spans {
		if !slices.Equal(a[s.AStart:s.AEnd], b[s.BStart:s.BEnd]) || i > 0 && s.AStart < spans[i-1].AEnd {
			t.Fatalf("span %v", s)
		}
		sum += s.AEnd - s.AStart
	}
	if sum < 1998 { // the longest unbroken stretch; the search is cut short
		t.Errorf("%d tokens of %d are in passages", sum, n)
	}
}

func FuzzShared(f *testing.F) {
	f.Add([]byte("abcdxabc"), []byte("abcabcd"), 2)
	f.Fuzz(func(t *testing.T, a, b []byte, n int) {
		if len(a) > 40 || len(b) > 40 {
			return
		}
		if got, want := Shared(a, b, n), tileSlowly(a, b, n); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func BenchmarkShared(b *testing.B) {
	r := rand.New(rand.NewPCG(6, 6))
	x, y := randomTokens(r, 1000, 500), randomTokens(r, 1000, 500)
	copy(y[300:], x[100:200])
	for b.Loop() {
		Shared(x, y, 3)
	}
}
