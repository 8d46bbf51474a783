package text

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Blocks returns the number of words in a bitmap of n bytes. There is always a
// bit behind the last byte, which is zero, so that no token is open at the end.
func Blocks(n int) int { return n/64 + 1 }

// Words writes two bitmaps of text. words has the bytes that ASCII tokens are
// made of: letters, digits and underscores, and among the bytes that [Classes]
// calls MidLetter and MidNumber those directly between two letters or two digits,
// respectively. beyond has the bytes that are not ASCII. Both must have
// Blocks(len(text)) words, or Words panics.
//
// nonASCII and connectors report whether text has bytes beyond ASCII and
// underscores: only with them can tokens be other than the runs of bits in words.
func Words(words, beyond []uint64, text []byte) (nonASCII, connectors bool) {
	n := Blocks(len(text))
	if len(words) < n || len(beyond) < n {
		panic("text: no room for Words")
	}
	return wordBitmaps(words[:n:n], beyond[:n:n], text)
}

// wordsPortable is Words from the given block on.
func wordsPortable(words, beyond []uint64, text []byte, block int) (nonASCII, connectors bool) {
	for b := block; b < len(words); b++ {
		p := 64 * b
		rest := text[p:]
		if len(rest) < 64 {
			var padded [64]byte
			copy(padded[:], rest)
			rest = padded[:]
		}
		w, mid := classify((*[64]byte)(rest))
		for ; mid != 0; mid &= mid - 1 {
			if i := p + bits.TrailingZeros64(mid); joins(text, i) {
				w |= mid & -mid
			}
		}
		words[b], beyond[b] = w, highBits((*[64]byte)(rest))
		nonASCII = nonASCII || beyond[b] != 0
	}
	return nonASCII, bytes.IndexByte(text[64*block:], '_') >= 0
}

// joins reports whether text[i] holds letters or digits on either side together.
func joins(text []byte, i int) bool {
	if i == 0 || i+1 == len(text) {
		return false
	}
	c, around := Classes[text[i]], Classes[text[i-1]]&Classes[text[i+1]]
	return c&MidLetter != 0 && around&Letter != 0 || c&MidNumber != 0 && around&Digit != 0
}

// classify returns one bit for each of 64 bytes: whether it is wordy, and whether
// it is one of those that may hold wordy bytes together.
func classify(block *[64]byte) (wordy, mid uint64) {
	// Each half of 32 bytes takes one number, from the top down: bytes move
	// in at the top of each half of it and move on by one bit.
	var a, b uint64
	for i := 0; i < 32; i += 4 {
		x, y := (*[4]byte)(block[i:]), (*[4]byte)(block[32+i:])
		a, b = a>>1|marks[x[0]], b>>1|marks[y[0]]
		a, b = a>>1|marks[x[1]], b>>1|marks[y[1]]
		a, b = a>>1|marks[x[2]], b>>1|marks[y[2]]
		a, b = a>>1|marks[x[3]], b>>1|marks[y[3]]
	}
	return a&(1<<32-1) | b<<32, a>>32 | b&^(1<<32-1)
}

// marks has, for each byte, bit 31 if it is wordy and bit 63 if it is a
// MidLetter or MidNumber.
var marks = func() (t [256]uint64) {
	for c, class := range Classes {
		if class&Wordy != 0 {
			t[c] = 1 << 31
		}
		if class&(MidLetter|MidNumber) != 0 {
			t[c] = 1 << 63
		}
	}
	return t
}()

// highBits returns the highest bit of each of 64 bytes.
func highBits(block *[64]byte) (m uint64) {
	var any uint64
	for i := 0; i < 64; i += 8 {
		any |= binary.LittleEndian.Uint64(block[i:])
	}
	if any&highs == 0 {
		return 0
	}
	for i := 0; i < 64; i += 8 {
		m |= binary.LittleEndian.Uint64(block[i:]) & highs >> 7 * 0x0102040810204080 >> 56 << i
	}
	return m
}
