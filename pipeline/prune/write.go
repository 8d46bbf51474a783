package prune

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"github.com/doppel-dedup/doppel/internal/atomicfile"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// The names inside a pruned corpus. Persisted, never rename.
const (
	DataDir        = "data"
	RemovedFile    = "removed.jsonl"
	QuarantineFile = "quarantine.jsonl"
	AccountingFile = "accounting.json"
)

// WriteOptions says where a pruned corpus goes.
type WriteOptions struct {
	// Dir is the folder to make; see [CheckTarget], which Write calls.
	Dir string
	// Inputs are what [corpus.Open] was given; nil if they are not on disk.
	Inputs []string
	// Quarantine yields the lines of the quarantine file in input order, as
	// [corpus.RecordError.MarshalJSON] makes them, one for each record counted
	// in [Input.Quarantined]. Write keeps no line. Default: none.
	Quarantine iter.Seq2[[]byte, error]
	// Files are further files of the folder, by name, that Write makes. Default: none.
	Files map[string]func(*bufio.Writer) error
	// NoData leaves the records out, and the folder data with them.
	NoData bool
}

// Write writes the pruned corpus and returns its accounting, which equals
// [Plan.Accounting]. After an error Dir is as it was.
func (p *Plan) Write(ctx context.Context, o WriteOptions) (Accounting, error) {
	if err := CheckTarget(o.Dir, o.Inputs); err != nil {
		return Accounting{}, err
	}
	dir, err := atomicfile.CreateDir(o.Dir)
	if err != nil {
		return Accounting{}, fmt.Errorf("prune: %w", err)
	}
	got, err := p.fill(ctx, dir, o)
	if err == nil {
		err = dir.Commit()
	}
	if err != nil {
		return Accounting{}, fmt.Errorf("prune: %w", errors.Join(err, dir.Abort()))
	}
	return got, nil
}

// fill writes everything into dir. Its errors have no prefix.
func (p *Plan) fill(ctx context.Context, dir *atomicfile.Dir, o WriteOptions) (Accounting, error) {
	if err := writeFile(dir, RemovedFile, p.writeRemoved); err != nil {
		return Accounting{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(o.Files)) {
		if err := writeFile(dir, name, o.Files[name]); err != nil {
			return Accounting{}, err
		}
	}
	quarantine := func(w *bufio.Writer) error { return p.writeQuarantine(w, o.Quarantine) }
	if err := writeFile(dir, QuarantineFile, quarantine); err != nil {
		return Accounting{}, err
	}
	got, err := p.fillData(ctx, dir, o.NoData)
	if err != nil {
		return Accounting{}, err
	}
	return got, writeFile(dir, AccountingFile, func(w *bufio.Writer) error {
		enc := newEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(got)
	})
}

// fillData writes the records, if they are wanted.
func (p *Plan) fillData(ctx context.Context, dir *atomicfile.Dir, none bool) (Accounting, error) {
	if none {
		return p.Accounting(), nil
	}
	if p.corpus == nil {
		return Accounting{}, errors.New("there is no corpus to write the records of")
	}
	if err := dir.Mkdir(DataDir); err != nil {
		return Accounting{}, err
	}
	return p.copy(ctx, dataDir{dir})
}

// writeFile makes one file and always closes it.
func writeFile(dir *atomicfile.Dir, name string, write func(*bufio.Writer) error) error {
	f, err := dir.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	return errors.Join(err, f.Close())
}

func newEncoder(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc
}

func (p *Plan) writeRemoved(w *bufio.Writer) error {
	enc := newEncoder(w)
	for r, err := range p.Removals {
		if err == nil {
			err = enc.Encode(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *Plan) writeQuarantine(w *bufio.Writer, lines iter.Seq2[[]byte, error]) error {
	var n int64
	if lines != nil {
		for line, err := range lines {
			if err != nil {
				return err
			}
			_, _ = w.Write(line) // bufio keeps the error for Flush
			_ = w.WriteByte('\n')
			n++
		}
	}
	if want := p.accounting.Total.Quarantined; n != want {
		return fmt.Errorf("%d lines of quarantine for %d bad records", n, want)
	}
	return nil
}

// copy writes the kept records in a second scan and counts all of them.
func (p *Plan) copy(ctx context.Context, dir creator) (Accounting, error) {
	c := &copier{p: p, dir: dir, got: newAccounting(p.corpus.Files()), editor: editor{parser: corpus.NewParser(p.corpus)}}
	if err := c.locate(); err != nil {
		return Accounting{}, err
	}
	err := p.corpus.Scan(ctx, func(b *corpus.Block) error { return c.block(ctx, b) })
	if err == nil {
		err = c.begin(ctx, len(p.corpus.Files())-1)
	}
	if err == nil {
		err = c.end(ctx)
	}
	if err := errors.Join(err, c.close()); err != nil {
		return Accounting{}, err
	}
	return c.finish()
}

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
