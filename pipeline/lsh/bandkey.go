package lsh

import "fmt"

// Constants of the band keys; persisted, never change them.
const (
	keyRow  = 0x9fb21c651e98df25
	keyBand = 0xc2b2ae3d27d4eb4f
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
	for band := range p.Bands {
		h := (uint64(band) + 1) * keyBand
		for _, v := range sig[band*p.Rows : (band+1)*p.Rows] {
			// Each step is a bijection of h for a given v, and of v for a given h.
			h = (h ^ v) * keyRow
			h ^= h >> 32
		}
		dst = append(dst, finish(h))
	}
	return dst
}

// finish is the finaliser of MurmurHash3 (Appleby), a bijection.
func finish(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
