package textdiff

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// checkDiff fails unless spans are a well-formed alignment of a and b, and
// returns the number of equal tokens.
func checkDiff[T comparable](t *testing.T, a, b []T, spans []Span) int {
	t.Helper()
	ai, bi, equal := 0, 0, 0
	for i, s := range spans {
		if s.AStart != ai || s.BStart != bi || s.AEnd < s.AStart || s.BEnd < s.BStart || s.AEnd-s.AStart+s.BEnd-s.BStart == 0 {
			t.Fatalf("span %d of %v does not follow on %d, %d", i, spans, ai, bi)
		}
		if i > 0 && spans[i-1].Equal == s.Equal {
			t.Fatalf("spans %d and %d of %v are of one kind", i-1, i, spans)
		}
		if s.Equal {
			if !slices.Equal(a[s.AStart:s.AEnd], b[s.BStart:s.BEnd]) {
				t.Fatalf("span %v is not equal", s)
			}
			equal += s.AEnd - s.AStart
		}
		ai, bi = s.AEnd, s.BEnd
	}
	if ai != len(a) || bi != len(b) {
		t.Fatalf("spans end at %d, %d of %d, %d", ai, bi, len(a), len(b))
	}
	return equal
}

// longestCommon is the length of a longest common subsequence by the textbook.
func longestCommon[T comparable](a, b []T) int {
	above := make([]int, len(b)+1)
	for _, x := range a {
		corner := 0
		for j, y := range b {
			was := above[j+1]
			if x == y {
				above[j+1] = corner + 1
			} else {
				above[j+1] = max(above[j+1], above[j])
			}
			corner = was
		}
	}
	return above[len(b)]
}

func TestDiff(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want []Span
	}{
		{"", "", nil},
		{"x", "", []Span{{0, 1, 0, 0, false}}},
		{"", "x y", []Span{{0, 0, 0, 2, false}}},
		{"x y", "x y", []Span{{0, 2, 0, 2, true}}},
		{"x y", "u v", []Span{{0, 2, 0, 2, false}}},
		{"the old man", "the young man", []Span{{0, 1, 0, 1, true}, {1, 2, 1, 2, false}, {2, 3, 2, 3, true}}},
		{"a b c", "a c", []Span{{0, 1, 0, 1, true}, {1, 2, 1, 1, false}, {2, 3, 1, 2, true}}},
		{"a c", "a b c", []Span{{0, 1, 0, 1, true}, {1, 1, 1, 2, false}, {1, 2, 2, 3, true}}},
		{"p a b", "a b", []Span{{0, 1, 0, 0, false}, {1, 3, 0, 2, true}}},
	} {
		got := Diff(strings.Fields(c.a), strings.Fields(c.b))
		if !slices.Equal(got, c.want) {
			t.Errorf("%q, %q: got %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func randomTokens(r *rand.Rand, n, alphabet int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = r.IntN(alphabet)
	}
	return out
}

func TestDiffIsMinimal(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 20000 {
		a, b := randomTokens(r, r.IntN(16), 1+r.IntN(6)), randomTokens(r, r.IntN(16), 1+r.IntN(6))
		if got, want := checkDiff(t, a, b, Diff(a, b)), longestCommon(a, b); got != want {
			t.Fatalf("case %d: %v, %v: %d equal tokens, want %d", i, a, b, got, want)
		}
	}
}

// TestDiffCutShort makes searches give up after few edits: the alignment must
// stay valid, and with a generous limit be minimal.
func TestDiffCutShort(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for i := range 5000 {
		a, b := randomTokens(r, r.IntN(60), 1+r.IntN(20)), randomTokens(r, r.IntN(60), 1+r.IntN(20))
		for _, limit := range []int{1, 2, 7, 1000} {
			x, y := intern(a, b)
			d := newDiffer(x, y)
			d.limit = limit
			got := checkDiff(t, a, b, d.run())
			if want := longestCommon(a, b); got > want || limit == 1000 && got != want {
				t.Fatalf("case %d, limit %d: %d equal tokens of %d", i, limit, got, want)
			}
		}
	}
}

// TestDiffLongAndDifferent would take 10^9 steps if searches were not cut.
func TestDiffLongAndDifferent(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	a, b := randomTokens(r, 30_000, 5000), randomTokens(r, 30_000, 5000)
	checkDiff(t, a, b, Diff(a, b))
	// Edited copies of that length are still found nearly equal.
	c := slices.Clone(a)
	for i := 0; i < len(c); i += 50 {
		c[i] = -1
	}
	if got := checkDiff(t, a, c, Diff(a, c)); got != 29_400 {
		t.Errorf("%d equal tokens, want 29400", got)
	}
}

func FuzzDiff(f *testing.F) {
	f.Add([]byte("abcabba"), []byte("cbabac"))
	f.Add([]byte(""), []byte("x"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if len(a) > 300 || len(b) > 300 {
			return
		}
		if got, want := checkDiff(t, a, b, Diff(a, b)), longestCommon(a, b); got != want && want+minSearch > max(len(a), len(b)) {
			t.Fatalf("%d equal tokens, want %d", got, want)
		}
	})
}

func BenchmarkDiffEdited(b *testing.B) {
	r := rand.New(rand.NewPCG(4, 4))
	x := randomTokens(r, 1000, 500)
	y := slices.Clone(x)
	for i := 0; i < len(y); i += 20 {
		y[i] = -1
	}
	for b.Loop() {
		Diff(x, y)
	}
}

func BenchmarkDiffStrangers(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 5))
	x, y := randomTokens(r, 1000, 500), randomTokens(r, 1000, 500)
	for b.Loop() {
		Diff(x, y)
	}
}
