package shingle

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/zeebo/xxh3"
)

// Digest stands for a whole normalised text: equal texts have equal digests,
// and two different ones have equal digests with probability 2^-128. Persisted, never
// change.
//
// With the seed 0 it is XXH3-128, also with seed 0, in its canonical, big-endian form,
// which guards against chance, not against somebody who builds collisions on purpose.
// With any other seed it is the beginning of the SHA-256, whatever the seed: somebody
// who tries 2^64 texts finds two alike, and nobody finds one like a given text.
type Digest [16]byte

// Note: XXH3 with a secret seed would be faster where the processor has no instructions
// for SHA-256. But it adds products of 32 bits, and of its keys the differences are
// known: texts can be built that collide under many seeds. And decisions name texts by
// their digests, which should mean the same in runs of two random seeds.

// DigestOf returns the digest of a text that a Normalizer has normalised.
func DigestOf(normalised []byte, seed int64) Digest {
	if seed != 0 {
		sum := sha256.Sum256(normalised)
		return Digest(sum[:16])
	}
	return xxh3.Hash128(normalised).Bytes()
}

// String returns the digest as 32 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }
