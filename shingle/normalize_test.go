package shingle

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// shared is the Normalizer of all tests that need no new one.
var shared = NewNormalizer()

func normalise(text string) string { return string(shared.Append(nil, []byte(text))) }

func TestNormalize(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{" \t\r\n\u00a0\u3000", ""},
		{"  Hello,\r\n\r\n\tWORLD  ", "hello, world"},
		{"AZaz@[`{", "azaz@[`{"},
		{"a\x00b\x1fc\x7f", "a\x00b\x1fc\x7f"},
		{"Straße ẞ", "strasse ss"},
		{"ﬁnance ﬀ", "finance ff"},
		{"ПРИВЕТ", "привет"},
		{"Е\u0308лка", "ёлка"},
		{"e\u0301 É", "é é"},
		{"ΣΊΣΥΦΟΣ", "σίσυφοσ"},
		{"İ", "i"},
		{"Ｆｕｌｌ　Ｗｉｄｔｈ", "full width"},
		{"ﾊﾟﾊﾞ", "パバ"},
		{"２０２４年", "2024年"},
		{"½ x² ㎏", "1⁄2 x2 kg"},
		{"\ufeffstart", "start"},
		{"co\u00adoperate zero\u200bwidth", "cooperate zerowidth"},
		{"a \u200b b", "a b"},
		{"❤\ufe0f", "❤"},
		{"x\u00a8y", "x \u0308y"},
		{"\u00a8", "\u0308"},
		{"ﷺ", "صلى الله عليه وسلم"},
		{"한", "한"},
		{"bad \xff\xfe!", "bad \ufffd\ufffd!"},
		{"trunc\xe4\xbd", "trunc\ufffd\ufffd"},
		{"q\u0323\u0307 q\u0307\u0323", "q\u0323\u0307 q\u0323\u0307"},
		{"word\u0600s \ufff9", "word\u0600s \ufff9"}, // Cf, but seen
		{"IĞDIR ığdır İZMİR i\u0307zmir I\u0307", "iğdir iğdir izmir izmir i"},
		{"q\u0307 i\u0323\u0307 i\u0307\u0301", "q\u0307 ị\u0307 í"},
		{"don’t donʼt don´t “so” – a—b", `don't don't don't "so" - a-b`},
		{"مُحَمَّدٌ كتـــاب هٰذَا آمَنَ مُؤْمِن ۀ", "محمد كتاب هذا آمن مؤمن ۀ"},
		{"בְּרֵאשִׁית צה״ל ג׳ בן־אדם", "בראשית צה\"ל ג' בן-אדם"},
		{"हिन्दी น้ำ ខ្មែរ Tiếng", "हिन्दी น\u0e49\u0e4dา ខ្មែរ tiếng"},
		{"exam-\nple exam- \r\n\tple exam‐\nple EXAM-\nPLE", "example example example example"},
		{"a-b a -b 5-\nb a-\n5 -\na x- y- z", "a-b a -b 5- b a- 5 - a xyz"},
		{"exam\u00ad\nple exam\u00ad\u00ad \r\n PLE ex\u00ada&shy;\nm", "example example exam"},
		{"exam\u00ad\nple of st\u00ads", "exam ple of sts"},
		{"5\u00ad\n5 a\u00ad\n5 \u00ad\na b\u00ad", "5 5 a 5 a b"},
		{"ಹಕ್ಕು-\nಗಳು हक‐ \r\n\tु", "ಹಕ್ಕುಗಳು हकु"},
		{"क‐-\nख क--\nख क‐\nख", "क-- ख क-- ख कख"}, // a dash is no hyphen
		{"कहा- मैं १-\n२ क-\n\nख क -\nख 東-\n京", "कहा- मैं १- २ क- ख क - ख 東- 京"},
		{"Հա֊\nյ Wör⸗\nter", "հայ wörter"},
		{"<p class=\"c\">One<br/>two<!-- no --> thr<i>ee</i></p>", "one two three"},
		{"a < b <c> <someone@x.org> List<String> a<b and c>d", "a < b <c> <someone@x.org> list<string> a<b and c>d"},
		{"<script src=x>if (a<b) c</script>d <style>e</style> <script>f", "d f"},
		{"<!DOCTYPE html><input disabled><td nowrap width=5%>x", "x"},
		{"AT&T R&amp;D &eacute;t&#233; &#x27;x&#39; &amp;amp;nbsp;y &lt;b&gt;z &unknown; &amp", "at&t r&d été 'x' y z &unknown; &amp"},
		{"＜ｂｒ＞ <b\u00adr> &EACUTE;", "é"},
	}
	for _, tt := range tests {
		if got := normalise(tt.in); got != tt.want {
			t.Errorf("Append(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// checkNormalize compares the normal form of text with the slow one, and the
// form of the form with itself, behind a prefix that must not matter.
func checkNormalize(t *testing.T, n *Normalizer, text string) {
	t.Helper()
	want := slowNormalize(text)
	for _, prefix := range []string{"", "x", "x "} {
		got := string(n.Append([]byte(prefix), []byte(text)))
		if got != prefix+want {
			t.Fatalf("Append(%q, %q) = %q, want %q", prefix, text, got, prefix+want)
		}
	}
	if slowMarkup(want) != want {
		return // written so that markup is left after it was taken out twice
	}
	if again := string(n.Append(nil, []byte(want))); again != want {
		t.Fatalf("text %q: form %q has form %q", text, want, again)
	}
}

func TestNormalizeEqualsSlowForm(t *testing.T) {
	n := shared
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for _, a := range scripts {
			checkNormalize(t, n, a)
			for _, b := range scripts {
				checkNormalize(t, n, a+b)
				checkNormalize(t, n, a+" "+b)
			}
		}
	})
}

func TestNormalizeEqualsSlowFormForEveryCharacter(t *testing.T) {
	n := shared
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r >= 0x323B0 && r < 0xE0000 || r > 0xE01FF { // unassigned and private
			continue
		}
		text := "a" + string(r) + "\u0301A"
		if got, want := string(n.Append(nil, []byte(text))), slowNormalize(text); got != want {
			t.Fatalf("Append(%q) = %q, want %q (%U)", text, got, want, r)
		}
	}
}

func TestNormalizeEqualsSlowFormOnSoup(t *testing.T) {
	const seed = 1
	rng := rand.New(rand.NewPCG(seed, 0))
	n := shared
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for range 2000 {
			checkNormalize(t, n, soup(rng.IntN(60), rng.IntN))
		}
	})
}

// TestNormalizeEqualsSlowFormAtLineEnds draws from few characters, so that all
// kinds of line ends come up between all others.
func TestNormalizeEqualsSlowFormAtLineEnds(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 0))
	letters := []string{"a", "B", "5", "é", "e\u0301", "क", "ು", "१", "東", "-", "\u2010", "\u00ad", "\n", "\r\n", " ", "\t", "\u2028"}
	n := shared
	for range 5_000 {
		var text strings.Builder
		for range 2 + rng.IntN(8) {
			text.WriteString(letters[rng.IntN(len(letters))])
		}
		checkNormalize(t, n, text.String())
		checkSegments(t, text.String())
	}
}

func TestNormalizeASCIIAtEveryOffset(t *testing.T) {
	n := shared
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for _, c := range []string{" ", "\t", "\n", "\v", "\f", "\r", "\x08", "\x0e", "@", "A", "Z", "[", "\x00", "\x7f", "é", "\u0301", "  ", "\n\n", "’", "’\u0301", "\u2003 ", "\xe2\x80"} {
			for before := range 70 {
				for _, after := range []int{0, 1, 5, 31, 32, 63, 64} {
					checkNormalize(t, n, strings.Repeat("Q", before)+c+strings.Repeat("r ", after))
				}
			}
		}
	})
}

func TestNormalizeKeepsItsHandsOffItsInput(t *testing.T) {
	n := shared
	for _, text := range scripts {
		in := []byte(text)
		guarded := append(make([]byte, 0, len(in)+64), in...)
		n.Append(nil, guarded)
		if !bytes.Equal(guarded, in) {
			t.Errorf("Append changed its input %q to %q", in, guarded)
		}
		if tail := guarded[len(in):cap(guarded)]; len(bytes.Trim(tail, "\x00")) > 0 {
			t.Errorf("Append(%q) wrote behind its input: %q", in, tail)
		}
	}
}

func TestFoldAgreesWithSimpleFold(t *testing.T) {
	n := shared
	form := func(r rune) string { return string(n.Append(nil, []byte(string(r)))) }
	for r := rune(0); r <= unicode.MaxRune; r++ {
		for s := unicode.SimpleFold(r); s != r; s = unicode.SimpleFold(s) {
			if form(r) != form(s) {
				t.Errorf("%U has form %q, %U of the other case has %q", r, form(r), s, form(s))
			}
		}
	}
}

func TestInvisibleIsDefaultIgnorable(t *testing.T) {
	// From DerivedCoreProperties.txt, the total and some of either kind.
	count := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if invisible(r) {
			count++
		}
	}
	if want := 4174; count != want {
		t.Errorf("%d characters are invisible, want %d", count, want)
	}
	for _, r := range "\u00ad\u034f\u061c\u115f\u17b4\u180b\u200b\u202e\u2060\u3164\ufe0f\ufeff\uffa0\U0001bca0\U000e0001\U000e01ef" {
		if !invisible(r) {
			t.Errorf("%U is visible", r)
		}
	}
	for _, r := range "a \u0301\u0600\u06dd\u070f\u08e2\ufff9\ufffb\ufffd\U000110bd\U00013430" {
		if invisible(r) {
			t.Errorf("%U is invisible", r)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, text := range scripts {
		f.Add(text)
	}
	n := shared
	f.Fuzz(func(t *testing.T, text string) {
		for l := kernel.Portable; l <= kernel.Best(); l++ {
			restore := kernel.Use(l)
			checkNormalize(t, n, text)
			restore()
		}
	})
}
