package lsh

import (
	"fmt"
	"slices"

	"github.com/doppel-dedup/doppel/internal/kernel/sketch"
)

// Constants of the band keys; persisted, never change them.
const (
	keyRow  = sketch.KeyRow
	keyBand = sketch.KeyBand
)

// AppendBandKeys appends p.Bands band keys of sig to dst: key i covers the rows
// sig[i*p.Rows:(i+1)*p.Rows]. Hashes beyond p.Hashes() are not used; a shorter
// signature is an error of the caller, and panics.
//
// Equal rows in the same band give equal keys. Unequal rows, or equal rows in
// different bands, give equal keys with probability 2^-64 only. Keys are
// uniformly distributed over all 64 bits, which [Bucketer] relies on for speed.
func AppendBandKeys(dst, sig []uint64, p Params) []uint64 {
	if len(sig) < p.Hashes() {
		panic(fmt.Sprintf("lsh: %v need %d hashes, signature has %d", p, p.Hashes(), len(sig)))
	}
	n := len(dst)
	dst = slices.Grow(dst, p.Bands)[:n+p.Bands]
	sketch.BandKeys(dst[n:], sig, p.Rows)
	return dst
}

// finish is a bijection in which every input bit counts for every output bit.
func finish(h uint64) uint64 { return sketch.Finish(h) }
