package corpus

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Scan calls yield with every block, in order, from the calling goroutine, and
// returns yield's first error or ctx's. What is wrong with the input is no error
// of Scan: see [Block.Errs]. The block is the caller's until it is released.
//
// When Scan returns, none of its goroutines is left; only a Read from standard
// input that is blocked when ctx is cancelled is left to itself.
func (c *Corpus) Scan(ctx context.Context, yield func(*Block) error) error {
	return c.ScanFrom(ctx, Mark{}, nil, yield)
}

// run is one pass over the files that want picks.
func (s *scan) run(ctx context.Context, want func(file int) bool, yield func(*Block) error) error {
	c := s.c
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)

	// One file is being yielded and Threads-1 wait here, so that many readers
	// run. Each file's own channel lets its reader be two blocks ahead.
	files := make(chan *queue, c.o.Threads-1)
	g.Go(func() error {
		defer close(files)
		for i := range c.files {
			if !want(i) {
				continue
			}
			blocks := &queue{blocks: make(chan *Block, 2), begun: make(chan struct{})}
			select {
			case files <- blocks:
			case <-ctx.Done():
				return ctx.Err()
			}
			g.Go(func() error {
				defer close(blocks.blocks)
				err := s.read(ctx, i, blocks)
				if err != nil {
					s.failed.Store(true)
				}
				return err
			})
		}
		return nil
	})
	err := s.drain(files, yield)
	if err != nil {
		cancel()
	}
	if waitErr := g.Wait(); err == nil {
		err = waitErr
	}
	return err
}

// newScan returns a pass whose bytes read are added to count.
func (c *Corpus) newScan(count *atomic.Int64) *scan {
	return &scan{c: c, count: count, digests: make([]uint64, len(c.files)), slots: make(chan struct{}, c.o.Threads), decoders: decoders{maxExpansion: c.o.MaxExpansion}}
}

// drain yields the blocks of the files, but none behind a file that could not be read.
func (s *scan) drain(files <-chan *queue, yield func(*Block) error) error {
	var yielded int64
	for q := range files {
		q.before = yielded
		close(q.begun)
		for b := range q.blocks {
			yielded++
			if err := yield(b); err != nil {
				return err
			}
		}
		if s.failed.Load() {
			return nil
		}
	}
	return nil
}

// scan is one pass over the files: the digests it finds, under Corpus.mu, and the
// decoders that its readers use one after another.
type scan struct {
	c       *Corpus
	count   *atomic.Int64 // bytes read, as stored
	digests []uint64
	again   bool          // digests must be those of the scan before
	failed  atomic.Bool   // some file could not be read
	from    Mark          // where the files before are left out, and its own must be the same
	sums    []Sum         // nil unless they are wanted
	slots   chan struct{} // of ContainerOptions
	tally   tally
	decoders
}
