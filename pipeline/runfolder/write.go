package runfolder

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/internal/filesum"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/pipeline/prune"
)

// Write puts the result of the job into the folder, _SUCCESS last, and gives the
// folder back. After an error, or when ctx ends, there is no _SUCCESS and the run can
// be resumed. The job must have run with Save, Sums and, unless NoData is set,
// Reread.
func (f *Folder) Write(ctx context.Context, res *pipeline.Result) (*Manifest, error) {
	m, err := f.write(ctx, res)
	if err != nil {
		return nil, fmt.Errorf("run folder %q: %w", f.dir, err)
	}
	err = f.removeState()
	closed := f.Close()
	if err == nil && closed == nil {
		// Not if somebody waits there already with a new lock.
		_ = os.Remove(filepath.Join(f.dir, WorkDir))
	}
	return m, errors.Join(err, closed)
}

func (f *Folder) write(ctx context.Context, res *pipeline.Result) (*Manifest, error) {
	plan, err := f.plan(ctx, res)
	if err != nil {
		return nil, err
	}
	m := &Manifest{
		Type: manifestType, Schema: Schema, Program: f.spec.Program, Version: f.spec.Version,
		Fingerprint: res.Plan().Fingerprint, Options: f.request.Options, Counts: res.Counts(), BadRecords: res.Summary().BadRecords, Warnings: res.Warnings(),
	}
	m.setSources(res.Sources())
	if plan != nil && trims(res) {
		total := plan.Accounting().Total
		m.Passages = &total.EditCounts
	}
	if err := f.writeAll(ctx, f.parts(res, plan, m)); err != nil {
		return nil, err
	}
	if m.Inputs, err = f.inputs(ctx, res.Inputs()); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	return m, f.seal(m, res.TempBytes())
}

// part is an output, or several, that need no other one.
type part struct {
	stage string
	write func(context.Context) error
}

// parts are all outputs but those that sum up the others, the longest first.
func (f *Folder) parts(res *pipeline.Result, plan *prune.Plan, m *Manifest) []part {
	parts := []part{
		{SavedDir, func(ctx context.Context) error { return f.writeSaved(ctx, res) }},
		{"members", func(ctx context.Context) (err error) {
			m.Members, err = f.writeMembers(ctx, res, plan)
			return err
		}},
		{"pairs", func(ctx context.Context) error { return f.writePairs(ctx, res) }},
		{"clusters", func(ctx context.Context) error { return f.writeClusters(ctx, res) }},
		{PageFile, func(ctx context.Context) error { return f.writePages(ctx, res, m.Passages) }},
		{QuarantineFile, func(context.Context) error {
			return f.writeFile(QuarantineFile, m.Counts.Quarantined, res.WriteQuarantine)
		}},
	}
	if trims(res) {
		parts = append(parts, part{SpansFile, func(context.Context) error { return f.writeFile(SpansFile, 0, res.WriteSpans) }})
	}
	if !f.spec.NoData {
		data := part{DataDir, func(ctx context.Context) error { return f.writeData(ctx, plan) }}
		parts = slices.Insert(parts, 0, data)
	}
	return parts
}

// sideBySide is how many parts are written at once, at most: more take memory, and the
// pruned corpus takes as long as two others.
const sideBySide = 3

// writeAll writes the parts, with one thread one after another. After an error, the first
// one, the others are given up.
func (f *Folder) writeAll(ctx context.Context, parts []part) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(min(f.threads(), sideBySide))
	for _, p := range parts {
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			defer f.spec.Watch.beside(p.stage)()
			return p.write(ctx)
		})
	}
	return g.Wait()
}

// threads returns how many the job uses.
func (f *Folder) threads() int { return f.spec.Options.Defaults().Threads }

// writeSaved stores what rethreshold needs.
func (f *Folder) writeSaved(ctx context.Context, res *pipeline.Result) error {
	dir := filepath.Join(f.dir, SavedDir)
	if err := res.Save(ctx, pipeline.SaveOptions{Dir: dir, Program: f.spec.Program + " " + f.spec.Version, FS: f.spec.sys}); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var outputs []Output
	d := newDigester()
	for _, e := range entries {
		file, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		size, sum, err := d.sum(ctx, file)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
		outputs = append(outputs, Output{Name: path.Join(SavedDir, e.Name()), Bytes: size, SHA256: sum})
	}
	return f.appeared(SavedDir, outputs...)
}

// plan decides what the pruned corpus will be, with what is cut out of documents. It
// is nil if neither is wanted.
func (f *Folder) plan(ctx context.Context, res *pipeline.Result) (*prune.Plan, error) {
	if f.spec.NoData && !trims(res) {
		return nil, nil
	}
	if trims(res) {
		f.spec.Watch.Enter("passages")
	}
	return res.PlanTrim(ctx)
}

// trims tells whether passages are cut out.
func trims(res *pipeline.Result) bool { return res.Plan().Identity.Passages.Unit != passage.None }

// writeData writes the pruned corpus.
func (f *Folder) writeData(ctx context.Context, plan *prune.Plan) error {
	files, err := plan.WriteData(ctx, f.spec.sys, filepath.Join(f.dir, DataDir), filesum.For(f.threads()))
	if err != nil {
		return err
	}
	var outputs []Output
	for _, d := range files {
		outputs = append(outputs, Output{Name: path.Join(DataDir, d.Name), Bytes: d.Bytes, SHA256: hexOf(d.SHA256)})
	}
	return f.appeared(DataDir, outputs...)
}

// writePages writes what is for people.
func (f *Folder) writePages(ctx context.Context, res *pipeline.Result, edits *prune.EditCounts) error {
	o := pipeline.PageOptions{Program: f.spec.Program + " " + f.spec.Version, Inputs: f.spec.Options.Inputs}
	if edits != nil {
		o.Edits = *edits
	}
	err := f.writeFile(SummaryFile, 0, func(w io.Writer) error { return res.WriteSummary(w, o) })
	if err != nil {
		return err
	}
	return f.writeFile(PageFile, 0, func(w io.Writer) error { return res.WritePage(ctx, w, o) })
}

// seal writes the manifest, what differs between equal runs, and _SUCCESS.
func (f *Folder) seal(m *Manifest, temp int64) error {
	// The decisions will grow: no digest holds for them.
	if _, err := f.putUnlisted(DecisionsFile, f.writeDecisions); err != nil {
		return err
	}
	slices.SortFunc(f.outputs, func(a, b Output) int { return cmp.Compare(a.Name, b.Name) })
	m.Outputs = f.outputs
	t := f.spec.Watch.timings(&f.spec, f.request, temp)
	var success strings.Builder
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{ManifestFile, func(w io.Writer) error { return writeJSON(w, m) }},
		{MetricsFile, func(w io.Writer) error { return writeMetrics(w, m, t) }},
		{TimingsFile, func(w io.Writer) error { return writeJSON(w, t) }},
	} {
		out, err := f.putUnlisted(file.name, file.write)
		if err != nil {
			return err
		}
		fmt.Fprintf(&success, "%s  %s\n", out.SHA256, out.Name)
	}
	_, err := f.putUnlisted(SuccessFile, func(w io.Writer) error {
		_, err := io.WriteString(w, success.String())
		return err
	})
	return err
}

// writeDecisions writes those that the run was made with.
func (f *Folder) writeDecisions(w io.Writer) error {
	log := f.spec.Options.Decisions
	if log == nil {
		return nil
	}
	_, err := w.Write(log.Text)
	return err
}

// writeFile writes a file that the manifest lists.
func (f *Folder) writeFile(name string, rows int64, write func(io.Writer) error) error {
	out, err := f.put(name, rows, write)
	if err != nil {
		return err
	}
	return f.appeared(name, out)
}

// putUnlisted writes one that it does not list.
func (f *Folder) putUnlisted(name string, write func(io.Writer) error) (Output, error) {
	out, err := f.put(name, 0, write)
	if err == nil {
		err = f.appeared(name)
	}
	return out, err
}

// put makes a file appear whole.
func (f *Folder) put(name string, rows int64, write func(io.Writer) error) (Output, error) {
	var sum *summed
	err := writeAtomic(f.spec.sys, filepath.Join(f.dir, name), func(w io.Writer) error {
		sum = newSummed(w)
		return write(sum)
	})
	if err != nil {
		return Output{}, err
	}
	return sum.output(name, rows), nil
}

// appeared lists what has appeared under a name, which the manifest holds, if anything
// of it.
func (f *Folder) appeared(name string, outputs ...Output) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.outputs = append(f.outputs, outputs...)
	if f.afterOutput == nil {
		return nil
	}
	return f.afterOutput(name)
}

// summed is a writer that sums up what passes.
type summed struct {
	w    io.Writer
	hash hash.Hash
	size int64
}

func newSummed(w io.Writer) *summed { return &summed{w: w, hash: sha256.New()} }

// Write implements io.Writer.
func (s *summed) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.hash.Write(p[:n]) // a hash takes everything
	s.size += int64(n)
	return n, err
}

func (s *summed) output(name string, rows int64) Output {
	return Output{Name: name, Rows: rows, Bytes: s.size, SHA256: hexOf([sha256.Size]byte(s.hash.Sum(nil)))}
}
