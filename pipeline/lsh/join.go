package lsh

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// pairBatch is the number of pairs gathered before they go to the sort.
const pairBatch = 8192

// Join finds all documents that share a band key and ends the Bucketer's work:
// nothing may be added afterwards, and Join cannot be repeated. The keys are
// dropped; what was found is the caller's to hand out and to close. The end of
// ctx ends Join.
func (b *Bucketer) Join(ctx context.Context) (*Joined, error) {
	if b.done {
		return nil, errors.New("lsh: Join on a Bucketer that was joined or closed")
	}
	b.done = true
	columns := make([]bandColumn, b.params.Bands)
	for band := range columns {
		columns[band] = bandColumn{b.store, band}
	}
	return joinColumns(ctx, b.opts, columns, newDocSet(b.store.first, b.store.last, b.store.len()))
}

// bandColumn is the keys of one band: the store that they are in, and which of its
// columns they are.
type bandColumn struct {
	store *columnStore
	at    int
}

// joinColumns joins the bands whose keys are in columns, of documents that are
// within the range of documents, and closes the stores that hold them.
func joinColumns(ctx context.Context, opts BucketerOptions, columns []bandColumn, documents *docSet) (*Joined, error) {
	var stores []*columnStore
	for _, c := range columns {
		if !slices.Contains(stores, c.store) {
			stores = append(stores, c.store)
		}
	}
	memory := opts.Memory
	for _, s := range stores {
		if err := s.settle(); err != nil {
			return nil, err
		}
		memory -= s.memoryBytes()
	}
	found := &Joined{
		sorter:    extsort.New(memory/2, opts.TempDir).In(opts.TempFS),
		lists:     spill.New[corpus.ID](memory/8, opts.TempDir).In(opts.TempFS),
		documents: documents,
	}
	j := &join{opts: opts, columns: columns, memory: memory / 8 * 3, found: found}
	err := errors.Join(j.run(ctx), closeStores(stores)) // the keys have served
	if err == nil {
		err = found.lists.Seal()
	}
	if err != nil {
		return nil, errors.Join(err, found.Close())
	}
	return found, nil
}

func closeStores(stores []*columnStore) (err error) {
	for _, s := range stores {
		err = errors.Join(err, s.close())
	}
	return err
}

// join is the state that the bands of one Join share.
type join struct {
	opts    BucketerOptions
	columns []bandColumn // of each band
	memory  int64        // for the records of all bands in work
	mu      sync.Mutex   // of found.sorter
	found   *Joined      // its lists and stats are collect's
}

// bandResult is what a finished band leaves for the goroutine that collects
// the bands in order.
type bandResult struct {
	stats  Stats
	giants [][]corpus.ID
}

// run works on the bands, several at once, and collects them in order.
func (j *join) run(ctx context.Context) error {
	bands := len(j.columns)
	threads := min(j.opts.Threads, bands)
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

// collect adds up the bands in order and keeps each distinct giant list once.
func (j *join) collect(ctx context.Context, results []chan bandResult, turnstile <-chan struct{}) error {
	seen := make(map[[2]uint64]struct{})
	for band, ch := range results {
		var r bandResult
		select {
		case r = <-ch:
		case <-ctx.Done():
			return ctx.Err()
		}
		j.found.stats.add(r.stats)
		for _, members := range r.giants {
			key := listKey(members)
			if _, dup := seen[key]; dup {
				continue
			}
			seen[key] = struct{}{}
			if err := j.found.addList(band, members); err != nil {
				return err
			}
		}
		<-turnstile
	}
	return nil
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
	return j.found.sorter.AddAll(packed)
}
