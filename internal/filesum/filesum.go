// Package filesum sums a stream up by SHA-256 beside the goroutine that reads or
// writes it: on a machine without instructions for it, SHA-256 takes longer than all else
// that a goroutine does to the stream.
//
// In go the bytes, by [Hash.Write], and out comes the digest, by [Hash.Sum]: the same
// as crypto/sha256 gives, on any number of threads.
//
// A Hash is for one goroutine, and has one of its own from the first MiB of the stream
// on, which ends with Sum or [Hash.Stop]. It then takes 512 KiB, into which Write
// copies; it takes nothing of a shorter stream.
//
// Note: copying takes 3% of what hashing does. Handing on the callers' buffers instead
// would make their owners wait for the hash before they use them again: the blocks of a
// corpus, and every decompressor.
//
// Note: github.com/minio/sha256-simd (last released in 2023) gives one stream to
// crypto/sha256, which is as fast as OpenSSL; its AVX-512 code wants many streams at once.
package filesum

import (
	"crypto/sha256"
	"hash"
)

const (
	// startAt is the size from which a goroutine is worth its start.
	startAt = 1 << 20
	// chunks of chunkBytes are under way.
	chunks     = 4
	chunkBytes = 128 << 10
)

// Mode tells where a digest is worked out.
type Mode bool

// The modes.
const (
	// Inline is within Write.
	Inline Mode = false
	// Beside is on another goroutine.
	Beside Mode = true
)

// For returns the mode for a job of so many threads: one thread does one thing after
// another.
func For(threads int) Mode { return threads > 1 }

// Hash sums up what is written to it. It must be ended by Sum or Stop.
type Hash struct {
	mode Mode
	hash hash.Hash
	size int64

	chunk []byte      // being filled
	full  chan []byte // nil if there is no goroutine
	free  chan []byte
	done  chan struct{}
}

// New returns a Hash of nothing yet.
func New(mode Mode) *Hash { return &Hash{mode: mode, hash: sha256.New()} }

// Write takes all of p, and keeps none of it. Its error is nil. It must not be called
// after Sum or Stop.
func (h *Hash) Write(p []byte) (int, error) {
	n := len(p)
	h.size += int64(n)
	if h.full == nil {
		if h.mode == Inline || h.size < startAt {
			return h.hash.Write(p)
		}
		h.begin()
	}
	for len(p) > 0 {
		k := min(len(p), cap(h.chunk)-len(h.chunk))
		h.chunk, p = append(h.chunk, p[:k]...), p[k:]
		if len(h.chunk) == cap(h.chunk) {
			h.full <- h.chunk
			h.chunk = <-h.free
		}
	}
	return n, nil
}

func (h *Hash) begin() {
	h.full, h.free, h.done = make(chan []byte, chunks), make(chan []byte, chunks), make(chan struct{})
	for range chunks - 1 {
		h.free <- make([]byte, 0, chunkBytes)
	}
	h.chunk = make([]byte, 0, chunkBytes)
	go func() {
		defer close(h.done)
		for chunk := range h.full {
			h.hash.Write(chunk) // a hash takes everything
			h.free <- chunk[:0]
		}
	}()
}

// Size returns how many bytes were written.
func (h *Hash) Size() int64 { return h.size }

// Sum ends the hash and returns the digest.
func (h *Hash) Sum() [sha256.Size]byte {
	if h.full != nil {
		h.full <- h.chunk
	}
	h.Stop()
	return [sha256.Size]byte(h.hash.Sum(nil))
}

// Stop ends the hash of which no digest is wanted. After Sum or another Stop it does
// nothing.
func (h *Hash) Stop() {
	if h.full == nil {
		return
	}
	close(h.full)
	<-h.done
	h.full, h.mode = nil, Inline
}
