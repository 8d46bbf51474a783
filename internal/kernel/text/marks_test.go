package text

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

func slowMarks(text []byte) (m Mark) {
	for i, c := range text {
		switch {
		case c == '<' || c == '&':
			m |= Markup
		case c == 0xAD && i > 0 && text[i-1] == 0xC2:
			m |= SoftHyphen
		case c == 0xE0:
			m |= Indic
		}
	}
	return m
}

func slowBreak(text []byte) int {
	for i := 1; i+1 < len(text); i++ {
		if text[i] == '-' && text[i+1] == ' ' && text[i-1] != ' ' {
			return i
		}
	}
	return -1
}

func checkMarks(tb testing.TB, text []byte) {
	tb.Helper()
	end, start := kerneltest.Slices[uint8](tb, &dataRegion, len(text))
	copy(end, text)
	copy(start, text)
	wantMarks, wantBreak := slowMarks(text), slowBreak(text)
	for _, text := range [][]byte{end, start} {
		if got := Marks(text); got != wantMarks {
			tb.Fatalf("%v: Marks(%q) = %03b, want %03b", kernel.Active(), text, got, wantMarks)
		}
		if got := Break(text); got != wantBreak {
			tb.Fatalf("%v: Break(%q) = %d, want %d", kernel.Active(), text, got, wantBreak)
		}
	}
	if !slices.Equal(start, text) || !slices.Equal(end, text) {
		tb.Fatal("input was changed")
	}
}

// markAlphabets are of bytes that are marks or nearly.
var markAlphabets = []string{"aaaaaaaa<", "aaaaaaaa&", "\xC2\xADaaa", "\xC2\xAD", "abcdefgh\xE0", "- a", "a -\xC2", "<&\xE0\xC2\xAD- a"}

func markSample(rng *rand.Rand, n int) []byte {
	alphabet := markAlphabets[rng.IntN(len(markAlphabets))]
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[rng.IntN(len(alphabet))]
	}
	return text
}

// TestMarksAnywhere puts what counts, and what nearly does, at each place of texts of
// each length.
func TestMarksAnywhere(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for _, mark := range []string{"", "<", "&", "\xE0", "\xC2\xAD", "\xC2", "\xAD", "- ", "-", " - ", "--  ", "\xC2-\xAD", "<\xE0&\xC2\xAD"} {
			for size := range 140 {
				for at := 0; at+len(mark) <= size; at++ {
					text := bytes.Repeat([]byte{'x'}, size)
					copy(text[at:], mark)
					checkMarks(t, text)
				}
			}
		}
	})
}

func TestMarksOfSamples(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(11, 0))
		for n := range longest + 1 {
			for range 8 {
				checkMarks(t, sample(rng, n))
				checkMarks(t, markSample(rng, n))
			}
		}
	})
}

// TestMarksOfGiants puts them across the borders between calls of assembly.
func TestMarksOfGiants(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for _, size := range []int{mostBytes, mostBytes + 1, mostBytes + 2, mostBytes + 3, 2*mostBytes + 2, 2*mostBytes + 50} {
			for _, mark := range []string{"<", "\xE0", "\xC2\xAD", "x- y", " - y"} {
				for _, border := range []int{mostBytes, 2 * mostBytes} {
					for at := border - 4; at <= min(border+4, size-len(mark)); at++ {
						text := []byte(strings.Repeat("x", size))
						copy(text[at:], mark)
						checkMarks(t, text)
					}
				}
			}
		}
	})
}

func FuzzMarks(f *testing.F) {
	addSamples(f)
	rng := rand.New(rand.NewPCG(2, 0))
	for n := range 100 {
		f.Add(markSample(rng, n))
	}
	f.Fuzz(func(t *testing.T, text []byte) { onLevels(func() { checkMarks(t, text) }) })
}

func BenchmarkMarks(b *testing.B) {
	kerneltest.BenchmarkLevels(b, func(b *testing.B) {
		for b.Loop() {
			Marks(prose)
		}
		b.SetBytes(int64(len(prose)))
	})
}

func BenchmarkBreak(b *testing.B) {
	kerneltest.BenchmarkLevels(b, func(b *testing.B) {
		for b.Loop() {
			Break(prose)
		}
		b.SetBytes(int64(len(prose)))
	})
}
