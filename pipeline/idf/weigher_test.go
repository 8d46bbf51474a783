package idf

import (
	"fmt"
	"io/fs"
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

// slowRow is a weighted row by the definition, with maps and floating point.
func slowRow(f Features, m *Model, terms []shingle.Term) []uint64 {
	var row []uint64
	if len(terms) == 0 {
		return nil
	}
	for _, s := range f.Sections() {
		tf, idf := map[uint64]float64{}, map[uint64]float64{}
		add := func(hash uint64, weight float64) {
			hash >>= 16
			tf[hash]++
			idf[hash] = weight
		}
		if s.Kind != SkipPairs {
			for _, t := range terms {
				add(uint64(t), m.Weight(t))
			}
		}
		if s.Kind == WordsAndPairs {
			for i, t := range terms[1:] {
				add(slowPair(terms[i], t), m.Weight(terms[i])+m.Weight(t))
			}
		}
		if s.Kind == SkipPairs {
			content := slices.DeleteFunc(slices.Clone(terms), func(t shingle.Term) bool { return m.Weight(t) < m.ContentWeight() })
			for i, a := range content {
				for j, b := range content {
					if i < j && j <= i+s.Window && a != b && m.Weight(a) > 0 {
						add(slowPair(min(a, b), max(a, b)), m.Weight(a)+m.Weight(b))
					}
				}
			}
		}
		var entries []uint64
		var sum, squares uint64
		for hash, n := range tf {
			q := min(uint64(math.Floor((1+math.Log(n))*idf[hash]*256+0.5)), 65535)
			if q == 0 {
				continue
			}
			entries = append(entries, hash<<16|q)
			sum += q
			squares += q * q
		}
		slices.Sort(entries)
		row = append(row, uint64(len(entries)), sum, squares)
		row = append(row, entries...)
	}
	return row
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
		n := a[0]
		if b[0] != n {
			return false
		}
		for i, x := range a[3 : 3+n] {
			y := b[3+i]
			if x>>16 != y>>16 || math.Abs(float64(x&0xFFFF)-float64(y&0xFFFF)) > 1 {
				return false
			}
		}
		a, b = a[3+n:], b[3+n:]
	}
	return true
}

// models are those of both kinds.
func models(texts [][]shingle.Term) []*Model {
	c := NewCounter(NewLexicon(0))
	for _, terms := range texts {
		c.Add(terms)
	}
	return []*Model{NewModel(Background, NewCounter(NewLexicon(0))), NewModel(Corpus, c)}
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

func checkRow(t testing.TB, w *Weigher, f Features, m *Model, terms []shingle.Term) {
	t.Helper()
	prefix := []uint64{9}
	got, want := w.AppendRow(slices.Clone(prefix), terms), slowRow(f, m, terms)
	if got[0] != 9 || !almostEqual(got[1:], want) {
		t.Fatalf("%s row by the %s of %x is %x, want %x", f, m.Kind(), terms, got[1:], want)
	}
	checkForm(t, got[1:], len(f.Sections()))
}

// checkForm checks what a reader of rows relies on.
func checkForm(t testing.TB, row []uint64, sections int) {
	t.Helper()
	for len(row) > 0 {
		n, sum, squares := row[0], row[1], row[2]
		last := uint64(0)
		for i, e := range row[3 : 3+n] {
			q := e & 0xFFFF
			if q == 0 || i > 0 && e>>16 <= last {
				t.Fatalf("entry %d is %x after %x", i, e, last)
			}
			last = e >> 16
			sum -= q
			squares -= q * q
		}
		if sum != 0 || squares != 0 {
			t.Fatalf("sums are off by %d and %d", sum, squares)
		}
		row = row[3+n:]
		sections--
	}
	if sections != 0 {
		t.Fatalf("%d sections are missing", sections)
	}
}

func TestRowEqualsSlowRow(t *testing.T) {
	texts := append(seedTexts(t), zipfian(20, 300)...)
	texts = append(texts, termsOf("the"), termsOf("a cat"), termsOf("cat cat cat cat"), termsOf("7 2014 7"))
	for _, m := range models(texts) {
		for _, s := range someFeatures {
			f := features(t, s)
			w := NewWeigher(f, m)
			for _, terms := range texts {
				checkRow(t, w, f, m, terms)
			}
			if got := w.AppendRow(nil, nil); got != nil {
				t.Errorf("%s: row of no terms is %x", s, got)
			}
		}
	}
}

func TestRowEqualsSlowRowOnRandomTerms(t *testing.T) {
	some := termsOf("the of cat dog mat 2014 7 london zyx1 zyxw")
	all := models([][]shingle.Term{some[:5], some[3:], some[4:6], some[:7]})
	rapid.Check(t, func(rt *rapid.T) {
		f := features(t, rapid.SampledFrom(someFeatures).Draw(rt, "features"))
		m := rapid.SampledFrom(all).Draw(rt, "model")
		checkRow(t, NewWeigher(f, m), f, m, rapid.SliceOfN(rapid.SampledFrom(some), 1, 100).Draw(rt, "terms"))
	})
}

func TestRowIsItsSections(t *testing.T) {
	m := NewModel(Background, NewCounter(NewLexicon(0)))
	for _, terms := range seedTexts(t) {
		var want []uint64
		for _, s := range []string{"word:1", "skip:20"} {
			want = NewWeigher(features(t, s), m).AppendRow(want, terms)
		}
		if got := NewWeigher(features(t, "word:1*skip:20"), m).AppendRow(nil, terms); !slices.Equal(got, want) {
			t.Error("the row of a product is not those of its factors")
		}
	}
}

// TestRowGolden pins rows: if it fails, Version must change.
func TestRowGolden(t *testing.T) {
	w := NewWeigher(features(t, "word:1*skip:20"), NewModel(Background, NewCounter(NewLexicon(0))))
	got := fmt.Sprintf("%x", w.AppendRow(nil, termsOf("The zebra met a giraffe in London, zebra")))
	const want = "[4 1875 cb249f 7868a06ebd5f0717 ad8d81346b4d02a3 e1976a71be30030a e9cd29f9dc8e0bb1 1 17b1 2314861 8aba062671d717b1]"
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
	NewWeigher(Features{}, NewModel(Background, NewCounter(NewLexicon(0))))
}

// TestGiantDocument checks that memory is bounded by MaxContentWords.
func TestGiantDocument(t *testing.T) {
	var terms []shingle.Term
	for i := range MaxContentWords + 1000 {
		terms = append(terms, shingle.Term(kernels.Mix(kernels.Mix(uint64(i)))>>16<<16))
	}
	m := NewModel(Background, NewCounter(NewLexicon(0)))
	w := NewWeigher(features(t, "skip:1*skip:2"), m)
	whole, most := w.AppendRow(nil, terms), []uint64(nil)
	if w.Cut() != 1 {
		t.Errorf("%d documents were cut, want 1", w.Cut())
	}
	if most = w.AppendRow(nil, terms[:MaxContentWords]); w.Cut() != 1 || !slices.Equal(whole, most) {
		t.Errorf("%d documents cut, rows of %d and %d numbers: what is behind the limit counts", w.Cut(), len(whole), len(most))
	}
	if cap(w.features) > maxScratch || cap(w.content) > maxScratch {
		t.Errorf("buffers of %d and %d elements are kept", cap(w.features), cap(w.content))
	}
	one := slices.Repeat(termsOf("word"), 1<<21)
	if got := NewWeigher(features(t, "word:1*skip:20"), m).AppendRow(nil, one); got[0] > 1 {
		t.Errorf("a word again and again has %d entries", got[0])
	}
}

// seedTexts returns the terms of the seed articles.
func seedTexts(t testing.TB) [][]shingle.Term {
	t.Helper()
	var texts [][]shingle.Term
	for _, text := range strings.Split(seedText(t), "\x00") {
		texts = append(texts, termsOf(text))
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
func benchText(b *testing.B) (text []byte, terms []shingle.Term) {
	text = shingle.NewNormalizer().Append(nil, []byte(seedText(b)[:4000]))
	return text, shingle.NewTermer(0).Append(nil, text)
}

func TestWeigherDoesNotAllocate(t *testing.T) {
	terms := seedTexts(t)[0]
	for _, m := range models([][]shingle.Term{terms}) {
		w := NewWeigher(features(t, "word:1-2*skip:20"), m)
		var row, keys []uint64
		if allocs := testing.AllocsPerRun(5, func() {
			row = w.AppendRow(row[:0], terms)
			w.FindKeyTerms(terms, 20, nil)
			keys = w.AppendPairKeys(keys[:0], 20)
		}); allocs != 0 {
			t.Errorf("%s: %v allocations", m.Kind(), allocs)
		}
	}
}

func BenchmarkAppendRow(b *testing.B) {
	text, terms := benchText(b)
	for _, m := range models([][]shingle.Term{terms}) {
		for _, s := range []string{"word:1", "word:1-2", "skip:20", "word:1*skip:20"} {
			if m.Kind() == Corpus && s != "word:1" {
				continue // content words of one document are not like any
			}
			b.Run(m.Kind().String()+"/"+s, func(b *testing.B) {
				w := NewWeigher(features(b, s), m)
				var row []uint64
				for b.Loop() {
					row = w.AppendRow(row[:0], terms)
				}
				b.SetBytes(int64(len(text)))
				b.ReportMetric(float64(8*len(row))/float64(len(text)), "bytes/byte")
			})
		}
	}
	b.Run("normalised text/word:1", func(b *testing.B) {
		w, termer := NewWeigher(features(b, "word:1"), NewModel(Background, NewCounter(NewLexicon(0)))), shingle.NewTermer(0)
		var row []uint64
		for b.Loop() {
			terms = termer.Append(terms[:0], text)
			row = w.AppendRow(row[:0], terms)
		}
		b.SetBytes(int64(len(text)))
	})
}
