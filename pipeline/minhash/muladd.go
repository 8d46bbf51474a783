package minhash

// mulAdd is one hash function of the family MulAdd64.
type mulAdd struct{ a, b uint64 }

// newMulAdd draws k functions from a SplitMix64 stream (Steele, Lea and Flood,
// Fast splittable pseudorandom number generators, 2014). The stream and the way
// it is cut are persisted through signatures: never change them.
func newMulAdd(k int, seed int64) []mulAdd {
	state := mix(uint64(seed) ^ 0xd6e8feb86659fd93)
	next := func() uint64 {
		state += 0x9e3779b97f4a7c15
		return mix(state)
	}
	funcs := make([]mulAdd, k)
	for i := range funcs {
		funcs[i] = mulAdd{a: next() | 1, b: next()}
	}
	return funcs
}

// mix is a bijection of 64-bit numbers in which every input bit flips every
// output bit half of the time. Persisted: never change it.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// chunk is the number of mixed elements that stay in the first-level cache
// while all functions pass over them.
const chunk = 256

// signMulAdd lowers each dst[i] to the minimum of funcs[i] over set. dst and
// funcs have the same length.
func signMulAdd(dst, set []uint64, funcs []mulAdd) {
	var buf [chunk]uint64
	for len(set) > 0 {
		mixed := buf[:min(len(set), chunk)]
		for i := range mixed {
			mixed[i] = mix(set[i])
		}
		set = set[len(mixed):]
		i := 0
		for ; i+2 <= len(funcs); i += 2 {
			lowerTwo((*[2]uint64)(dst[i:]), (*[2]mulAdd)(funcs[i:]), mixed)
		}
		if i < len(funcs) {
			lowerOne(&dst[i], funcs[i], mixed)
		}
	}
}

// lowerTwo runs two functions over xs. Their constants and minima stay in
// registers, and the comparison is a branch: a minimum over n elements changes
// about ln n times, so the branch is nearly always predicted, whereas an
// unsigned conditional move is two instructions on many machines.
//
// It must not be inlined: among the caller's variables, the compiler runs out of
// registers and reloads constants in the loop.
//
//go:noinline
func lowerTwo(m *[2]uint64, f *[2]mulAdd, xs []uint64) {
	a0, b0, a1, b1 := f[0].a, f[0].b, f[1].a, f[1].b
	m0, m1 := m[0], m[1]
	for _, x := range xs {
		h0 := a0*x + b0
		h1 := a1*x + b1
		if h0 < m0 || h1 < m1 {
			m0, m1 = min(m0, h0), min(m1, h1)
		}
	}
	m[0], m[1] = m0, m1
}

func lowerOne(m *uint64, f mulAdd, xs []uint64) {
	least := *m
	for _, x := range xs {
		least = min(least, f.a*x+f.b)
	}
	*m = least
}
