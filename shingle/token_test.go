package shingle

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

func TestTokens(t *testing.T) {
	tests := []struct {
		in   string
		want string // tokens between bars
	}{
		{"", ""},
		{" . ,;- ", ""},
		{"Hello, world!", "hello|world"},
		{"don't o'clock' 'tis", "don't|o'clock|tis"},
		{"3.14 1,000.50 1. .5 1,a", "3.14|1,000.50|1|5|1|a"},
		{"a.b.c a..b a:b 1:2 a;b 1;2", "a.b.c|a|b|a:b|1|2|a|b|1;2"},
		{"snake_case _x_ __ a_1 _", "snake_case|_x_|a_1"},
		{"well-known e-mail 2024-12-20", "well|known|e|mail|2024|12|20"},
		{"32.3 feet 5kg", "32.3|feet|5kg"},
		{"can’t “stop”", "can't|stop"},
		{"Привет, мир т.е.", "привет|мир|т.е"},
		{"你好，世界", "你|好|世|界"},
		{"2024年12月", "2024|年|12|月"},
		{"東京タワーです", "東|京|タ|ワ|ー|で|す"},
		{"が ｶﾞ か\u3099", "が|ガ|が"},
		{"a_カ_b", "a_|カ|_b"},
		{"น้ำ๑๒", "น\u0e49\u0e4d|า|๑๒"},
		{"ខ្មែរ", "ខ\u17d2|ម\u17c2|រ"},
		{"안녕하세요 세계", "안녕하세요|세계"},
		{"مَرْحَبًا بك", "مرحبا|بك"},
		{"צה\"ל", "צה\"ל"},
		{"🎉🎉 👨‍👩‍👧 🇩🇪", ""},
		{"a🎉b", "a|b"},
		{"½ ㍿ ①", "1⁄2|株|式|会|社|1"},
		{"\xff\xfe", ""},
		{"a\r\nb\rc", "a|b|c"},
	}
	for _, tt := range tests {
		if got := strings.Join(tokensOf(tt.in), "|"); got != tt.want {
			t.Errorf("tokens of %q are %q, want %q", tt.in, got, tt.want)
		}
		if got, want := HasToken([]byte(normalise(tt.in))), tt.want != ""; got != want {
			t.Errorf("HasToken(%q) = %v, want %v", tt.in, got, want)
		}
	}
}

// checkTokens compares the tokens of a text, normalised unless it is ASCII,
// with those found by the library alone.
func checkTokens(t *testing.T, text string) {
	t.Helper()
	if strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) {
		text = normalise(text)
	}
	want := slowTokens(text)
	if got := scannedTokens(text); !slices.Equal(got, want) {
		t.Fatalf("tokens of %q are at %v by the scanner, want %v", text, got, want)
	}
	if got := foundTokens(text); !slices.Equal(got, want) {
		t.Fatalf("tokens of %q are at %v, want %v", text, got, want)
	}
}

func TestTokensEqualLibraryOnAllShortASCII(t *testing.T) {
	const alphabet = "a1_:,.'\"- \n"
	var word func(prefix string, more int)
	word = func(prefix string, more int) {
		checkTokens(t, prefix)
		if more > 0 {
			for _, c := range alphabet {
				word(prefix+string(c), more-1)
			}
		}
	}
	length := 5
	if testing.Short() {
		length = 4
	}
	word("", length)
	for a := range rune(128) {
		for b := range rune(128) {
			for _, frame := range []string{"", "x", "5", "_"} {
				checkTokens(t, frame+string(a)+string(b)+frame)
				checkTokens(t, frame+string(a)+frame+string(b)+frame)
			}
		}
	}
}

func TestTokensEqualLibraryOnMixedText(t *testing.T) {
	const seed = 2
	rng := rand.New(rand.NewPCG(seed, 0))
	for _, a := range scripts {
		for _, b := range scripts {
			checkTokens(t, a+b)
		}
	}
	for range 20000 {
		checkTokens(t, soup(rng.IntN(12), rng.IntN))
	}
	// Every character between those that fast paths end at.
	for r := rune(0); r <= 0x323B0; r++ {
		checkTokens(t, "a"+string(r)+"b"+string(r)+" 世"+string(r)+"界1."+string(r))
	}
}

// TestTokensWhereBlocksAndChunksMeet moves texts over the ends of the blocks of a
// bitmap and of the chunks that a tokenizer takes.
func TestTokensWhereBlocksAndChunksMeet(t *testing.T) {
	const seed = 3
	rng := rand.New(rand.NewPCG(seed, 0))
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for _, text := range scripts {
			for shift := range 66 {
				checkTokens(t, strings.Repeat("a", shift)+text)
			}
		}
		for range 300 {
			checkTokens(t, soup(rng.IntN(1500), rng.IntN))
		}
		for _, unit := range []string{"a", "a.", "é", "_", "世", "\u0301", "l’été ", "ab c, ", "世界 "} {
			for _, size := range []int{chunkSize, longChunk} {
				for shift := range 7 {
					text := strings.Repeat("x", shift) + strings.Repeat(unit, size/len(unit))
					checkTokens(t, text+" "+text+unit+"\u0301b "+text)
				}
			}
		}
	})
}

// TestTokensOfFrequentCharacters puts the characters that the bitmap knows, and
// some that it does not, next to each other in all ways.
func TestTokensOfFrequentCharacters(t *testing.T) {
	parts := []string{"a", "1", "_", ".", "'", ":", ",", " ", "-", "é", "я", "ω", "’", "—", "“", "«", "\u0301", "世", "ა", "\u00b7", "ה", "\"", "カ"}
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for _, a := range parts {
			for _, b := range parts {
				for _, c := range parts {
					for _, d := range parts {
						text := a + b + c + d
						if got, want := foundTokens(text), slowTokens(text); !slices.Equal(got, want) {
							t.Fatalf("tokens of %q are at %v, want %v", text, got, want)
						}
					}
				}
			}
		}
	})
}

func TestStartsCJK(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if text := []byte(string(r)); r != unicode.ReplacementChar && utf8.ValidRune(r) {
			if got, want := startsCJK(text), commonCJK(r); got != want {
				t.Fatalf("startsCJK(%U) = %v, want %v", r, got, want)
			}
			if got, want := startsCJKMark(text), 0x3001 <= r && r <= 0x3011; got != want {
				t.Fatalf("startsCJKMark(%U) = %v, want %v", r, got, want)
			}
		}
	}
}

func TestUnspacedShortCut(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if got, want := unspaced(r), unspacedSlow(r); got != want {
			t.Fatalf("unspaced(%U) = %v, want %v", r, got, want)
		}
	}
}
