package plant

import (
	"math"
	"strings"
	"testing"
)

func TestEditCounts(t *testing.T) {
	text := strings.Repeat("one two, three (four) five.\n", 40) // 200 words
	for _, c := range []struct {
		edits Edits
		words int // afterwards
	}{
		{Edits{}, 200},
		{Edits{Delete: .1}, 180},
		{Edits{Delete: 1}, 0},
		{Edits{Insert: .25}, 250},
		{Edits{Insert: 1}, 400},
		{Edits{Substitute: .5}, 200},
		{Edits{Delete: 1e-9}, 199},
	} {
		for seed := range uint64(20) {
			c.edits.Seed = seed
			got := string(c.edits.Append([]byte("x:"), []byte(text)))
			if !strings.HasPrefix(got, "x:") {
				t.Fatalf("dst lost: %q", got[:10])
			}
			if n := len(strings.Fields(got[2:])); n != c.words {
				t.Errorf("%+v: %d words, want %d", c.edits, n, c.words)
			}
		}
	}
}

func TestSubstitutionKeepsPunctuationAndChangesTheWord(t *testing.T) {
	text := strings.Repeat("(the) “quoted”, 3.5% … end.\n", 30)
	before := strings.Fields(text)
	after := strings.Fields(string(Edits{Substitute: 1, Seed: 1}.Append(nil, []byte(text))))
	for i := range before {
		if before[i] == after[i] {
			t.Errorf("word %d: %q is unchanged", i, before[i])
		}
	}
	if !strings.HasPrefix(after[0], "(") || !strings.HasSuffix(after[1], "”,") || !strings.HasSuffix(after[4], ".") {
		t.Errorf("punctuation lost: %q", after[:5])
	}
}

// TestEditedWordsAreUniform checks that each word is edited as often as any.
func TestEditedWordsAreUniform(t *testing.T) {
	words := strings.Fields(strings.Repeat("w ", 20))
	hits, rounds := make([]int, 20), 4000
	for seed := range rounds {
		got := strings.Fields(string(Edits{Substitute: .25, Seed: uint64(seed)}.Append(nil, []byte(strings.Join(words, " ")))))
		for i := range got {
			if got[i] != "w" {
				hits[i]++
			}
		}
	}
	// Binomial(4000, 1/4): standard deviation 27.
	for i, n := range hits {
		if math.Abs(float64(n)-1000) > 5*27 {
			t.Errorf("word %d was edited %d times of %d, want about 1000", i, n, rounds)
		}
	}
}

func TestEditWhiteSpace(t *testing.T) {
	for _, text := range []string{"", " ", "\n\n", " a", "a ", "a\u00a0b", "日本 語\u3000x", "\xff \xfe"} {
		if got := (Edits{}).Append(nil, []byte(text)); string(got) != text {
			t.Errorf("no edits: got %q, want %q", got, text)
		}
		_ = Edits{Substitute: .4, Insert: .3, Delete: .3}.Append(nil, []byte(text)) // must not panic
	}
	if n := countWords([]byte("日本 語\u3000x")); n != 3 {
		t.Errorf("%d words, want 3", n)
	}
}

func TestEditPanics(t *testing.T) {
	for _, e := range []Edits{{Delete: -1}, {Insert: 2}, {Substitute: math.NaN()}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: no panic", e)
				}
			}()
			e.Append(nil, []byte("a b c"))
		}()
	}
}

func TestVocabulary(t *testing.T) {
	v := vocabulary()
	if v.len() != vocabularySize {
		t.Fatalf("%d words", v.len())
	}
	r := newRand(1, 2, 3)
	counts := map[string]int{}
	const draws = 400000
	for range draws {
		counts[string(v.draw(r))]++
	}
	var total float64
	for i := range v.len() {
		total += 1 / float64(i+3)
	}
	for _, rank := range []int{0, 1, 5, 50, 500} {
		word := string(v.letters[v.starts[rank]:v.starts[rank+1]])
		want := draws / (float64(rank+3) * total)
		if got := float64(counts[word]); math.Abs(got-want) > 5*math.Sqrt(want) {
			t.Errorf("rank %d, %q: drawn %.0f times, want %.0f", rank, word, got, want)
		}
	}
}
