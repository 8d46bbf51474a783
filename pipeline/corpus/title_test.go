package corpus

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// slowTitle is AppendTitle, a character at a time.
func slowTitle(text []byte, maxRunes int) []byte {
	var title []rune
	wordEnd, pending := 0, false
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		switch {
		case isSpace(r):
			pending = len(title) > 0
		case isInvisible(r):
		case !pending && len(title) == maxRunes, pending && len(title)+2 > maxRunes:
			if pending && len(title) < maxRunes {
				wordEnd = len(title)
			}
			cut := title[:wordEnd]
			if 2*len(string(cut)) < len(string(title)) {
				cut = title[:len(title)-1]
			}
			return []byte(string(cut) + "…")
		default:
			if pending {
				wordEnd = len(title)
				title = append(title, ' ')
			}
			title, pending = append(title, r), false
		}
	}
	return []byte(string(title))
}

func checkTitle(t *testing.T, text []byte, maxRunes int) {
	t.Helper()
	got := AppendTitle([]byte("before "), text, maxRunes)
	if want := "before " + string(slowTitle(text, maxRunes)); string(got) != want {
		t.Fatalf("title of %q in %d characters:\n got %q\nwant %q", text, maxRunes, got, want)
	}
}

func TestTitleAgrees(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	parts := []string{"word", "a", "longerword", " ", " ", " ", " ", "  ", "\n\n", "\t", "é", "“", "\u00a0", "\u200b", "\x7f", "\x1b", "\xff", "!", " !", "~", "\u0301"}
	for range 20_000 {
		var b strings.Builder
		usual := 3 + rng.IntN(len(parts)-2)
		for n := rng.IntN(40); n > 0; n-- {
			b.WriteString(parts[rng.IntN(usual)])
			if rng.IntN(2) == 0 {
				b.WriteByte(' ')
			}
		}
		checkTitle(t, []byte(b.String()), 1+rng.IntN(100))
	}
}

// TestTitleCharacters: the short ways to tell a character are right for all.
func TestTitleCharacters(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if got, want := isSpace(r), unicode.IsSpace(r); got != want {
			t.Errorf("isSpace(%U) = %v, want %v", r, got, want)
		}
		if got, want := isInvisible(r), r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf); got != want {
			t.Errorf("isInvisible(%U) = %v, want %v", r, got, want)
		}
	}
}

func FuzzTitleAgrees(f *testing.F) {
	f.Add([]byte("some words of a text that is longer than the line"), 16)
	f.Add([]byte(" two  spaces\nand \x7f\x1b[0m \u202e é"), 80)
	f.Fuzz(func(t *testing.T, text []byte, maxRunes int) {
		checkTitle(t, text, 1+abs(maxRunes%200))
	})
}

// BenchmarkTitle is of titles of 80 characters.
func BenchmarkTitle(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"plain", "Some words of a text, "},
		{"newlines", "A short line.\n\n"},
		{"quotes", "Some “quoted” words of a text, "},
		{"cyrillic", "съешь ещё этих мягких "},
	} {
		b.Run(c.name, func(b *testing.B) {
			text := bytes.Repeat([]byte(c.text), 100)
			var title []byte
			for b.Loop() {
				title = AppendTitle(title[:0], text, 80)
			}
		})
	}
}
