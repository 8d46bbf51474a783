package pipeline

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// passages is what was found below the documents.
type passages struct {
	texts *textStore
	edits *passage.Edits
}

// Close removes the temporary files.
func (p *passages) Close() error { return errors.Join(p.texts.rows.Close(), p.edits.Close()) }

// findPassages finds what is to be cut out of the documents that keeps is true for.
//
//	read again -> texts, stored -> keys -> sorted, grouped -> matches, sorted -> spans
//	(parallel)    (in order)       (par.)                                        (par.)
func (j *Job) findPassages(ctx context.Context, keeps func(corpus.ID) bool) (_ *passages, err error) {
	var largest int64
	if len(j.lens) > 0 {
		largest = int64(slices.Max(j.lens)) // characters, which are bytes or not much less
	}
	budget := j.plan.passageBudget(largest)
	p := &passages{texts: newTextStore(budget.Texts, j.options.Temp, j.options.tempFS), edits: passage.NewEdits(budget.Edits, j.options.Temp).In(j.options.tempFS)}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.Close())
		}
	}()
	if err := j.storeTexts(ctx, p.texts, keeps); err != nil {
		return nil, err
	}
	// A second seed has not been needed yet, and a third will not be.
	for attempt := range 3 {
		hash := passage.Hash{Seed: rand.Uint64()}
		if attempt < len(j.passageDrop) {
			hash.Drop = j.passageDrop[attempt]
		}
		s := passageSearch{job: j, o: j.plan.Identity.Passages, hash: hash, budget: budget, passages: p, room: semaphore.NewWeighted(budget.Work)}
		if err = s.run(ctx); !errors.Is(err, passage.ErrCollision) {
			break
		}
		err = errors.Join(p.edits.Close())
		p.edits = passage.NewEdits(budget.Edits, j.options.Temp).In(j.options.tempFS)
		if err != nil {
			return nil, err
		}
		err = passage.ErrCollision
	}
	if err != nil {
		return nil, err
	}
	if err = p.edits.Seal(); err != nil {
		return nil, err // and not p, which is closed then
	}
	return p, nil
}

// passageSearch is one search, under one seed.
type passageSearch struct {
	job      *Job
	o        passage.Options
	hash     passage.Hash
	budget   passageBudget
	passages *passages
	room     *semaphore.Weighted // for large texts at work
}

func (s *passageSearch) run(ctx context.Context) (err error) {
	anchors, err := s.findAnchors(ctx)
	if err != nil {
		return err
	}
	keys := extsort.NewTriples(s.budget.Keys, s.job.options.Temp).In(s.job.options.tempFS)
	matches := extsort.NewTriples(s.budget.Matches, s.job.options.Temp).In(s.job.options.tempFS)
	defer func() { err = errors.Join(err, keys.Close(), matches.Close()) }()
	if err := s.makeKeys(ctx, anchors, keys); err != nil {
		return err
	}
	anchors = nil // they have served, and the garbage collector may have them
	grouper := passage.NewGrouper(s.o, func(m passage.Match) error {
		return matches.AddAll([]extsort.Triple{{uint64(m.At), uint64(m.First)}})
	})
	err = keys.Sort(func(sorted []extsort.Triple) error { return errors.Join(ctx.Err(), grouper.Add(sorted)) })
	s.job.tempBytes += keys.FileBytes() + matches.FileBytes()
	if err := errors.Join(err, keys.Close()); err != nil {
		return err
	}
	return s.makeEdits(ctx, matches)
}

// findAnchors finds the anchors that may occur at several places, nil if what is
// looked for has none.
func (s *passageSearch) findAnchors(ctx context.Context) (*passage.Anchors, error) {
	anchors := passage.NewAnchors(s.o, s.passages.texts.size(), s.budget.Anchors)
	if anchors == nil {
		return nil, nil
	}
	var mu sync.Mutex
	err := s.overTexts(ctx, func() func(uint32, []byte) error {
		finder := passage.NewAnchorFinder(s.o, s.hash)
		var found []uint64
		return func(_ uint32, text []byte) error {
			found = finder.Append(found[:0], text)
			mu.Lock()
			defer mu.Unlock()
			anchors.Add(found)
			return nil
		}
	})
	anchors.Seal()
	return anchors, err
}

func (s *passageSearch) makeKeys(ctx context.Context, anchors *passage.Anchors, sorter *extsort.Triples) error {
	var mu sync.Mutex
	store := func(keys []extsort.Triple) error {
		mu.Lock()
		defer mu.Unlock()
		return sorter.AddAll(keys)
	}
	return s.overTexts(ctx, func() func(uint32, []byte) error {
		finder := passage.NewFinder(s.o, s.hash, anchors, passage.Texts{})
		return func(doc uint32, text []byte) error { return finder.Keys(doc, text, store) }
	})
}

// textsAtOnce is the number of texts that a worker takes at once.
const textsAtOnce = 16

// overTexts calls functions of newWorker's with all texts, in parallel and in any
// order.
func (s *passageSearch) overTexts(ctx context.Context, newWorker func() func(doc uint32, text []byte) error) error {
	texts := s.passages.texts
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range s.job.options.Threads {
		g.Go(func() error {
			work, read := newWorker(), texts.reader(0)
			for ctx.Err() == nil {
				to := int(next.Add(textsAtOnce))
				from := to - textsAtOnce
				if from >= len(texts.ids) {
					return nil
				}
				for doc := from; doc < min(to, len(texts.ids)); doc++ {
					if err := s.withRoom(ctx, keysWeight*s.largeBytes(uint32(doc)), func() error {
						text, err := read(uint32(doc))
						if err != nil {
							return err
						}
						return work(uint32(doc), text)
					}); err != nil {
						return err
					}
				}
			}
			return ctx.Err()
		})
	}
	return g.Wait()
}

// How many times its size a large text takes while keys are made of it, and spans:
// itself, its normal form with what that is made of, and the places of words.
const (
	keysWeight  = 4
	spansWeight = 6
)

// largeBytes returns the size of a text if it is a large one, else 0.
func (s *passageSearch) largeBytes(doc uint32) int64 {
	if n := s.passages.texts.rows.RowLen(int(doc)); n > passage.LargeText {
		return int64(n)
	}
	return 0
}

// withRoom calls work once there is room for so many bytes. What is larger than the
// room has all of it.
func (s *passageSearch) withRoom(ctx context.Context, bytes int64, work func() error) error {
	over := bytes > s.budget.Work
	bytes = min(bytes, s.budget.Work)
	if err := s.room.Acquire(ctx, bytes); err != nil {
		return err
	}
	defer s.room.Release(bytes)
	err := work()
	if over {
		runtime.GC() // as Job.dropBlock has it
	}
	return err
}
