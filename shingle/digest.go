package shingle

import (
	"encoding/hex"

	"github.com/zeebo/xxh3"
)

// Digest stands for a whole normalised text: equal texts have equal digests,
// and two different ones have equal digests with probability 2^-128. It is
// XXH3-128 with seed 0 in its canonical, big-endian form (persisted, never
// change); it guards against chance, not against somebody who builds
// collisions on purpose.
type Digest [16]byte

// DigestOf returns the digest of a text that a Normalizer has normalised.
func DigestOf(normalised []byte) Digest {
	return xxh3.Hash128(normalised).Bytes()
}

// String returns the digest as 32 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }
