package passage

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// wordText makes a text of n words from a few, in spellings that normalising makes
// equal.
func wordText(rng *rand.Rand, n, vocabulary int) string {
	var b strings.Builder
	for range n {
		word := fmt.Sprintf("w%d", rng.IntN(vocabulary))
		switch rng.IntN(8) {
		case 0:
			word = strings.ToUpper(word)
		case 1:
			word = "„" + word + "“"
		case 2:
			word = "日" // a token that needs no space
		}
		b.WriteString(word)
		b.WriteString([]string{" ", "\n", ", ", " – ", ""}[rng.IntN(4)])
	}
	return b.String()
}

// normsOf returns the tokens of a text.
func normsOf(normalizer *shingle.Normalizer, text string) (norms []string) {
	for _, s := range normalizer.Segments([]byte(text)) {
		norms = append(norms, s.Norm)
	}
	return norms
}

// hitsOracle compares every window of every item with every one of the text.
func hitsOracle(o ItemOptions, items []string, text string) (hits []Hit) {
	normalizer := shingle.NewNormalizer()
	have := normsOf(normalizer, text)
	segments := normalizer.Segments([]byte(text))
	number := 0
	for _, item := range items {
		want := normsOf(normalizer, item)
		if len(want) < o.MinWords {
			continue
		}
		n := min(o.Words, len(want))
		found := 0
		var cuts []corpus.Cut
		for i := 0; i+n <= len(want); i++ {
			hit := false
			for k := 0; k+n <= len(have); k++ {
				if slices.Equal(want[i:i+n], have[k:k+n]) {
					hit = true
					cuts = append(cuts, corpus.Cut{Start: segments[k].Start, End: segments[k+n-1].End})
				}
			}
			if hit {
				found++
			}
		}
		if share := float64(found) / float64(len(want)-n+1); found > 0 && share >= o.Containment {
			hits = append(hits, Hit{Item: number, Containment: share, Cuts: Union(cuts)})
		}
		number++
	}
	return hits
}

func TestItemsAgainstTheOracle(t *testing.T) {
	hits := 0
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 2))
		o := ItemOptions{Words: 1 + rng.IntN(5), MinWords: 1 + rng.IntN(3), Containment: []float64{AnyHit, 0.3, 0.5, 1}[rng.IntN(4)]}
		vocabulary := 2 + rng.IntN(20)
		var items []string
		for range 1 + rng.IntN(8) {
			items = append(items, wordText(rng, rng.IntN(12), vocabulary))
		}
		index := NewItems(o, seed*977)
		for i, item := range items {
			index.Add(fmt.Sprint(i), 0, []byte(item))
		}
		index.Done()
		looker := index.NewLooker()
		for range 5 {
			text := wordText(rng, rng.IntN(30), vocabulary)
			got, want := looker.Find([]byte(text)), hitsOracle(o, items, text)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("seed %d, %+v, items %q in %q:\n got %v\nwant %v", seed, o, items, text, got, want)
			}
			hits += len(got)
		}
	}
	if hits < 100 {
		t.Errorf("%d hits: the test sees too few", hits)
	}
}

// TestLeaksAndParaphrases plants items in documents as they are, and with every
// fifth word another: the first must be found and the second must not.
func TestLeaksAndParaphrases(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	o := ItemOptions{}.Defaults()
	index := NewItems(o, 5)
	var items []string
	for i := range 50 {
		items = append(items, wordText(rng, 15+rng.IntN(40), 3000))
		index.Add(fmt.Sprint(i), 0, []byte(items[i]))
	}
	index.Done()
	looker := index.NewLooker()
	normalizer := shingle.NewNormalizer()
	for i, item := range items {
		before, after := wordText(rng, 80, 3000), wordText(rng, 80, 3000)
		hits := looker.Find([]byte(before + " " + item + " " + after))
		if len(hits) != 1 || hits[0].Item != i || hits[0].Containment != 1 {
			t.Errorf("item %d in a document: %v", i, hits)
		}
		words := normsOf(normalizer, item)
		for k := 2; k < len(words); k += 5 {
			words[k] = "other"
		}
		if hits := looker.Find([]byte(before + " " + strings.Join(words, " ") + " " + after)); len(hits) != 0 {
			t.Errorf("a paraphrase of item %d counts: %v", i, hits)
		}
	}
}

// TestItemsDigest: other items, another order or another key make another digest.
func TestItemsDigest(t *testing.T) {
	digest := func(pairs ...string) string {
		index := NewItems(ItemOptions{}.Defaults(), 1)
		for i := 0; i < len(pairs); i += 2 {
			index.Add(pairs[i], 0, []byte(pairs[i+1]))
		}
		return index.Done().Digest
	}
	seen := map[string]bool{}
	for _, pairs := range [][]string{{}, {"a", "x"}, {"b", "x"}, {"a", "y"}, {"a", "x", "b", "y"}, {"b", "y", "a", "x"}} {
		seen[digest(pairs...)] = true
	}
	seen[digest("a", "x")] = true // once more
	if len(seen) != 6 {
		t.Errorf("%d digests of 6 sets of items", len(seen))
	}
}

// FuzzItems holds the index to the oracle on any text.
func FuzzItems(f *testing.F) {
	f.Add("which river is the longest one", "I asked: Which RIVER is the longest one? The Nile.", uint8(3))
	f.Add("日本語の行です", "x日本語の行です", uint8(4))
	f.Add("a b a b a b", "b a b a b a b a", uint8(2))
	f.Fuzz(func(t *testing.T, item, text string, n uint8) {
		o := ItemOptions{Words: 1 + int(n%8), MinWords: 1, Containment: AnyHit}
		index := NewItems(o, 3)
		index.Add("a", 0, []byte(item))
		index.Done()
		got, want := index.NewLooker().Find([]byte(text)), hitsOracle(o, []string{item}, text)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func TestRollerAgainstTheFormula(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for n := 1; n < 6; n++ {
		r := newRoller(n, 99)
		values := make([]uint64, 20)
		for i := range values {
			values[i] = rng.Uint64N(prime)
		}
		got := r.append(nil, values)
		for at := range got {
			var want uint64
			for _, v := range values[at : at+n] {
				want = addPrime(mulPrime(want, r.base), v)
			}
			if got[at] != want {
				t.Fatalf("n=%d: window %d has %d, want %d", n, at, got[at], want)
			}
		}
		if len(got) != 20-n+1 {
			t.Errorf("n=%d: %d windows of 20 values", n, len(got))
		}
	}
}
