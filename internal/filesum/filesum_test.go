package filesum

import (
	"crypto/sha256"
	"math/rand/v2"
	"testing"
)

// TestSumIsThatOfSHA256 of streams around every limit, however they are cut.
func TestSumIsThatOfSHA256(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	stream := make([]byte, 4*startAt)
	for i := range stream {
		stream[i] = byte(rng.Uint32())
	}
	sizes := []int{0, 1, chunkBytes, startAt - 1, startAt, startAt + 1, startAt + chunkBytes, startAt + chunks*chunkBytes + 3, len(stream)}
	for _, size := range sizes {
		for _, most := range []int{size + 1, 1 << 20, 3000} {
			for _, threads := range []int{1, 2} {
				h := New(For(threads))
				piece := make([]byte, most)
				for at := 0; at < size; {
					n := copy(piece, stream[at:min(size, at+1+rng.IntN(most))])
					if got, err := h.Write(piece[:n]); got != n || err != nil {
						t.Fatalf("%d of %d bytes taken, %v", got, n, err)
					}
					clear(piece) // Write keeps nothing
					at += n
				}
				if got := h.Sum(); got != sha256.Sum256(stream[:size]) || h.Size() != int64(size) {
					t.Errorf("seed %d: %d bytes in pieces of up to %d, %d threads: %x of %d bytes, want %x", seed, size, most, threads, got, h.Size(), sha256.Sum256(stream[:size]))
				}
			}
		}
	}
}

// TestOneThreadHasNoGoroutine, nor has a short stream, nor any after its end.
func TestOneThreadHasNoGoroutine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		threads, size int
		beside        bool
	}{{1, 2 * startAt, false}, {2, startAt - 1, false}, {2, startAt, true}} {
		h := New(For(c.threads))
		_, _ = h.Write(make([]byte, c.size))
		if got := h.full != nil; got != c.beside {
			t.Errorf("%d threads, %d bytes: a goroutine %t", c.threads, c.size, got)
		}
		done := h.done
		h.Stop()
		h.Stop()
		if c.beside {
			<-done // closed, or the test waits for ever
		}
	}
}

// BenchmarkWrite is what the goroutine of the stream itself still does.
func BenchmarkWrite(b *testing.B) {
	block := make([]byte, 1<<20)
	for name, mode := range map[string]Mode{"inline": Inline, "beside": Beside} {
		b.Run(name, func(b *testing.B) {
			h := New(mode)
			b.SetBytes(int64(len(block)))
			for b.Loop() {
				_, _ = h.Write(block)
			}
			h.Stop()
		})
	}
}
