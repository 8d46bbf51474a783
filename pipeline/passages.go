package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/pipeline/prune"
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
