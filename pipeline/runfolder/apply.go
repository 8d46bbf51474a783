package runfolder

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/tables"
)

// ReportFile is the report in a folder of [WriteApplied]. Persisted.
const ReportFile = "report.jsonl"

// OpenInputs opens the inputs of a finished run again. One that is gone, or of another
// size, is an error that names it; whether the bytes are the same shows when they are
// read. A relative path is taken from the folder in which the run was made, or, if it is
// not there, from this one.
func OpenInputs(m *Manifest, t *Timings, o corpus.Options) (*corpus.Corpus, error) {
	files := make([]corpus.File, len(m.Inputs))
	for i, in := range m.Inputs {
		files[i] = corpus.File{Name: in.Name, Path: placeOf(in.Path, t.Folder), Format: in.Format, Size: in.Bytes, Reference: in.Reference}
	}
	return corpus.OpenFiles(files, o)
}

// CheckInputs holds the inputs of a finished run, as they have been read again with
// [corpus.Options.Sums], against its manifest. One that differs is a
// [*corpus.ChangedError].
func CheckInputs(m *Manifest, c *corpus.Corpus) error {
	for i, in := range m.Inputs {
		if sum := c.Sum(i); in.SHA256 != "" && !(sum.Known && hexOf(sum.SHA256) == in.SHA256) {
			return &corpus.ChangedError{File: in.Name}
		}
	}
	return nil
}

// placeOf returns where the input of a run that was made in folder is.
func placeOf(path, folder string) string {
	name := filepath.FromSlash(path)
	if path == stdinPath || filepath.IsAbs(name) {
		return path
	}
	if there := filepath.Join(folder, name); exists(there) {
		return filepath.ToSlash(there)
	}
	return path
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// Quarantine yields the lines of the bad records of a run, without their line ends.
func Quarantine(dir string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		f, err := os.Open(filepath.Join(dir, QuarantineFile))
		if err != nil {
			yield(nil, fmt.Errorf("runfolder: %w", err))
			return
		}
		defer f.Close()
		in := bufio.NewReader(f)
		for {
			line, err := in.ReadBytes('\n')
			if errors.Is(err, io.EOF) && len(line) == 0 {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("runfolder: %s ends within a line: %w", f.Name(), err))
				return
			}
			if !yield(line[:len(line)-1], nil) {
				return
			}
		}
	}
}

// WriteApplied writes a pruned corpus as [prune.Plan.Write] does, with the tables
// members and clusters as a run folder has them and the report beside it. o.Files is
// not looked at.
func WriteApplied(ctx context.Context, a *pipeline.Applied, plan *prune.Plan, o prune.WriteOptions) (prune.Accounting, error) {
	files := map[string]func(*bufio.Writer) error{
		ReportFile: func(w *bufio.Writer) error { return a.WriteReport(w, report.JSONL, pipeline.ReportOptions{}) },
	}
	members := func(put func(...tables.Value) error) error {
		return a.Members(ctx, func(r *pipeline.MemberRow) error { return put(memberValues(r)...) })
	}
	clusters := func(put func(...tables.Value) error) error {
		return a.ClusterRows(ctx, func(r *pipeline.ClusterRow) error { return put(clusterValues(r)...) })
	}
	if a.Trims() {
		files[SpansFile] = func(w *bufio.Writer) error { return a.WriteSpans(w) }
	}
	addTable(files, membersSchema(), members)
	addTable(files, clustersSchema(), clusters)
	o.Files = files
	return plan.Write(ctx, o)
}

// addTable adds what writes the two forms of a table.
func addTable(files map[string]func(*bufio.Writer) error, s tables.Schema, fill func(put func(...tables.Value) error) error) {
	add := func(ending string, open func(io.Writer, tables.Schema) (tables.Writer, error)) {
		files[s.Name+ending] = func(w *bufio.Writer) error {
			t, err := open(w, s)
			if err != nil {
				return err
			}
			if err := fill(t.Append); err != nil {
				return err
			}
			return t.Close()
		}
	}
	add(jsonlEnding, tables.NewJSONL)
	add(parquetEnding, tables.NewParquet)
}
