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

// short is the number of bytes up to which HashToken is a formula.
const short = 16

// Mix is a bijection of 64-bit numbers in which each bit of the result hangs on
// every bit of x: a step of SplitMix64 (Steele, Lea and Flood, Fast splittable
// pseudorandom number generators, 2014). Persisted, never change.
func Mix(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// HashToken returns the hash of the token text[start:end], which is not empty
// and has no zero byte. Persisted, never change.
//
// A token of up to 16 bytes is two little-endian numbers, its first eight bytes
// and the others, filled up with zeros: lo and hi. Its hash is
// Mix(lo + hi*upper). So no two tokens of up to eight bytes share a hash, and
// tokens of any of these lengths take the same steps. Longer tokens are hashed
// by XXH3.
func HashToken(text []byte, start, end int) uint64 {
	switch n := end - start; {
	case n > short:
		return xxh3.Hash(text[start:end])
	case start+short <= len(text):
		return hashShort((*[short]byte)(text[start:]), n)
	}
	var t [short]byte
	copy(t[:], text[start:end])
	return hashShort(&t, short)
}

// hashShort returns the hash of the first n bytes of t.
func hashShort(t *[short]byte, n int) uint64 {
	m := &kept[n]
	return Mix(binary.LittleEndian.Uint64(t[:])&m[0] + binary.LittleEndian.Uint64(t[8:])&m[1]*upper)
}

// kept has, for each length, the bits of the two numbers that are the token's.
var kept = func() (t [short + 1][2]uint64) {
	for n := range t {
		t[n] = [2]uint64{1<<(8*min(n, 8)) - 1, 1<<(8*max(n-8, 0)) - 1}
	}
	return t
}()

// HashTokens writes the hashes of the tokens text[edges[2*i]:edges[2*i+1]] to
// dst[i], as [HashToken] has them. The tokens must lie in text and dst must have
// room for len(edges)/2 hashes, or HashTokens panics.
func HashTokens(dst []uint64, text []byte, edges []uint32) {
	n := len(edges) / 2
	if len(dst) < n {
		panic("text: no room for HashTokens")
	}
	hashTokens(dst[:n:n], text, edges[:2*n])
}

func hashTokensPortable(dst []uint64, text []byte, edges []uint32) {
	last := len(text) - short // where a token may start at most, to be loaded at one go
	for i, j := 0, 1; i < len(dst) && j < len(edges); i, j = i+1, j+2 {
		start, end := int(edges[j-1]), int(edges[j])
		if n := end - start; n <= short && start <= last {
			dst[i] = hashShort((*[short]byte)(text[start:start+short]), n)
		} else {
			dst[i] = HashToken(text, start, end)
		}
	}
}
