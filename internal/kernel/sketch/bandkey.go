package sketch

import "fmt"

// Constants of the band keys; persisted, never change them.
const (
	KeyRow  = 0x9fb21c651e98df25
	KeyBand = 0xc2b2ae3d27d4eb4f

	finishA = 0xff51afd7ed558ccd
	finishB = 0xc4ceb9fe1a85ec53
)

// BandKeys sets each dst[i] to the key of band i, the positions
// sig[i*rows:(i+1)*rows]. Starting from (i+1)*[KeyBand], each position v makes
// h = (h^v)*[KeyRow], then h ^= h>>32, and [Finish] ends it. Each step is a
// bijection of h for a given v, and of v for a given h. rows is at least 1, and
// sig at least as long as dst needs; what lies beyond is not looked at.
func BandKeys(dst, sig []uint64, rows int) {
	if len(dst) == 0 {
		return
	}
	if rows < 1 || len(dst) > len(sig)/rows {
		panic(fmt.Sprintf("sketch: %d bands of %d rows from %d positions", len(dst), rows, len(sig)))
	}
	bandKeys(dst, sig, rows)
}

func bandKeysPortable(dst, sig []uint64, rows int) {
	for i := range dst {
		h := (uint64(i) + 1) * KeyBand
		for _, v := range sig[i*rows : (i+1)*rows] {
			h = (h ^ v) * KeyRow
			h ^= h >> 32
		}
		dst[i] = Finish(h)
	}
}

// Finish is the finaliser of MurmurHash3 (Appleby), a bijection.
func Finish(h uint64) uint64 {
	h ^= h >> 33
	h *= finishA
	h ^= h >> 33
	h *= finishB
	return h ^ h>>33
}
