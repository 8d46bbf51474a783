package text

// Key chooses the functions by which words and characters are hashed: those of the
// seed 0 are fixed formulas, for which anybody can make words that collide; those of
// another are a pseudorandom function, for which only who knows the seed can. It does
// not change and may be used by many goroutines at once.
type Key struct {
	seeded     bool
	k0, k1     uint64 // of SipHash, if seeded
	multiplier uint64
	weights    [mostSummed]uint64 // falling powers of it: those of the last n tokens are at the end
}

// mostSummed is the number of tokens up to which a kernel may sum for each shingle
// anew.
const mostSummed = 10

// NewKey returns the key of a seed. What it makes of each seed is persisted, never
// change: the keys of a seed besides 0 are the first numbers of SplitMix64 from there,
// the third with 3 for the remainder of a division by 8.
func NewKey(seed int64) *Key {
	k := &Key{multiplier: Multiplier}
	if seed != 0 {
		const golden = 0x9E3779B97F4A7C15
		s := uint64(seed)
		k.seeded, k.k0, k.k1 = true, Mix(s), Mix(s+golden)
		s += golden
		k.multiplier = Mix(s+golden)&^7 | 3
	}
	w := uint64(1)
	for i := len(k.weights) - 1; i >= 0; i-- {
		k.weights[i] = w
		w *= k.multiplier
	}
	return k
}

// HashChar returns the hash of a character. Persisted, never change.
func (k *Key) HashChar(r rune) uint64 {
	if k.seeded {
		return k.sipShort(uint64(r), 0)
	}
	return Mix(uint64(r))
}
