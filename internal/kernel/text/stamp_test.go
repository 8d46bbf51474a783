package text

import (
	"bytes"
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/zeebo/xxh3"
)

// slowStamp is Stamp in large numbers.
func slowStamp(s *Stamper, text []byte) uint64 {
	state := s.sip.sip()
	for rest := text; len(rest) > 0; {
		block := rest[:min(len(rest), stampBlock)]
		rest = rest[len(block):]
		block = append(bytes.Clone(block), make([]byte, -len(block)&15)...)
		word := func(i int) *big.Int {
			return new(big.Int).SetUint64(binary.LittleEndian.Uint64(block[8*i:]) + s.sums[i])
		}
		low, high := new(big.Int), new(big.Int)
		for i := 0; i < len(block)/8; i += 2 {
			product := new(big.Int).Mul(word(i), word(i+1))
			low.Add(low, new(big.Int).And(product, mask64))
			high.Add(high, product.Rsh(product, 64))
		}
		state = state.add(low.And(low, mask64).Uint64()).add(high.And(high, mask64).Uint64())
	}
	return state.add(uint64(len(text))).sum()
}

var mask64 = new(big.Int).SetUint64(1<<64 - 1)

// TestStamp of texts of all lengths up to several blocks is as large numbers have it.
func TestStamp(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 3*stampBlock+40)
	for i := range text {
		text[i] = byte(rng.Uint32())
	}
	s := NewStamper([StampKeyBytes]byte{1, 2, 3})
	if got := s.Stamp([]byte("persisted by checkpoints")); got != 0x4f4665c500a9b522 {
		t.Errorf("stamp %#x is of another formula or key", got)
	}
	seen := map[uint64]int{}
	for n := range len(text) {
		got := s.Stamp(text[:n:n])
		if want := slowStamp(s, text[:n]); got != want {
			t.Fatalf("%d bytes: stamp %#x, want %#x", n, got, want)
		}
		if before, ok := seen[got]; ok {
			t.Fatalf("texts of %d and %d bytes have one stamp", before, n)
		}
		seen[got] = n
	}
}

// TestStampTellsApart texts that differ in a bit or in zeros at the end, under every key.
func TestStampTellsApart(t *testing.T) {
	for key := range byte(20) {
		s := NewStamper([StampKeyBytes]byte{key})
		text := bytes.Repeat([]byte{key}, 2*stampBlock+100)
		seen := map[uint64]bool{s.Stamp(text): true}
		for bit := range 8 * len(text) {
			text[bit/8] ^= 1 << (bit % 8)
			seen[s.Stamp(text)] = true
			text[bit/8] ^= 1 << (bit % 8)
		}
		for n := range 40 {
			seen[s.Stamp(append(bytes.Clone(text), make([]byte, 1+n)...))] = true
		}
		if want := 1 + 8*len(text) + 40; len(seen) != want {
			t.Errorf("key %d: %d stamps of %d texts", key, len(seen), want)
		}
	}
}

func BenchmarkStamp(b *testing.B) {
	text := bytes.Repeat([]byte("some words of a text "), 100)
	s := NewStamper([StampKeyBytes]byte{})
	for name, hash := range map[string]func([]byte){
		"stamp": func(text []byte) { s.Stamp(text) },
		"xxh3":  func(text []byte) { xxh3.Hash128(text) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				hash(text)
			}
		})
	}
}
