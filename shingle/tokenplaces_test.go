package shingle

import (
	"strings"
	"testing"
)

// checkTokenPlaces holds a Tokenizer to Segments, which has another way to the same tokens.
func checkTokenPlaces(t *testing.T, text string) {
	t.Helper()
	norm := NewNormalizer().Append(nil, []byte(text))
	var tokens Places
	tokenizer := NewTokenizer()
	tokenizer.Places(&tokens, []byte("what was there before"))
	tokenizer.Places(&tokens, norm)
	segments := Segments([]byte(text))
	if tokens.Len() != len(segments) {
		t.Fatalf("%q has %d tokens and %d segments", text, tokens.Len(), len(segments))
	}
	for i := range tokens.Len() {
		start, end := tokens.At(i)
		if got := string(norm[start:end]); got != segments[i].Norm {
			t.Fatalf("%q: token %d is %q, segment %q", text, i, got, segments[i].Norm)
		}
		walk := tokens.From(i)
		if s, e := walk.Next(); s != start || e != end {
			t.Fatalf("%q: token %d is at %d to %d, and by a walk at %d to %d", text, i, start, end, s, e)
		}
	}
}

func TestTokensAreThoseOfSegments(t *testing.T) {
	for _, text := range []string{
		"", "One two, three.", "can't stop", "日本語 and ภาษาไทย", "exam-\nple", "<b>bold</b>&amp;c", "…", "Straße ＡＢＣ",
		strings.Repeat("a word and ünother ", 400), strings.Repeat("x", 20_000) + " y", strings.Repeat("日本", 3000),
	} {
		checkTokenPlaces(t, text)
	}
}

func FuzzTokens(f *testing.F) {
	f.Add("One two, can't <i>stop</i> exam-\nple")
	f.Add("日本語 e\u0301 ½ ﬁ \xff 12.5%")
	f.Fuzz(checkTokenPlaces)
}
