package text

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

func hashOf(k *Key, token string) uint64 { return k.HashToken([]byte(token), 0, len(token)) }

// TestHashGolden pins the hashes of tokens of each kind: they are persisted.
func TestHashGolden(t *testing.T) {
	for token, want := range map[string][2]uint64{
		"a":                 {0x4f5da978776a9db1, 0x123788500d1dd700},
		"doppel":            {0x9fc48a2a80cc2dce, 0x9d708e567df7c5e2},
		"document":          {0xc618cf7f26fac9de, 0x5279f67bfd98028b},
		"documents":         {0x84b687cd36610392, 0xfbef5cfa3cd3a22b},
		"near-duplicates16": {0x2bd462a564e82760, 0x8527606e14e6706},
		"internationalise":  {0x4a24e499313aae45, 0x41e2804b744b80cd},
	} {
		for i, seed := range []int64{0, 7} {
			if got := hashOf(NewKey(seed), token); got != want[i] {
				t.Errorf("seed %d: hash of %q is %#x, want %#x", seed, token, got, want[i])
			}
		}
	}
	for seed, want := range map[int64]uint64{0: Mix('é'), 7: 0x1be3f41015ef7691} {
		if got := NewKey(seed).HashChar('é'); got != want {
			t.Errorf("seed %d: hash of é is %#x, want %#x", seed, got, want)
		}
	}
	if k := NewKey(0); k.multiplier != Multiplier || k.weights[mostSummed-2] != Multiplier {
		t.Errorf("the key of the seed 0 is %+v", *k)
	}
	if k := NewKey(7); k.multiplier != 0xe6984080bab12a03 {
		t.Errorf("the multiplier of the seed 7 is %#x", k.multiplier)
	}
}

// TestSip holds SipHash to values that others have published of it: with the key 0 of
// three texts, and of its authors' example with two and four rounds.
func TestSip(t *testing.T) {
	zero := new(Key)
	for text, want := range map[string]uint64{"": 0xd1fba762150c532c, "\x00": 0x68a914128e01e473, "siphash": 0x8264ceeccb16bcbe, "digest-sip_hash": 0xce31007e34130c0a} {
		if got, slow := zero.sipLong([]byte(text)), slowSip(1, 3, 0, 0, []byte(text)); got != want || slow != want {
			t.Errorf("SipHash-1-3 of %q is %#x and %#x, want %#x", text, got, slow, want)
		}
	}
	message := []byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e")
	if got := slowSip(2, 4, 0x0706050403020100, 0x0f0e0d0c0b0a0908, message); got != 0xa129ca6149be45e5 {
		t.Errorf("SipHash-2-4 of the example is %#x", got)
	}
}

// collide has pairs of words of one hash under the seed 0: a difference of 13 in the
// sixteenth letter weighs, times upper, as much as one of 3 in the eighth.
var collide = [][2]string{
	{"internadionaliza", "internaaionalizn"}, {"abcdefgdabcdefga", "abcdefgaabcdefgn"},
	{"aaaaaaazaaaaaaal", "aaaaaaawaaaaaaay"}, {"privatedaccountm", "privateaaccountz"},
}

// TestWordsMadeToCollide: words that were made to have one hash have it under the seed 0,
// and under no other.
func TestWordsMadeToCollide(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for _, pair := range collide {
			text := []byte(pair[0] + " " + pair[1] + strings.Repeat(" and some more to fill the lanes", 3))
			hashed := make([]uint64, len(tokensOf(text))/2)
			for _, seed := range []int64{0, 1, -1, 7, 1 << 62, rand.Int64()} {
				NewKey(seed).HashTokens(hashed, text, tokensOf(text), nil)
				if same := hashed[0] == hashed[1]; same != (seed == 0) {
					t.Errorf("seed %d: %q and %q have one hash: %v", seed, pair[0], pair[1], same)
				}
			}
		}
	})
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
	for _, k := range seededKeys(2) {
		hashes := make([]uint64, 0, len(tokens))
		for token := range tokens {
			hashes = append(hashes, hashOf(k, token))
		}
		slices.Sort(hashes)
		if n := len(slices.Compact(hashes)); n != len(tokens) {
			t.Errorf("seed %d: %d tokens have %d hashes by %+v", seed, len(tokens), n, *k)
		}
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
