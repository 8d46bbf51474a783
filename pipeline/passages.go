package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/shingle"
)

// SpansFile is the file of a pruned corpus that tells what was cut out of its
// documents. Persisted, never rename.
const SpansFile = "spans.jsonl"

// PlanTrim is [Result.PlanPrune] with the passages that Identity.Passages asks to be
// cut out of the documents that stay; without any it is the same. It reads those
// documents again. The plan must not be used after the result is closed.
func (r *Result) PlanTrim(ctx context.Context) (*prune.Plan, error) {
	p, err := r.PlanPrune()
	if err != nil || r.job.plan.Identity.Passages.Unit == passage.None {
		return p, err
	}
	found, err := r.job.cuts.find(func() (*passages, error) { return r.job.findPassages(ctx, p.Keeps) })
	if err != nil {
		return nil, err
	}
	return p, p.Edit(found.edits, "")
}

// cuts are the passages that a plan cuts out, once they were looked for.
type cuts struct {
	mu    sync.Mutex
	found *passages
}

// find returns what was found, or looks for it with search.
func (c *cuts) find(search func() (*passages, error)) (_ *passages, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.found == nil {
		c.found, err = search()
	}
	return c.found, err
}

// get returns what was found, nil if nothing was looked for.
func (c *cuts) get() *passages {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.found
}

// close removes the temporary files.
func (c *cuts) close() error {
	if t := c.get(); t != nil {
		return t.Close()
	}
	return nil
}

// emptied returns the documents of which no word was left, ascending.
func (c *cuts) emptied() ([]corpus.ID, error) {
	t := c.get()
	if t == nil {
		return nil, nil
	}
	var ids []corpus.ID
	for i := range t.edits.Len() {
		e, err := t.edits.Edit(i)
		if err != nil {
			return nil, err
		}
		if e.Fate == passage.Emptied {
			ids = append(ids, t.edits.ID(i))
		}
	}
	return ids, nil
}

// spanLine is a line of spans.jsonl.
type spanLine struct {
	ID         string       `json:"id"`
	Start      int          `json:"start"`
	End        int          `json:"end"`
	Characters int          `json:"characters"`
	Kind       passage.Unit `json:"kind"`
	First      string       `json:"first"`
	FirstStart int          `json:"first_start"`
}

// WriteSpans writes a JSON line for every passage that the last PlanTrim cut out, in
// reading order: the document, the passage's bytes in its text, and where the passage
// stands first. It writes nothing if there was no PlanTrim.
func (r *Result) WriteSpans(w io.Writer) error { return r.writeSpans(w, r.job.cuts.get()) }

func (r *Findings) writeSpans(w io.Writer, t *passages) error {
	if t == nil {
		return nil
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for i := range t.edits.Len() {
		e, err := t.edits.Edit(i)
		if err != nil {
			return err
		}
		id := r.catalog.Key(t.edits.ID(i))
		for _, s := range e.Spans {
			line := spanLine{id, s.Start, s.End, s.Chars, r.plan.Identity.Passages.Unit, r.catalog.Key(t.texts.ids[s.First]), s.FirstStart}
			if err := errors.Join(r.catalog.Err(), enc.Encode(line)); err != nil {
				return err
			}
		}
	}
	return nil
}

// documentsApart tells whether documents are not compared with each other at all.
func (id Identity) documentsApart() bool {
	return id.Passages.Scope == passage.Alone || id.Items != (passage.ItemOptions{})
}

// checkEditable refuses inputs whose records cannot be edited, before they are read.
func checkEditable(c *corpus.Corpus, id Identity) error {
	if id.Passages.Unit == passage.None && id.Items.Action != passage.Mask {
		return nil
	}
	for i, f := range c.Files() {
		if err := c.CheckEditable(i); err != nil && !f.Reference {
			return err
		}
	}
	return nil
}

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
	memory := j.plan.passageMemory()
	p := &passages{texts: newTextStore(memory/2, j.options.Temp), edits: passage.NewEdits(memory/16, j.options.Temp)}
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
		s := passageSearch{job: j, o: j.plan.Identity.Passages, hash: hash, memory: memory / 2, passages: p}
		if err = s.run(ctx); !errors.Is(err, passage.ErrCollision) {
			break
		}
		err = errors.Join(p.edits.Close())
		p.edits = passage.NewEdits(memory/16, j.options.Temp)
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

// passageMemory is what the stores of the run have left.
func (p *Plan) passageMemory() int64 {
	if p.Identity.Similarity == Exact {
		return p.Budget.Keys + p.Budget.Sets
	}
	return p.Budget.Keys * 2 / 3 // the keys have served
}

// passageSearch is one search, under one seed.
type passageSearch struct {
	job      *Job
	o        passage.Options
	hash     passage.Hash
	memory   int64
	passages *passages
}

func (s *passageSearch) run(ctx context.Context) (err error) {
	keys := extsort.NewTriples(s.memory*2/3, s.job.options.Temp)
	matches := extsort.NewTriples(s.memory/3, s.job.options.Temp)
	defer func() { err = errors.Join(err, keys.Close(), matches.Close()) }()
	if err := s.makeKeys(ctx, keys); err != nil {
		return err
	}
	grouper := passage.NewGrouper(s.o, func(m passage.Match) error {
		return matches.AddAll([]extsort.Triple{{uint64(m.At), uint64(m.First)}})
	})
	err = keys.Sort(func(sorted []extsort.Triple) error { return errors.Join(ctx.Err(), grouper.Add(sorted)) })
	if err := errors.Join(err, keys.Close()); err != nil {
		return err
	}
	return s.makeEdits(ctx, matches)
}

// keyRange is a run of texts on its way to keys.
type keyRange struct {
	from, to int
	keys     []extsort.Triple
}

func (s *passageSearch) makeKeys(ctx context.Context, sorter *extsort.Triples) error {
	texts := s.passages.texts
	return throughWorkers(ctx, s.job.options.Threads, func(send func(*keyRange) error) error {
		return texts.ranges(func(from, to int) error { return send(&keyRange{from: from, to: to}) })
	}, func() func(*keyRange) error {
		finder := passage.NewFinder(s.o, s.hash, texts.reader())
		read := texts.reader()
		return func(r *keyRange) error {
			for doc := r.from; doc < r.to; doc++ {
				text, err := read(uint32(doc))
				if err != nil {
					return err
				}
				r.keys = finder.Keys(r.keys, uint32(doc), text)
			}
			return nil
		}
	}, func(r *keyRange) error { return sorter.AddAll(r.keys) })
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
	finder := passage.NewFinder(s.o, s.hash, texts.reader())
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
