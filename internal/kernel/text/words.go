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
		// What holds words together stands alone between wordy bytes, as far as the block tells.
		mid &= (w<<1 | 1) & (w>>1 | 1<<63)
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
	for i := 48; i >= 0; i -= 16 {
		b := block[i : i+16]
		var m uint32 // two bits for two bytes, from the last ones on
		m = m<<2 | marks[binary.LittleEndian.Uint16(b[14:])]
		m = m<<2 | marks[binary.LittleEndian.Uint16(b[12:])]
		m = m<<2 | marks[binary.LittleEndian.Uint16(b[10:])]
		m = m<<2 | marks[binary.LittleEndian.Uint16(b[8:])]
		m = m<<2 | marks[binary.LittleEndian.Uint16(b[6:])]
		m = m<<2 | marks[binary.LittleEndian.Uint16(b[4:])]
		m = m<<2 | marks[binary.LittleEndian.Uint16(b[2:])]
		m = m<<2 | marks[binary.LittleEndian.Uint16(b)]
		wordy, mid = wordy<<16|uint64(m&0xffff), mid<<16|uint64(m>>16)
	}
	return wordy, mid
}

// marks has, for each two bytes, a bit for each that is wordy, and 16 bits higher one for
// each that is a MidLetter or MidNumber. Of its 256 KiB, prose needs those of small letters.
var marks = func() (t [1 << 16]uint32) {
	var one [256]uint32
	for c, class := range Classes {
		if class&Wordy != 0 {
			one[c] = 1
		}
		if class&(MidLetter|MidNumber) != 0 {
			one[c] = 1 << 16
		}
	}
	for pair := range t {
		t[pair] = one[pair&0xff] | one[pair>>8]<<1
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
