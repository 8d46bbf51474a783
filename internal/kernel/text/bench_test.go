package text

import (
	"bytes"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// prose is about 4 KB of ASCII like an article: paragraphs of sentences.
var prose = []byte(strings.Repeat(`In a significant development on 19 December 2024, the ministry said that it
would not comment; "we don't know", a spokesman told reporters, "what the outcome of the meeting is".

The international trade of well-known e-commerce sites cost 1,250.75 million dollars in the U.S. alone.
`, 14))

func perToken(b *testing.B, bytes, tokens int) {
	b.SetBytes(int64(bytes))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tokens), "ns/token")
}

func BenchmarkLower(b *testing.B) {
	noBreaks := bytes.ReplaceAll(bytes.ReplaceAll(prose, []byte("\n\n"), []byte(" ")), []byte("\n"), []byte(" "))
	for name, text := range map[string][]byte{"prose": prose, "no breaks": noBreaks, "40 bytes": prose[:40]} {
		b.Run(name, func(b *testing.B) {
			kerneltest.BenchmarkLevels(b, func(b *testing.B) {
				dst := make([]byte, len(text))
				for b.Loop() {
					Lower(dst, text, false)
				}
				b.SetBytes(int64(len(text)))
			})
		})
	}
}

// bench has the results of each kernel for the next one, on lower-case prose.
type bench struct {
	text          []byte
	words, beyond []uint64
	edges         []uint32
	tokens        int
}

func newBench() bench {
	x := bench{text: make([]byte, len(prose))}
	n, _ := Lower(x.text, prose, true)
	x.text = x.text[:n]
	x.words, x.beyond = make([]uint64, Blocks(n)), make([]uint64, Blocks(n))
	Words(x.words, x.beyond, x.text)
	x.edges = make([]uint32, 64*len(x.words))
	x.tokens = Edges(x.edges, x.words) / 2
	return x
}

func BenchmarkWords(b *testing.B) {
	x := newBench()
	kerneltest.BenchmarkLevels(b, func(b *testing.B) {
		for b.Loop() {
			Words(x.words, x.beyond, x.text)
		}
		perToken(b, len(x.text), x.tokens)
	})
}

func BenchmarkEdges(b *testing.B) {
	x := newBench()
	kerneltest.BenchmarkLevels(b, func(b *testing.B) {
		for b.Loop() {
			Edges(x.edges, x.words)
		}
		perToken(b, len(x.text), x.tokens)
	})
}

// benchSeeds are one for each of the two ways to hash.
var benchSeeds = map[string]int64{"": 0, "seeded": 7}

func BenchmarkHashTokens(b *testing.B) {
	x := newBench()
	dst, memo := make([]uint64, x.tokens), new(Memo)
	for name, seed := range benchSeeds {
		k := NewKey(seed)
		b.Run(name, func(b *testing.B) {
			kerneltest.BenchmarkLevels(b, func(b *testing.B) {
				for b.Loop() {
					k.HashTokens(dst, x.text, x.edges[:2*x.tokens], memo)
				}
				perToken(b, len(x.text), x.tokens)
			})
		})
	}
}

func BenchmarkRoll(b *testing.B) {
	const tokens = 700
	k := NewKey(0)
	for name, n := range map[string]int{"1": 1, "3": 3, "5": 5, "9": 9, "16": 16, "32": 32} {
		b.Run(name, func(b *testing.B) {
			kerneltest.BenchmarkLevels(b, func(b *testing.B) {
				h := make([]uint64, tokens)
				for b.Loop() {
					k.Roll(h, n, 1)
				}
				perToken(b, 8*tokens, tokens)
			})
		})
	}
}
