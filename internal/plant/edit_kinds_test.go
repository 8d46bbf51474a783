package plant

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/shingle"
)

var editRates = []float64{0, 1e-9, .02, .1, .3, 1}

// sample is a text as [Spec.All] makes them.
func sample(seed uint64) []byte { return appendText(nil, newRand(seed, 0, 0), 3000) }

// changed counts the words of b that differ from those at the same place in a.
func changed(t *testing.T, a, b []byte) int {
	t.Helper()
	x, y := bytes.Fields(a), bytes.Fields(b)
	if len(x) != len(y) {
		t.Fatalf("%d words became %d", len(x), len(y))
	}
	n := 0
	for i := range x {
		if !bytes.Equal(x[i], y[i]) {
			n++
		}
	}
	return n
}

// TestEditKindsCount holds every kind to the number of units it was asked for.
func TestEditKindsCount(t *testing.T) {
	for seed := range uint64(20) {
		text := sample(seed)
		words := countWords(text)
		tokens, lettered := 0, 0
		for w := range wordsOf(text) {
			if hasToken(w) {
				tokens++
			}
			if hasLetter(w) {
				lettered++
			}
		}
		for _, rate := range editRates {
			of := func(n, least int) int { return newChooser(n, rate, least, nil).wanted }
			for _, k := range EditKinds() {
				got := k.Append([]byte("x:"), text, rate, seed)
				if !bytes.HasPrefix(got, []byte("x:")) {
					t.Fatalf("%v: dst lost", k)
				}
				got = got[2:]
				n := countWords(got)
				switch k {
				case DeleteWords, Truncate:
					if n != words-of(words, 1) {
						t.Errorf("%v at %g: %d words of %d are left", k, rate, n, words)
					}
				case InsertWords, AddFrame:
					if n != words+of(words, 1) && k == InsertWords {
						t.Errorf("%v at %g: %d words became %d", k, rate, words, n)
					}
					if !bytes.Contains(got, text) && k == AddFrame {
						t.Errorf("%v at %g: the text is not inside", k, rate)
					}
				case SubstituteWords:
					if c := changed(t, text, got); c != of(words, 1) {
						t.Errorf("%v at %g: %d of %d words changed", k, rate, c, words)
					}
				case ChangeCase:
					if c := changed(t, text, got); c != of(lettered, 1) {
						t.Errorf("%v at %g: %d of %d words changed", k, rate, c, lettered)
					}
				case ChangePunctuation, ChangeUnicode:
					if c := len(diffWords(text, got)); c != of(tokens, 1) {
						t.Errorf("%v at %g: %d of %d words changed", k, rate, c, tokens)
					}
				}
				if again := k.Append(nil, text, rate, seed); !bytes.Equal(got, again) {
					t.Errorf("%v at %g: the same seed gave two texts", k, rate)
				}
				if rate == 0 && k != AddFrame && !bytes.Equal(got, text) {
					t.Errorf("%v at 0 changed the text", k)
				}
			}
		}
	}
}

// diffWords lists the places of words that changed; a mark that stands alone,
// as "–" does, was put there and is passed over.
func diffWords(a, b []byte) (places []int) {
	x := bytes.Fields(a)
	y := bytes.Fields(bytes.ReplaceAll(b, []byte(" –"), []byte("–")))
	x = bytes.Fields(bytes.ReplaceAll(bytes.Join(x, []byte(" ")), []byte(" –"), []byte("–")))
	for i := range min(len(x), len(y)) {
		if !bytes.Equal(x[i], y[i]) {
			places = append(places, i)
		}
	}
	return places
}

// TestEditKindsThatKeepTheWords: case, punctuation and Unicode form are nothing
// to a shingle set, and the order of sentences nothing to the words.
func TestEditKindsThatKeepTheWords(t *testing.T) {
	sets := func(text []byte, n int) []uint64 {
		s := shingle.NewShingler(shingle.Spec{Unit: shingle.Word, N: n}, 0)
		return slices.Clone(s.Append(nil, shingle.NewNormalizer().Append(nil, text)))
	}
	for seed := range uint64(20) {
		text := sample(seed)
		for _, rate := range editRates {
			for _, k := range []EditKind{ChangeCase, ChangePunctuation, ChangeUnicode} {
				got := k.Append(nil, text, rate, seed)
				if !slices.Equal(sets(text, 5), sets(got, 5)) {
					t.Errorf("%v at %g changed the word 5-grams", k, rate)
				}
			}
			got := ShuffleSentences.Append(nil, text, rate, seed)
			if len(got) != len(text) || !slices.Equal(sets(text, 1), sets(got, 1)) {
				t.Errorf("shuffling at %g changed the words", rate)
			}
		}
	}
}

func TestShuffleMovesEverySentenceAsked(t *testing.T) {
	text := []byte("One a. Two b!  “Three c.” \n\nFour d? Five e")
	if got := sentences(text); len(got) != 5 || string(text[got[2][0]:got[2][1]]) != "“Three c.”" {
		t.Fatalf("sentences are %v", got)
	}
	for seed := range uint64(50) {
		got := ShuffleSentences.Append(nil, text, 1, seed)
		for i, s := range sentences(text) {
			if bytes.Index(got, text[s[0]:s[1]]) == s[0] && len(got) == len(text) && i == 0 {
				t.Errorf("seed %d: the first sentence stayed in %q", seed, got)
			}
			if !bytes.Contains(got, text[s[0]:s[1]]) {
				t.Errorf("seed %d: %q is gone from %q", seed, text[s[0]:s[1]], got)
			}
		}
		if !bytes.Contains(got, []byte("  ")) || !bytes.Contains(got, []byte(" \n\n")) {
			t.Errorf("seed %d: white space moved in %q", seed, got)
		}
	}
}

func TestMisreadChangesThatManyLetters(t *testing.T) {
	text := []byte(strings.Repeat("abcdefghijklmnopqrstuvwxyz ", 100))
	want := map[float64]int{0: 0, .1: 260, 1: 2600}
	for rate, n := range want {
		got := MisreadLetters.Append(nil, text, rate, 1)
		// Letters become one or two characters; undo the two to count.
		for _, two := range []string{"cl", "lc", "rn", "vv"} {
			if rate == 1 {
				got = bytes.ReplaceAll(got, []byte(two), []byte("?"))
			}
		}
		if rate == 1 && len(got) != len(text) {
			t.Errorf("rate 1: %d bytes, want %d", len(got), len(text))
		}
		if rate == .1 {
			same := 0
			for line := range bytes.SplitSeq(got, []byte(" ")) {
				if string(line) == "abcdefghijklmnopqrstuvwxyz" {
					same++
				}
			}
			// A word of 26 letters stays whole with probability .9^26 = .065.
			if same > 20 {
				t.Errorf("rate .1: %d of 100 words are whole", same)
			}
		}
		if rate == 0 && !bytes.Equal(got, text) || rate == .1 && n != newChooser(2600, rate, 1, nil).wanted {
			t.Errorf("rate %g: want %d letters changed", rate, n)
		}
	}
}

func TestFramesAreShared(t *testing.T) {
	a, b := sample(1), sample(2)
	framed := func(text []byte, seed uint64) string { return string(AddFrame.Append(nil, text, .3, seed)) }
	head := func(s string) string { h, _, _ := strings.Cut(s, "\n\n"); return h }
	x, y, z := head(framed(a, 3)), head(framed(b, 3+frames)), head(framed(b, 4))
	n := min(len(x), len(y)) - 10
	if x[:n] != y[:n] || x[:20] == z[:20] {
		t.Errorf("headers %q and %q should begin alike, %q otherwise", x, y, z)
	}
}

func TestEditKindsOnAnyText(t *testing.T) {
	for _, text := range []string{"", " ", "a", "…", "a. b", "日本 語\u3000x", "\xff \xfe.", "ÅÉ ß"} {
		for _, k := range EditKinds() {
			for _, rate := range editRates {
				_ = k.Append(nil, []byte(text), rate, 1) // must not panic
			}
		}
	}
}

func TestEditKindPanics(t *testing.T) {
	for _, c := range []struct {
		kind EditKind
		rate float64
	}{{0, .1}, {ChangeUnicode + 1, .1}, {DeleteWords, -.1}, {Truncate, 1.1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v at %g: no panic", c.kind, c.rate)
				}
			}()
			c.kind.Append(nil, []byte("a b c"), c.rate, 1)
		}()
	}
}
