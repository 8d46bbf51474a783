package pipeline

import (
	"context"
	"errors"
	"runtime"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// Shingle sets are needed for the documents that are in some candidate pair, and
// for no others, unless candidates are made without them. Pass 1 therefore keeps none: which documents those are is known
// once the bands are joined, and their sets are then made again from the text.
// That costs a second reading, which is cheap for files on the disk; the blocks
// of compressed files and of standard input are put aside in pass 1 instead.

// blockPlace is where the documents of a block begin.
type blockPlace struct {
	file   int32
	first  corpus.ID // first document of the block
	offset int64     // of the block in its decompressed file
}

// places remembers the place of every document: four bytes each, and a few for
// each block.
type places struct {
	blocks []blockPlace
	within []uint32 // offset of a document in its block
}

func (p *places) add(b *corpus.Block) {
	p.blocks = append(p.blocks, blockPlace{file: int32(b.File), first: corpus.ID(len(p.within)), offset: b.Offset})
}

func (p *places) addDocument(d *corpus.Document) {
	p.within = append(p.within, uint32(d.Offset-p.blocks[len(p.blocks)-1].offset))
}

// cursor walks over ascending documents.
type cursor struct {
	places *places
	ids    []corpus.ID
	block  int // the one that holds ids[0], once looked up
}

// next returns the first document left and its place.
func (c *cursor) next() (id corpus.ID, file int, offset int64, ok bool) {
	if len(c.ids) == 0 {
		return 0, 0, 0, false
	}
	id = c.ids[0]
	blocks := c.places.blocks
	for c.block+1 < len(blocks) && blocks[c.block+1].first <= id {
		c.block++
	}
	b := blocks[c.block]
	return id, int(b.file), b.offset + int64(c.places.within[id]), true
}

func (c *cursor) advance() { c.ids = c.ids[1:] }

// keptBlock is a block put aside in pass 1; its data is the row of the same
// number in Job.kept.
type keptBlock struct {
	file   int
	offset int64
}

// keepBlock puts the data of a block aside if its file cannot be read again for
// little.
func (j *Job) keepBlock(b *corpus.Block) error {
	if !j.keeps(b.File) {
		return nil
	}
	j.keptBlocks = append(j.keptBlocks, keptBlock{b.File, b.Offset})
	return j.kept.Append(b.Data)
}

// keeps tells whether the blocks of a file are put aside.
func (j *Job) keeps(file int) bool {
	return j.plan.Identity.Similarity != Exact && !j.rereadable(file)
}

// rereadable tells whether the blocks of a file come from a second reading.
func (j *Job) rereadable(file int) bool {
	return j.corpus.Rereadable(file) || j.again != nil && j.again[file]
}

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

// reread calls yield with every block that holds some of the wanted documents,
// in order. yield moves the cursor over those that it takes.
func (j *Job) reread(ctx context.Context, wanted []corpus.ID, yield func(*corpus.Block, *cursor) error) error {
	c := &cursor{places: &j.places, ids: wanted}
	offer := func(b *corpus.Block) error {
		_, file, offset, ok := c.next()
		if !ok || file != b.File || offset >= b.Offset+int64(len(b.Data)) {
			b.Release()
			return nil
		}
		return yield(b, c)
	}
	at := 0 // in keptBlocks
	keptUpTo := func(file int) error {
		for ; at < len(j.keptBlocks) && j.keptBlocks[at].file < file; at++ {
			// A row that was spilled must outlive the next one.
			data, err := j.kept.Get(at, nil)
			if err != nil {
				return err
			}
			k := j.keptBlocks[at]
			if err := offer(j.corpus.NewBlock(k.file, k.offset, data)); err != nil {
				return err
			}
		}
		return nil
	}
	files := j.filesOf(wanted)
	if j.recheck != noFile {
		files[j.recheck] = true
	}
	err := j.corpus.Rescan(ctx, func(file int) bool { return files[file] && j.rereadable(file) }, func(b *corpus.Block) error {
		if err := keptUpTo(b.File); err != nil {
			return err
		}
		return offer(b)
	})
	if err != nil {
		return err
	}
	if err := keptUpTo(len(files)); err != nil {
		return err
	}
	if _, file, _, left := c.next(); left {
		return &corpus.ChangedError{File: j.corpus.Files()[file].Name}
	}
	return nil
}

// filesOf tells which files hold wanted documents.
func (j *Job) filesOf(wanted []corpus.ID) []bool {
	files := make([]bool, len(j.corpus.Files()))
	blocks := j.places.blocks
	for i, b := range blocks {
		end := corpus.ID(len(j.places.within))
		if i+1 < len(blocks) {
			end = blocks[i+1].first
		}
		if n, _ := slices.BinarySearch(wanted, b.first); n < len(wanted) && wanted[n] < end {
			files[b.file] = true
		}
	}
	return files
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
