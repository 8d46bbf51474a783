package pipeline

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/shingle"
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
	budget := j.plan.passageBudget()
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
		s := passageSearch{job: j, o: j.plan.Identity.Passages, hash: hash, budget: budget, passages: p}
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
	return p, p.edits.Seal()
}

// passageSearch is one search, under one seed.
type passageSearch struct {
	job      *Job
	o        passage.Options
	hash     passage.Hash
	budget   passageBudget
	passages *passages
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
		finder := passage.NewFinder(s.o, s.hash, anchors, s.passages.texts.reader())
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
			work, read := newWorker(), texts.reader()
			for ctx.Err() == nil {
				to := int(next.Add(textsAtOnce))
				from := to - textsAtOnce
				if from >= len(texts.ids) {
					return nil
				}
				for doc := from; doc < min(to, len(texts.ids)); doc++ {
					text, err := read(uint32(doc))
					if err == nil {
						err = work(uint32(doc), text)
					}
					if err != nil {
						return err
					}
				}
			}
			return ctx.Err()
		})
	}
	return g.Wait()
}

// matchRange is the matches of a run of texts on their way to edits.
type matchRange struct {
	matches []passage.Match
	docs    []uint32
	edits   []passage.Edit
}

// matchesAtOnce is the number of matches from which on a matchRange is sent.
const matchesAtOnce = 4096

func (s *passageSearch) makeEdits(ctx context.Context, matches *extsort.Triples) error {
	return throughWorkers(ctx, s.job.options.Threads, func(send func(*matchRange) error) error {
		r := new(matchRange)
		err := matches.Sort(func(sorted []extsort.Triple) error {
			for _, t := range sorted {
				m := passage.Match{At: passage.Position(t[0]), First: passage.Position(t[1])}
				if n := len(r.matches); n >= matchesAtOnce && r.matches[n-1].At.Doc() != m.At.Doc() {
					if err := send(r); err != nil {
						return err
					}
					r = new(matchRange)
				}
				r.matches = append(r.matches, m)
			}
			return nil
		})
		if err != nil || len(r.matches) == 0 {
			return err
		}
		return send(r)
	}, s.newEditor, func(r *matchRange) error {
		for i, doc := range r.docs {
			if err := s.passages.edits.Add(s.passages.texts.ids[doc], r.edits[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// newEditor returns one worker's function that makes edits of matches.
func (s *passageSearch) newEditor() func(*matchRange) error {
	texts := s.passages.texts
	finder := passage.NewFinder(s.o, s.hash, nil, texts.reader())
	read := texts.reader()
	remains := newRemainder()
	return func(r *matchRange) error {
		for rest := r.matches; len(rest) > 0; {
			doc, n := rest[0].At.Doc(), 1
			for n < len(rest) && rest[n].At.Doc() == doc {
				n++
			}
			text, err := read(doc)
			if err != nil {
				return err
			}
			spans, err := finder.Spans(nil, doc, text, rest[:n])
			if err != nil {
				return err
			}
			rest = rest[n:]
			if len(spans) == 0 {
				continue
			}
			edit := passage.Edit{Spans: spans}
			if !remains(text, &edit) {
				edit.Fate = passage.Emptied
			}
			r.docs, r.edits = append(r.docs, doc), append(r.edits, edit)
		}
		return nil
	}
}

// newRemainder returns a function that reports whether a text has a token left
// without what an edit cuts out.
func newRemainder() func(text []byte, e *passage.Edit) bool {
	normalizer := shingle.NewNormalizer()
	var left, norm []byte
	return func(text []byte, e *passage.Edit) bool {
		left = left[:0]
		at := 0
		for _, s := range e.Spans {
			left = append(left, text[at:s.Start]...)
			at = s.End
		}
		left = append(left, text[at:]...)
		if len(bytes.TrimSpace(left)) == 0 {
			return false
		}
		norm = normalizer.Append(norm[:0], left)
		return shingle.HasToken(norm)
	}
}

// throughWorkers takes what produce sends through a parallel stage to store, which
// gets it in order.
func throughWorkers[T any](ctx context.Context, workers int, produce func(send func(T) error) error, newWorker func() func(T) error, store func(T) error) error {
	g, ctx := errgroup.WithContext(ctx)
	in := make(chan T)
	g.Go(func() error {
		defer close(in)
		return produce(func(item T) error {
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
