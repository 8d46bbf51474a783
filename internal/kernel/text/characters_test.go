package text

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

func slowCharacters(text []byte) (n int) {
	for _, c := range text {
		if c < 0x80 || c >= 0xC0 {
			n++
		}
	}
	return n
}

func checkCharacters(tb testing.TB, text []byte) {
	tb.Helper()
	want := slowCharacters(text)
	if utf8.Valid(text) {
		want = utf8.RuneCount(text)
	}
	end, start := kerneltest.Slices[uint8](tb, &dataRegion, len(text))
	copy(end, text)
	copy(start, text)
	for _, text := range [][]byte{end, start} {
		if got := Characters(text); got != want {
			tb.Fatalf("%v: %d characters, want %d in %q", kernel.Active(), got, want, text)
		}
	}
}

// TestCharacters has texts around each number of blocks, and ones in which each byte
// of a block, each byte of many blocks and each kind of byte counts or does not.
func TestCharacters(t *testing.T) {
	const seed = 13
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(seed, 0))
		for n := range longest + 1 {
			for range 4 {
				text := make([]byte, n)
				for i := range text {
					text[i] = byte(rng.Uint32())
				}
				checkCharacters(t, text)
				checkCharacters(t, []byte(string([]rune(string(text)))))
			}
			checkCharacters(t, bytes.Repeat([]byte{0x80}, n))
			checkCharacters(t, bytes.Repeat([]byte{0xBF}, n))
			checkCharacters(t, bytes.Repeat([]byte("ж"), n))
		}
		for _, n := range []int{8*255 - 1, 8 * 255, 8*256 + 3, mostBytes - 1, mostBytes, mostBytes + 1, 2*mostBytes + 77} {
			checkCharacters(t, bytes.Repeat([]byte{0xBF}, n))
			checkCharacters(t, bytes.Repeat([]byte{0x7F}, n))
		}
	})
}

func FuzzCharacters(f *testing.F) {
	addSamples(f)
	f.Add([]byte("a’bжс語\xff"))
	f.Fuzz(func(t *testing.T, text []byte) { onLevels(func() { checkCharacters(t, text) }) })
}

func BenchmarkCharacters(b *testing.B) {
	text := bytes.Repeat([]byte("Встреча прошла “in Moscow” "), 100)
	kerneltest.BenchmarkLevels(b, func(b *testing.B) {
		for b.Loop() {
			Characters(text)
		}
		b.SetBytes(int64(len(text)))
	})
}
