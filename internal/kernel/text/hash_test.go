package text

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func hashOf(token string) uint64 { return HashToken([]byte(token), 0, len(token)) }

// TestHashGolden pins the hashes of tokens of each kind: they are persisted.
func TestHashGolden(t *testing.T) {
	for token, want := range map[string]uint64{
		"a":                 0x4f5da978776a9db1,
		"doppel":            0x9fc48a2a80cc2dce,
		"document":          0xc618cf7f26fac9de,
		"documents":         0x84b687cd36610392,
		"near-duplicates16": 0x2bd462a564e82760,
		"internationalise":  0x4a24e499313aae45,
	} {
		if got := hashOf(token); got != want {
			t.Errorf("hash of %q is %#x, want %#x", token, got, want)
		}
	}
}

// TestHashesOfWordsAreDistinct hashes millions of tokens of the kinds that the
// formula for short ones could treat badly: those that differ in few characters,
// in both halves at once, or in length.
func TestHashesOfWordsAreDistinct(t *testing.T) {
	const seed = 4
	rng := rand.New(rand.NewPCG(seed, 0))
	count := 300_000
	if testing.Short() {
		count = 30_000
	}
	tokens := make(map[string]struct{}, 8*count)
	syllables := strings.Fields("an ar be con de di en er es ex for ful ge in ing inter ion ir is li ly ma men ment mi na ness ni no on or out over per po pre pro qua ra re ri se si sta su ta te ti tion tra tri un up ver vi")
	for range count {
		var word string
		for len(word) < 1+rng.IntN(16) {
			word += syllables[rng.IntN(len(syllables))]
		}
		tokens[word[:min(len(word), 16)]] = struct{}{}
	}
	for i := range count {
		tokens[fmt.Sprintf("%d", i)] = struct{}{}
		tokens[fmt.Sprintf("%09d", i)] = struct{}{}
		tokens[fmt.Sprintf("%d", 1e15+uint64(i))] = struct{}{}
		tokens[fmt.Sprintf("%08d%08d", i, i)] = struct{}{}
		tokens[fmt.Sprintf("%08d%08d", i, count-i)] = struct{}{}
		tokens[fmt.Sprintf("%016x", rng.Uint64())] = struct{}{}
		tokens[strings.Repeat("a", i%9)+fmt.Sprintf("%x", i)] = struct{}{}
		tokens[fmt.Sprintf("%d.%d.%d.%d", i%251, i%241, i%239, i%233)] = struct{}{}
	}
	hashes := make([]uint64, 0, len(tokens))
	for token := range tokens {
		hashes = append(hashes, hashOf(token))
	}
	slices.Sort(hashes)
	if n := len(slices.Compact(hashes)); n != len(tokens) {
		t.Errorf("seed %d: %d tokens have %d hashes", seed, len(tokens), n)
	}
}

// TestUpperSharesNoDifferenceWithLetters looks at words whose ninth to eleventh
// letters differ: there must be no difference in their first eight letters that
// makes up for it.
func TestUpperSharesNoDifferenceWithLetters(t *testing.T) {
	const most = 'z' - 'a'
	for a := -most; a <= most; a++ {
		for b := -most; b <= most; b++ {
			for c := -most; c <= most; c++ {
				if a == 0 && b == 0 && c == 0 {
					continue
				}
				x := -uint64(a+b<<8+c<<16) * upper
				letters := true
				for i := 0; i < 8 && letters; i++ {
					d := int64(int8(x)) // the one difference below 128 that this byte can come from
					letters = -most <= d && d <= most
					x = (x - uint64(d)) >> 8
				}
				if letters {
					t.Errorf("differences %d, %d, %d in the upper half are those of letters in the lower one", a, b, c)
				}
			}
		}
	}
}
