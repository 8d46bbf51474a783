package shingle

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/zeebo/xxh3"

	sums "github.com/doppel-dedup/doppel/internal/kernel/digest"
)

// Digest stands for a whole normalised text: equal texts have equal digests,
// and two different ones have equal digests with probability 2^-128. Persisted, never
// change.
//
// With the seed 0 it is XXH3-128, also with seed 0, in its canonical, big-endian form,
// which guards against chance, not against somebody who builds collisions on purpose:
// package pipeline lets a secret confirm that texts of one digest are copies.
// With any other seed it is the beginning of the SHA-256, whatever the seed: somebody
// who tries 2^64 texts finds two alike, and nobody finds one like a given text.
type Digest [16]byte

// Note: XXH3 with a secret seed would be faster still where the processor has no instructions
// for SHA-256. But it adds products of 32 bits, and of its keys the differences are
// known: texts can be built that collide under many seeds. And decisions name texts by
// their digests, which should mean the same in runs of two random seeds. BLAKE3 takes
// less than half the time of one SHA-256 there, but with texts of 2 KB more than that of one
// of sixteen at once, and most other processors have instructions for SHA-256 alone.

// DigestOf returns the digest of a text that a Normalizer has normalised.
func DigestOf(normalised []byte, seed int64) Digest {
	if seed != 0 {
		sum := sha256.Sum256(normalised)
		return Digest(sum[:16])
	}
	return xxh3.Hash128(normalised).Bytes()
}

// A Digester gives the digests of many texts, those of a seed besides 0 several at a time,
// which is faster than [DigestOf]. It belongs to one goroutine at a time and holds up to
// 320 KB of the texts.
type Digester struct {
	digests []Digest    // of the texts added, with the seed 0
	queue   *sums.Queue // of the texts added, with another; else nil
}

// NewDigester returns a Digester for the digests of a seed.
func NewDigester(seed int64) *Digester {
	if seed != 0 {
		return &Digester{queue: sums.NewQueue()}
	}
	return &Digester{}
}

// Add adds a text that a Normalizer has normalised, which it does not keep.
func (d *Digester) Add(normalised []byte) {
	if d.queue != nil {
		d.queue.Add(normalised)
		return
	}
	d.digests = append(d.digests, DigestOf(normalised, 0))
}

// Append appends the digests of the texts added since the last call, in order, to dst, as
// [DigestOf] has them.
func (d *Digester) Append(dst []Digest) []Digest {
	if d.queue == nil {
		dst = append(dst, d.digests...)
		d.digests = d.digests[:0]
		return dst
	}
	for _, sum := range d.queue.Sums() {
		dst = append(dst, Digest(sum[:16]))
	}
	return dst
}

// String returns the digest as 32 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }
