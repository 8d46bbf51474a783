// Package sketch holds the inner loops that turn a set of shingle hashes into a
// signature, and a signature into band keys: [FSS] is Fast Similarity Sketching
// (Dahlgaard, Knudsen and Thorup, FOCS 2017), [Classic32] is MinHash with one
// multiply-add modulo 2^32 a position (Broder, On the resemblance and containment
// of documents, 1997), and [BandKeys] hashes the bands of a signature
// (Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3).
//
// In come 64-bit hashes of any kind, repeated or not, in any order, and the
// constants of the hash functions, which the callers draw from a seed. Out come
// 64-bit numbers that callers store: they are the same at every level of
// [kernel.Active], and the portable functions, whose names end in Portable, say
// what they are. The functions keep nothing, allocate nothing, touch no memory
// outside the slices given, and may be called from many goroutines. FSS and
// Classic32 take up to 29 KiB of stack.
//
// Note: AVX2 cannot multiply 64-bit numbers, and three 32-bit products with what
// puts them together take its place. FSS gains 1.3 to 1.8 times nevertheless, up
// to 256 bins. BandKeys has no kernel for AVX2: four lanes would take as many
// instructions as four bands in plain Go.
package sketch

//go:generate go run -modfile=../../../go.tools.mod ./_asm -out sketch_amd64.s -stubs sketch_amd64_asm.go -pkg sketch

// MaxPositions is the largest number of positions of a signature.
const MaxPositions = 1024

// Constants of the mixer.
const (
	mixA = 0xbf58476d1ce4e5b9
	mixB = 0x94d049bb133111eb
)

// Mix is a bijection of 64-bit numbers in which every input bit flips every
// output bit half of the time: Stafford's variant 13 of the finaliser of
// MurmurHash3, the one of SplitMix64 (Steele, Lea and Flood, Fast splittable
// pseudorandom number generators, 2014). Persisted: never change it.
func Mix(x uint64) uint64 {
	x ^= x >> 30
	x *= mixA
	x ^= x >> 27
	x *= mixB
	return x ^ x>>31
}
