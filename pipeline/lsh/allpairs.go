package lsh

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// allPairsBatch is the number of pairs that AllPairs hands out at a time.
const allPairsBatch = 4096

// AllPairs proposes every pair of a list of documents. It has the methods of a
// [Joined] and can take its place where documents are few and no pair may be
// missed: n documents make n(n-1)/2 pairs. The zero value has no documents.
type AllPairs struct {
	ids    []corpus.ID
	stats  Stats
	closed bool
}

// NewAllPairs returns the pairs of the documents in ids, which must ascend. It
// keeps ids, and the caller must not change it.
func NewAllPairs(ids []corpus.ID) (*AllPairs, error) {
	for i := 1; i < len(ids); i++ {
		if ids[i] <= ids[i-1] {
			return nil, fmt.Errorf("lsh: all pairs of documents that include %d after %d, want ascending IDs", ids[i], ids[i-1])
		}
	}
	p := &AllPairs{ids: ids, stats: Stats{Records: int64(len(ids))}}
	if n := int64(len(ids)); n > 1 {
		p.stats.Buckets, p.stats.LargestBucket, p.stats.PairsRaw = 1, n, n*(n-1)/2
	}
	return p, nil
}

// Documents returns, ascending, the documents that are in a pair: all, unless
// there is one only.
func (p *AllPairs) Documents() iter.Seq[corpus.ID] {
	if len(p.ids) < 2 {
		return slices.Values[[]corpus.ID](nil)
	}
	return slices.Values(p.ids)
}

// Stats returns the counts of one bucket that holds all documents. Stats.Pairs is
// 0 before Pairs has begun.
func (p *AllPairs) Stats() Stats { return p.stats }

// Giants calls yield for no bucket: every pair is in Pairs.
func (p *AllPairs) Giants(context.Context, func(band int, members []corpus.ID) error) error {
	return nil
}

// Pairs calls yield with all pairs, in (A,B) order, some thousands at a time.
//
// yield must not keep the slice. Its error, and the end of ctx, end Pairs, which
// may be called again, but not after Close.
func (p *AllPairs) Pairs(ctx context.Context, yield func(pairs []corpus.Pair) error) (Stats, error) {
	if p.closed {
		return p.stats, errors.New("lsh: pairs asked for after Close")
	}
	p.stats.Pairs = 0
	batch := make([]corpus.Pair, 0, min(allPairsBatch, p.stats.PairsRaw))
	flush := func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.stats.Pairs += int64(len(batch))
		err := yield(batch)
		batch = batch[:0]
		return err
	}
	for i, a := range p.ids {
		for _, b := range p.ids[i+1:] {
			batch = append(batch, corpus.Pair{A: a, B: b})
			if len(batch) == allPairsBatch {
				if err := flush(); err != nil {
					return p.stats, err
				}
			}
		}
	}
	if len(batch) == 0 {
		return p.stats, ctx.Err()
	}
	return p.stats, flush()
}

// Close drops the list. It may be called at any time, and more than once.
func (p *AllPairs) Close() error {
	p.ids, p.closed = nil, true
	return nil
}
