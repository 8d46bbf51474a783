package text

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"github.com/zeebo/xxh3"
)

// This file holds slow and obvious versions of the kernels, and texts to try
// them on.

func slowLower(src []byte, afterSpace bool) (dst []byte, read int) {
	for i, c := range src {
		switch {
		case c >= 0x80:
			return dst, i
		case c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r':
			if !afterSpace {
				dst = append(dst, ' ')
			}
			afterSpace = true
			continue
		case 'A' <= c && c <= 'Z':
			c += 'a' - 'A'
		}
		afterSpace = false
		dst = append(dst, c)
	}
	return dst, len(src)
}

func slowWord(text []byte, i int) bool {
	is := func(i int, class uint8) bool { return i >= 0 && i < len(text) && Classes[text[i]]&class != 0 }
	return is(i, Wordy) ||
		is(i, MidLetter) && is(i-1, Letter) && is(i+1, Letter) ||
		is(i, MidNumber) && is(i-1, Digit) && is(i+1, Digit)
}

func bit(bitmap []uint64, i int) bool { return bitmap[i/64]>>(i%64)&1 != 0 }

func slowEdges(words []uint64) (places []uint32) {
	open := false
	for i := range 64 * len(words) {
		if bit(words, i) != open {
			places = append(places, uint32(i))
			open = !open
		}
	}
	return places
}

func slowHash(k *Key, token []byte) uint64 {
	if k.seeded {
		padded := slices.Clone(token)
		for len(padded) < 16 {
			padded = append(padded, 0)
		}
		return slowSip(1, 3, k.k0, k.k1, padded)
	}
	if len(token) > 16 {
		return xxh3.Hash(token)
	}
	var lo, hi uint64
	for i, c := range token {
		if i < 8 {
			lo += uint64(c) << (8 * i)
		} else {
			hi += uint64(c) << (8 * (i - 8))
		}
	}
	return Mix(lo + hi*upper)
}

// slowSip is SipHash with so many rounds for each block and at the end, as its authors
// put it.
func slowSip(each, end int, k0, k1 uint64, message []byte) uint64 {
	b := append(slices.Clone(message), make([]byte, 7-len(message)%8)...)
	b = append(b, byte(len(message)))
	var v [4]uint64
	for i, c := range []string{"somepseu", "dorandom", "lygenera", "tedbytes"} {
		v[i] = binary.BigEndian.Uint64([]byte(c)) ^ []uint64{k0, k1}[i%2]
	}
	rounds := func(n int) {
		for range n {
			v[0] += v[1]
			v[1] = v[1]<<13 | v[1]>>51
			v[1] ^= v[0]
			v[0] = v[0]<<32 | v[0]>>32
			v[2] += v[3]
			v[3] = v[3]<<16 | v[3]>>48
			v[3] ^= v[2]
			v[0] += v[3]
			v[3] = v[3]<<21 | v[3]>>43
			v[3] ^= v[0]
			v[2] += v[1]
			v[1] = v[1]<<17 | v[1]>>47
			v[1] ^= v[2]
			v[2] = v[2]<<32 | v[2]>>32
		}
	}
	for ; len(b) > 0; b = b[8:] {
		m := binary.LittleEndian.Uint64(b)
		v[3] ^= m
		rounds(each)
		v[0] ^= m
	}
	v[2] ^= 0xff
	rounds(end)
	return v[0] ^ v[1] ^ v[2] ^ v[3]
}

func slowRoll(k *Key, h []uint64, n int, salt uint64) (shingles []uint64) {
	for ; len(h) >= n; h = h[1:] {
		var sum uint64
		for _, x := range h[:n] {
			sum = sum*k.multiplier + x
		}
		shingles = append(shingles, Mix(sum+salt))
	}
	return shingles
}

// sample returns n bytes of one of several kinds of text.
func sample(rng *rand.Rand, n int) []byte {
	alphabets := []string{
		"etaoin shrdlu", "aZ09_ ", "a1'.,:;_ ", "aB \t\n\v\f\r", " ", "a", "_", "'", "\x80\xff a1.", "\xff",
		"The Quick brown fox, 3.14 don't! \n", "@AZ[`az{/09:\x00\x08\x0e\x1f\x7f_^",
	}
	text := make([]byte, n)
	k := rng.IntN(len(alphabets) + 2)
	for i := range text {
		switch {
		case k < len(alphabets):
			text[i] = alphabets[k][rng.IntN(len(alphabets[k]))]
		case k == len(alphabets):
			text[i] = byte(rng.Uint32())
		default:
			text[i] = byte(rng.Uint32()) & 0x7f
		}
	}
	return text
}
