package text

// Multiplier is the base of the polynomial over token hashes: the golden ratio
// of 2^64, made 3 modulo 8. Persisted, never renumber.
const Multiplier = 0x9E3779B97F4A7C13

// Roll replaces the hashes of tokens by those of the n consecutive tokens that
// start at each, and returns their number, len(h)-n+1. n must be 1 to len(h), or
// Roll panics. The hashes behind those returned hold anything afterwards.
// Persisted, never change.
//
// The hash of h[i], h[i+1], ... is Mix(salt + the sum of h[i+j]*Multiplier^(n-1-j)).
func Roll(h []uint64, n int, salt uint64) int {
	if n < 1 || n > len(h) {
		panic("text: no shingle of that length")
	}
	roll(h, n, salt)
	return len(h) - n + 1
}

func rollPortable(h []uint64, n int, salt uint64) {
	var sum uint64
	leave := uint64(1) // the weight of a token that rolls out
	for _, x := range h[:n] {
		sum = sum*Multiplier + x
		leave *= Multiplier
	}
	entering := h[n:]
	for i, x := range entering {
		leaving := h[i]
		h[i] = Mix(sum + salt)
		sum = sum*Multiplier + x - leaving*leave
	}
	h[len(entering)] = Mix(sum + salt)
}
