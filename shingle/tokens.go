package shingle

import (
	"bytes"
	"math/bits"
	"slices"
	"unicode/utf8"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
)

// Limits of tokenizer, in bytes.
const (
	chunkSize = 4 << 10  // of text at a time, so that all about it stays in the first level cache
	longChunk = 16 << 10 // where a text has no space for so long, the scanner takes over
)

// A tokenizer finds the tokens of texts chunk by chunk, those that a scanner
// finds. The zero value is ready for use; it keeps buffers of less than 1 MB and
// belongs to one goroutine at a time.
//
// Tokens are runs of bits in a bitmap of the text. The kernel sets the bits of
// ASCII; those of the letters and punctuation that are most frequent beyond it
// are added here. What else there is, is care: tokens next to it are found anew
// by the scanner.
type tokenizer struct {
	words, care   []uint64 // bitmaps
	edges, merged []uint32 // starts and ends of tokens
}

// nextChunk returns the size of the chunk that text starts with and whether it is
// for tokenizer, not the scanner. Chunks end behind a space, where no token and no
// rule that makes one reaches over.
func nextChunk(text []byte) (size int, ok bool) {
	if len(text) <= chunkSize {
		return len(text), true
	}
	if i := bytes.LastIndexByte(text[:chunkSize], ' '); i >= 0 {
		return i + 1, true
	}
	i := bytes.IndexByte(text[chunkSize:], ' ')
	if i < 0 {
		size = len(text)
	} else {
		size = chunkSize + i + 1
	}
	return size, size <= longChunk
}

// find returns the places of the tokens of a chunk: starts and ends by turns,
// good until the next call.
func (t *tokenizer) find(chunk []byte) []uint32 {
	blocks := kernels.Blocks(len(chunk))
	t.words = slices.Grow(t.words[:0], blocks)[:blocks]
	t.care = slices.Grow(t.care[:0], blocks)[:blocks]
	t.edges = slices.Grow(t.edges[:0], 64*blocks)[:64*blocks]
	nonASCII, connectors := kernels.Words(t.words, t.care, chunk)
	careful := nonASCII && t.addFrequent(chunk)
	edges := t.edges[:kernels.Edges(t.edges, t.words)]
	if careful {
		t.merged = t.merge(t.merged[:0], chunk, edges)
		edges = t.merged
	}
	if connectors {
		edges = dropConnectors(edges, chunk)
	}
	return edges
}

// longText is the size in bytes of a text from which on its tokens are counted first: to
// have room for them by doubling takes up to three times their memory.
const longText = 4 << 20

// count returns the number of tokens of a text.
func (t *tokenizer) count(text []byte) (n int) {
	for len(text) > 0 {
		size, ok := nextChunk(text)
		if ok {
			n += len(t.find(text[:size])) / 2
		} else {
			for scan := (scanner{text: text[:size]}); scan.next(); {
				n++
			}
		}
		text = text[size:]
	}
	return n
}

// addFrequent puts the frequent characters beyond ASCII where they belong in
// words, takes them out of care and reports whether anything is left there.
func (t *tokenizer) addFrequent(text []byte) (careful bool) {
	for at := t.nextCare(0); at < len(text); {
		kind, size := frequent(text[at:])
		if kind == unknown {
			// What touches such a character is for the scanner anyway.
			careful = true
			at = t.nextCare(beyondEnd(text, at))
			continue
		}
		end := at + size
		if kind == letter {
			end = lettersEnd(text, end)
			setBits(t.words, at, end)
			t.joinAround(text, at, end)
		}
		clearBits(t.care, at, end)
		at = t.nextCare(end)
	}
	return careful
}

// beyondEnd returns the end of the bytes beyond ASCII at text[i].
func beyondEnd(text []byte, i int) int {
	for i < len(text) && text[i] >= utf8.RuneSelf {
		i++
	}
	return i
}

// lettersEnd returns the end of the frequent letters at text[i].
func lettersEnd(text []byte, i int) int {
	for i < len(text) && text[i] >= utf8.RuneSelf {
		kind, size := frequent(text[i:])
		if kind != letter {
			break
		}
		i += size
	}
	return i
}

// joinAround adds the punctuation on either side of the letters text[start:end]
// that holds them and another letter together; the kernel has only looked for
// letters in ASCII.
func (t *tokenizer) joinAround(text []byte, start, end int) {
	if start > 0 && kernels.Classes[text[start-1]]&kernels.MidLetter != 0 && letterBefore(text, start-1) {
		setBits(t.words, start-1, start)
	}
	if end < len(text) && kernels.Classes[text[end]]&kernels.MidLetter != 0 && letterAt(text, end+1) {
		setBits(t.words, end, end+1)
	}
}

// setBits sets the bits of bitmap from i to before end.
func setBits(bitmap []uint64, i, end int) {
	for ; i < end; i = (i/64 + 1) * 64 {
		bitmap[i/64] |= bitsFrom(i, end)
	}
}

// clearBits clears the bits of bitmap from i to before end.
func clearBits(bitmap []uint64, i, end int) {
	for ; i < end; i = (i/64 + 1) * 64 {
		bitmap[i/64] &^= bitsFrom(i, end)
	}
}

// bitsFrom returns the bits from i to before end that are in the word of i.
func bitsFrom(i, end int) uint64 {
	n := min(end-i, 64-i%64)
	return (1<<n - 1) << (i % 64)
}

// What a frequent character is to a word.
const (
	unknown = iota // ask the scanner
	letter         // ALetter
	other          // no part of a word
)

// frequent says what the character beyond ASCII is that text starts with, and its
// size in bytes: letters of Latin, Greek and Cyrillic alphabets and some signs.
func frequent(text []byte) (kind, size int) {
	if len(text) < 2 || text[1]&0xC0 != 0x80 {
		return unknown, 0
	}
	switch c, d := text[0], text[1]; {
	case c == 0xE2:
		return frequentMark(text)
	case c == 0xD0 || c == 0xD1 || c == 0xD3 || c == 0xD2 && d >= 0x8A, // Cyrillic without its combining marks
		0xC4 <= c && c <= 0xC9,                                      // Latin Extended-A and -B
		c == 0xCE && d >= 0x91 && d != 0xA2, c == 0xCF && d != 0xB6: // Greek
		return letter, 2
	case c == 0xC3:
		if d == 0x97 || d == 0xB7 { // × ÷
			return other, 2
		}
		return letter, 2
	case c == 0xC2 && (d == 0xAB || d == 0xBB || d == 0xA7 || d == 0xB0 || d == 0xA3): // « » § ° £
		return other, 2
	}
	return unknown, 0
}

// frequentMark is frequent for characters that start with 0xE2.
func frequentMark(text []byte) (kind, size int) {
	switch {
	case len(text) < 3:
		return unknown, 0
	case text[1] == 0x82 && text[2] == 0xAC: // euro sign
		return other, 3
	case text[1] != 0x80:
		return unknown, 0
	case 0xA0 <= text[2] && text[2] <= 0xA2: // daggers, bullet
		return other, 3
	}
	return unknown, 0
}

// letterAt reports whether text has a letter of ASCII or a frequent one at i.
func letterAt(text []byte, i int) bool {
	if i >= len(text) {
		return false
	}
	if text[i] < 0x80 {
		return kernels.Classes[text[i]]&kernels.Letter != 0
	}
	kind, _ := frequent(text[i:])
	return kind == letter
}

// letterBefore reports whether a letter of ASCII or a frequent one ends at i.
func letterBefore(text []byte, i int) bool {
	switch {
	case i == 0:
		return false
	case text[i-1] < 0x80:
		return kernels.Classes[text[i-1]]&kernels.Letter != 0
	}
	return i > 1 && text[i-2] >= 0xC0 && letterAt(text, i-2)
}

// reach is the number of bytes behind a token that can tell where it ends,
// besides the character after them: one frequent character.
const reach = 3

// merge appends the tokens of text to dst: those of edges that are away from care,
// and those that the scanner finds near it.
func (t *tokenizer) merge(dst []uint32, text []byte, edges []uint32) []uint32 {
	done := 0 // where the scanner has come to
	for care := t.nextCare(0); care < len(text); {
		for len(edges) > 0 && int(edges[1])+reach < care {
			if int(edges[0]) >= done {
				dst = append(dst, edges[0], edges[1])
			}
			edges = edges[2:]
		}
		start := care
		if len(edges) > 0 {
			start = min(start, int(edges[0]))
		}
		start = max(start, done)
		scan := scanner{text: text, end: start, limit: start}
		for {
			if !scan.next() {
				return dst
			}
			dst = append(dst, uint32(scan.start), uint32(scan.end))
			if scan.end < scan.limit {
				continue
			}
			// Between two segments, the bitmap can take over again.
			for done = scan.end; ; {
				size := ideograph(text[done:])
				if size == 0 {
					break
				}
				dst = append(dst, uint32(done), uint32(done+size))
				done += size
			}
			if care = t.nextCare(done); care > done+reach {
				break
			}
			scan.end, scan.limit = done, done
		}
	}
	for ; len(edges) > 0; edges = edges[2:] {
		if int(edges[0]) >= done {
			dst = append(dst, edges[0], edges[1])
		}
	}
	return dst
}

// nextCare returns the first byte from i on that needs care, or a number beyond
// the text.
func (t *tokenizer) nextCare(i int) int {
	b := i / 64 // there is a bit behind the text
	for m := t.care[b] >> (i % 64) << (i % 64); ; m = t.care[b] {
		if m != 0 {
			return 64*b + bits.TrailingZeros64(m)
		}
		if b++; b == len(t.care) {
			return 64 * b
		}
	}
}

// dropConnectors takes runs of nothing but underscores out of edges.
func dropConnectors(edges []uint32, text []byte) []uint32 {
	n := 0
	for i := 0; i < len(edges); i += 2 {
		start, end := edges[i], edges[i+1]
		if text[start] == '_' && len(bytes.TrimLeft(text[start:end], "_")) == 0 {
			continue
		}
		edges[n], edges[n+1] = start, end
		n += 2
	}
	return edges[:n]
}
