package plant_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/shingle"
)

func TestLanguages(t *testing.T) {
	languages := plant.Languages()
	if len(languages) < 12 || languages[0].Name != "english" {
		t.Fatalf("%d languages, the first is %q", len(languages), languages[0].Name)
	}
	for _, l := range languages {
		if len(l.Words) < 45 {
			t.Errorf("%s has %d words, too few to tell texts apart", l.Name, len(l.Words))
		}
		words := l.Draw(1, 300)
		text := l.Text(words)
		if !slices.Equal(words, l.Draw(1, 300)) || slices.Equal(words, l.Draw(2, 300)) {
			t.Errorf("%s: the words do not follow from the seed", l.Name)
		}
		if !norm.NFC.IsNormalString(text) {
			t.Errorf("%s: the text is not in normal form C", l.Name)
		}
		if other := l.Text(l.Draw(2, 300)); jaccard(t, text, other) > 0.3 {
			t.Errorf("%s: texts of two seeds are %.2f similar", l.Name, jaccard(t, text, other))
		}
		edited := l.Text(l.Edit(words, 0.05, 1))
		if j := jaccard(t, text, edited); j < 0.5 || j > 0.97 {
			t.Errorf("%s: a text with 5%% of its words edited is %.2f similar", l.Name, j)
		}
	}
}

// jaccard is the similarity of the sets of word 3-grams.
func jaccard(t *testing.T, a, b string) float64 {
	t.Helper()
	spec := shingle.Spec{Unit: shingle.Word, N: 3}
	normalizer, shingler := shingle.NewNormalizer(), shingle.NewShingler(spec, 0)
	x := shingler.Append(nil, normalizer.Append(nil, []byte(a)))
	y := shingler.Append(nil, normalizer.Append(nil, []byte(b)))
	shared := 0
	for _, h := range x {
		if _, ok := slices.BinarySearch(y, h); ok {
			shared++
		}
	}
	return float64(shared) / float64(len(x)+len(y)-shared)
}

func TestOCR(t *testing.T) {
	const text = "the quick brown fox jumps over the lazy dog"
	if got := plant.OCR(text, 0, 1); got != text {
		t.Errorf("at rate 0: %q", got)
	}
	if got := plant.OCR(text, 1, 1); strings.ContainsAny(got, "adu") || got == text {
		t.Errorf("at rate 1: %q", got)
	}
}
