package pipeline

import (
	"context"
	"runtime"
	"slices"

	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// textStore holds the texts of some documents, as written, numbered from 0 in reading
// order.
type textStore struct {
	rows *spill.Store[byte]
	ids  []corpus.ID // of each text, ascending
}

func newTextStore(memory int64, temp string, fs vfs.TempFS) *textStore {
	return &textStore{rows: spill.New[byte](memory, temp).In(fs)}
}

// size returns the bytes of all texts.
func (s *textStore) size() int64 { return s.rows.MemoryBytes() + s.rows.FileBytes() }

// cachedTexts is the number of texts that a reader remembers, if they are on disk.
const cachedTexts = 64

// reader returns a function for one goroutine that returns texts. A text is good until
// the next call, and a large one as long as anyone has it. Those of up to maxCached
// bytes are remembered.
func (s *textStore) reader(maxCached int64) func(doc uint32) ([]byte, error) {
	type entry struct {
		doc  uint32
		text []byte // nil: nothing is held
	}
	var cache [cachedTexts]entry
	return func(doc uint32) ([]byte, error) {
		if view := s.rows.View(int(doc)); view != nil {
			return view, nil
		}
		if n := s.rows.RowLen(int(doc)); int64(n) > maxCached {
			return s.rows.Get(int(doc), make([]byte, 0, n))
		}
		e := &cache[doc%cachedTexts]
		if e.text != nil && e.doc == doc {
			return e.text, nil
		}
		var err error
		e.doc = doc
		e.text, err = s.rows.Get(int(doc), e.text)
		if err != nil {
			e.text = nil
		}
		return e.text, err
	}
}

// textBatch is a block on its way to the texts of its documents.
type textBatch struct {
	blockHolder
	ids     []corpus.ID
	offsets []int64
	in      corpus.Batch
	hits    [][]passage.Hit // of ids, if items are looked for
}

// empty makes b ready for a block; see batch.empty.
func (b *textBatch) empty() {
	b.block = nil
	b.in.Reset()
	b.ids, b.offsets, b.hits = b.ids[:0], b.offsets[:0], b.hits[:0]
}

// storeTexts reads the documents that keeps is true for again and stores their texts.
func (j *Job) storeTexts(ctx context.Context, s *textStore, keeps func(corpus.ID) bool) error {
	err := j.readDocuments(ctx, keeps, func() func(*textBatch) { return func(*textBatch) {} }, func(b *textBatch) error {
		s.ids = append(s.ids, b.ids...)
		for i := range b.in.Docs {
			if err := s.rows.Append(b.in.Docs[i].Text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.ids = slices.Clip(s.ids)
	j.tempBytes += s.rows.FileBytes()
	return s.rows.Seal()
}

// readDocuments reads the documents that keeps is true for again and takes them, by
// blocks, through functions of newWorker's, in parallel, to store, in order.
func (j *Job) readDocuments(ctx context.Context, keeps func(corpus.ID) bool, newWorker func() func(*textBatch), store func(*textBatch) error) error {
	next := wantedDocs{catalog: j.catalog, keeps: keeps}
	if err := next.advance(0); err != nil {
		return err
	}
	return stream(ctx, j, func(ctx context.Context, send func(*corpus.Block, func(*textBatch)) error) error {
		err := j.corpus.Rescan(ctx, func(int) bool { return true }, func(b *corpus.Block) error {
			ids, offsets, err := next.within(b)
			if err != nil || len(ids) == 0 {
				b.Release()
				return err
			}
			return send(b, func(t *textBatch) { t.ids, t.offsets = ids, offsets })
		})
		if err == nil && next.ok {
			err = &corpus.ChangedError{File: j.corpus.Files()[next.file].Name}
		}
		return err
	}, func() func(*textBatch) error {
		parser, work := corpus.NewParser(j.corpus), newWorker()
		return func(b *textBatch) error {
			for _, offset := range b.offsets {
				if err := parser.ParseAt(b.block, offset, &b.in); err != nil {
					return err
				}
			}
			if j.isGiant(b.block) {
				b.block.Forget()
				runtime.GC() // as dropBlock has it
			}
			work(b)
			return nil
		}
	}, store)
}

// wantedDocs walks over the documents that are wanted, in order.
type wantedDocs struct {
	catalog *corpus.Catalog
	keeps   func(corpus.ID) bool
	ok      bool // there is one more:
	id      corpus.ID
	file    int
	offset  int64
}

// advance goes to the first wanted document from id on.
func (w *wantedDocs) advance(id corpus.ID) error {
	for ; int(id) < w.catalog.Len(); id++ {
		if w.keeps(id) {
			w.id, w.ok = id, true
			w.file, w.offset = w.catalog.BlockOffset(id)
			return w.catalog.Err()
		}
	}
	w.ok = false
	return nil
}

// within takes the wanted documents that stand in a block.
func (w *wantedDocs) within(b *corpus.Block) (ids []corpus.ID, offsets []int64, err error) {
	for w.ok && w.file == b.File && b.Holds(w.offset) {
		ids, offsets = append(ids, w.id), append(offsets, w.offset)
		if err := w.advance(w.id + 1); err != nil {
			return nil, nil, err
		}
	}
	return ids, offsets, nil
}
