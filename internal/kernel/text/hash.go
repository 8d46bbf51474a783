package text

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
)

// upper is the weight of the second eight bytes of a token, the second prime of
// XXH64. No difference between up to three letters, times it, is one between
// eight, so no two words of equal length that differ in their ninth to eleventh
// letters share a hash, whatever their first eight are. Persisted, never change.
const upper = 0xC2B2AE3D27D4EB4F

// factors are upper and those of Mix, for loops that are to keep them in registers;
// nobody changes them.
var factors = [3]uint64{upper, mixA, mixB}

// short is the number of bytes up to which HashToken is a formula.
const short = 16

// The constants of Mix.
const (
	golden = 0x9E3779B97F4A7C15
	mixA   = 0xBF58476D1CE4E5B9
	mixB   = 0x94D049BB133111EB
)

// Mix is a bijection of 64-bit numbers in which each bit of the result hangs on
// every bit of x: a step of SplitMix64 (Steele, Lea and Flood, Fast splittable
// pseudorandom number generators, 2014). Persisted, never change.
func Mix(x uint64) uint64 {
	x += golden
	x = (x ^ x>>30) * mixA
	x = (x ^ x>>27) * mixB
	return x ^ x>>31
}

// HashToken returns the hash of the token text[start:end], which is not empty
// and has no zero byte. Persisted, never change.
//
// A token of up to 16 bytes is two little-endian numbers, its first eight bytes
// and the others, filled up with zeros: lo and hi. With the seed 0 its hash is
// Mix(lo + hi*upper). So no two tokens of up to eight bytes share a hash, and
// tokens of any of these lengths take the same steps. Longer tokens are hashed
// by XXH3. Words of 9 bytes and more that collide are easily made: two of 16 do that
// differ by 3 in the eighth and by 13 in the last. So these hashes may find candidates, and
// decide nothing: what is compared is hashed under a secret seed.
//
// With another seed it is the SipHash of the token, filled up with zeros to 16 bytes.
func (k *Key) HashToken(text []byte, start, end int) uint64 {
	switch n := end - start; {
	case n > short && k.seeded:
		return k.sipLong(text[start:end])
	case n > short:
		return xxh3.Hash(text[start:end])
	case start+short <= len(text):
		return k.hashShort((*[short]byte)(text[start:]), n)
	}
	var t [short]byte
	copy(t[:], text[start:end])
	return k.hashShort(&t, short)
}

// hashShort returns the hash of the first n bytes of t.
func (k *Key) hashShort(t *[short]byte, n int) uint64 {
	if k.seeded {
		return k.sipShort(halves(t, n))
	}
	return hashFixed(t, n)
}

// hashFixed is hashShort with the seed 0.
func hashFixed(t *[short]byte, n int) uint64 {
	lo, hi := halves(t, n)
	return Mix(lo + hi*upper)
}

// halves returns the first n bytes of t as two numbers.
func halves(t *[short]byte, n int) (lo, hi uint64) {
	m := &kept[n]
	return binary.LittleEndian.Uint64(t[:]) & m[0], binary.LittleEndian.Uint64(t[8:]) & m[1]
}

// kept has, for each length, the bits of the two numbers that are the token's.
var kept = func() (t [short + 1][2]uint64) {
	for n := range t {
		t[n] = [2]uint64{1<<(8*min(n, 8)) - 1, 1<<(8*max(n-8, 0)) - 1}
	}
	return t
}()

// HashTokens writes the hashes of the tokens text[edges[2*i]:edges[2*i+1]] to
// dst[i], as [Key.HashToken] has them. The tokens must lie in text and dst must have
// room for len(edges)/2 hashes, or HashTokens panics. m may be nil.
func (k *Key) HashTokens(dst []uint64, text []byte, edges []uint32, m *Memo) {
	n := len(edges) / 2
	if len(dst) < n {
		panic("text: no room for HashTokens")
	}
	k.hashTokens(dst[:n:n], text, edges[:2*n], m)
}

func (k *Key) hashTokensPortable(dst []uint64, text []byte, edges []uint32, m *Memo) {
	switch {
	case !k.seeded:
		k.hashFixedTokens(dst, text, edges)
	case m != nil:
		m.use(k)
		for ; len(dst) > 0; dst, edges = dst[min(len(dst), memoPart):], edges[min(len(edges), 2*memoPart):] {
			m.hashPart(dst[:min(len(dst), memoPart)], text, edges)
		}
	default:
		for i := range dst {
			dst[i] = k.HashToken(text, int(edges[2*i]), int(edges[2*i+1]))
		}
	}
}

// hashFixedTokens is HashTokens with the seed 0.
func (k *Key) hashFixedTokens(dst []uint64, text []byte, edges []uint32) {
	for len(dst) > 0 {
		n := hashFixedShort(dst, text, edges)
		if n < len(dst) {
			dst[n] = k.HashToken(text, int(edges[2*n]), int(edges[2*n+1]))
			n++
		}
		dst, edges = dst[n:], edges[2*n:]
	}
}

// hashFixedShort hashes the first tokens, up to one of more than 16 bytes or too near the
// end of text for 16 to be loaded at one go, and returns how many. The constants of
// hashFixed come from a variable, and it is written out, because the compiler would load
// constants anew for each token and leave a no-op for each call.
//
//go:noinline
func hashFixedShort(dst []uint64, text []byte, edges []uint32) int {
	if len(text) < short {
		return 0
	}
	weight, first, second, last := factors[0], factors[1], factors[2], len(text)-short
	edges = edges[:2*len(dst)]
	for i := range dst {
		start := int(edges[2*i])
		n := uint(int(edges[2*i+1]) - start)
		if n > short || start > last {
			return i
		}
		t, m := (*[short]byte)(text[start:start+short]), &kept[n]
		x := binary.LittleEndian.Uint64(t[:])&m[0] + binary.LittleEndian.Uint64(t[8:])&m[1]*weight + golden
		x ^= x >> 30
		x *= first
		x ^= x >> 27
		x *= second
		x ^= x >> 31
		dst[i] = x
	}
	return len(dst)
}
