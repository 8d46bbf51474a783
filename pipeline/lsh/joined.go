package lsh

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Stats counts what a join saw. It does not depend on threads or memory.
type Stats struct {
	Records       int64 // band keys joined: documents times bands
	Buckets       int64 // buckets of two documents or more, over all bands
	PairsRaw      int64 // pairs over all buckets that were expanded
	Pairs         int64 // distinct pairs, known once they were handed out
	GiantBuckets  int64 // buckets over MaxBucket, over all bands
	GiantLists    int64 // distinct member lists among them, each kept once
	GiantMembers  int64 // members of these lists, summed
	LargestBucket int64 // documents in the largest bucket of all
}

func (s *Stats) add(t Stats) {
	s.Records += t.Records
	s.Buckets += t.Buckets
	s.PairsRaw += t.PairsRaw
	s.GiantBuckets += t.GiantBuckets
	s.LargestBucket = max(s.LargestBucket, t.LargestBucket)
}

// Joined is what [Bucketer.Join] found: the documents that share a bucket with
// another one, the member lists of giant buckets, and the pairs of all others.
// It holds up to five eighths of the Bucketer's memory, temporary files beyond
// it, and one bit a document. Its methods belong to one goroutine.
type Joined struct {
	documents *docSet
	lists     *spill.Store[corpus.ID]
	bands     []uint32 // of each list, the first band that has it
	sorter    *extsort.Sorter
	stats     Stats
}

// Documents returns, ascending, the documents that are in a pair or in a giant
// list. No other one is in what Giants and Pairs hand out.
func (j *Joined) Documents() iter.Seq[corpus.ID] { return j.documents.all() }

// Stats returns the counts. Stats.Pairs is 0 before Pairs has ended; no more
// than Stats.PairsRaw will come.
func (j *Joined) Stats() Stats { return j.stats }

// Giants calls yield with the members, ascending, of each bucket over MaxBucket,
// and with the band in which it was found. A member list that occurs in several
// bands comes once, for the first of them. Lists come band after band, and inside
// a band in the order of their members.
//
// yield may change members, but not keep them. Its error, and the end of ctx,
// end Giants, which may be called again, but not after Close.
func (j *Joined) Giants(ctx context.Context, yield func(band int, members []corpus.ID) error) error {
	var read, lent []corpus.ID
	for i, band := range j.bands {
		if err := ctx.Err(); err != nil {
			return err
		}
		if n := j.lists.RowLen(i); cap(read) < n {
			read = make([]corpus.ID, n)
		}
		list, err := j.lists.Get(i, read)
		if err != nil {
			return fmt.Errorf("lsh: giant bucket: %w", err)
		}
		lent = append(lent[:0], list...)
		if err := yield(int(band), lent); err != nil {
			return err
		}
	}
	return nil
}

// Pairs calls yield with all distinct pairs of the buckets that are not giant, in
// (A,B) order, some thousands at a time. Pairs inside giant buckets are not among
// them unless a smaller bucket holds them too.
//
// yield must not keep the slice. Its error, and the end of ctx, end Pairs, which
// can be called once.
func (j *Joined) Pairs(ctx context.Context, yield func(pairs []corpus.Pair) error) (Stats, error) {
	if j.sorter == nil {
		return j.stats, errors.New("lsh: pairs asked for twice, or after Close")
	}
	var pairs []corpus.Pair
	err := j.sorter.Sort(func(packed []uint64) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		pairs = pairs[:0]
		for _, v := range packed {
			pairs = append(pairs, corpus.UnpackPair(v))
		}
		j.stats.Pairs += int64(len(pairs))
		return yield(pairs)
	})
	err = errors.Join(err, j.sorter.Close())
	j.sorter = nil
	return j.stats, err
}

// Close frees the memory and removes the temporary files. It may be called at
// any time, and more than once.
func (j *Joined) Close() error {
	j.bands, j.documents = nil, &docSet{}
	err := j.lists.Close()
	if j.sorter != nil {
		err = errors.Join(err, j.sorter.Close())
		j.sorter = nil
	}
	return err
}

// addList keeps the members of a giant bucket.
func (j *Joined) addList(band int, members []corpus.ID) error {
	j.stats.GiantLists++
	j.stats.GiantMembers += int64(len(members))
	j.bands = append(j.bands, uint32(band))
	return j.lists.Append(members)
}
