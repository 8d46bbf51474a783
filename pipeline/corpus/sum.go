package corpus

import (
	"context"
	"crypto/sha256"
	"io"

	"github.com/doppel-dedup/doppel/internal/filesum"
)

// Sum is the digest of a file as it is stored, from the very bytes that were read.
type Sum struct {
	// Bytes is the size read, and SHA256 the digest of it.
	Bytes  int64
	SHA256 [sha256.Size]byte
	// Known is false for a file that could not be read to its end.
	Known bool
}

// Sum returns the digest of file i as the first Scan that ran to its end, and did not
// leave the file out, has read it. Nothing is known before that, and without
// [Options.Sums].
func (c *Corpus) Sum(i int) Sum {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sums == nil {
		return Sum{}
	}
	return c.sums[i]
}

// newSums returns the place for the sums of a scan, with those that are known; nil if
// none are wanted.
func (c *Corpus) newSums() []Sum {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.o.Sums {
		return nil
	}
	sums := make([]Sum, len(c.files))
	copy(sums, c.sums)
	return sums
}

// keepSums makes known what a scan has found.
func (c *Corpus) keepSums(sums []Sum) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sums = sums
}

// summing is the stored bytes of a file as they are read and, if sum is wanted, summed
// up.
type summing struct {
	io.Reader
	ctx  context.Context
	hash *filesum.Hash // nil if no sum is wanted
	sum  *Sum
}

// summed returns the stored bytes of file i in a way that sums them up; finish or stop
// must end it.
func (s *scan) summed(ctx context.Context, i int, stored io.Reader) *summing {
	if s.sums == nil || s.sums[i].Known {
		return &summing{Reader: stored}
	}
	hash := filesum.New(filesum.For(s.c.o.Threads))
	s.sums[i] = Sum{}
	return &summing{Reader: io.TeeReader(stored, hash), ctx: ctx, hash: hash, sum: &s.sums[i]}
}

// finish ends the sum: it reads what the records' reader had no use for, such as what
// follows a break in a compressed file, unless the scan's context is done.
func (s *summing) finish() {
	if s.hash == nil {
		return
	}
	_, err := io.Copy(io.Discard, &stopping{s.ctx, s.Reader})
	s.sum.Bytes = s.hash.Size()
	if err == nil {
		s.sum.SHA256, s.sum.Known = s.hash.Sum(), true
	}
	s.stop()
}

// stop ends it without a sum. After finish it does nothing.
func (s *summing) stop() {
	if s.hash != nil {
		s.hash.Stop()
	}
}

// stopping ends when its context does.
type stopping struct {
	ctx context.Context
	r   io.Reader
}

func (s *stopping) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}
