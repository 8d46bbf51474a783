package shingle

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// TestDigester holds the digests of many texts at once to those of each.
func TestDigester(t *testing.T) {
	const rngSeed = 11
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(rngSeed, 0))
		for _, seed := range []int64{0, 7, -1} {
			d := NewDigester(seed)
			for _, count := range []int{0, 1, 3, 100, 700} {
				want, text := []Digest{{1}}, []byte{}
				for range count {
					text = append(text[:0], bytes.Repeat([]byte("word "), rng.IntN(1<<rng.IntN(13)))...)
					text = append(text, byte(rng.Uint32()))
					d.Add(text)
					want = append(want, DigestOf(text, seed))
				}
				got := d.Append([]Digest{{1}})
				if len(got) != len(want) {
					t.Fatalf("seed %d: %d digests of %d texts", seed, len(got)-1, count)
				}
				for i := range got {
					if got[i] != want[i] {
						t.Fatalf("seed %d: digest %d of %d is %v, want %v", seed, i, count, got[i], want[i])
					}
				}
			}
		}
	})
}

func TestDigesterDoesNotAllocate(t *testing.T) {
	text := bytes.Repeat([]byte("text "), 300)
	for _, seed := range []int64{0, 7} {
		d := NewDigester(seed)
		var digests []Digest
		if n := testing.AllocsPerRun(5, func() {
			for i := range 200 {
				d.Add(text[i:])
			}
			digests = d.Append(digests[:0])
		}); n != 0 {
			t.Errorf("seed %d: %v allocations", seed, n)
		}
	}
}

// BenchmarkDigester is [BenchmarkDigest] of as many texts as a block has.
func BenchmarkDigester(b *testing.B) {
	text := english(b)[:4000]
	for name, seed := range map[string]int64{"fixed": 0, "seeded": 7} {
		b.Run(name, func(b *testing.B) {
			kerneltest.BenchmarkLevels(b, func(b *testing.B) {
				const count = 64
				d, digests := NewDigester(seed), []Digest(nil)
				for b.Loop() {
					for range count {
						d.Add(text)
					}
					digests = d.Append(digests[:0])
				}
				perByte(b, count*len(text), count, "text")
			})
		})
	}
}
