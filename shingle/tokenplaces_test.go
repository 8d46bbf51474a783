package shingle

import (
	"strings"
	"testing"
)

// checkTokenPlaces holds a Tokenizer to Segments, which has another way to the same tokens.
func checkTokenPlaces(t *testing.T, text string) {
	t.Helper()
	norm := NewNormalizer().Append(nil, []byte(text))
	tokens := NewTokenizer().Append(nil, norm)
	segments := Segments([]byte(text))
	if len(tokens) != len(segments) {
		t.Fatalf("%q has %d tokens and %d segments", text, len(tokens), len(segments))
	}
	for i, token := range tokens {
		if got := string(norm[token.Start:token.End]); got != segments[i].Norm {
			t.Fatalf("%q: token %d is %q, segment %q", text, i, got, segments[i].Norm)
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
