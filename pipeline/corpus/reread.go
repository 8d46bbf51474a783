package corpus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// ChangedError is a file that a second scan found to differ from the first.
type ChangedError struct {
	File string
	// Reason tells why it could not be read to its end, "" if it could.
	Reason string
}

// Error says what to do.
func (e *ChangedError) Error() string {
	if e.Reason != "" {
		return fmt.Sprintf("corpus: %q was read once and cannot be read again: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("corpus: %q has changed since it was first read: run again", e.File)
}

// Rescan is Scan over the files that want picks, after a Scan that ran to its
// end. A file whose bytes differ from those that the Scan saw is a
// [*ChangedError], which may come after its blocks, but before those of the next file.
func (c *Corpus) Rescan(ctx context.Context, want func(file int) bool, yield func(*Block) error) error {
	broken := map[int]string{}
	s := c.newScan(new(atomic.Int64))
	s.again = true
	err := s.run(ctx, want, func(b *Block) error {
		for _, e := range b.Errs {
			if e.Broken {
				broken[b.File] = e.Reason
			}
		}
		return yield(b)
	})
	var other otherContent
	if errors.As(err, &other) {
		return &ChangedError{File: c.files[other].Name, Reason: broken[int(other)]}
	}
	return err
}

// otherContent is a file, by its number, that is not what it was.
type otherContent int

func (o otherContent) Error() string { return fmt.Sprintf("corpus: file %d has changed", int(o)) }

// Rereadable reports whether file i can be read a second time for little: it is
// on the disk, and not compressed.
func (c *Corpus) Rereadable(i int) bool {
	store, _ := c.fsys.store(c.files[i].Path)
	return c.files[i].Path != StdinPath && c.files[i].Compression == None && store == nil
}

// NewBlock returns the block of file i whose decompressed bytes from offset are
// data, as a Scan has yielded it. It is not to be released.
func (c *Corpus) NewBlock(i int, offset int64, data []byte) *Block {
	format := c.files[i].Format
	return &Block{File: i, Offset: offset, Data: data, format: format, whole: format.IsWhole()}
}

// from returns the block of the one record that begins at an offset of the file,
// or an empty one.
func (b *Block) from(offset int64) Block {
	one := Block{File: b.File, Offset: offset, format: b.format, whole: b.whole}
	if !b.Holds(offset) {
		return one
	}
	one.Data = b.Data[offset-b.Offset:]
	if !b.format.IsWhole() {
		if n := bytes.IndexByte(one.Data, '\n') + 1; n > 0 {
			one.Data = one.Data[:n]
		}
	}
	return one
}

// ParseAt appends to dst the document that a Parse of the same file found at an
// offset inside b. If there is none any more, the file has changed, which is a
// [*ChangedError]. The document's Line is not set.
func (p *Parser) ParseAt(b *Block, offset int64, dst *Batch) error {
	before := len(dst.Docs)
	one := b.from(offset)
	p.Parse(&one, dst)
	if len(dst.Docs) != before+1 {
		return &ChangedError{File: p.c.files[b.File].Name}
	}
	return nil
}
