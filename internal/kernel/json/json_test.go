package json

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// slowUnescape is Unescape, a byte at a time.
func slowUnescape(src []byte) (out []byte, read int, nonASCII bool) {
	for read < len(src) {
		c := src[read]
		switch {
		case c < 0x20, c == '"':
			return out, read, nonASCII
		case c != '\\':
			out = append(out, c)
			nonASCII = nonASCII || c >= 0x80
			read++
			continue
		}
		if read+1 == len(src) || unescapes[src[read+1]] == 0 {
			return out, read, nonASCII
		}
		out = append(out, unescapes[src[read+1]])
		read += 2
	}
	return out, read, nonASCII
}

// checkUnescape compares Unescape at the level in use with slowUnescape, and
// looks whether it writes behind dst[:len(src)].
func checkUnescape(t *testing.T, dst, src []byte) {
	t.Helper()
	for i := range dst {
		dst[i] = 0xcc
	}
	w, r, nonASCII := Unescape(dst, src)
	want, wantRead, wantNonASCII := slowUnescape(src)
	if w < 0 || w > len(src) || !bytes.Equal(dst[:w], want) || r != wantRead || nonASCII != wantNonASCII {
		t.Fatalf("%v: Unescape(%q) = %q, %d, %v; want %q, %d, %v", kernel.Active(), src, dst[:max(w, 0)], r, nonASCII, want, wantRead, wantNonASCII)
	}
	for i, c := range dst[len(src):] {
		if c != 0xcc {
			t.Fatalf("%v: Unescape(%q) wrote %d bytes behind the length of src", kernel.Active(), src, i+1)
		}
	}
}

// guarded copies p to both of two places with fences, and gives dst the same.
func guarded(t *testing.T, n int) (src, dst [2][]byte) {
	src[0], src[1] = kerneltest.Guarded[uint8](t, n)
	dst[0], dst[1] = kerneltest.Guarded[uint8](t, n)
	return src, dst
}

const maxLength = 300

func TestUnescapeLengths(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(1, 2))
		src, dst := guarded(t, maxLength)
		room := make([]byte, maxLength+100)
		for n := range maxLength + 1 {
			for _, every := range []int{2, 10, 100, 1e9} {
				for i := range src {
					// At the fence behind, and at the one before.
					s, d := src[i][:n], dst[1-i][:n]
					if i == 0 {
						s = src[0][maxLength-n:]
					} else {
						d = dst[0][maxLength-n:]
					}
					fill(rng, s, every)
					checkUnescape(t, d, s)
					checkUnescape(t, room[n%7:n%7+n+64], s)
				}
			}
		}
	})
}

func TestUnescapePanicsWithoutRoom(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, l kernel.Level) {
		for _, dst := range [][]byte{make([]byte, 9), make([]byte, 9, 99)} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("Unescape of 10 bytes into %d of %d does not panic", len(dst), cap(dst))
					}
				}()
				Unescape(dst, make([]byte, 10))
			}()
		}
	})
}

// TestGiants has strings and texts of more than one call of assembly, with what
// may be cut at the borders.
func TestGiants(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		dst := make([]byte, 3*most+100)
		for _, size := range []int{most - 1, most, most + 1, most + 2, 2*most + 3, 3 * most} {
			plain := bytes.Repeat([]byte{'a'}, size)
			checkUnescape(t, dst, plain)
			checkUTF8(t, plain)
			for _, s := range []string{
				`\n`, `\\n`, `\\\n`, `\u00e9`, `\x`, `\`, `"`, `\"`, `\""`, "\n", "é", "世", "😀", "\xff", "\x80",
				"\xf0\x9f", "\xf0\x9f\x98", "\xf0\x9f\x98\x80\x80", "\xe4\xb8\x96\x80", "\x80\x80\x80\x80\x80\x80\x80\x80",
			} {
				for at := most - 9; at <= most+2 && at < size; at++ {
					p := bytes.Clone(plain)
					copy(p[at:], s)
					checkUnescape(t, dst, p)
					checkUTF8(t, p)
				}
			}
			checkUnescape(t, dst, bytes.Repeat([]byte(`\n`), size/2+1)[:size])
			checkUnescape(t, dst, bytes.Repeat([]byte(`a\n`), size/3+1)[:size])
			for _, s := range []string{"é", "世", "😀", "a世", "é😀"} {
				p := []byte(strings.Repeat(s, size/len(s)+1))
				checkUTF8(t, p)
				checkUTF8(t, p[:size])
				checkUTF8(t, p[1:])
				checkUTF8(t, p[:min(len(p), most)])
				checkUTF8(t, p[:min(len(p), most+1)])
			}
		}
	})
}

// fill makes content for a string; one place in every so many is special.
func fill(rng *rand.Rand, p []byte, every int) {
	special := []string{`\n`, `\"`, `\\`, `\/`, `\t`, `\b`, `\f`, `\r`, `\n`, `\n`, `\n`, `\n`, `"`, `\u00e9`, `\x`, "\x1f", "\x00", "\x7f", "\x80", "\xff", "é", "\\\xff", "\\\x80"}
	for i := 0; i < len(p); {
		if rng.IntN(every) == 0 {
			i += copy(p[i:], special[rng.IntN(len(special))])
			continue
		}
		p[i] = ' ' + byte(rng.IntN(2)) + 'A'*byte(rng.IntN(2))
		i++
	}
}

// TestUnescapeEveryByte: each byte, alone and after a backslash, at each place of
// the first blocks.
func TestUnescapeEveryByte(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		dst := make([]byte, 200)
		src := make([]byte, 170)
		for at := range 150 {
			for c := range 256 {
				for i := range src {
					src[i] = 'a'
				}
				src[at] = byte(c)
				checkUnescape(t, dst, src)
				src[at], src[at+1] = '\\', byte(c)
				checkUnescape(t, dst, src)
				checkUnescape(t, dst, src[:at+1])
				checkUnescape(t, dst, src[:at+2])
			}
		}
	})
}

// TestNonASCIIBehindTheEnd: bytes that are not of the string do not count.
func TestNonASCIIBehindTheEnd(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		dst := make([]byte, 300)
		for at := range 130 {
			src := append(bytes.Repeat([]byte{'a'}, at), "\"éééééééééééééééééééééééééééééééééééééé"...)
			if _, n, nonASCII := Unescape(dst, src); n != at || nonASCII {
				t.Fatalf("a string of %d bytes: read %d, non-ASCII %v", at, n, nonASCII)
			}
		}
	})
}

func FuzzUnescape(f *testing.F) {
	f.Add([]byte(`some text\nand \"more\" of it, \\ long enough for a few blocks of any size, \u00e9`), uint8(3))
	f.Add([]byte("é\\"), uint8(0))
	f.Add(bytes.Repeat([]byte(`\n`), 100), uint8(1))
	f.Fuzz(func(t *testing.T, src []byte, offset uint8) {
		dst := make([]byte, int(offset)+len(src)+70)
		for l := kernel.Portable; l <= kernel.Best(); l++ {
			restore := kernel.Use(l)
			checkUnescape(t, dst[offset:], src)
			restore()
		}
	})
}

func checkUTF8(t *testing.T, p []byte) {
	t.Helper()
	if got, want := ValidUTF8(p), utf8.Valid(p); got != want {
		t.Fatalf("%v: ValidUTF8(%q) = %v, want %v", kernel.Active(), p, got, want)
	}
}

// TestUTF8Pairs: any two bytes, and three or four that begin like characters at
// the borders of what is valid, at each place of a block.
func TestUTF8Pairs(t *testing.T) {
	var hard []string
	edges := []byte{0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xff}
	for a := 0xe0; a < 0x100; a++ {
		for _, b := range edges {
			for _, c := range edges {
				hard = append(hard, string([]byte{byte(a), b, c}))
				for _, d := range []byte{'a', 0x80, 0xbf, 0xc2} {
					hard = append(hard, string([]byte{byte(a), b, c, d}))
				}
			}
		}
	}
	for a := range 256 {
		for b := range 256 {
			hard = append(hard, string([]byte{byte(a), byte(b)}))
		}
	}
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		buf := make([]byte, 210)
		for i, s := range hard {
			step := 17 // the offset differs from string to string
			if testing.Short() {
				step = 101
			}
			for at := i % step; at < 150; at += step {
				for j := range buf {
					buf[j] = 'a'
				}
				copy(buf[at:], s)
				checkUTF8(t, buf)
			}
			checkUTF8(t, append(buf[:140], s...))
			checkUTF8(t, append(buf[:131], s...))
		}
	})
}

func TestUTF8Lengths(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(3, 4))
		src, _ := guarded(t, maxLength)
		for _, characters := range []string{"a", "é", "世", "😀", "aé世😀", "aaaaaaaaaaaaaaaaaaaaaaaé", "\u0800\U0010ffff\ud7ff\ue000\u0080"} {
			runes := []rune(characters)
			for n := range maxLength + 1 {
				for i := range src {
					s := src[i][:n]
					if i == 0 {
						s = src[0][maxLength-n:]
					}
					p := s[:0]
					for {
						r := runes[rng.IntN(len(runes))]
						if len(p)+utf8.RuneLen(r) > n {
							break
						}
						p = utf8.AppendRune(p, r)
					}
					for j := len(p); j < n; j++ {
						s[j] = 'z'
					}
					checkUTF8(t, s)
					if n == 0 {
						continue
					}
					at, c := rng.IntN(n), byte(rng.IntN(256))
					s[at] = c
					checkUTF8(t, s)
					for cut := range min(4, n) {
						checkUTF8(t, s[:n-cut])
						checkUTF8(t, s[cut:])
					}
				}
			}
		}
	})
}

func FuzzValidUTF8(f *testing.F) {
	f.Add([]byte(strings.Repeat("aé世😀", 30)), uint8(1))
	f.Add([]byte(strings.Repeat("a", 63)+"\xe4\xb8"), uint8(2))
	f.Add([]byte(strings.Repeat("\u0430", 70)+"\xff"), uint8(0))
	f.Fuzz(func(t *testing.T, p []byte, pad uint8) {
		// Short inputs would never reach the blocks.
		p = append(bytes.Repeat([]byte{'a'}, int(pad)), p...)
		for l := kernel.Portable; l <= kernel.Best(); l++ {
			restore := kernel.Use(l)
			checkUTF8(t, p)
			restore()
		}
	})
}

// english and others are strings of 2 KB: the first as in JSONL, the others for
// UTF-8.
func english() string {
	return strings.Repeat(`Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua. Ut enim ad minim veniam,\n\nquis nostrud \"exercitation\" ullamco laboris nisi ut aliquip ex ea commodo consequat. Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur. `, 6)
}

func BenchmarkUnescape(b *testing.B) {
	dense := strings.Repeat(`a\nb\tc\"`, 250)
	for _, c := range []struct{ name, text string }{
		{"prose", english()}, {"plain", strings.Repeat("abcdefgh", 256)}, {"dense", dense}, {"short", "2024-12-01"},
	} {
		b.Run(c.name, func(b *testing.B) {
			src := []byte(c.text + `","more":"` + english())
			dst := make([]byte, len(src))
			kerneltest.BenchmarkLevels(b, func(b *testing.B) {
				b.SetBytes(int64(len(c.text)))
				for b.Loop() {
					if _, n, _ := Unescape(dst, src); n != len(c.text) {
						b.Fatal(n)
					}
				}
			})
		})
	}
}

func BenchmarkValidUTF8(b *testing.B) {
	curly := strings.Repeat(english()[:700]+"“quoted”", 3)
	for _, c := range []struct{ name, text string }{
		{"ascii", english()}, {"curly", curly}, {"cyrillic", strings.Repeat("съешь ещё этих мягких ", 50)}, {"chinese", strings.Repeat("天地玄黄宇宙洪荒", 85)},
	} {
		b.Run(c.name, func(b *testing.B) {
			src := []byte(c.text)
			b.Run("std", func(b *testing.B) { benchmarkValid(b, src, utf8.Valid) })
			kerneltest.BenchmarkLevels(b, func(b *testing.B) { benchmarkValid(b, src, ValidUTF8) })
		})
	}
}

func benchmarkValid(b *testing.B, src []byte, valid func([]byte) bool) {
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if !valid(src) {
			b.Fatal("not valid")
		}
	}
}

func ExampleUnescape() {
	src := []byte(`one\ttab", and more`)
	dst := make([]byte, len(src))
	written, read, nonASCII := Unescape(dst, src)
	fmt.Printf("%q, %q stops it, %v\n", dst[:written], src[read], nonASCII)
	// Output: "one\ttab", '"' stops it, false
}
