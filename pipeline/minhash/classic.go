package minhash

import (
	"encoding/binary"
	"math"
	"math/rand"
)

// FNV-1a, 64 bits (Fowler, Noll, Vo).
const (
	fnvOffset = 0xcbf29ce484222325
	fnvPrime  = 0x100000001b3
)

// newClassic returns the states of the two hashes after minhash-lsh has fed
// them their 8-byte big-endian prefixes, drawn from math/rand's first source.
func newClassic(seed int64) [2]uint64 {
	r := rand.New(rand.NewSource(seed))
	var states [2]uint64
	for i := range states {
		var prefix [8]byte
		binary.BigEndian.PutUint64(prefix[:], uint64(r.Int63()))
		h := uint64(fnvOffset)
		for _, c := range prefix {
			h = (h ^ uint64(c)) * fnvPrime
		}
		states[i] = h
	}
	return states
}

// fnvLE continues h with the 8 little-endian bytes of x.
func fnvLE(h, x uint64) uint64 {
	for range 8 {
		h = (h ^ x&0xff) * fnvPrime
		x >>= 8
	}
	return h
}

// signClassic sets each dst[i] to the minimum over set of h1(x) + i*h2(x).
func signClassic(dst, set []uint64, states [2]uint64) {
	for i := range dst {
		dst[i] = math.MaxUint64
	}
	for len(set) >= 2 {
		h, k := fnvLE(states[0], set[0]), fnvLE(states[0], set[1])
		hStep, kStep := fnvLE(states[1], set[0]), fnvLE(states[1], set[1])
		for i, m := range dst {
			dst[i] = min(m, h, k)
			h += hStep
			k += kStep
		}
		set = set[2:]
	}
	if len(set) == 1 {
		h, step := fnvLE(states[0], set[0]), fnvLE(states[1], set[0])
		for i, m := range dst {
			dst[i] = min(m, h)
			h += step
		}
	}
}
