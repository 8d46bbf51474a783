package eval

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// AllPairs gives emit every pair of sets whose similarity is at least threshold,
// with its overlap, in batches, sorted by (A, B), each pair once. emit is called
// by one goroutine at a time and must not keep the batch; its error ends the
// search and is returned, as is ctx's.
//
// sets stand at their document's ID; nil ones are in no pair. The threshold is in
// (0, 1]: pairs that share nothing are not looked for.
func AllPairs(ctx context.Context, sets []shingle.Set, measure verify.Measure, threshold float64, emit func([]verify.Scored) error) error {
	if !(threshold > 0 && threshold <= 1) {
		return fmt.Errorf("eval: threshold %g is outside (0, 1]", threshold)
	}
	x, err := newIndex(sets)
	if err != nil {
		return err
	}
	s := &search{sets: sets, measure: measure, threshold: threshold, index: x}
	workers := make([]*counter, runtime.GOMAXPROCS(0))
	for i := range workers {
		workers[i] = &counter{search: s, overlaps: make([]uint32, len(sets))}
	}
	// Waves of a few units for each worker keep the order without a queue.
	for start := 0; start < len(sets); {
		end := min(start+len(workers)*8*unitDocuments, len(sets))
		for _, batch := range s.wave(ctx, workers, start, end) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if len(batch) == 0 {
				continue
			}
			if err := emit(batch); err != nil {
				return err
			}
		}
		start = end
	}
	return ctx.Err()
}

// unitDocuments is how many documents a worker takes at a time.
const unitDocuments = 32

// search is what workers share and only read.
type search struct {
	sets      []shingle.Set
	measure   verify.Measure
	threshold float64
	index     *index
}

// wave finds the pairs whose A is in [start, end), one batch for each unit.
// After ctx is done the batches are incomplete.
func (s *search) wave(ctx context.Context, workers []*counter, start, end int) [][]verify.Scored {
	batches := make([][]verify.Scored, (end-start+unitDocuments-1)/unitDocuments)
	var next atomic.Int64
	var wg sync.WaitGroup
	for _, w := range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				u := int(next.Add(1)) - 1
				if u >= len(batches) {
					return
				}
				first := start + u*unitDocuments
				for a := first; a < min(first+unitDocuments, end); a++ {
					batches[u] = w.appendPairs(batches[u], corpus.ID(a))
				}
			}
		})
	}
	wg.Wait()
	return batches
}

// counter counts the shingles that one document shares with each later one.
type counter struct {
	*search
	overlaps []uint32 // by ID; all 0 between documents
	touched  []uint32 // IDs whose overlap is above 0
}

func (c *counter) appendPairs(dst []verify.Scored, a corpus.ID) []verify.Scored {
	for _, p := range c.index.lists[a] {
		list := c.index.list(p)
		// Later documents are at the end: an ID in front of a's own was
		// paired when it was A.
		for i := len(list) - 1; list[i] != uint32(a); i-- {
			b := list[i]
			if c.overlaps[b] == 0 {
				c.touched = append(c.touched, b)
			}
			c.overlaps[b]++
		}
	}
	from := len(dst)
	for _, b := range c.touched {
		overlap := c.overlaps[b]
		c.overlaps[b] = 0
		if c.measure.Similarity(int(overlap), len(c.sets[a]), len(c.sets[b])) >= c.threshold {
			dst = append(dst, verify.Scored{Pair: corpus.Pair{A: a, B: corpus.ID(b)}, Overlap: overlap})
		}
	}
	c.touched = c.touched[:0]
	slices.SortFunc(dst[from:], func(x, y verify.Scored) int { return cmp.Compare(x.Pair.B, y.Pair.B) })
	return dst
}

// index holds, for each shingle that at least two documents have, the list of
// these documents, ascending; and for each document the lists that it is in.
type index struct {
	documents []uint32 // all lists in one array
	ends      []int    // by list: its end in documents
	lists     [][]uint32
}

func (x *index) list(i uint32) []uint32 {
	start := 0
	if i > 0 {
		start = x.ends[i-1]
	}
	return x.documents[start:x.ends[i]]
}

// posting says that a document has a shingle.
type posting struct {
	shingle  uint64
	document uint32
}

// indexParts is the number of parts that the range of shingle hashes is cut
// into, so that the postings to be sorted at one time stay few. A power of 2.
const indexParts = 64

func newIndex(sets []shingle.Set) (*index, error) {
	x := &index{lists: make([][]uint32, len(sets))}
	used := make([]int, len(sets)) // how much of each set was taken by parts before
	var postings []posting
	for part := range uint64(indexParts) {
		postings = postings[:0]
		for d, set := range sets {
			i := used[d]
			for ; i < len(set) && set[i]/(1<<64/indexParts) == part; i++ {
				postings = append(postings, posting{set[i], uint32(d)})
			}
			used[d] = i
		}
		x.add(postings)
	}
	for d, set := range sets {
		if used[d] != len(set) {
			return nil, fmt.Errorf("eval: the shingle set of document %d is not sorted", d)
		}
	}
	return x, nil
}

// add makes lists of postings, which hold all documents of their shingles.
func (x *index) add(postings []posting) {
	slices.SortFunc(postings, func(p, q posting) int {
		return cmp.Or(cmp.Compare(p.shingle, q.shingle), cmp.Compare(p.document, q.document))
	})
	for len(postings) > 0 {
		n := 1
		for n < len(postings) && postings[n].shingle == postings[0].shingle {
			n++
		}
		if n > 1 {
			list := uint32(len(x.ends))
			for _, p := range postings[:n] {
				x.documents = append(x.documents, p.document)
				x.lists[p.document] = append(x.lists[p.document], list)
			}
			x.ends = append(x.ends, len(x.documents))
		}
		postings = postings[n:]
	}
}
