package idf

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/shingle"
)

// slowKeyTerms are the key terms of a document by the definition, best first.
func slowKeyTerms(m *Model, text doc, top int, skip func(shingle.Term) bool) (best []shingle.Term, weight func(shingle.Term) float64) {
	tf, words := map[shingle.Term]float64{}, map[shingle.Term]uint64{}
	for i, t := range text.terms {
		words[t] = text.words[i]
		if !t.Number() && !skip(t) && m.Weight(t, words[t]) > 0 {
			tf[t]++
		}
	}
	for t := range tf {
		best = append(best, t)
	}
	weight = func(t shingle.Term) float64 { return (1 + math.Log(tf[t])) * m.Weight(t, words[t]) }
	slices.SortFunc(best, func(a, b shingle.Term) int {
		// Weights so near each other are equal, but for how they were rounded.
		if d := weight(b) - weight(a); math.Abs(d) > 1e-9 {
			return int(math.Copysign(1, d))
		}
		return cmp.Compare(a, b)
	})
	return best[:min(top, len(best))], weight
}

// slowKeys are the keys of a document by the definition, sorted.
func slowKeys(m *Model, text doc, top int, skip func(shingle.Term) bool) []uint64 {
	best, _ := slowKeyTerms(m, text, top, skip)
	var keys []uint64
	for i, a := range best {
		for _, b := range best[:i] {
			keys = append(keys, slowPair(min(a, b), max(a, b)))
		}
	}
	slices.Sort(keys)
	return keys
}

func TestPairKeysEqualSlowKeys(t *testing.T) {
	texts := append(seedTexts(t), zipfian(20, 100)...)
	texts = append(texts, doc{}, docOf("cat"), docOf("2014 2015 cat dog"))
	odd := func(t shingle.Term) bool { return t>>20&1 == 1 }
	none := func(shingle.Term) bool { return false }
	for _, m := range models(texts) {
		w := NewWeigher(features(t, "word:1"), m)
		for i, text := range texts {
			for _, top := range []int{0, 1, 2, 3, 20, 1000} {
				prefix := []uint64{9}
				w.Weigh(text.terms, text.words)
				w.FindKeyTerms(top, nil)
				got := w.AppendPairKeys(slices.Clone(prefix), 1000)
				slices.Sort(got[1:])
				if want := slowKeys(m, text, top, none); got[0] != 9 || !slices.Equal(got[1:], want) {
					t.Fatalf("%s, text %d: %d keys of the top %d are not the %d wanted", m.Kind(), i, len(got)-1, top, len(want))
				}
				w.FindKeyTerms(1000, odd)
				got = w.AppendPairKeys(nil, top)
				slices.Sort(got)
				if want := slowKeys(m, text, top, odd); !slices.Equal(got, want) {
					t.Fatalf("%s, text %d, some skipped: %d keys of the top %d are not the %d wanted", m.Kind(), i, len(got), top, len(want))
				}
			}
		}
	}
}

// TestKeyRowsEqualSlowRows: the entries are the key terms by the definition, with
// weights in units of 1/256.
func TestKeyRowsEqualSlowRows(t *testing.T) {
	texts := append(append(seedTexts(t), zipfian(20, 100)...), doc{}, docOf("cat"), docOf("2014 cat dog cat"))
	none := func(shingle.Term) bool { return false }
	entries := 0
	for _, m := range models(texts) {
		w := NewWeigher(features(t, "word:1"), m)
		for i, text := range texts {
			for _, top := range []int{0, 1, 3, 40} {
				w.Weigh(text.terms, text.words)
				w.FindKeyTerms(40, nil)
				got := w.AppendKeyRow([]uint64{9}, top)
				best, weight := slowKeyTerms(m, text, top, none)
				slices.Sort(best)
				if len(got) != 1+len(best) || got[0] != 9 {
					t.Fatalf("%s, text %d: %d entries of the top %d, want %d", m.Kind(), i, len(got)-1, top, len(best))
				}
				for k, term := range best {
					e := got[1+k]
					if q := 256 * weight(term); e>>16 != term.Hash()>>16 || math.Abs(float64(e&0xFFFF)-q) > 0.501 {
						t.Fatalf("%s, text %d: entry %x for a term %x of weight %v", m.Kind(), i, e, term.Hash(), q)
					}
					entries++
				}
			}
		}
	}
	if entries < 400 {
		t.Errorf("%d entries were looked at, too few to tell", entries)
	}
}

func TestPairKeysOfALikeness(t *testing.T) {
	w := NewWeigher(features(t, "word:1"), backgroundModel())
	keys := func(text string) []uint64 {
		d := docOf(text)
		w.Weigh(d.terms, d.words)
		w.FindKeyTerms(20, nil)
		k := w.AppendPairKeys(nil, 20)
		slices.Sort(k)
		return k
	}
	if a, b := keys("the zebra met 3 giraffes"), keys("Giraffes’ zebra met the giraffe's 4"); len(a) != 3 {
		t.Errorf("three words, a number and a word without weight have %d keys, want 3", len(a))
	} else if !slices.ContainsFunc(a, func(k uint64) bool { return slices.Contains(b, k) }) {
		t.Error("texts that share words share no key")
	}
	if a, b := keys("zebra giraffe"), keys("zebra lion"); len(a) != 1 || len(b) != 1 || a[0] == b[0] {
		t.Errorf("texts that share one word have keys %x and %x", a, b)
	}
}

func BenchmarkAppendPairKeys(b *testing.B) {
	text, words := benchText(b)
	w := NewWeigher(features(b, "word:1"), backgroundModel())
	var keys []uint64
	for b.Loop() {
		w.Weigh(words.terms, words.words)
		w.FindKeyTerms(20, nil)
		keys = w.AppendPairKeys(keys[:0], 20)
	}
	b.SetBytes(int64(len(text)))
}
