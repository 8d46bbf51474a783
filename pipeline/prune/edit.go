package prune

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// EditCounts says what became of documents below their whole.
type EditCounts struct {
	// Emptied and Contaminated are the pruned documents by rule.
	Emptied      int64 `json:"emptied,omitzero"`
	Contaminated int64 `json:"contaminated,omitzero"`
	// Trimmed are the kept documents that are written with parts cut out, and
	// CutCharacters what was cut out of them and of the emptied ones.
	Trimmed       int64 `json:"trimmed,omitzero"`
	CutCharacters int64 `json:"cut_characters,omitzero"`
}

func (c *EditCounts) add(d *EditCounts) {
	c.Emptied += d.Emptied
	c.Contaminated += d.Contaminated
	c.Trimmed += d.Trimmed
	c.CutCharacters += d.CutCharacters
}

// edit counts what is cut out of a document.
func (c *EditCounts) edit(e *passage.Edit) {
	switch e.Fate {
	case passage.Trimmed:
		c.Trimmed++
		c.CutCharacters += e.Chars()
	case passage.Emptied:
		c.CutCharacters += e.Chars()
	}
}

// Edit makes edits, sealed, part of the plan: the kept documents among them are
// written with mark in place of each span, or go. It is called at most once, before
// anything else is asked of the plan; edits must stay open while the plan is in use.
// An edit of a document that goes already, or of a format that cannot be edited, is
// an error.
func (p *Plan) Edit(edits *passage.Edits, mark string) error {
	for i := range edits.Len() {
		id := edits.ID(i)
		if int(id) >= len(p.classes) || !p.Keeps(id) {
			return fmt.Errorf("prune: document %d is edited, but it is not kept", id)
		}
		e, err := edits.Edit(i)
		if err != nil {
			return fmt.Errorf("prune: %w", err)
		}
		file, _, _ := p.catalog.Location(id)
		if e.Fate == passage.Trimmed {
			if err := p.corpus.CheckEditable(file); err != nil {
				return fmt.Errorf("prune: %w", err)
			}
		}
		counts := &p.accounting.Files[file].Counts
		counts.edit(&e)
		if e.Fate != passage.Trimmed {
			p.drop(id, e.Fate, counts)
		}
	}
	slices.SortFunc(p.removed, func(a, b decision) int { return cmp.Compare(a.ID, b.ID) })
	p.edits, p.mark = edits, []byte(mark)
	p.accounting.sum()
	if err := p.catalog.Err(); err != nil {
		return fmt.Errorf("prune: %w", err)
	}
	return p.accounting.Check()
}

// drop makes a kept document one that goes.
func (p *Plan) drop(id corpus.ID, fate passage.Fate, counts *Counts) {
	was, now, rule := p.classes[id], emptied, Emptied
	if fate == passage.Contaminated {
		now, rule = contaminated, Contaminated
	}
	var before, after Counts
	before.document(was)
	after.document(now)
	counts.Kept -= before.Kept
	counts.Representatives -= before.Representatives
	counts.Singletons -= before.Singletons
	counts.Empty -= before.Empty
	after.Read = 0
	counts.add(&after)
	p.classes[id] = now
	p.removed = append(p.removed, decision{ID: id, Cover: id, Rule: rule})
}

// editor writes edited records. Its cuts are those of the document being looked at.
type editor struct {
	parser *corpus.Parser
	next   int // in Plan.edits
	cuts   []corpus.Cut
	buf    []byte
}

// look finds what is cut out of a document, which come in order, and counts it.
func (c *copier) look(id corpus.ID, counts *Counts) error {
	c.cuts = c.cuts[:0]
	edits := c.p.edits
	if edits == nil || c.editor.next == edits.Len() || edits.ID(c.editor.next) != id {
		return nil
	}
	e, err := edits.Edit(c.editor.next)
	if err != nil {
		return err
	}
	c.editor.next++
	counts.edit(&e)
	if e.Fate == passage.Trimmed {
		c.cuts = e.Cuts(c.cuts)
	}
	return nil
}

// edited returns a record without its cuts, behind what stood before, until the next
// call.
func (c *copier) edited(b *corpus.Block, raw, before []byte) (_ []byte, err error) {
	c.buf, err = c.parser.Edit(append(c.buf[:0], before...), b, raw, c.cuts, c.p.mark)
	return c.buf, err
}

// keepEdited writes a record without its cuts, between what stood before and after.
func (c *copier) keepEdited(b *corpus.Block, raw, before, after []byte) error {
	record, err := c.edited(b, raw, before)
	if err != nil {
		return err
	}
	_, err = c.out.w.Write(append(record, after...))
	return err
}
