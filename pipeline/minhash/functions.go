package minhash

import "github.com/doppel-dedup/doppel/internal/kernel/sketch"

// newFSS draws the 2k rounds of a sketch of k bins. Persisted through
// signatures: never change it.
func newFSS(k int, seed int64) []sketch.Round {
	next := stream(uint64(seed) ^ 0xd6e8feb86659fd93)
	rounds := make([]sketch.Round, 2*k)
	for i := range rounds {
		a := next() | 1
		rounds[i] = sketch.NewRound(a, next())
	}
	return rounds
}

// newClassic32 draws k functions from a stream of their own. Persisted through
// signatures: never change it.
func newClassic32(k int, seed int64) sketch.Funcs32 {
	return sketch.NewFuncs32(k, stream(uint64(seed)^0xa0761d6478bd642f))
}

// stream returns a SplitMix64 stream (Steele, Lea and Flood, Fast splittable
// pseudorandom number generators, 2014).
func stream(seed uint64) (next func() uint64) {
	state := sketch.Mix(seed)
	return func() uint64 {
		state += 0x9e3779b97f4a7c15
		return sketch.Mix(state)
	}
}
