package lsh

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Stats counts what a join saw. It does not depend on threads or memory.
type Stats struct {
	Records       int64 // band keys joined: documents times bands
	Buckets       int64 // buckets of two documents or more, over all bands
	PairsRaw      int64 // pairs over all buckets that were expanded
	Pairs         int64 // distinct pairs emitted
	GiantBuckets  int64 // buckets over MaxBucket, over all bands
	GiantLists    int64 // distinct member lists among them, each handed out once
	GiantMembers  int64 // members of these lists, summed
	LargestBucket int64 // documents in the largest bucket of all
}

// pairBatch is the number of pairs gathered before they go to the sort.
const pairBatch = 8192

// Join finds all documents that share a band key and ends the Bucketer's work:
// nothing may be added afterwards, and Join cannot be repeated.
//
// giant gets the members, ascending, of each bucket over MaxBucket, together
// with the band in which it was found. A member list that occurs in several
// bands is handed out once, for the first of them. Lists come band after band,
// and inside a band in the order of their first members. giant may keep the
// slice. It may be nil only if there is no limit.
//
// emit then gets all distinct pairs of the other buckets in (A,B) order, some
// thousands at a time, and must not keep the slice. Pairs inside giant buckets
// are not among them unless a smaller bucket holds them too.
//
// Calls come from one goroutine at a time, giant's all before emit's. An error
// of either, or the end of ctx, ends Join.
func (b *Bucketer) Join(ctx context.Context, emit func(pairs []corpus.Pair) error, giant func(band int, members []corpus.ID) error) (Stats, error) {
	switch {
	case b.done:
		return Stats{}, errors.New("lsh: Join on a Bucketer that was joined or closed")
	case giant == nil && b.opts.MaxBucket > 0:
		return Stats{}, errors.New("lsh: Join with a bucket limit needs a function for giant buckets")
	}
	b.done = true
	if err := b.store.settle(); err != nil {
		return Stats{}, err
	}
	memory := b.opts.Memory - b.store.memoryBytes()
	sorter := extsort.New(memory/2, b.opts.TempDir)
	j := &join{bucketer: b, memory: memory / 2, sorter: sorter, giant: giant}
	err := j.run(ctx)
	err = errors.Join(err, b.store.close()) // the keys have served
	if err == nil {
		err = j.emitPairs(ctx, emit)
	}
	return j.stats, errors.Join(err, sorter.Close())
}

// join is the state that the bands of one Join share.
type join struct {
	bucketer *Bucketer
	memory   int64 // for the records of all bands in work
	giant    func(band int, members []corpus.ID) error
	stats    Stats // written by collect, then by emitPairs

	mu     sync.Mutex
	sorter *extsort.Sorter
}

// bandResult is what a finished band leaves for the goroutine that collects
// the bands in order.
type bandResult struct {
	stats  Stats
	giants [][]corpus.ID
}

// run works on the bands, several at once, and collects them in order.
func (j *join) run(ctx context.Context) error {
	bands := j.bucketer.params.Bands
	threads := min(j.bucketer.opts.Threads, bands)
	g, ctx := errgroup.WithContext(ctx)
	// A finished band may hold giant buckets, so the turnstile bounds the bands
	// that are in work or wait to be collected. Bands are begun in order, hence
	// the one that collect waits for always has its place.
	turnstile := make(chan struct{}, threads)
	results := make([]chan bandResult, bands)
	for band := range results {
		results[band] = make(chan bandResult, 1)
	}
	g.Go(func() error { return j.collect(ctx, results, turnstile) })
	var begun atomic.Int64
	for range threads {
		g.Go(func() error {
			w := bandJoin{join: j, memory: j.memory / int64(threads)}
			for {
				select {
				case turnstile <- struct{}{}:
				case <-ctx.Done():
					return ctx.Err()
				}
				band := int(begun.Add(1)) - 1
				if band >= bands {
					<-turnstile
					return nil
				}
				result, err := w.run(ctx, band)
				if err != nil {
					return err
				}
				results[band] <- result
			}
		})
	}
	return g.Wait()
}

// collect adds up the bands in order and hands out their giant buckets.
func (j *join) collect(ctx context.Context, results []chan bandResult, turnstile <-chan struct{}) error {
	seen := make(map[[2]uint64]struct{})
	for band, ch := range results {
		var r bandResult
		select {
		case r = <-ch:
		case <-ctx.Done():
			return ctx.Err()
		}
		j.stats.add(r.stats)
		for _, members := range r.giants {
			key := listKey(members)
			if _, dup := seen[key]; dup {
				continue
			}
			seen[key] = struct{}{}
			j.stats.GiantLists++
			j.stats.GiantMembers += int64(len(members))
			if err := j.giant(band, members); err != nil {
				return err
			}
		}
		<-turnstile
	}
	return nil
}

func (s *Stats) add(t Stats) {
	s.Records += t.Records
	s.Buckets += t.Buckets
	s.PairsRaw += t.PairsRaw
	s.GiantBuckets += t.GiantBuckets
	s.LargestBucket = max(s.LargestBucket, t.LargestBucket)
}

// listKey returns 128 bits that tell member lists apart.
func listKey(members []corpus.ID) [2]uint64 {
	h := [2]uint64{uint64(len(members)), keyBand}
	for _, id := range members {
		h[0] = finish((h[0] ^ uint64(id)) * keyRow)
		h[1] = finish((h[1] ^ uint64(id)) * keyBand)
	}
	return h
}

// addPairs passes packed pairs to the sort.
func (j *join) addPairs(packed []uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.sorter.AddAll(packed)
}

func (j *join) emitPairs(ctx context.Context, emit func(pairs []corpus.Pair) error) error {
	var pairs []corpus.Pair
	return j.sorter.Sort(func(packed []uint64) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		pairs = pairs[:0]
		for _, v := range packed {
			pairs = append(pairs, corpus.UnpackPair(v))
		}
		j.stats.Pairs += int64(len(pairs))
		return emit(pairs)
	})
}
