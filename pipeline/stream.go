package pipeline

import (
	"context"
	"runtime"

	"golang.org/x/sync/semaphore"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// cargo carries one block through a stream, with what is made of it. It is used
// again for other blocks.
type cargo[T any] interface {
	*T
	held() *corpus.Block
	hold(*corpus.Block)
	// empty makes it ready for the next block, without anything large.
	empty()
}

// blockHolder is the part that every cargo has.
type blockHolder struct{ block *corpus.Block }

func (h *blockHolder) held() *corpus.Block  { return h.block }
func (h *blockHolder) hold(b *corpus.Block) { h.block = b }

// stream takes the blocks that read sends through a parallel stage to store,
// which gets them in order, and releases them. fill adds to a cargo what belongs
// to its block, before it is sent. What is under way is bounded by the plan.
func stream[T any, C cargo[T]](ctx context.Context, j *Job,
	read func(ctx context.Context, send func(block *corpus.Block, fill func(C)) error) error,
	newWorker func() func(C) error, store func(C) error,
) error {
	free := make(chan *T, 8*j.options.Threads)
	room := semaphore.NewWeighted(j.plan.underWay)
	return throughWorkers(ctx, j.options.Threads, func(ctx context.Context, send func(C) error) error {
		return read(ctx, func(block *corpus.Block, fill func(C)) error {
			// Blocks are let in, and stored, in order, so the first one waits
			// for nobody behind it.
			if err := room.Acquire(ctx, j.weight(block)); err != nil {
				return err
			}
			c := C(take(free))
			c.hold(block)
			fill(c)
			return send(c)
		})
	}, newWorker, func(c C) error {
		weight := j.weight(c.held())
		if err := store(c); err != nil {
			return err
		}
		block := c.held()
		if c.empty(); j.isGiant(block) {
			block.Forget()
			runtime.GC() // before the next one may come
		}
		block.Release()
		room.Release(weight)
		giveBack(free, (*T)(c))
		return nil
	})
}

// weight is what a block counts for while it is under way: its size, and that of
// the band keys to come.
func (j *Job) weight(b *corpus.Block) int64 {
	return min(int64(float64(b.Size())*j.plan.blockWeight), j.plan.underWay)
}

// giveBack lets a T be used again, unless enough of them wait already.
func giveBack[T any](free chan *T, t *T) {
	select {
	case free <- t:
	default:
	}
}

// take returns a used T, or a new one.
func take[T any](free chan *T) *T {
	select {
	case t := <-free:
		return t
	default:
		return new(T)
	}
}
