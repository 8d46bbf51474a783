package shingle

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// slowWords are the words of a normalised text that terms stand for.
func slowWords(text string) (words []string) {
	for _, token := range slowTokens(text) {
		word := strings.ReplaceAll(text[token.start:token.end], "’", "'")
		if word != "'s" {
			word = strings.TrimSuffix(word, "'s")
		}
		words = append(words, word)
	}
	return words
}

// slowFigures are the hashes of those with a digit.
func slowFigures(seed int64, text string) (figures []uint64) {
	for _, word := range slowWords(text) {
		if strings.ContainsFunc(word, unicode.IsDigit) {
			figures = append(figures, slowHash(seed, word))
		}
	}
	return figures
}

// slowTerms makes the terms of a normalised text by the definition.
func slowTerms(seed int64, text string) []Term {
	var terms []Term
	for _, word := range slowWords(text) {
		term := Term(slowHash(seed, word) >> 16 << 16)
		if strings.ContainsFunc(word, unicode.IsDigit) {
			term++
		}
		terms = append(terms, term)
	}
	return terms
}

// checkTerms compares the terms of a text with the slow ones.
func checkTerms(t *testing.T, termers []*Termer, text string) {
	t.Helper()
	normalised := normalise(text)
	prefix := []Term{7}
	for i, seed := range someSeeds {
		got := termers[i].Append(slices.Clone(prefix), []byte(normalised))
		if want := slowTerms(seed, normalised); !slices.Equal(got[:1], prefix) || !slices.Equal(got[1:], want) {
			t.Fatalf("terms of %.200q by the seed %d are %x, want %x", text, seed, got[1:], want)
		}
		figures := termers[i].AppendFigures([]uint64{7}, []byte(normalised))
		if want := slowFigures(seed, normalised); figures[0] != 7 || !slices.Equal(figures[1:], want) {
			t.Fatalf("figures of %.200q by the seed %d are %x, want %x", text, seed, figures[1:], want)
		}
		checkTwins(t, seed, someSeeds[(i+1)%len(someSeeds)], normalised)
	}
}

// checkTwins compares the terms of a text and the second hashes of its words with the
// slow ones.
func checkTwins(t *testing.T, seed, second int64, normalised string) {
	t.Helper()
	terms, words := NewTwinTermer(seed, second).AppendBoth([]Term{7}, []uint64{8}, []byte(normalised))
	if want := slowTerms(seed, normalised); terms[0] != 7 || !slices.Equal(terms[1:], want) {
		t.Fatalf("twin terms of %.200q by the seed %d are %x, want %x", normalised, seed, terms[1:], want)
	}
	want := []uint64{8}
	for _, word := range slowWords(normalised) {
		want = append(want, slowHash(second, word))
	}
	if !slices.Equal(words, want) {
		t.Fatalf("second hashes of %.200q by the seed %d are %x, want %x", normalised, second, words, want)
	}
}

// newTermers returns one for each of someSeeds.
func newTermers() (termers []*Termer) {
	for _, seed := range someSeeds {
		termers = append(termers, NewTermer(seed))
	}
	return termers
}

func TestTermsEqualSlowTerms(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		termers := newTermers()
		texts := append(slices.Clone(scripts),
			"cat's cat’s cats' CAT'S it's o’clock ’s 's s's’s x''s 1's a1's 1’000 fo'c's'le’s",
			"١٢٣ ۴۵ ① ½ ² 一二三 x٣ Ⅷ 0x1F 3.14 1,000 𝟙 ๑", "internationalisation's internationalisation’s",
		)
		for _, text := range texts {
			checkTerms(t, termers, text)
		}
		all := strings.Join(texts, " ")
		checkTerms(t, termers, strings.Repeat(all+" ", 20))
		for _, unit := range []string{"世", "a.", "l’été", "cat's’s"} { // no space for longer than a chunk
			long := strings.Repeat(unit, longChunk/len(unit)+9)
			checkTerms(t, termers, long)
			checkTerms(t, termers, "a's 1 "+long+" c’s d")
		}
		r := rand.New(rand.NewPCG(1, 2))
		checkTerms(t, termers, soup(3*chunkSize, r.IntN))
	})
}

func TestTermsEqualSlowTermsOnSoup(t *testing.T) {
	termers := newTermers()
	rapid.Check(t, func(rt *rapid.T) {
		checkTerms(t, termers, soup(rapid.IntRange(0, 400).Draw(rt, "length"), func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "rune") }))
	})
}

func FuzzTerms(f *testing.F) {
	for _, text := range scripts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkTerms(t, newTermers(), text) })
}

func TestTermsOfWords(t *testing.T) {
	termsOf := func(text string) []Term { return NewTermer(0).Append(nil, []byte(normalise(text))) }
	for _, equal := range [][2]string{
		{"cat's", "cat"}, {"cat’s", "cat"}, {"CAT", "cat"}, {"don’t", "don't"}, {"the cats'", "the cats"},
		{"London’s 2nd", "london 2nd"}, {"1’000", "1'000"},
	} {
		if a, b := termsOf(equal[0]), termsOf(equal[1]); !slices.Equal(a, b) {
			t.Errorf("terms of %q are %x, of %q %x", equal[0], a, equal[1], b)
		}
	}
	for _, differ := range [][2]string{{"cats", "cat"}, {"dont", "don't"}, {"s", "s1"}, {"a's b", "a"}} {
		if a, b := termsOf(differ[0]), termsOf(differ[1]); slices.Equal(a, b) {
			t.Errorf("terms of %q and of %q are %x", differ[0], differ[1], a)
		}
	}
	for text, want := range map[string]bool{"two": false, "2nd": true, "a1": true, "٣": true, "二": false, "été": false, "½": true} {
		if got := termsOf(text)[0]; got.Number() != want || got&0xFFFE != 0 || got.Hash() != uint64(got)>>16<<16 {
			t.Errorf("term of %q is %x, want a number: %v", text, got, want)
		}
	}
}

// TestTermsGolden pins the terms: if it fails, the version of the search in package
// pipeline must change.
func TestTermsGolden(t *testing.T) {
	got := fmt.Sprintf("%x", NewTermer(0).Append(nil, []byte(normalise("The president’s 2 internationalisations"))))
	if want := "[8aef7425b4c00000 956e5d7bd2c20000 bb0802c412d30001 be24b0f9ccd60000]"; got != want {
		t.Errorf("terms are %s, want %s", got, want)
	}
}

// TestTermsOfALongText: the terms of a text that are counted first are those of its parts,
// and have hardly more room than they need.
func TestTermsOfALongText(t *testing.T) {
	part := []byte(normalise(strings.Join(scripts, " ")) + " end ")
	long := bytes.Repeat(part, longText/len(part)+1)
	termer, twin := NewTermer(0), NewTwinTermer(0, 7)
	ofPart, wordsOfPart := twin.AppendBoth(nil, nil, part)
	want, wantWords := slices.Repeat(ofPart, len(long)/len(part)), slices.Repeat(wordsOfPart, len(long)/len(part))
	got := termer.Append(nil, long)
	both, words := twin.AppendBoth(nil, nil, long)
	if !slices.Equal(got, want) || !slices.Equal(both, want) || !slices.Equal(words, wantWords) {
		t.Fatal("other terms than those of the parts")
	}
	for _, room := range []int{cap(got), cap(both), cap(words)} {
		if room > len(want)+len(want)/8 {
			t.Errorf("room for %d terms, of which there are %d", room, len(want))
		}
	}
}

func TestTermerDoesNotAllocate(t *testing.T) {
	text := []byte(normalise(strings.Repeat("The “quick” fox’s den can’t hold 12 naïve cats: 世界 _ ", 300)))
	termer := NewTermer(0)
	var terms []Term
	if allocs := testing.AllocsPerRun(5, func() { terms = termer.Append(terms[:0], text) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkTerms(b *testing.B) {
	for name, text := range benchTexts(b) {
		b.Run(name, func(b *testing.B) {
			normalised := bytes.Clone(NewNormalizer().Append(nil, text))
			termer := NewTermer(0)
			terms := termer.Append(nil, normalised)
			for b.Loop() {
				terms = termer.Append(terms[:0], normalised)
			}
			perByte(b, len(text), len(terms), "term")
		})
	}
}
