package idf

import (
	"fmt"
	"io/fs"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
	"github.com/doppel-dedup/doppel/seeds"
	"github.com/doppel-dedup/doppel/shingle"
)

// wordSeed is a seed of second hashes.
const wordSeed = 99

// doc is what rows are made of.
type doc struct {
	terms []shingle.Term
	words []uint64
}

// part returns the words from up to end.
func (d doc) part(from, end int) doc { return doc{d.terms[from:end], d.words[from:end]} }

// docOf returns the words of a text as it was written.
func docOf(text string) (d doc) {
	d.terms, d.words = shingle.NewTwinTermer(0, wordSeed).AppendBoth(nil, nil, shingle.NewNormalizer().Append(nil, []byte(text)))
	return d
}

// slowRow is a weighted row by the definition, with maps and floating point.
func slowRow(f Features, m *Model, text doc) []uint64 {
	var row []uint64
	terms := text.terms
	if len(terms) == 0 {
		return nil
	}
	words := map[shingle.Term]uint64{}
	for i, t := range terms {
		words[t] = text.words[i]
	}
	weight := func(t shingle.Term) float64 { return m.Weight(t, words[t]) }
	for _, s := range f.Sections() {
		tf, idf := map[uint64]float64{}, map[uint64]float64{}
		add := func(hash uint64, weight float64) {
			tf[hash]++
			idf[hash] = weight
		}
		if s.Kind != SkipPairs {
			for _, t := range terms {
				add(words[t], weight(t))
			}
		}
		if s.Kind == WordsAndPairs {
			for i, t := range terms[1:] {
				add(slowWordPair(words[terms[i]], words[t]), weight(terms[i])+weight(t))
			}
		}
		if s.Kind == SkipPairs {
			content := slices.DeleteFunc(slices.Clone(terms), func(t shingle.Term) bool { return weight(t) < m.ContentWeight() })
			for i, a := range content {
				for j, b := range content {
					if i < j && j <= i+s.Window && a != b && weight(a) > 0 {
						add(slowWordPair(min(words[a], words[b]), max(words[a], words[b])), weight(a)+weight(b))
					}
				}
			}
		}
		var hashes, weights []uint64
		var sum, squares uint64
		for _, hash := range slices.Sorted(maps.Keys(tf)) {
			q := min(uint64(math.Floor((1+math.Log(tf[hash]))*idf[hash]*256+0.5)), 65535)
			if q == 0 {
				continue
			}
			if len(hashes)%4 == 0 {
				weights = append(weights, 0)
			}
			weights[len(hashes)/4] |= q << (len(hashes) % 4 * 16)
			hashes = append(hashes, hash)
			sum += q
			squares += q * q
		}
		row = append(row, uint64(len(hashes)), sum, squares)
		row = append(append(row, hashes...), weights...)
	}
	return row
}

// slowWordPair is the hash of the second hashes of two words in their order.
func slowWordPair(a, b uint64) uint64 {
	_, lo := bits.Mul64(a, kernels.Multiplier)
	sum, _ := bits.Add64(lo, b, 0)
	return sum
}

// entry is one of a row.
type entry struct{ hash, q uint64 }

// entriesOf returns the entries of the first section of a row, and the rest of the row.
func entriesOf(row []uint64) (entries []entry, rest []uint64) {
	n := row[0]
	for i, h := range row[3 : 3+n] {
		entries = append(entries, entry{h, row[3+n+uint64(i)/4] >> (i % 4 * 16) & 0xFFFF})
	}
	return entries, row[3+n+(n+3)/4:]
}

// slowPair is the hash of two terms in their order.
func slowPair(a, b shingle.Term) uint64 {
	_, lo := bits.Mul64(uint64(a)>>16<<16, kernels.Multiplier)
	return kernels.Mix(lo + uint64(b)>>16)
}

// almostEqual reports whether rows differ at most in q, and there by no more than
// the units in which its parts are rounded.
func almostEqual(a, b []uint64) bool {
	if len(a) != len(b) {
		return false
	}
	for len(a) > 0 {
		var x, y []entry
		if a[0] != b[0] {
			return false
		}
		x, a = entriesOf(a)
		y, b = entriesOf(b)
		for i := range x {
			if x[i].hash != y[i].hash || math.Abs(float64(x[i].q)-float64(y[i].q)) > 1 {
				return false
			}
		}
	}
	return true
}

// models are those of both kinds.
func models(texts []doc) []*Model {
	c := NewCounter(NewLexicon(0))
	for _, text := range texts {
		c.Add(text.terms)
	}
	return []*Model{backgroundModel(), NewModel(Corpus, c, wordSeed)}
}

// backgroundModel returns one of kind Background.
func backgroundModel() *Model { return NewModel(Background, NewCounter(NewLexicon(0)), wordSeed) }

// rowOf returns the row of a text.
func rowOf(w *Weigher, text doc) []uint64 {
	w.Weigh(text.terms, text.words)
	return w.AppendRow(nil)
}

func features(t testing.TB, s string) Features {
	t.Helper()
	f, err := ParseFeatures(s)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var someFeatures = []string{"word:1", "word:1-2", "skip:1", "skip:3", "skip:20", "word:1*skip:20", "skip:2*word:1-2*word:1"}

func checkRow(t testing.TB, w *Weigher, f Features, m *Model, text doc) {
	t.Helper()
	w.Weigh(text.terms, text.words)
	got, want := w.AppendRow([]uint64{9}), slowRow(f, m, text)
	if got[0] != 9 || !almostEqual(got[1:], want) {
		t.Fatalf("%s row by the %s of %x is %x, want %x", f, m.Kind(), text.terms, got[1:], want)
	}
	checkForm(t, got[1:], len(f.Sections()))
}

// checkForm checks what a reader of rows relies on.
func checkForm(t testing.TB, row []uint64, sections int) {
	t.Helper()
	for len(row) > 0 {
		sum, squares := row[1], row[2]
		var entries []entry
		entries, row = entriesOf(row)
		for i, e := range entries {
			if e.q == 0 || i > 0 && e.hash <= entries[i-1].hash {
				t.Fatalf("entry %d is %x of %x", i, e, entries)
			}
			sum -= e.q
			squares -= e.q * e.q
		}
		if sum != 0 || squares != 0 {
			t.Fatalf("sums are off by %d and %d", sum, squares)
		}
		sections--
	}
	if sections != 0 {
		t.Fatalf("%d sections are missing", sections)
	}
}

func TestRowEqualsSlowRow(t *testing.T) {
	texts := append(seedTexts(t), zipfian(20, 300)...)
	texts = append(texts, docOf("the"), docOf("a cat"), docOf("cat cat cat cat"), docOf("7 2014 7"))
	for _, m := range models(texts) {
		for _, s := range someFeatures {
			f := features(t, s)
			w := NewWeigher(f, m)
			for _, text := range texts {
				checkRow(t, w, f, m, text)
			}
			if got := rowOf(w, doc{}); got != nil {
				t.Errorf("%s: row of no terms is %x", s, got)
			}
		}
	}
}

func TestRowEqualsSlowRowOnRandomTerms(t *testing.T) {
	some := docOf("the of cat dog mat 2014 7 london zyx1 zyxw")
	all := models([]doc{some.part(0, 5), some.part(3, 10), some.part(4, 6), some.part(0, 7)})
	rapid.Check(t, func(rt *rapid.T) {
		f := features(t, rapid.SampledFrom(someFeatures).Draw(rt, "features"))
		m := rapid.SampledFrom(all).Draw(rt, "model")
		var text doc
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(some.terms)-1), 1, 100).Draw(rt, "words") {
			text.terms, text.words = append(text.terms, some.terms[i]), append(text.words, some.words[i])
		}
		checkRow(t, NewWeigher(f, m), f, m, text)
	})
}

func TestRowIsItsSections(t *testing.T) {
	m := backgroundModel()
	for _, text := range seedTexts(t) {
		var want []uint64
		for _, s := range []string{"word:1", "skip:20"} {
			want = append(want, rowOf(NewWeigher(features(t, s), m), text)...)
		}
		if got := rowOf(NewWeigher(features(t, "word:1*skip:20"), m), text); !slices.Equal(got, want) {
			t.Error("the row of a product is not those of its factors")
		}
	}
}

// TestRowGolden pins rows: if weights change, Version must.
func TestRowGolden(t *testing.T) {
	w := NewWeigher(features(t, "word:1*skip:20"), backgroundModel())
	got := fmt.Sprintf("%x", rowOf(w, docOf("The zebra met a giraffe in London, zebra")))
	const want = "[4 1875 cb249f 504bb343ff92e6a5 6d3b5cd017e09c8f 8bddfe64a52aa561 c1c3950897fa40f8 2a30717030a0bb1 1 17b1 2314861 3d62a75b4b7bafa0 17b1]"
	if got != want {
		t.Errorf("row is %s, want %s", got, want)
	}
}

func TestNewWeigherRefusesZeroFeatures(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("NewWeigher(Features{}) does not panic")
		}
	}()
	NewWeigher(Features{}, backgroundModel())
}

// TestGiantDocument checks that memory is bounded by MaxContentWords.
func TestGiantDocument(t *testing.T) {
	var text doc
	for i := range MaxContentWords + 1000 {
		word := kernels.Mix(kernels.Mix(uint64(i)))
		text.terms, text.words = append(text.terms, shingle.Term(word>>16<<16)), append(text.words, word)
	}
	m := backgroundModel()
	w := NewWeigher(features(t, "skip:1*skip:2"), m)
	whole, most := rowOf(w, text), []uint64(nil)
	if w.Cut() != 1 {
		t.Errorf("%d documents were cut, want 1", w.Cut())
	}
	if most = rowOf(w, text.part(0, MaxContentWords)); w.Cut() != 1 || !slices.Equal(whole, most) {
		t.Errorf("%d documents cut, rows of %d and %d numbers: what is behind the limit counts", w.Cut(), len(whole), len(most))
	}
	w.Weigh(nil, nil)
	if cap(w.features) > maxScratch || cap(w.content) > maxScratch {
		t.Errorf("buffers of %d and %d elements are kept", cap(w.features), cap(w.content))
	}
	one := docOf("word")
	one.terms, one.words = slices.Repeat(one.terms, 1<<21), slices.Repeat(one.words, 1<<21)
	if got := rowOf(NewWeigher(features(t, "word:1*skip:20"), m), one); got[0] > 1 {
		t.Errorf("a word again and again has %d entries", got[0])
	}
}

// seedTexts returns the terms of the seed articles.
func seedTexts(t testing.TB) []doc {
	t.Helper()
	var texts []doc
	for _, text := range strings.Split(seedText(t), "\x00") {
		texts = append(texts, docOf(text))
	}
	return texts
}

// seedText returns the seed articles with zero bytes between them.
func seedText(t testing.TB) string {
	t.Helper()
	names, err := fs.Glob(seeds.FS, "*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no seed articles: %v", err)
	}
	var texts []string
	for _, name := range names {
		data, err := fs.ReadFile(seeds.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(data))
	}
	return strings.Join(texts, "\x00")
}

// benchText returns an article of 4 KB and its terms.
func benchText(b *testing.B) (text []byte, words doc) {
	text = shingle.NewNormalizer().Append(nil, []byte(seedText(b)[:4000]))
	words.terms, words.words = shingle.NewTwinTermer(0, wordSeed).AppendBoth(nil, nil, text)
	return text, words
}

func TestWeigherDoesNotAllocate(t *testing.T) {
	text := seedTexts(t)[0]
	for _, m := range models([]doc{text}) {
		w := NewWeigher(features(t, "word:1-2*skip:20"), m)
		var row, keys []uint64
		if allocs := testing.AllocsPerRun(5, func() {
			w.Weigh(text.terms, text.words)
			row = w.AppendRow(row[:0])
			w.FindKeyTerms(20, nil)
			keys = w.AppendPairKeys(keys[:0], 20)
		}); allocs != 0 {
			t.Errorf("%s: %v allocations", m.Kind(), allocs)
		}
	}
}

func BenchmarkAppendRow(b *testing.B) {
	text, words := benchText(b)
	for _, m := range models([]doc{words}) {
		for _, s := range []string{"word:1", "word:1-2", "skip:20", "word:1*skip:20"} {
			if m.Kind() == Corpus && s != "word:1" {
				continue // content words of one document are not like any
			}
			b.Run(m.Kind().String()+"/"+s, func(b *testing.B) {
				w := NewWeigher(features(b, s), m)
				var row []uint64
				for b.Loop() {
					w.Weigh(words.terms, words.words)
					row = w.AppendRow(row[:0])
				}
				b.SetBytes(int64(len(text)))
				b.ReportMetric(float64(8*len(row))/float64(len(text)), "bytes/byte")
			})
		}
	}
	b.Run("normalised text/word:1", func(b *testing.B) {
		w, termer := NewWeigher(features(b, "word:1"), backgroundModel()), shingle.NewTwinTermer(0, wordSeed)
		var row []uint64
		for b.Loop() {
			words.terms, words.words = termer.AppendBoth(words.terms[:0], words.words[:0], text)
			w.Weigh(words.terms, words.words)
			row = w.AppendRow(row[:0])
		}
		b.SetBytes(int64(len(text)))
	})
}
