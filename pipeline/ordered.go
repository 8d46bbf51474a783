package pipeline

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// ordered is one parallel stage: workers goroutines apply work to the items of
// in, and the items come out in the order they went in. Each worker gets a
// function of its own from newWorker, so that it may keep buffers.
//
// At most 2*workers items are under way: an item waits in pending with its own
// done channel, which restores the order without a lock or a sort.
func ordered[T any](ctx context.Context, g *errgroup.Group, workers int, in <-chan T, newWorker func() func(T) error) <-chan T {
	type ticket struct {
		item T
		done chan struct{}
	}
	jobs := make(chan ticket)
	pending := make(chan ticket, 2*workers)
	out := make(chan T)
	g.Go(func() error { // hand out
		defer close(pending)
		defer close(jobs)
		for item := range in {
			t := ticket{item, make(chan struct{})}
			for _, queue := range []chan ticket{pending, jobs} {
				select {
				case queue <- t:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		return nil
	})
	for range workers {
		g.Go(func() error {
			work := newWorker()
			for t := range jobs {
				if err := work(t.item); err != nil {
					return err
				}
				close(t.done)
			}
			return nil
		})
	}
	g.Go(func() error { // collect
		defer close(out)
		for t := range pending {
			select {
			case <-t.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			select {
			case out <- t.item:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return out
}

// throughWorkers takes what produce sends through a parallel stage to store, which
// gets it in order.
func throughWorkers[T any](ctx context.Context, workers int, produce func(ctx context.Context, send func(T) error) error, newWorker func() func(T) error, store func(T) error) error {
	g, ctx := errgroup.WithContext(ctx)
	in := make(chan T)
	g.Go(func() error {
		defer close(in)
		return produce(ctx, func(item T) error {
			select {
			case in <- item:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	out := ordered(ctx, g, workers, in, newWorker)
	g.Go(func() error {
		for item := range out {
			if err := store(item); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}
