package runfolder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
)

// corpusFile writes a corpus of n documents, with copies, near-duplicates, an empty
// text and bad records, and returns its folder.
func corpusFile(t testing.TB, n int) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := (plant.Spec{Documents: n, Seed: 5, ExactShare: 0.2, NearShare: 0.3}).Write(&b, io.Discard, nil); err != nil {
		t.Fatal(err)
	}
	scored := bytes.NewBuffer(nil)
	for i, line := range bytes.SplitAfter(b.Bytes(), []byte("\n")) {
		if len(line) > 1 {
			fmt.Fprintf(scored, `{"score":%d,%s`, i%7, line[1:])
		}
	}
	b = *scored
	b.WriteString("no record\n{\"id\":\"nothing\",\"text\":\"...\"}\n{\"id\":\"no text\"}\n")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "corpus.jsonl"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "page.txt"), []byte("a text that stands alone"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// asked is what a test wants to be run.
type asked struct {
	pipeline.Options
	noData, overwrite bool
	afterOutput       func(string) error
	sys               vfs.FS
}

// spec returns what the command would hand over.
func (a asked) spec(dir string) Spec {
	peak := func() int64 { return 1 << 20 }
	return Spec{
		Dir: dir, Program: "doppel", Version: "test", Args: []string{"run"}, Folder: "/",
		Origin: map[string]string{"bands": originDerived, "rows": originDerived}, Options: a.Options, NoData: a.noData,
		Overwrite: a.overwrite, Watch: NewStopwatch(time.Now, peak), Machine: Machine{Host: "host", PID: os.Getpid()}, sys: a.sys,
	}
}

// do is a whole run, or as much of it as there is to do. fresh tells whether anything
// was done.
func (a asked) do(ctx context.Context, dir string) (m *Manifest, fresh bool, err error) {
	a.Reread, a.Save, a.Sums = !a.noData, true, true
	if !slices.Contains(a.Inputs, stdinPath) {
		a.Checkpoint = &checkpoint.Options{Dir: CheckpointDir(dir), Every: 16 << 10}
	}
	job, err := pipeline.Prepare(a.Options)
	if err != nil {
		return nil, false, err
	}
	f, m, err := Open(ctx, job, a.spec(dir))
	if f == nil {
		return m, false, errors.Join(err, job.Close())
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	f.afterOutput = a.afterOutput
	res, err := job.Run(ctx)
	if err != nil {
		return nil, true, err
	}
	defer func() { err = errors.Join(err, res.Close()) }()
	m, err = f.Write(ctx, res)
	return m, true, err
}

func (a asked) mustDo(t testing.TB, dir string) *Manifest {
	t.Helper()
	m, _, err := a.do(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// timely are the files that differ between equal runs.
var timely = []string{TimingsFile, MetricsFile, SuccessFile}

// compare tells how two run folders differ, but for what may.
func compare(t testing.TB, got, want string) error {
	t.Helper()
	a, b := vfstest.Files(t, got), vfstest.Files(t, want)
	names := func(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
	if !slices.Equal(names(a), names(b)) {
		return fmt.Errorf("files\n%s\nwant\n%s", strings.Join(names(a), " "), strings.Join(names(b), " "))
	}
	for name := range a {
		if a[name] != b[name] && !slices.Contains(timely, name) {
			return fmt.Errorf("%s differs", name)
		}
	}
	return nil
}
