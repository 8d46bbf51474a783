package passage

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/extsort"
)

// randomText returns words, or bytes, of a small alphabet, with runs of one of them and
// parts that repeat.
func randomText(rng *rand.Rand, in Measure, size int) []byte {
	var b strings.Builder
	alphabet := 1 + rng.IntN(30)
	for b.Len() < size {
		e := rng.IntN(alphabet)
		for range 1 + rng.IntN(20)*rng.IntN(2) {
			if b.WriteByte(byte('a' + e)); in == Tokens {
				b.WriteByte(' ')
			}
		}
		if rng.IntN(20) == 0 {
			b.WriteString(b.String()[:rng.IntN(min(b.Len(), 500))])
		}
	}
	return []byte(b.String())
}

// TestAnchorsAgainstTheObviousWay looks at every gram of every window.
func TestAnchorsAgainstTheObviousWay(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		l := Length{N: 4 + rng.IntN(40), In: Measure(rng.IntN(2))}
		if gramOf(l) == 0 {
			l.N = 20
		}
		w := newWinnower(l, Hash{Seed: seed, Drop: []uint8{0, 0, 58, 60, 64}[rng.IntN(5)]})
		text := randomText(rng, l.In, 10+rng.IntN(2*blockWindows))
		var s sequence
		r := newReader()
		r.sequence(&s, l.In, text)
		w.hash(&s, 0, s.len())
		hashes := slices.Clone(w.hashes)
		next := 0
		for a := range w.walk(&s) {
			if a.from != next || a.to <= a.from {
				t.Fatalf("seed %d: windows %d to %d come behind %d", seed, a.from, a.to, next)
			}
			for ; next < a.to; next++ {
				grams := hashes[next : next+l.N-gramOf(l)+1]
				at := len(grams) - 1
				for grams[at] != slices.Min(grams) {
					at--
				}
				if a.at != next+at || a.hash != grams[at] {
					t.Fatalf("seed %d, %v: anchor of window %d is at %d, want %d", seed, l, next, a.at, next+at)
				}
			}
		}
		if want := max(0, s.len()-l.N+1); next != want {
			t.Fatalf("seed %d: %d windows have anchors, want %d", seed, next, want)
		}
	}
}

// keysOf returns the keys of texts.
func keysOf(t testing.TB, o Options, h Hash, anchors *Anchors, texts [][]byte) (keys []extsort.Triple) {
	t.Helper()
	f := NewFinder(o, h, anchors, Texts{})
	for i, text := range texts {
		if err := f.Keys(uint32(i), text, func(k []extsort.Triple) error { keys = append(keys, k...); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

func anchorsOf(o Options, h Hash, maxBytes int64, texts [][]byte) *Anchors {
	var size int64
	for _, text := range texts {
		size += int64(len(text))
	}
	a, f := NewAnchors(o, size, maxBytes), NewAnchorFinder(o, h)
	for _, text := range texts {
		a.Add(f.Append(nil, text))
	}
	a.Seal()
	return a
}

// TestNoRepeatedWindowIsLost: of the keys that all windows have, those with anchors
// have at least all that occur twice, whatever the anchors' hashes and memory.
func TestNoRepeatedWindowIsLost(t *testing.T) {
	left, all := 0, 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 2))
		o := Options{Unit: Substring, MinLength: Length{N: 16 + rng.IntN(30), In: Measure(rng.IntN(2))}}.Defaults()
		var texts [][]byte
		for range 1 + rng.IntN(20) {
			texts = append(texts, randomText(rng, o.MinLength.In, 1+rng.IntN(300)))
		}
		h := Hash{Seed: seed}
		want := keysOf(t, o, h, nil, texts)
		got := keysOf(t, o, h, anchorsOf(o, h, []int64{0, 64, 1 << 20}[rng.IntN(3)], texts), texts)
		all, left = all+len(want), left+len(got)
		counts, have := map[[2]uint64]int{}, map[extsort.Triple]bool{}
		for _, k := range want {
			counts[[2]uint64{k[0], k[1]}]++
		}
		for _, k := range got {
			if have[k] {
				t.Fatalf("seed %d: key %v comes twice", seed, k)
			}
			have[k] = true
		}
		for _, k := range want {
			if counts[[2]uint64{k[0], k[1]}] > 1 && !have[k] {
				t.Fatalf("seed %d, %v: the window at %d of text %d is repeated and has no key", seed, o, Position(k[2]).Offset(), Position(k[2]).Doc())
			}
			delete(have, k)
		}
		if len(have) > 0 {
			t.Fatalf("seed %d: %d keys that no window has", seed, len(have))
		}
	}
	if left == 0 || left == all {
		t.Errorf("%d of %d windows have keys: the test sees too little", left, all)
	}
}

// TestAnchorsOfDegenerateTexts: what repeats for ever has two anchors, and others as
// many as winnowing promises.
func TestAnchorsOfDegenerateTexts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	words := func(n int, word func(i int) int) []byte {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "w%d ", word(i))
		}
		return []byte(b.String())
	}
	const n = 50_000
	o := Options{Unit: Substring}.Defaults()
	f := NewAnchorFinder(o, Hash{Seed: 4})
	grams := o.MinLength.N - gramOf(o.MinLength) + 1
	usual := 2 * n / (grams + 1)
	for name, tt := range map[string]struct {
		text        []byte
		least, most int
	}{
		"one word":         {words(n, func(int) int { return 0 }), 2, 2},
		"two in turn":      {words(n, func(i int) int { return i % 2 }), 2, 2},
		"longer period":    {words(n, func(i int) int { return i % (grams - 1) }), 2, 2},
		"ascending":        {words(n, func(i int) int { return i }), usual * 9 / 10, usual * 11 / 10},
		"random":           {words(n, func(int) int { return rng.IntN(1000) }), usual * 9 / 10, usual * 11 / 10},
		"one window":       {words(o.MinLength.N, func(i int) int { return i }), 1, 1},
		"less than that":   {words(o.MinLength.N-1, func(i int) int { return i }), 0, 0},
		"no word":          {nil, 0, 0},
		"two random words": {words(n, func(int) int { return rng.IntN(2) }), usual * 9 / 10, usual * 11 / 10},
	} {
		if got := len(f.Append(nil, tt.text)); got < tt.least || got > tt.most {
			t.Errorf("%s: %d anchors, want %d to %d", name, got, tt.least, tt.most)
		}
	}
}

// TestShortWindowsHaveNoAnchors: they would be found everywhere.
func TestShortWindowsHaveNoAnchors(t *testing.T) {
	for l, want := range map[Length]bool{{3, Tokens}: false, {4, Tokens}: true, {50, Tokens}: true, {15, Bytes}: false, {16, Bytes}: true} {
		o := Options{Unit: Substring, MinLength: l}
		if got := NewAnchors(o, 1<<20, 1<<20) != nil; got != want || o.HasAnchors() != want {
			t.Errorf("%v has anchors: %v", l, got)
		}
	}
	if (Options{Unit: Line}).HasAnchors() {
		t.Error("lines have anchors")
	}
}

func BenchmarkKeys(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 4))
	var texts [][]byte
	size := 0
	for range 500 {
		var text strings.Builder
		for range 400 {
			fmt.Fprintf(&text, "w%d ", rng.IntN(5000))
		}
		if len(texts) > 0 && rng.IntN(5) == 0 {
			text.Write(texts[rng.IntN(len(texts))])
		}
		texts = append(texts, []byte(text.String()))
		size += text.Len()
	}
	for _, l := range []Length{{50, Tokens}, {200, Bytes}} {
		o, h := Options{Unit: Substring, MinLength: l}.Defaults(), Hash{Seed: 1}
		for name, anchors := range map[string]func() *Anchors{"anchors": func() *Anchors { return anchorsOf(o, h, 1<<30, texts) }, "all": func() *Anchors { return nil }} {
			b.Run(fmt.Sprintf("%v/%s", l, name), func(b *testing.B) {
				b.SetBytes(int64(size))
				keys := 0
				for b.Loop() {
					keys = len(keysOf(b, o, h, anchors(), texts))
				}
				b.ReportMetric(float64(keys*24)/float64(size), "keybytes/B")
			})
		}
	}
}
