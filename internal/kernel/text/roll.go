package text

// Multiplier is the base of the polynomial over token hashes with the seed 0: the
// golden ratio of 2^64, made 3 modulo 8. Persisted, never renumber.
const Multiplier = 0x9E3779B97F4A7C13

// Roll replaces the hashes of tokens by those of the n consecutive tokens that
// start at each, and returns their number, len(h)-n+1. n must be 1 to len(h), or
// Roll panics. The hashes behind those returned hold anything afterwards.
// Persisted, never change.
//
// The hash of h[i], h[i+1], ... is Mix(salt + the sum of h[i+j]*m^(n-1-j)), where m is
// Multiplier or, with another seed than 0, a secret one: sums of up to 64 powers of a
// known one can be chosen that come to zero whatever the words are.
func (k *Key) Roll(h []uint64, n int, salt uint64) int {
	if n < 1 || n > len(h) {
		panic("text: no shingle of that length")
	}
	k.roll(h, n, salt)
	return len(h) - n + 1
}

func (k *Key) rollPortable(h []uint64, n int, salt uint64) {
	var sum uint64
	leave := uint64(1) // the weight of a token that rolls out
	for _, x := range h[:n] {
		sum = sum*k.multiplier + x
		leave *= k.multiplier
	}
	salt += golden // which Mix adds first
	last := len(h) - n
	sum = rollAll(h[:last], h[n:], sum+salt, k.multiplier, leave, salt)
	h[last] = Mix(sum - golden)
}

// rollAll replaces tokens that roll out, as others enter, by the hashes of the shingles
// that start at them, and returns the sum of the one after. Sums have salt added.
//
// It has no more variables than there are registers, and takes the factors of Mix from
// one, as [hashFixedShort] does.
//
//go:noinline
func rollAll(leaving, entering []uint64, sum, multiplier, leave, salt uint64) uint64 {
	first, second := factors[1], factors[2]
	salt -= salt * multiplier
	entering = entering[:len(leaving)]
	for i, out := range leaving {
		x := sum
		sum = sum*multiplier - out*leave + (entering[i] + salt)
		x ^= x >> 30
		x *= first
		x ^= x >> 27
		x *= second
		x ^= x >> 31
		leaving[i] = x
	}
	return sum
}
