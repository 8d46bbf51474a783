package pipeline

import (
	"context"
	"errors"
	"runtime"

	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// Shingle sets are needed for the documents that are in some candidate pair, and
// for no others, unless candidates are made without them. Pass 1 therefore keeps
// none: which documents those are is known once the bands are joined, and their
// sets are then made from the text, which is read again (reread.go).

// setBatch is a block on its way to shingle sets.
type setBatch struct {
	blockHolder
	ids     []corpus.ID
	offsets []int64

	in     corpus.Batch
	norm   []byte
	sets   []uint64 // of ids, end to end
	setEnd []int
	keys   []uint64 // of ids, end to end, if the second reading makes them
	keyEnd []int

	terms   []uint64 // of ids, end to end, if there is a sieve
	termEnd []int

	figures         []uint64 // of ids, end to end, if they count
	figureEnd       []int
	figureMinima    []uint64 // likewise
	figureMinimaEnd []int

	boilerplateCounts
	cut      int64                 // texts longer than pairs of words are made of
	passages []checkpoint.Passages // that show boilerplate
}

// empty makes b ready for a block; see batch.empty.
func (b *setBatch) empty() {
	if cap(b.sets) > maxKept/8 || cap(b.norm) > maxKept {
		*b = setBatch{}
	}
	b.block = nil
	b.in.Reset()
	b.ids, b.offsets = b.ids[:0], b.offsets[:0]
	b.sets, b.setEnd = b.sets[:0], b.setEnd[:0]
	b.keys, b.keyEnd = b.keys[:0], b.keyEnd[:0]
	b.terms, b.termEnd = b.terms[:0], b.termEnd[:0]
	b.boilerplateCounts, b.cut, b.passages = boilerplateCounts{}, 0, nil
	b.figures, b.figureEnd = b.figures[:0], b.figureEnd[:0]
	b.figureMinima, b.figureMinimaEnd = b.figureMinima[:0], b.figureMinimaEnd[:0]
}

// makeSets stores the shingle sets of the documents in wanted, which ascend.
//
//	read again -> parse, normalise, shingle -> store
//	                  (parallel)             (in order)
func (j *Job) makeSets(ctx context.Context, wanted []corpus.ID) error {
	if err := j.takeUpSets(ctx, wanted); err != nil {
		return err
	}
	err := j.readAgain(ctx, wanted[j.setsMade:], j.newSetAdder, func(b *setBatch) error {
		if err := j.storeSets(b); err != nil {
			return err
		}
		return j.logSets(b)
	})
	if err = j.journal.EndSets(err); err != nil {
		return err
	}
	j.tempBytes += j.sets.FileBytes()
	j.places, j.keptBlocks = places{}, nil // have served
	errs := []error{j.kept.Close(), j.sets.Seal()}
	if j.figures != nil {
		j.tempBytes += j.figures.fileBytes()
		errs = append(errs, j.figures.seal())
	}
	return errors.Join(errs...)
}

// readAgain makes the sets of the documents in wanted, by functions that append
// that of b.norm to b, and hands them to store in order.
func (j *Job) readAgain(ctx context.Context, wanted []corpus.ID, newAdder func() func(*setBatch), store func(*setBatch) error) error {
	return stream(ctx, j, func(ctx context.Context, send func(*corpus.Block, func(*setBatch)) error) error {
		return j.reread(ctx, wanted, func(block *corpus.Block, c *cursor) error {
			return send(block, func(b *setBatch) { b.want(c) })
		})
	}, func() func(*setBatch) error { return j.newSetMaker(newAdder()) }, store)
}

// want moves the documents of b's block from the cursor to b.
func (b *setBatch) want(c *cursor) {
	end := b.block.Offset + int64(len(b.block.Data))
	for id, file, offset, ok := c.next(); ok && file == b.block.File && offset < end; id, file, offset, ok = c.next() {
		b.ids, b.offsets = append(b.ids, id), append(b.offsets, offset)
		c.advance()
	}
}

// storeSets stores the sets of b, and the figures and keys that were made with
// them.
func (j *Job) storeSets(b *setBatch) error {
	for i, id := range b.ids {
		if err := j.sets.Put(id, partOf(b.sets, b.setEnd, i)); err != nil {
			return err
		}
		if j.figures != nil {
			if err := j.figures.put(b, i); err != nil {
				return err
			}
		}
		if len(b.keyEnd) == 0 {
			continue
		}
		if err := j.storeKeys(id, partOf(b.keys, b.keyEnd, i)); err != nil {
			return err
		}
	}
	if err := j.storeTerms(b); err != nil {
		return err
	}
	j.sum(b)
	j.setsMade += int64(len(b.ids))
	j.report(StageSets)
	return nil
}

// storeKeys hands what the second reading made for candidates of a document to
// whoever wants it. Without a set there are no bands.
func (j *Job) storeKeys(id corpus.ID, keys []uint64) error {
	switch {
	case j.keyed != nil:
		return j.keyed.AddKeys(id, keys)
	case len(keys) == 0:
		return nil
	case j.onSignature != nil:
		return j.onSignature(id, keys)
	case j.bucketer != nil:
		return j.bucketer.Add(id, keys)
	}
	return nil
}

// newSetMaker returns one worker's function that makes the sets of a block's
// wanted documents, or what stands for them, by add.
func (j *Job) newSetMaker(add func(*setBatch)) func(*setBatch) error {
	parser := corpus.NewParser(j.corpus)
	normalizer := shingle.NewNormalizer()
	exhibit := j.newExhibitor()
	return func(b *setBatch) error {
		for i, offset := range b.offsets {
			b.in.Reset()
			if err := parser.ParseAt(b.block, offset, &b.in); err != nil {
				return err
			}
			giant := j.isGiant(b.block) && len(b.offsets) == 1
			if giant {
				b.block.Forget()
				runtime.GC() // as dropBlock has it
			}
			b.norm = normalizer.Append(b.norm[:0], b.in.Docs[0].Text)
			if passages := exhibit(b.ids[i], b.in.Docs[0].Text); len(passages) > 0 {
				b.passages = append(b.passages, checkpoint.Passages{ID: b.ids[i], Texts: passages})
			}
			if giant {
				b.in.DropTexts()
				runtime.GC()
			}
			add(b)
			b.setEnd = append(b.setEnd, len(b.sets))
			if cap(b.norm) > maxKept {
				b.norm = nil
			}
		}
		return nil
	}
}

// newSetAdder returns a function that appends the set of b.norm to b, and its
// figures if they count.
func (j *Job) newSetAdder() func(b *setBatch) {
	add := j.newShingleAdder()
	if j.figures == nil {
		return add
	}
	addFigures := j.newFigureAdder()
	return func(b *setBatch) {
		add(b)
		addFigures(b)
	}
}

// newShingleAdder returns a function that appends what is compared of b.norm to b.
func (j *Job) newShingleAdder() func(b *setBatch) {
	if j.weights != nil {
		return j.weights.newRowAdder(j.keyed != nil, j.sieve != nil)
	}
	if j.boiler != nil {
		return j.newContentAdder()
	}
	return j.newFullSetAdder()
}

// newFullSetAdder returns a function that appends all shingles of b.norm to b.
func (j *Job) newFullSetAdder() func(b *setBatch) {
	comparer := j.newComparer()
	return func(b *setBatch) { b.sets = comparer.Append(b.sets, b.norm) }
}
