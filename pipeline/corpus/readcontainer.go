package corpus

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"sync/atomic"

	"github.com/zeebo/xxh3"
)

// Container returns what reads file i, nil if it is text or lines.
func (c *Corpus) Container(i int) Container { return c.known[c.files[i].Format] }

// containers returns the known ones by their formats.
func (o *Options) containers() map[Format]Container {
	known := make(map[Format]Container, len(o.Containers))
	for _, f := range []Format{CSV, TSV} {
		known[f] = &csvContainer{format: f, dialect: o.CSV, limit: o.MaxRecord, texts: o.textFields()}
	}
	for _, ct := range o.Containers {
		known[ct.Format()] = ct
	}
	return known
}

// fields are the names of the fields that documents are made of.
func (o *Options) fields() []string {
	names := append(o.textFields(), o.IDField, o.DateField, o.SourceField)
	names = append(append(names, o.Fields...), o.filter().fields()...)
	slices.Sort(names)
	names = slices.Compact(names)
	if names[0] == "" {
		names = names[1:]
	}
	return names
}

// IsContainer reports whether file i is read by a [Container].
func (c *Corpus) IsContainer(i int) bool { return c.Container(i) != nil }

// Select writes the container file i to w with the records only for which keep
// returns true; see [Container.Select].
func (c *Corpus) Select(ctx context.Context, i int, w io.Writer, keep func(number int64) bool) error {
	s := c.newScan(new(atomic.Int64))
	f, done, err := s.stored(ctx, i)
	if err != nil {
		return err
	}
	return errors.Join(c.Container(i).Select(ctx, f, w, keep), done())
}

// SelectEdited is Select with parts of the texts cut out, of a file for which
// [Corpus.CheckEditable] says that it can be; e is not used after it.
func (c *Corpus) SelectEdited(ctx context.Context, i int, w io.Writer, e *Edits) error {
	editor, ok := c.Container(i).(Editor)
	if !ok {
		return c.CheckEditable(i)
	}
	s := c.newScan(new(atomic.Int64))
	f, done, err := s.stored(ctx, i)
	if err != nil {
		return err
	}
	e.parser = NewParser(c)
	return errors.Join(editor.SelectEdited(ctx, f, w, e), done())
}

// ReadSelected reads back what Select or SelectEdited wrote for file i, which must be
// as stored, and calls yield with each record's JSON. An error of one record is an
// error of all.
func (c *Corpus) ReadSelected(ctx context.Context, i int, f *Stored, yield func(json []byte)) error {
	s := c.newScan(new(atomic.Int64))
	s.decoders.maxExpansion = math.MaxInt64 // it is no larger than what was written
	f.decoders = &s.decoders
	o := s.containerOptions()
	o.MaxRecord = MaxRecordLimit // marks may have made it longer than when it was read
	records, err := c.Container(i).Open(ctx, f, o)
	if err != nil {
		return err
	}
	for err == nil {
		var rec ContainerRecord
		if rec, err = records.Next(); err == nil {
			yield(rec.JSON)
			err = ctx.Err()
		}
	}
	if err == io.EOF {
		err = nil
	}
	return errors.Join(err, records.Close())
}

func (s *scan) containerOptions() ContainerOptions {
	o := &s.c.o
	return ContainerOptions{Fields: o.fields(), MaxRecord: o.MaxRecord, PageText: o.PageText, Slots: s.slots}
}

// readContainer reads a file by its Container: the records become lines of JSON.
func (s *scan) readContainer(r *reader, ct Container) error {
	f, done, err := s.stored(r.ctx, r.index)
	if err != nil {
		return r.fail(err)
	}
	defer func() { _ = done() }() // opened for reading: nothing can be lost
	records, err := ct.Open(r.ctx, f, s.containerOptions())
	if err != nil {
		return r.fail(err)
	}
	defer records.Close() // likewise
	r.hash = xxh3.New()
	defer func() { r.digest = r.hash.Sum64() }()
	p := &packer{r: r}
	p.named, _ = records.(FieldNames)
	for err == nil {
		err = p.next(records)
	}
	if err == io.EOF {
		return p.flush()
	}
	return err
}
