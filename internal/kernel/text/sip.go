package text

import (
	"encoding/binary"
	"math/bits"
)

// sip is the state of SipHash-1-3 (Aumasson and Bernstein, SipHash: a fast short-input
// PRF, 2012), the variant that hash tables of other languages are keyed by. Persisted,
// never change.
type sip struct{ v0, v1, v2, v3 uint64 }

func (k *Key) sip() sip {
	return sip{k.k0 ^ 0x736f6d6570736575, k.k1 ^ 0x646f72616e646f6d, k.k0 ^ 0x6c7967656e657261, k.k1 ^ 0x7465646279746573}
}

// half is half a round, which gives v0 and v2 back changed over, as the other half wants
// them. It is small enough for the compiler to put in place, and a round is not.
func (s sip) half(a, b int) sip {
	s.v0 += s.v1
	s.v2 += s.v3
	return sip{s.v2, bits.RotateLeft64(s.v1, a) ^ s.v0, bits.RotateLeft64(s.v0, 32), bits.RotateLeft64(s.v3, b) ^ s.v2}
}

// add returns the state after another block.
func (s sip) add(block uint64) sip {
	s.v3 ^= block
	s = s.half(13, 16).half(17, 21)
	s.v0 ^= block
	return s
}

// sum returns the hash of what was added.
func (s sip) sum() uint64 {
	s.v2 ^= 0xff
	s = s.half(13, 16).half(17, 21).half(13, 16).half(17, 21).half(13, 16).half(17, 21)
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3
}

// sipShort returns the SipHash of 16 bytes, as two little-endian numbers.
func (k *Key) sipShort(lo, hi uint64) uint64 {
	const last = short << 56 // the length
	s := k.sip()
	s.v3 ^= lo
	s = s.half(13, 16).half(17, 21)
	s.v0 ^= lo
	s.v3 ^= hi
	s = s.half(13, 16).half(17, 21)
	s.v0 ^= hi
	s.v3 ^= last
	s = s.half(13, 16).half(17, 21)
	s.v0 ^= last
	return s.sum()
}

// sipLong returns the SipHash of a token.
func (k *Key) sipLong(token []byte) uint64 {
	s, n := k.sip(), len(token)
	for ; len(token) >= 8; token = token[8:] {
		s = s.add(binary.LittleEndian.Uint64(token))
	}
	last := uint64(n) << 56
	for i, c := range token {
		last |= uint64(c) << (8 * i)
	}
	return s.add(last).sum()
}
