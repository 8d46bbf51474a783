package corpus

import (
	"context"
	"crypto/sha256"
	"io"
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

// summed returns the stored bytes of file i in a way that sums them up, and a
// function that ends the sum: it reads what the records' reader had no use for,
// such as what follows a break in a compressed file, unless ctx is done.
func (s *scan) summed(ctx context.Context, i int, stored io.Reader) (io.Reader, func()) {
	if s.sums == nil || s.sums[i].Known {
		return stored, func() {}
	}
	sum := &s.sums[i]
	*sum = Sum{}
	hash := sha256.New()
	all := &counted{r: io.TeeReader(stored, hash)}
	return all, func() {
		_, err := io.Copy(io.Discard, &stopping{ctx, all})
		sum.Bytes = all.n
		if err == nil {
			hash.Sum(sum.SHA256[:0])
			sum.Known = true
		}
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
