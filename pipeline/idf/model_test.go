package idf

import (
	"math"
	"testing"
)

func TestCorpusModel(t *testing.T) {
	c := NewCounter(NewLexicon(0))
	texts := zipfian(500, 50)
	for _, text := range texts {
		c.Add(text.terms)
	}
	m := NewModel(Corpus, c, wordSeed)
	check := func(df uint64, got float64) {
		t.Helper()
		want := max(0, -math.Log((float64(df)+0.5)/(500+1)))
		if math.Abs(got-want) > 0.5/512+1e-6 {
			t.Errorf("idf of df %d is %v, want %v", df, got, want)
		}
	}
	for _, text := range texts {
		for i, term := range text.terms {
			check(c.DF(term), m.Weight(term, text.words[i]))
		}
	}
	for df := range uint64(600) {
		check(df, float64(m.idfOf(df))/512)
	}
	check(0, weightOfWord(t, m, "unseen"))
	if got, want := m.ContentWeight(), math.Log(501/2.5)/3; math.Abs(got-want) > 0.002 || m.Kind() != Corpus {
		t.Errorf("model of kind %v, content words from %v on, want %v", m.Kind(), got, want)
	}
}

func TestModelOfExtremeCorpora(t *testing.T) {
	empty := NewModel(Corpus, NewCounter(NewLexicon(0)), wordSeed)
	if got := weightOfWord(t, empty, "word"); math.Abs(got-math.Ln2) > 0.001 {
		t.Errorf("without documents, idf is %v, want %v", got, math.Ln2)
	}
	c := NewCounter(NewLexicon(0))
	c.documents = math.MaxUint32
	large := NewModel(Corpus, c, wordSeed)
	if got, want := weightOfWord(t, large, "word"), math.Log(1<<33); math.Abs(got-want) > 0.001 || large.ContentWeight() != 4 {
		t.Errorf("with 2^32-1 documents, idf is %v, want %v; content words from %v on, want 4", got, want, large.ContentWeight())
	}
	if top := large.idfOf(0); top >= 1<<15 {
		t.Errorf("idf of %d: the sum of two does not fit", top)
	}
}

func TestAuto(t *testing.T) {
	english, other := NewCounter(NewLexicon(0)), NewCounter(NewLexicon(0))
	english.Add(termsOf("This is what it is about."))
	other.Add(termsOf("Dies ist ein deutscher Satz."))
	for _, tt := range []struct {
		kind    Kind
		counter *Counter
		want    Kind
	}{
		{Auto, english, Background}, {Auto, other, Corpus},
		{Background, other, Background}, {Background, NewCounter(NewLexicon(0)), Background}, {Corpus, english, Corpus},
	} {
		if got := NewModel(tt.kind, tt.counter, wordSeed).Kind(); got != tt.want {
			t.Errorf("%v makes a model of kind %v, want %v", tt.kind, got, tt.want)
		}
	}
}

// weightOfWord returns the idf of a word.
func weightOfWord(t *testing.T, m *Model, word string) float64 {
	t.Helper()
	d := docOf(word)
	if len(d.terms) != 1 {
		t.Fatalf("%q has %d terms, want 1", word, len(d.terms))
	}
	return m.Weight(d.terms[0], d.words[0])
}
