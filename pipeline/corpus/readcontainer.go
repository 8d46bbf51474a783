package corpus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/tempfile"
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

// stored opens the file of a container, and returns what closes it. Standard input is
// handed on decompressed.
func (s *scan) stored(ctx context.Context, i int) (*Stored, func() error, error) {
	f := &s.c.files[i]
	r := &reader{ctx: ctx, c: s.c, index: i}
	stored, compression, err := r.open()
	if err != nil {
		return nil, nil, err
	}
	out := &Stored{Name: f.Name, Size: f.Size, Compression: f.Compression, decoders: &s.decoders}
	_, streams := s.c.Container(i).(Streamer)
	if at, ok := stored.(io.ReaderAt); ok && !streams {
		out.ReaderAt = &meterAt{at, s.count}
		out.Reader = io.NewSectionReader(out.ReaderAt, 0, f.Size)
		return out, func() error {
			s.summed(ctx, i, stored).finish() // from its beginning: so far it was only read at places
			return stored.Close()
		}, nil
	}
	metered := s.summed(ctx, i, &meter{stored, s.count})
	out.Reader = metered
	done := func() error {
		metered.finish()
		return stored.Close()
	}
	if f.Path == StdinPath {
		in, release, err := s.open(metered, compression)
		if err != nil {
			metered.stop()
			return nil, nil, errors.Join(err, stored.Close())
		}
		out.Reader = in
		end := done
		done = func() error {
			release()
			return end()
		}
	}
	if streams {
		return out, done, nil
	}
	spool, err := s.c.spool(out)
	if err = errors.Join(err, done()); err != nil && spool != nil {
		return nil, nil, errors.Join(err, spool.Close())
	}
	if err != nil {
		return nil, nil, err
	}
	return out, spool.Close, nil
}

// spool copies a stream to a temporary file, so that it can be read at any place.
func (c *Corpus) spool(f *Stored) (*tempfile.File, error) {
	t, err := tempfile.Create(c.o.TempFS, c.o.TempDir, "container")
	if err != nil {
		return nil, &fault{fmt.Errorf("corpus: %w", err)}
	}
	n, err := io.Copy(&faultWriter{t}, f.Reader)
	f.Size, f.Reader, f.ReaderAt = n, io.NewSectionReader(t, 0, n), t
	return t, err
}

// faultWriter marks errors of writing as not the input's.
type faultWriter struct{ w io.Writer }

func (w *faultWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	if err != nil {
		err = &fault{fmt.Errorf("corpus: copying to a temporary file: %w", err)}
	}
	return n, err
}

// meterAt is meter for reading at any place.
type meterAt struct {
	r io.ReaderAt
	n *atomic.Int64
}

func (m *meterAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.r.ReadAt(p, off)
	m.n.Add(int64(n))
	return n, err
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

// packer packs the records of a container into blocks.
type packer struct {
	r     *reader
	named FieldNames // nil if it does not know
	block *Block     // being filled; nil if none is
	last  int64      // number of the last record
}

// next takes one record, or returns why there is none: io.EOF after the last one and
// after the place where the file breaks off.
func (p *packer) next(records Records) error {
	if err := p.r.ctx.Err(); err != nil {
		return err
	}
	rec, err := records.Next()
	var bad *RecordError
	switch {
	case err == nil:
		return p.add(&rec)
	case err == io.EOF:
		return io.EOF
	case errors.As(err, &bad):
		p.last = max(p.last, bad.Line)
		e := *bad
		e.File = p.r.c.files[p.r.index].Name
		e.setRaw(bad.Raw)
		e.Truncated = e.Truncated || bad.Truncated
		if err := p.fail(&e); err != nil || !e.Broken {
			return err
		}
		return io.EOF
	}
	if stop := p.r.stop(err); stop != nil {
		return stop
	}
	e := p.r.recordError(p.last+1, err, nil)
	e.Offset, e.Broken = 0, true
	var cut *cutError
	if errors.As(err, &cut) {
		e.Line, e.Offset = cut.line, cut.offset
		e.setRaw(cut.raw)
	}
	if err := p.fail(e); err != nil {
		return err
	}
	return io.EOF
}

// maxErrs is how many bad records, of up to maxRaw bytes each, wait in a block: a file
// may hold nothing else.
const maxErrs = 256

// fail adds an error, which comes after the records of the block.
func (p *packer) fail(e *RecordError) error {
	if p.block == nil {
		p.block = &Block{}
	}
	p.block.Errs = append(p.block.Errs, e)
	if len(p.block.Errs) < maxErrs {
		return nil
	}
	return p.flush()
}

// add puts a record behind the others, in a new block if this one is full or ends
// with an error.
func (p *packer) add(rec *ContainerRecord) error {
	name := p.r.c.files[p.r.index].Name
	if bytes.IndexByte(rec.JSON, '\n') >= 0 || rec.Number <= p.last {
		return fmt.Errorf("corpus: %s: record %d after %d: the reader of %s files is at fault", name, rec.Number, p.last, p.r.c.files[p.r.index].Format)
	}
	p.last = rec.Number
	if int64(len(rec.JSON)) > p.r.c.o.MaxRecord {
		e := p.r.recordError(rec.Number, p.r.overLimit(), rec.JSON)
		e.Offset = rec.Offset
		return p.fail(e)
	}
	if b := p.block; b != nil && (len(b.Errs) > 0 || len(b.Data)+len(rec.JSON) >= p.r.c.o.blockSize) {
		if err := p.flush(); err != nil {
			return err
		}
	}
	if err := p.r.admitAt(rec.Number, int64(len(rec.JSON))); err != nil {
		return err
	}
	if p.block == nil {
		p.block = &Block{Data: p.r.buffer(len(rec.JSON))}
	}
	b := p.block
	b.Data = append(append(b.Data, rec.JSON...), '\n')
	b.places = append(b.places, place{rec.Number, rec.Offset})
	return nil
}

// flush sends the block being filled.
func (p *packer) flush() error {
	b := p.block
	if b == nil {
		return nil
	}
	p.block = nil
	_, _ = p.r.hash.Write(b.Data) // a hash takes everything
	full := p.r.block(b.Data, &p.r.c.buffers)
	full.Errs, full.places = b.Errs, b.places
	if p.named != nil {
		full.fields = p.r.c.otherFields(p.named.FieldNames())
	}
	return p.r.send(full)
}

// sampleContainer is sample for the file of a container.
func (c *Corpus) sampleContainer(i, size int) (Sample, bool) {
	var taken atomic.Int64
	s := c.newScan(&taken)
	f, done, err := s.stored(context.Background(), i)
	if err != nil {
		return Sample{}, false
	}
	defer func() { _ = done() }() // opened for reading: nothing can be lost
	s.slots = nil                 // what is read ahead would count
	records, err := c.Container(i).Open(context.Background(), f, s.containerOptions())
	if err != nil {
		return Sample{}, false
	}
	defer records.Close() // likewise
	b := c.NewBlock(i, 0, nil)
	for bad := 0; len(b.Data) < size && bad < longSample; {
		rec, err := records.Next()
		if err != nil {
			if !isRecordError(err) {
				break // the end, or the scan will tell
			}
			bad++
			continue
		}
		b.Data = append(append(b.Data, rec.JSON...), '\n')
		b.places = append(b.places, place{rec.Number, rec.Offset})
	}
	return Sample{Block: b, Stored: max(1, min(taken.Load(), c.files[i].Size))}, len(b.Data) > 0
}

func isRecordError(err error) bool {
	var bad *RecordError
	return errors.As(err, &bad) && !bad.Broken
}
