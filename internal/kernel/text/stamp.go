package text

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// stampBlock is the number of bytes that are summed under one key, a word of it for
// eight bytes.
const stampBlock = 1024

// StampKeyBytes is the size of the key of a Stamper.
const StampKeyBytes = 32

// A Stamper gives texts a stamp of 64 bits by a secret key. Who does not know the key
// makes two texts of one stamp with a probability of 2^-63 at most, whatever they are: the
// blocks of a text are summed by NH (Black, Halevi, Krawczyk, Krovetz and Rogaway, UMAC,
// 1999) in words of 64 bits, for which that is proven, and the sums go through SipHash.
//
// It does not change and may be used by many goroutines at once.
//
// Note: of other hashes under a key, that of AES-GCM takes four times as long, and
// hash/maphash proves nothing and cannot be kept for a later process.
type Stamper struct {
	sums [stampBlock / 8]uint64
	sip  Key
}

// NewStamper returns the Stamper of a key, which is drawn at random. Persisted by the
// checkpoints that hold keys and stamps, never change.
func NewStamper(key [StampKeyBytes]byte) *Stamper {
	rng := rand.NewChaCha8(key)
	s := new(Stamper)
	s.sip.k0, s.sip.k1 = rng.Uint64(), rng.Uint64()
	for i := range s.sums {
		s.sums[i] = rng.Uint64()
	}
	return s
}

// Stamp returns the stamp of a text.
func (s *Stamper) Stamp(text []byte) uint64 {
	state, length := s.sip.sip(), uint64(len(text))
	for len(text) > 0 {
		n := min(len(text), stampBlock)
		low, high := s.sum(text[:n])
		state = state.add(low).add(high)
		text = text[n:]
	}
	return state.add(length).sum()
}

// sum takes the words of up to a block, filled up with zeros to a multiple of 16 bytes,
// adds those of the key, and sums the products of each two: the halves of products
// apart, modulo 2^64, without a carry. That doubles the probability of 2^-64 that NH has,
// and takes half the time.
func (s *Stamper) sum(block []byte) (low, high uint64) {
	key := s.sums[:]
	for ; len(block) >= 64; block, key = block[64:], key[8:] {
		b, k := (*[64]byte)(block), (*[8]uint64)(key)
		h0, l0 := bits.Mul64(binary.LittleEndian.Uint64(b[0:])+k[0], binary.LittleEndian.Uint64(b[8:])+k[1])
		h1, l1 := bits.Mul64(binary.LittleEndian.Uint64(b[16:])+k[2], binary.LittleEndian.Uint64(b[24:])+k[3])
		h2, l2 := bits.Mul64(binary.LittleEndian.Uint64(b[32:])+k[4], binary.LittleEndian.Uint64(b[40:])+k[5])
		h3, l3 := bits.Mul64(binary.LittleEndian.Uint64(b[48:])+k[6], binary.LittleEndian.Uint64(b[56:])+k[7])
		low += l0 + l1 + l2 + l3
		high += h0 + h1 + h2 + h3
	}
	for len(block) > 0 {
		var two [16]byte
		n := copy(two[:], block)
		h, l := bits.Mul64(binary.LittleEndian.Uint64(two[:])+key[0], binary.LittleEndian.Uint64(two[8:])+key[1])
		low += l
		high += h
		block, key = block[n:], key[2:]
	}
	return low, high
}
