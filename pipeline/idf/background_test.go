package idf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/doppel-dedup/doppel/shingle"
)

// termOf returns the term of a word.
func termOf(t testing.TB, word string) shingle.Term {
	t.Helper()
	terms := termsOf(word)
	if len(terms) != 1 {
		t.Fatalf("%q has %d terms, want 1", word, len(terms))
	}
	return terms[0]
}

// TestEmbeddedWords pins the file: if it fails, Version must change, and the page
// say what the file is now made of.
func TestEmbeddedWords(t *testing.T) {
	sum := sha256.Sum256(english)
	digest := hex.EncodeToString(sum[:])
	page, err := os.ReadFile("../../docs/background.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), digest) {
		t.Errorf("english.zst has SHA-256 %s, which docs/background.md does not name", digest)
	}
}

// TestLexiconOfAnotherSeed: words are common whatever the seed.
func TestLexiconOfAnotherSeed(t *testing.T) {
	const seed = 7
	ours, seeded := NewLexicon(0), NewLexicon(seed)
	termer := shingle.NewTermer(seed)
	for _, word := range strings.Fields("the of don't from london 2 xyzzyplugh 2014 internationalisation привет") {
		term := termOf(t, word)
		other := termer.Append(nil, []byte(word))[0]
		if ours.isCommon(term) != seeded.isCommon(other) || term == other {
			t.Errorf("%q is common: %v as %x under the seed 0, and %v as %x under %d", word, ours.isCommon(term), term, seeded.isCommon(other), other, seed)
		}
	}
}

// TestBackgroundOfAnotherSeed: words weigh the same whatever the seed of their hashes, and
// nothing of the one is known under the other.
func TestBackgroundOfAnotherSeed(t *testing.T) {
	a, b := backgroundModel(), NewModel(Background, NewCounter(NewLexicon(0)), wordSeed+1)
	known := 0
	for _, word := range strings.Fields("the of don't london 2 xyzzyplugh 2014 internationalisation привет") {
		_, words := shingle.NewTwinTermer(0, wordSeed+1).AppendBoth(nil, nil, []byte(word))
		d := docOf(word)
		if x, y := a.idf(d.terms[0], d.words[0]), b.idf(d.terms[0], words[0]); x != y {
			t.Errorf("%q weighs %d, and %d under another seed", word, x, y)
		}
		if b.idf(d.terms[0], d.words[0]) != b.english.unknown {
			known++
		}
	}
	if known > 0 {
		t.Errorf("%d words are known by their hashes under another seed", known)
	}
}

// TestPlainWordsAreLeftAsTheyAre is why they need no normaliser.
func TestPlainWordsAreLeftAsTheyAre(t *testing.T) {
	r, plain := newWordReader(), 0
	for word := range bytes.SplitSeq(bytes.TrimSuffix(englishWords().words, []byte(" ")), []byte(" ")) {
		if !isPlain(word) {
			continue
		}
		plain++
		r.norm = r.normalizer.Append(r.norm[:0], word)
		if r.terms = r.termer.Append(r.terms[:0], r.norm); !bytes.Equal(r.norm, word) || len(r.terms) != 1 {
			t.Fatalf("%q is normalised to %q of %d terms", word, r.norm, len(r.terms))
		}
	}
	if plain < 100_000 {
		t.Errorf("%d plain words, too few to tell", plain)
	}
}

func TestBackground(t *testing.T) {
	m := backgroundModel()
	for _, tt := range []struct {
		word      string
		centibels float64
	}{
		{"the", 127}, {"of", 160}, {"don't", 280}, {"don’t", 280}, {"london", 373}, {"London’s", 373}, {"2", 300},
		{"xyzzyplugh", 800}, {"2014", 800}, {"1,000", 800}, {"42nd", 800}, {"Привет", 800}, {"世", 800},
	} {
		want := -math.Log(1 - math.Exp(-400*math.Pow(10, -tt.centibels/100)))
		if got := weightOfWord(t, m, tt.word); math.Abs(got-want) > 0.001 {
			t.Errorf("idf of %q is %.4f, want %.4f", tt.word, got, want)
		}
	}
	if m.Kind() != Background || m.ContentWeight() != 4 {
		t.Errorf("background is of kind %v, content words from %v on", m.Kind(), m.ContentWeight())
	}
	b := NewLexicon(0)
	for word, want := range map[string]bool{"the": true, "from": true, "london": false, "und": false, "xyzzyplugh": false} {
		if got := b.isCommon(termOf(t, word)); got != want {
			t.Errorf("%q is common: %v, want %v", word, got, want)
		}
	}
	words, common := 0, 0
	for _, v := range m.english.values {
		if v != 0 {
			words++
		}
	}
	for _, s := range b.slots {
		if s != 0 {
			common++
		}
	}
	if words < 290_000 || words > 300_000 || common < 190 || common > 210 {
		t.Errorf("%d words of which %d are common, want nearly 300000 and about 200", words, common)
	}
}

// TestIDFOfCentibelsIsFarFromTheMiddle is why floating point, which is not quite
// the same on all machines, may be used there.
func TestIDFOfCentibelsIsFarFromTheMiddle(t *testing.T) {
	for c := range uint16(unknownCentibels + 1) {
		_, fraction := math.Modf(math.Ldexp(exactIDF(c), idfBits))
		if math.Abs(fraction-0.5) < 1e-6 {
			t.Errorf("%d centibels: fraction %v", c, fraction)
		}
	}
}

// packed returns a file of words in the format of the embedded one.
func packed(t testing.TB, data string) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll([]byte(data), nil)
}

func TestNewBackground(t *testing.T) {
	const good = "\x04\x00\x00\x00" + "\x64\x2c\xc8\x90" + "\x00\x01\x00\x01" + "\x00cat" + "\x03's" + "\x00dog" + "\x00x y"
	v, err := newVocabulary(packed(t, good))
	if err != nil {
		t.Fatal(err)
	}
	b := v.newBackground(wordSeed)
	for word, centibels := range map[string]uint16{"cat": 100, "dog": 200, "x": unknownCentibels, "y": unknownCentibels} {
		if got, want := b.idf(docOf(word).words[0]), idfOfCentibels(centibels); got != want {
			t.Errorf("idf of %q is %d, want %d", word, got, want)
		}
	}
	for name, data := range map[string]string{
		"empty":        "",
		"no words":     "\x01\x00\x00\x00\x00\x00",
		"too many":     "\xff\xff\xff\xff" + good[4:],
		"cut off":      good[:len(good)-4],
		"more":         good + "\x00z",
		"too rare":     strings.Replace(good, "\x00\x01\x00\x01", "\x00\x03\x00\x04", 1),
		"prefix":       strings.Replace(good, "\x03's", "\x04's", 1),
		"no prefix":    strings.Replace(good, "\x00cat", "cats", 1),
		"count is low": "\x03" + good[1:],
	} {
		if _, err := newVocabulary(packed(t, data)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := newVocabulary(bytes.Repeat([]byte("x"), 100)); err == nil {
		t.Error("not zstd: no error")
	}
}

func FuzzBackground(f *testing.F) {
	f.Add([]byte("\x02\x00\x00\x00\x64\x2c\x00\x01\x00cat\x03's"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, err := readVocabulary(data); err == nil && len(v.centibels) < 1<<commonBits { // must not panic
			v.lexicon(0)
			v.newBackground(wordSeed)
		}
	})
}

func BenchmarkLoadBackground(b *testing.B) {
	for b.Loop() {
		if _, err := newVocabulary(english); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewBackground(b *testing.B) {
	v := englishWords()
	for b.Loop() {
		v.newBackground(wordSeed)
	}
}
