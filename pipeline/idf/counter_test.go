package idf

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/shingle"
)

// zipfian returns documents of words of which few are frequent.
func zipfian(documents, words int) []doc {
	r := rand.New(rand.NewPCG(1, 2))
	z := rand.NewZipf(r, 1.2, 3, 1<<20)
	var texts []doc
	for range documents {
		var b strings.Builder
		for range 1 + r.IntN(2*words) {
			fmt.Fprintf(&b, "w%d ", z.Uint64())
		}
		texts = append(texts, docOf(b.String()))
	}
	return texts
}

func TestCounter(t *testing.T) {
	texts := append(zipfian(2000, 100), doc{}, doc{})
	whole, parts := NewCounter(NewLexicon(0)), []*Counter{NewCounter(NewLexicon(0)), NewCounter(NewLexicon(0)), NewCounter(NewLexicon(0))}
	exact := map[shingle.Term]uint64{}
	var sum uint64
	for i, text := range texts {
		terms := text.terms
		whole.Add(terms)
		backwards := slices.Clone(terms)
		slices.Reverse(backwards)
		parts[i*i%3].Add(backwards)
		for _, term := range slices.Compact(slices.Sorted(slices.Values(terms))) {
			exact[term]++
			sum++
		}
	}
	if got := whole.Documents(); got != 2000 {
		t.Errorf("%d documents, want 2000", got)
	}
	bound := uint64(math.Ceil(math.E * float64(sum) / (1 << rowBits)))
	beyond := 0
	for term, df := range exact {
		switch got := whole.DF(term); {
		case got < df:
			t.Fatalf("term %x: df %d, want %d or more", term, got, df)
		case got > df+bound:
			beyond++
		}
	}
	if limit := float64(len(exact)) * math.Exp(-2); float64(beyond) > limit {
		t.Errorf("%d of %d counts are more than %d too high, want at most %.0f", beyond, len(exact), bound, limit)
	}
	merged := NewCounter(NewLexicon(0))
	for _, p := range parts {
		merged.Merge(p)
	}
	if !slices.Equal(merged.cells, whole.cells) || merged.Documents() != whole.Documents() || merged.EnglishShare() != whole.EnglishShare() {
		t.Error("merged parts differ from the whole")
	}
}

func TestCounterDoesNotOverflow(t *testing.T) {
	terms := termsOf("word")
	a, b := NewCounter(NewLexicon(0)), NewCounter(NewLexicon(0))
	a.Add(terms)
	for i := range a.cells {
		a.cells[i] *= math.MaxUint32 - 1
	}
	b.Merge(a)
	for range 3 {
		b.Add(terms)
	}
	b.Merge(a)
	if got := b.DF(terms[0]); got != math.MaxUint32 {
		t.Errorf("df is %d, want %d", got, uint32(math.MaxUint32))
	}
}

func TestEnglishShare(t *testing.T) {
	c := NewCounter(NewLexicon(0))
	if got := c.EnglishShare(); got != 0 {
		t.Errorf("share of no words is %v", got)
	}
	c.Add(termsOf("The cat is on the mat."))
	if got := c.EnglishShare(); got != 4.0/6 || !c.English() {
		t.Errorf("share is %v, want 4/6", got)
	}
	c.Add(termsOf(strings.Repeat("Катерина ", 11)))
	if got := c.EnglishShare(); got != 4.0/17 || c.English() {
		t.Errorf("share is %v, want 4/17", got)
	}
}

// TestEnglishOfRealTexts checks that the limit is well away from real corpora:
// prose, headlines and technical texts in English on one side, German law on the
// other.
func TestEnglishOfRealTexts(t *testing.T) {
	for set, english := range map[string]bool{
		"ecbplus_odd": true, "overproof_half": true, "scoop_news": true, "gesetze_de_tenth": false,
	} {
		t.Run(set, func(t *testing.T) {
			c := NewCounter(NewLexicon(0))
			for i, r := range plant.Records(t, set) {
				if i%4 == 0 {
					c.Add(termsOf(r.Text))
				}
			}
			share := c.EnglishShare()
			t.Logf("share of common words %.3f", share)
			if c.English() != english || math.Abs(share-englishShare) < 0.05 {
				t.Errorf("share of common words %.3f, English: %v, want %v and 0.05 away from %v", share, c.English(), english, englishShare)
			}
		})
	}
}

func BenchmarkCounterAdd(b *testing.B) {
	text, words := benchText(b)
	c := NewCounter(NewLexicon(0))
	for b.Loop() {
		c.Add(words.terms)
	}
	b.SetBytes(int64(len(text)))
}
