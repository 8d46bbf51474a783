package corpus

import (
	"context"
	"io"
)

// Container is a kind of file whose records are not lines of text, such as Parquet
// and WARC. It lives in a package of its own, so that who does not need it does not
// link it, and is made known by [Options.Containers].
//
// A container reads its records as JSON objects, one a record. From there on they
// are records like those of JSONL: the same fields, keys, limits and errors.
//
// A Container may be used from many goroutines at once.
type Container interface {
	// Format is what files of the kind are read as.
	Format() Format
	// Open begins to read a stored file. The caller closes what it returns.
	Open(ctx context.Context, f *Stored, o ContainerOptions) (Records, error)
	// Select writes to w the file f with the records only for which keep returns
	// true, in order; what is no record stays. keep is called with ascending
	// numbers, once for every record that Records yields, a bad one included.
	Select(ctx context.Context, f *Stored, w io.Writer, keep func(number int64) bool) error
}

// Editor is a Container that can also cut parts out of the texts of its records.
type Editor interface {
	Container
	// SelectEdited is Select with the texts of some of the kept records shorter, or
	// with a mark in them. All else in these records stays too.
	SelectEdited(ctx context.Context, f *Stored, w io.Writer, e *Edits) error
}

// Edits say which records of a file stay, and what of their texts.
type Edits struct {
	// Keep is the function of [Container.Select].
	Keep func(number int64) bool
	// Cuts returns what is cut out of the text of a record, until the next call; it
	// may be nil. It is called with ascending numbers, once for each record that Keep
	// was true for, which may by then have been asked for later ones.
	Cuts func(number int64) []Cut
	// Mark stands in place of each cut. It is UTF-8.
	Mark []byte

	parser *Parser
}

// Texts returns the strings in the JSON of a record that the cuts in its text take
// something of, in their order; the last cut may be too long for its string. It reports
// false if the record has no text. The slice is good until the next call, its Cuts
// are the caller's.
func (e *Edits) Texts(json []byte, cuts []Cut) ([]TextPart, bool) {
	return e.parser.textParts(json, cuts)
}

// Fields are the names of the fields that the text may be in, as in [ContainerOptions].
func (e *Edits) Fields() []string { return e.parser.c.o.textFields() }

// AppendCut appends a text to dst with the mark in place of each cut. It
// reports false, and appends nothing, if the cuts are not inside the text.
func (e *Edits) AppendCut(dst, text []byte, cuts []Cut) ([]byte, bool) {
	if !cutsFit(cuts, text) {
		return dst, false
	}
	return appendCut(dst, text, cuts, e.Mark), true
}

// Stored is a file as it is stored.
type Stored struct {
	// Name is the [File.Name], for messages.
	Name string
	// Size is in bytes.
	Size int64
	// Compression is what the name says of how the file is compressed as a whole.
	Compression Compression
	// Reader reads the stored bytes from the beginning.
	io.Reader
	// ReaderAt reads them at any place, also from many goroutines. It may be nil
	// for a [Streamer].
	io.ReaderAt

	decoders *decoders // nil for those of nobody's scan
}

// Streamer is a Container that reads its files from the beginning to the end, with
// the Reader alone. Of others, standard input and what else cannot be read at any
// place is first copied to a temporary file.
type Streamer interface {
	Container
	// Streams does nothing.
	Streams()
}

// ContainerOptions says what is wanted of a container's records.
type ContainerOptions struct {
	// Fields are the names of the wanted fields, as the fields of [Options] name
	// them ("a.b" is field b of a, unless a field has the whole name); a container
	// may leave out all others. Nil wants all.
	Fields []string
	// MaxRecord is the largest record in bytes; a longer one is a [*RecordError].
	MaxRecord int64
	// PageText makes text of the pages of a container that has some.
	PageText PageText
	// Slots bounds what is done beside the goroutine that calls Next, in all files
	// together: work is done on a record while a value is in the channel for it.
	// Nil, or a capacity of one, leaves all to Next. It changes speed, never results.
	Slots chan struct{}
}

// Records yields the records of a file.
type Records interface {
	// Next returns the next record, or io.EOF. A record that cannot be read is a
	// [*RecordError], of which Next sets Line, Offset, Code, Reason and Raw: the next
	// call goes on behind it. Any other error means that the file cannot be read on.
	Next() (ContainerRecord, error)
	Close() error
}

// ContainerRecord is one record of a container.
type ContainerRecord struct {
	// Number is the record's place in the file: the row of a table, the ordinal of
	// a response, or the line at which it begins. Counted from 1, ascending.
	// It is the [Document.Line].
	Number int64
	// Offset is where the record begins in the stored file in bytes, 0 where that
	// means nothing.
	Offset int64
	// JSON is the record as one JSON object without a newline in it. It depends on
	// the content of the record alone, not on its place: a pruned file is checked
	// by it. It is valid until the next call.
	JSON []byte
}
