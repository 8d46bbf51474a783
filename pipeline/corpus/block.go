package corpus

import (
	"bytes"
	"sync"
)

// Block is a run of whole records of one file, as stored.
type Block struct {
	// File is the file's position in [Corpus.Files].
	File int
	// Line is the line, counted from 1, and Offset the place in the decompressed
	// file at which Data begins. Of a [Container], Data is a part of a stream of
	// JSON lines, and these are places in it.
	Line, Offset int64
	// Data holds the records with their line terminators, and the blank lines
	// between them. It is valid until Release.
	Data []byte
	// Errs are the records that the reader could not read, in order. They come
	// after those in Data.
	Errs []*RecordError

	format Format
	whole  bool     // Data is all of a text file
	places []place  // of each line, in a container
	fields []string // of its records that may have the text, in a container
	mark   Mark     // the place behind the block
	pool   *sync.Pool
	tally  *tally // that counts it when it is released; nil for none
	size   int64  // of Data before Forget; 0 if that was not called
}

var (
	utf8BOM = []byte("\xef\xbb\xbf")
)

// Records calls yield for each record in order, until it returns false: its
// line, or its number in a [Container], its offset in the decompressed file and its bytes without the line
// terminator ("\n" or "\r\n"). Blank lines and a byte order mark at the start of
// the file belong to no record.
func (b *Block) Records(yield func(line, offset int64, raw []byte) bool) {
	data, offset := b.start()
	if b.format.IsWhole() {
		if b.whole {
			yield(b.Line, offset, data)
		}
		return
	}
	for line := int64(0); len(data) > 0; line++ {
		n := lineLength(data)
		at := Document{Offset: offset}
		b.locate(&at, line)
		if raw := trimEOL(data[:n]); !isBlank(raw) && !yield(at.Line, offset, raw) {
			return
		}
		data, offset = data[n:], offset+int64(n)
	}
}

// place is that of a container's record in the stored file; see [ContainerRecord].
type place struct{ number, offset int64 }

// locate sets the Line and the StoredAt of a document of line i of the block, which
// has its Offset.
func (b *Block) locate(d *Document, i int64) {
	if b.places == nil {
		d.Line, d.StoredAt = b.Line+i, d.Offset
		return
	}
	d.Line, d.StoredAt = b.places[i].number, b.places[i].offset
}

// start returns the data of the block without a byte order mark, and its offset.
func (b *Block) start() (data []byte, offset int64) {
	if b.Offset == 0 && bytes.HasPrefix(b.Data, utf8BOM) {
		return b.Data[len(utf8BOM):], int64(len(utf8BOM))
	}
	return b.Data, b.Offset
}

// Holds reports whether a record that begins at an offset of the file is in the block.
// A file that is one document has it though there may be nothing in it.
func (b *Block) Holds(offset int64) bool {
	if _, first := b.start(); b.whole && offset == first {
		return true
	}
	return offset >= b.Offset && offset < b.Offset+int64(len(b.Data))
}

// lineLength is that of the line at the start of data, with its end.
func lineLength(data []byte) int {
	if n := bytes.IndexByte(data, '\n') + 1; n > 0 {
		return n
	}
	return len(data)
}

// Error returns the RecordError of a document of the block that was found bad
// after parsing, such as one whose key is taken. file is the [File.Name].
func (b *Block) Error(file string, d *Document, code BadCode, reason string) *RecordError {
	e := &RecordError{File: file, Line: d.Line, Offset: d.StoredAt, Key: string(d.Key), Code: code, Reason: reason}
	raw := b.Data[d.Offset-b.Offset:]
	e.setRaw(raw[:min(d.Size, int64(len(raw)))])
	if code == NoTextField {
		e.Fields = b.fields
	}
	return e
}

// Release hands the block's memory back for reuse. The block and all that was
// taken from its Data without copying must not be used afterwards.
func (b *Block) Release() {
	data, pool, tally := b.Data, b.pool, b.tally
	b.Data, b.places, b.pool, b.tally = nil, nil, nil, nil
	if pool != nil && data != nil {
		pool.Put(&data)
	}
	if tally != nil {
		tally.add()
	}
}

// Size returns the length of the block's data as it was read.
func (b *Block) Size() int64 { return max(b.size, int64(len(b.Data))) }

// Forget drops the data of a block of one record but for its beginning, of which errors
// carry a part. Nothing can be parsed any more.
func (b *Block) Forget() {
	if b.size = b.Size(); b.size > maxRaw {
		b.Data = bytes.Clone(b.Data[:maxRaw+1])
	}
}

func trimEOL(line []byte) []byte {
	n := len(line)
	if n > 0 && line[n-1] == '\n' {
		n--
		if n > 0 && line[n-1] == '\r' {
			n--
		}
	}
	return line[:n]
}

// isBlank reports whether a line holds nothing but JSON's white space.
func isBlank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}
