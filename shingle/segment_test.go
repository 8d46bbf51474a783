package shingle

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unicode/utf8"
)

func TestSegments(t *testing.T) {
	text := "Don’t “STOP”: 3.14, 你好ﬁ ㍿ co\u00adop\xff! <p>exam-\nple li\u00ad\nne su\u00ad\nn f<b>i</b>n &eacute;t&#233; ＜ｂ＞x"
	var got []string
	for _, s := range Segments([]byte(text)) {
		got = append(got, text[s.Start:s.End]+"="+s.Norm)
	}
	want := []string{"Don’t=don't", "STOP=stop", "3.14=3.14", "你=你", "好=好", "ﬁ=fi",
		"㍿=株", "㍿=式", "㍿=会", "㍿=社", "co\u00adop=coop",
		"exam-\nple=example", "li\u00ad\nne=line", "su\u00ad\nn=sun", "f<b>i</b>n=fin", "&eacute;t&#233;=été", "x=x"}
	if !slices.Equal(got, want) {
		t.Errorf("Segments(%q) = %q, want %q", text, got, want)
	}
}

// TestPeerBug26_SpansAreWholeCharacters checks spans in text of many scripts,
// and that what they span has the token that they claim.
func TestPeerBug26_SpansAreWholeCharacters(t *testing.T) {
	rng := rand.New(rand.NewPCG(26, 0))
	texts := slices.Clone(scripts)
	for range 100 {
		texts = append(texts, soup(50, rng.IntN))
	}
	count := 0
	for _, text := range texts {
		var start, end int
		for _, s := range Segments([]byte(text)) {
			count++
			if s.Start < start || s.End < end || s.Start >= s.End || s.End > len(text) {
				t.Fatalf("text %q: span [%d,%d) after [%d,%d)", text, s.Start, s.End, start, end)
			}
			start, end = s.Start, s.End
			if part := text[start:end]; !utf8.ValidString(part) || !slices.Contains(tokensOf(part), s.Norm) {
				t.Fatalf("text %q: span [%d,%d) %q is not token %q", text, start, end, part, s.Norm)
			}
		}
	}
	if count < 1000 {
		t.Errorf("only %d spans seen", count)
	}
}

func TestSegmentsAreTheTokens(t *testing.T) {
	rng := rand.New(rand.NewPCG(27, 0))
	texts := slices.Clone(scripts)
	for range 100 {
		texts = append(texts, soup(50, rng.IntN))
	}
	for _, text := range texts {
		checkSegments(t, text)
	}
}

func checkSegments(t *testing.T, text string) {
	t.Helper()
	var got []string
	places := NewNormalizer().Places([]byte(text))
	for i, s := range Segments([]byte(text)) {
		got = append(got, s.Norm)
		if start, end := places.At(i); start != s.Start || end != s.End {
			t.Errorf("text %q: segment %d is %v, its place %d to %d", text, i, s, start, end)
		}
	}
	if places.Len() != len(got) {
		t.Errorf("text %q: %d places of %d segments", text, places.Len(), len(got))
	}
	if want := tokensOf(text); !slices.Equal(got, want) {
		t.Errorf("text %q: segments are %q, tokens %q", text, got, want)
	}
}
