package prune

import (
	"bufio"
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
