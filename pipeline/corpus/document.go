package corpus

import "slices"

// Document is one text with its name and its place. Its slices belong to the
// [Batch] it stands in.
type Document struct {
	// Key is the document's external name: the id field of a JSONL record,
	// "file:line" if it has none, or the name of a text file. Never empty,
	// always valid UTF-8.
	Key []byte
	// Text is the document's text as written: valid UTF-8, not normalised.
	Text []byte
	// Fields are the values of [Options.Fields], in their order: a string's content
	// or a number as written. Nil is one that the record has not, or of another
	// kind. A text file has none: the slice is nil.
	Fields [][]byte
	// Date is the value of [Options.DateField], likewise.
	Date []byte
	// Source is the value of [Options.SourceField], likewise.
	Source []byte
	// ASCII says that Text is known to hold nothing but ASCII, so that its length
	// is its number of characters. It is a hint that costs nothing to give: false
	// says nothing about the text.
	ASCII bool
	// Line is the record's line, counted from 1, or its number in a [Container].
	Line int64
	// StoredAt is where the record begins in the file as reports say it, in bytes:
	// the Offset, or a container's [ContainerRecord.Offset].
	StoredAt int64
	// Offset and Size are the record's place in the file as [Block.Data] has it:
	// decompressed, in bytes, without its line terminator.
	Offset, Size int64
}

// Batch holds the documents of one block. The zero value is ready for use;
// [Parser.Parse] appends to it and [Batch.Reset] keeps its memory for the next.
type Batch struct {
	// File is the position in [Corpus.Files] of the file last parsed.
	File int
	// Docs are the documents in order.
	Docs []Document
	// Errs are the records that are no documents, in order of their offsets.
	Errs []*RecordError
	// Filtered counts records that do not take part; see [Options.Where].
	Filtered int64
	// Blank counts lines that are no records.
	Blank int64

	arena  []byte
	values [][]byte // of the documents' Fields
}

// maxKept is the size in bytes beyond which a batch's memory is not kept: a giant
// record must not be paid for ever after.
const maxKept = 4 << 20

// Reset empties the batch. Its documents must not be used afterwards.
func (b *Batch) Reset() {
	if cap(b.arena) > maxKept {
		b.arena = nil
	}
	clear(b.Docs) // they hold on to arenas
	if cap(b.Docs) > maxKept/128 {
		b.Docs = nil
	}
	clear(b.values)
	b.Docs, b.Errs, b.Filtered, b.Blank, b.arena, b.values = b.Docs[:0], b.Errs[:0], 0, 0, b.arena[:0], b.values[:0]
}

// DropTexts forgets the texts of the documents, and nothing else of them.
func (b *Batch) DropTexts() {
	b.arena = nil
	for i := range b.Docs {
		d := &b.Docs[i]
		d.Text = nil
		for _, part := range []*[]byte{&d.Key, &d.Date, &d.Source} {
			*part = slices.Clone(*part)
		}
		for k := range d.Fields {
			d.Fields[k] = slices.Clone(d.Fields[k])
		}
	}
}

// fields returns room for the values of n fields.
func (b *Batch) fields(n int) [][]byte {
	start := len(b.values)
	b.values = slices.Grow(b.values, n)[:start+n]
	return b.values[start : start+n : start+n]
}

// reserve makes room for n more bytes, so that what hold has copied stays where
// it is. What stands in a full arena stays there; the next one is larger, so that
// the sizes settle after a few blocks.
func (b *Batch) reserve(n int) {
	if b.arena == nil || cap(b.arena)-len(b.arena) < n {
		b.arena = make([]byte, 0, max(n+n/8+64, cap(b.arena)+cap(b.arena)/2))
	}
}

// hold copies p into the batch's memory. The result is never nil.
func (b *Batch) hold(p []byte) []byte {
	b.reserve(len(p))
	start := len(b.arena)
	b.arena = append(b.arena, p...)
	return b.arena[start:len(b.arena):len(b.arena)]
}

// holdString copies the content of a valid JSON string, given with its quotes.
func (b *Batch) holdString(quoted []byte) []byte {
	b.reserve(len(quoted))
	start := len(b.arena)
	b.arena = appendUnquoted(b.arena, quoted)
	return b.arena[start:len(b.arena):len(b.arena)]
}
