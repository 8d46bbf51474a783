package prune

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// selection is a container's file being copied. Its kept records are known once the
// scan has seen all of it; then the Container writes them, and what it wrote is
// read back: it must be the records that the scan saw.
type selection struct {
	file   int
	kept   int64
	hash   *xxh3.Hasher // of the kept records' JSON
	edited bool         // some of them are not written as they are
	unread bool         // the file as a whole is a bad record

	// Documents from next to end are those of the file that the Container has not
	// asked for, and edits from nextEdit to endEdit those of the plan that it has not.
	next, end         corpus.ID
	nextEdit, endEdit int
	// filtered are the numbers of records that take no part: differences, as
	// varints. Some corpora have more of them than documents.
	filtered     []byte
	lastFiltered int64
}

// bad takes note of a bad record. It does nothing where nothing is selected.
func (s *selection) bad(e *corpus.RecordError) {
	if s != nil && e.Line == 0 {
		s.unread = true
	}
}

// filter takes note of a record that takes no part. It does nothing where nothing is
// selected.
func (s *selection) filter(number int64) {
	if s != nil {
		s.filtered = binary.AppendUvarint(s.filtered, uint64(number-s.lastFiltered))
		s.lastFiltered = number
	}
}

// isFiltered tells whether a number was noted. Numbers ascend.
func (s *selection) isFiltered(number int64) bool {
	for s.lastFiltered < number && len(s.filtered) > 0 {
		step, n := binary.Uvarint(s.filtered)
		s.filtered, s.lastFiltered = s.filtered[n:], s.lastFiltered+int64(step)
	}
	return s.lastFiltered == number
}

// add takes note of a kept record of the file.
func (s *selection) add(raw []byte) {
	s.kept++
	_, _ = s.hash.Write(raw) // a hash takes everything
	_, _ = s.hash.Write([]byte{'\n'})
}

// keepSelected takes note of a record that stays, and of what it will be.
func (c *copier) keepSelected(b *corpus.Block, raw []byte) (err error) {
	if len(c.cuts) > 0 {
		c.selected.edited = true
		raw, err = c.edited(b, raw, nil)
	}
	c.selected.add(raw)
	return err
}

// begin ends the files before one, and makes it the one being selected from, if its
// records are those of a container. Of a file without records no block comes, so the
// files between are gone through too.
func (c *copier) begin(ctx context.Context, file int) error {
	for c.begun <= file {
		if err := c.end(ctx); err != nil {
			return err
		}
		if c.p.corpus.IsContainer(c.begun) && !c.p.corpus.Files()[c.begun].Reference {
			c.selected = &selection{file: c.begun, hash: xxh3.New(), next: c.next, nextEdit: c.editor.next}
		}
		c.begun++
	}
	return nil
}

// end ends the file begun last. Its output is closed before the next one is made, so
// that files come in input order.
func (c *copier) end(ctx context.Context) error {
	return errors.Join(c.close(), c.finishSelection(ctx))
}

// finishSelection writes the file being selected from: what stays of it, and what is no
// record, such as the header of a table. A file that could not be opened has neither.
func (c *copier) finishSelection(ctx context.Context) error {
	s := c.selected
	c.selected = nil
	if s == nil || s.unread {
		return nil
	}
	s.end, s.endEdit, s.lastFiltered = c.next, c.editor.next, 0
	name := c.p.corpus.Files()[s.file].Name
	h := &lateFile{create: func() (io.WriteCloser, error) { return c.dir.Create(name) }}
	if err := errors.Join(c.writeSelection(ctx, s, h), h.Close()); err != nil {
		return err
	}
	if h.file == nil && s.kept == 0 {
		return nil
	}
	return c.checkSelection(ctx, s, name)
}

// lateFile is a file that is made when there is something to write.
type lateFile struct {
	create func() (io.WriteCloser, error)
	file   io.WriteCloser
}

func (l *lateFile) Write(p []byte) (n int, err error) {
	if l.file == nil && len(p) > 0 {
		if l.file, err = l.create(); err != nil {
			return 0, err
		}
	}
	if l.file == nil {
		return 0, nil
	}
	return l.file.Write(p)
}

func (l *lateFile) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// writeSelection has the Container write what stays.
func (c *copier) writeSelection(ctx context.Context, s *selection, w io.Writer) error {
	var failed error // to read what the plan knows
	keep := func(number int64) bool {
		keep, err := c.keepsNumber(s, number)
		failed = errors.Join(failed, err)
		return keep
	}
	if !s.edited {
		return errors.Join(c.p.corpus.Select(ctx, s.file, w, keep), failed)
	}
	cuts := func(number int64) []corpus.Cut {
		cuts, err := c.cutsOf(s, number)
		failed = errors.Join(failed, err)
		return cuts
	}
	err := c.p.corpus.SelectEdited(ctx, s.file, w, &corpus.Edits{Keep: keep, Cuts: cuts, Mark: c.p.mark})
	return errors.Join(err, failed)
}

// cutsOf returns what is cut out of the record with a number, until the next call.
// Numbers ascend.
func (c *copier) cutsOf(s *selection, number int64) ([]corpus.Cut, error) {
	for ; s.nextEdit < s.endEdit; s.nextEdit++ {
		_, line, _ := c.p.catalog.Location(c.p.edits.ID(s.nextEdit))
		if line > number {
			break
		}
		if line < number {
			continue // it goes
		}
		e, err := c.p.edits.Edit(s.nextEdit)
		c.cuts = e.Cuts(c.cuts[:0])
		return c.cuts, errors.Join(err, c.p.catalog.Err())
	}
	return nil, c.p.catalog.Err()
}

// keepsNumber tells whether the record with a number stays. Numbers ascend.
func (c *copier) keepsNumber(s *selection, number int64) (bool, error) {
	if s.isFiltered(number) {
		return true, nil
	}
	for ; s.next < s.end; s.next++ {
		switch _, line, _ := c.p.catalog.Location(s.next); {
		case line == number:
			return c.p.Keeps(s.next), c.p.catalog.Err()
		case line > number:
			return false, c.p.catalog.Err()
		}
	}
	return false, c.p.catalog.Err()
}

// checkSelection reads back what was written.
func (c *copier) checkSelection(ctx context.Context, s *selection, name string) error {
	f, err := c.dir.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() // opened for reading: nothing can be lost
	info, err := f.Stat()
	if err != nil {
		return err
	}
	in := &c.p.corpus.Files()[s.file]
	stored := &corpus.Stored{Name: in.Name, Size: info.Size(), Compression: in.Compression, Reader: f, ReaderAt: f}
	got := selection{hash: xxh3.New()}
	err = c.p.corpus.ReadSelected(ctx, s.file, stored, got.add)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil || got.kept != s.kept || got.hash.Sum64() != s.hash.Sum64() {
		return errors.Join(changed(in.Name), err)
	}
	return nil
}
