package passage

import (
	"slices"

	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Fate is what becomes of an edited document.
type Fate uint8

// The fates.
const (
	// Trimmed is a document that is written without its cuts.
	Trimmed Fate = iota
	// Emptied is one of which no word is left: it goes.
	Emptied
	// Contaminated is one that goes because evaluation items are in it.
	Contaminated
)

// Edit is what becomes of one document.
type Edit struct {
	Fate  Fate
	Spans []Span // ascending, not overlapping
}

// Chars returns the number of characters in the spans.
func (e *Edit) Chars() int64 {
	var n int64
	for i := range e.Spans {
		n += int64(e.Spans[i].Chars)
	}
	return n
}

// Cuts appends the spans' places to dst.
func (e *Edit) Cuts(dst []corpus.Cut) []corpus.Cut {
	for _, s := range e.Spans {
		dst = append(dst, corpus.Cut{Start: s.Start, End: s.End})
	}
	return dst
}

// Edits holds the edits of a corpus, in memory up to a budget and in a temporary
// file beyond it. It takes 16 bytes a document besides. Documents are added by one
// goroutine; after [Edits.Seal] the other methods may be called from any.
type Edits struct {
	ids  []corpus.ID
	rows *spill.Store[uint32]
	row  []uint32
}

// spanWords is the number of values in a row for each span.
const spanWords = 5

// NewEdits returns an empty store that holds up to memoryBytes of spans in memory
// and the rest in a temporary file in tempDir.
func NewEdits(memoryBytes int64, tempDir string) *Edits {
	return &Edits{rows: spill.New[uint32](memoryBytes, tempDir)}
}

// In makes the store put its temporary file into another file system, nil being the
// machine's, before anything is added. It returns the store.
func (e *Edits) In(fs vfs.TempFS) *Edits {
	e.rows.In(fs)
	return e
}

// Add adds the edit of a document. Documents ascend.
func (e *Edits) Add(id corpus.ID, edit Edit) error {
	e.row = append(e.row[:0], uint32(edit.Fate))
	for _, s := range edit.Spans {
		e.row = append(e.row, uint32(s.Start), uint32(s.End), uint32(s.Chars), s.First, uint32(s.FirstStart))
	}
	if err := e.rows.Append(e.row); err != nil {
		return err
	}
	e.ids = append(e.ids, id)
	return nil
}

// Seal ends the adding.
func (e *Edits) Seal() error { return e.rows.Seal() }

// Len returns the number of edited documents.
func (e *Edits) Len() int { return len(e.ids) }

// ID returns edited document number i, in reading order.
func (e *Edits) ID(i int) corpus.ID { return e.ids[i] }

// Find returns the number of a document among the edited ones.
func (e *Edits) Find(id corpus.ID) (i int, ok bool) { return slices.BinarySearch(e.ids, id) }

// Edit returns edit number i.
func (e *Edits) Edit(i int) (Edit, error) {
	row, err := e.rows.Get(i, nil)
	if err != nil {
		return Edit{}, err
	}
	edit := Edit{Fate: Fate(row[0])}
	for r := range slices.Chunk(row[1:], spanWords) {
		edit.Spans = append(edit.Spans, Span{Start: int(r[0]), End: int(r[1]), Chars: int(r[2]), First: r[3], FirstStart: int(r[4])})
	}
	return edit, nil
}

// Close drops everything and removes the temporary file.
func (e *Edits) Close() error { return e.rows.Close() }
