package prune

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// copier is the second scan at work.
type copier struct {
	p   *Plan
	dir creator
	got Accounting
	out *output // of the file being copied; nil before its first kept record
	editor

	begun    int        // files so far
	selected *selection // of the container's file being read; nil for others

	// next is the document that comes next, and its place.
	next       corpus.ID
	nextFile   int
	nextOffset int64
}

// locate looks up where the next document is.
func (c *copier) locate() error {
	if int(c.next) == len(c.p.classes) {
		return nil
	}
	c.nextFile, c.nextOffset = c.p.catalog.BlockOffset(c.next)
	return c.p.catalog.Err()
}

// block copies the kept records of a block.
func (c *copier) block(ctx context.Context, b *corpus.Block) error {
	defer b.Release()
	if err := c.begin(ctx, b.File); err != nil {
		return err
	}
	counts := &c.got.Files[b.File].Counts
	var err error
	b.Records(func(number, offset int64, raw []byte) bool {
		if int(c.next) == len(c.p.classes) || c.nextFile != b.File || c.nextOffset != offset {
			// It was no document in the first scan.
			if !c.parser.IsFiltered(b, raw) {
				counts.quarantine(1)
				return true
			}
			counts.filter(1)
			if !c.p.corpus.Files()[b.File].Reference {
				c.cuts = c.cuts[:0]
				c.selected.filter(number)
				err = c.keep(b, offset, raw)
			}
			return err == nil
		}
		id := c.next
		c.next++
		counts.document(c.p.classes[id])
		if err = c.look(id, counts); err == nil && c.p.Keeps(id) {
			err = c.keep(b, offset, raw)
		}
		if err == nil {
			err = c.locate()
		}
		return err == nil
	})
	counts.quarantine(int64(len(b.Errs)))
	for _, e := range b.Errs {
		c.selected.bad(e)
	}
	return err
}

// keep writes one record.
func (c *copier) keep(b *corpus.Block, offset int64, raw []byte) error {
	if c.selected != nil {
		return c.keepSelected(b, raw)
	}
	if c.out == nil || c.out.file != b.File {
		if err := c.close(); err != nil {
			return err
		}
		var err error
		if c.out, err = c.create(b.File); err != nil {
			return err
		}
	}
	if f := &c.p.corpus.Files()[b.File]; f.Format.IsWhole() {
		if len(c.cuts) > 0 {
			return c.keepEdited(b, raw, b.Data[:offset-b.Offset], nil)
		}
		return c.keepText(b, f)
	}
	start := offset - b.Offset
	end := start + int64(len(raw))
	if i := bytes.IndexByte(b.Data[end:], '\n'); i >= 0 {
		end += int64(i) + 1 // the line terminator, "\n" or "\r\n"
	} else {
		end = int64(len(b.Data))
	}
	if len(c.cuts) > 0 {
		return c.keepEdited(b, raw, nil, b.Data[start+int64(len(raw)):end])
	}
	_, err := c.out.w.Write(b.Data[start:end])
	return err
}

// keepText writes a text file as it is stored. A compressed one is read again
// for that, and must still hold what the scan has seen.
func (c *copier) keepText(b *corpus.Block, f *corpus.File) error {
	stored := b.Data
	if f.Compression != corpus.None {
		var err error
		if stored, err = c.readStored(b.File); err != nil {
			return err
		}
		plain, err := decompress(c.p.corpus, b.File, stored, int64(len(b.Data)))
		if err != nil || !bytes.Equal(plain, b.Data) {
			return changed(f.Name)
		}
	}
	_, err := c.out.w.Write(stored)
	return err
}

func (c *copier) readStored(file int) ([]byte, error) {
	r, err := c.p.corpus.OpenStored(file)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}

// finish makes sure that the second scan saw what the first one did.
func (c *copier) finish() (Accounting, error) {
	files := c.p.corpus.Files()
	for i := range files {
		if c.p.corpus.Digest(i) != c.p.digests[i] {
			return Accounting{}, changed(files[i].Name)
		}
	}
	c.got.Fingerprint, c.got.Options = c.p.accounting.Fingerprint, bytes.Clone(c.p.accounting.Options)
	c.got.Warnings = slices.Clone(c.p.accounting.Warnings)
	c.got.sum()
	if err := c.got.check(); err != nil {
		return Accounting{}, err
	}
	for i, want := range c.p.accounting.Files {
		if got := c.got.Files[i]; got != want {
			return Accounting{}, fmt.Errorf("%w (it came to %+v, planned were %+v)", changed(want.File), got.Counts, want.Counts)
		}
	}
	return c.got, nil
}

func changed(name string) error {
	return fmt.Errorf("%q has changed since it was first read: run again", name)
}
