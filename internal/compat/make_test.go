package compat

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// arguments are those of the runs in fixtures, and options what they come to.
var arguments = []string{"run", "in", "-o", "run", "--keep", "max:score", "--source-field", "source", "--max-bucket", "3"}

// moreArguments are what the runs of some kinds of fixtures have besides, and moreOptions
// what that comes to.
var (
	moreArguments = map[string][]string{storyKind: {"--preset", "story"}, boilerplateKind: {"--boilerplate", "0.2"}}
	moreOptions   = map[string]func(*pipeline.Options){
		storyKind:       func(o *pipeline.Options) { o.Preset = pipeline.Story },
		boilerplateKind: func(o *pipeline.Options) { o.Identity.Boilerplate = 0.2 },
	}
)

func options(t *testing.T) pipeline.Options {
	t.Helper()
	o := pipeline.Options{Inputs: []string{"in"}, Threads: 1, Reread: true, Save: true, Sums: true, Sources: true, Temp: t.TempDir()}
	o.Identity.Keep, o.Identity.SourceField, o.Identity.MaxBucket = "max:score", "source", 3
	o.PairFloor = o.Defaults().Identity.PairFloor(0)
	return o
}

// makeCorpus writes the inputs, once and for all.
func makeCorpus(t *testing.T) {
	t.Helper()
	dir := filepath.Join("testdata", "corpus")
	if _, err := os.Stat(dir); err == nil {
		return
	}
	var b, zipped bytes.Buffer
	if _, err := (plant.Spec{Documents: 24, MeanBytes: 150, Seed: 9, ExactShare: 0.2, NearShare: 0.5, Levels: []float64{0.95, 0.8, 0.6}}).Write(&b, io.Discard, nil); err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(b.Bytes(), []byte("\n"))
	for i, line := range lines[:24] {
		lines[i] = fmt.Appendf(nil, `{"score":%d,%s`, i*7%11, line[1:])
	}
	crowd := "" // so many alike that their bucket is chained
	for i := range 6 {
		crowd += fmt.Sprintf(`{"id":"crowd-%d","text":"%s and so ends number %d","source":"crowd"}`+"\n", i, strings.TrimSpace(strings.Repeat("one more line that says what the others say ", 4)), i)
	}
	z := gzip.NewWriter(&zipped)
	_, err := z.Write(bytes.Join(lines[12:], nil))
	err = errors.Join(err, z.Close(), os.MkdirAll(dir, 0o755))
	for name, content := range map[string][]byte{
		"a.jsonl":    append(bytes.Join(lines[:12], nil), crowd+"no record\n{\"id\":\"nothing\",\"text\":\"...\"}\n"...),
		"b.jsonl.gz": zipped.Bytes(),
		"c.txt":      []byte("a text that stands alone\n"),
	} {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), content, 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// workplace is a folder with the corpus, in which the test then runs.
func workplace(t *testing.T) {
	t.Helper()
	makeCorpus(t)
	dir := t.TempDir()
	copyCorpus(t, filepath.Join(dir, "in"))
	t.Chdir(dir)
}

func makeSaved(t *testing.T, fixture string) {
	workplace(t)
	res, err := pipeline.Run(t.Context(), options(t))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if err := res.Save(t.Context(), pipeline.SaveOptions{Dir: fixture, Program: "doppel"}); err != nil {
		t.Fatal(err)
	}
}

func makeFinished(t *testing.T, fixture string) {
	workplace(t)
	if err := runHere(t.Context(), options(t), "", nil); err != nil {
		t.Fatal(err)
	}
	ids := []string{"crowd-3", "doc-000000017", "crowd-4"}
	for _, e := range []string{
		`{"type":"decision","time":"2026-01-02T15:04:05Z","actor":"ann","action":"keep","ids":["` + ids[0] + `"]}`,
		`{"type":"decision","time":"2026-01-02T15:04:06Z","actor":"ann","action":"drop","ids":["` + ids[1] + `"],"note":"spam"}`,
		`{"type":"decision","time":"2026-01-02T15:04:07Z","actor":"bob","action":"keep","ids":["` + ids[2] + `"]}`,
		`{"type":"decision","time":"2026-01-02T15:04:08Z","actor":"bob","action":"undo","undo":3}`,
	} {
		appendLine(t, filepath.Join("run", runfolder.DecisionsFile), e)
	}
	keep(t, fixture)
}

func appendLine(t *testing.T, path, line string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintln(f, line)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func makeStopped(t *testing.T, fixture string) {
	stopHere(t, fixture, options(t), pipeline.StageVerify, nil)
}

// makeStoppedInSets makes those of a kind that are stopped in their second reading.
func makeStoppedInSets(kind string) func(*testing.T, string) {
	return func(t *testing.T, fixture string) {
		o := options(t)
		o.PairFloor = 0
		moreOptions[kind](&o)
		o.PairFloor = o.Defaults().Identity.PairFloor(0)
		stopHere(t, fixture, o, pipeline.StageSets, moreArguments[kind])
	}
}

func stopHere(t *testing.T, fixture string, o pipeline.Options, at pipeline.Stage, more []string) {
	t.Helper()
	workplace(t)
	if err := runHere(t.Context(), o, at, more); !errors.Is(err, context.Canceled) {
		t.Fatalf("the run was not stopped: %v", err)
	}
	keep(t, fixture)
}

// keep puts the run folder into the fixture. Its state has a name there that tools do
// not hide.
func keep(t *testing.T, fixture string) {
	t.Helper()
	err := os.Rename(filepath.Join("run", runfolder.WorkDir), filepath.Join("run", visibleWorkDir))
	if errors.Is(err, os.ErrNotExist) {
		err = nil // it is finished
	}
	err = errors.Join(err, os.Mkdir(fixture, 0o755), os.CopyFS(filepath.Join(fixture, "run"), os.DirFS("run")))
	if err != nil {
		t.Fatal(err)
	}
}

// runHere does a whole run as the command does, or stops at the first report of a stage.
func runHere(ctx context.Context, o pipeline.Options, stopAt pipeline.Stage, more []string) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o.Progress = func(p pipeline.Progress) {
		if p.Stage == stopAt {
			cancel()
		}
	}
	o.Checkpoint = &checkpoint.Options{Dir: runfolder.CheckpointDir("run"), Every: 1}
	job, err := pipeline.Prepare(o)
	if err != nil {
		return err
	}
	folder, _, err := runfolder.Open(ctx, job, runfolder.Spec{Dir: "run", Program: "doppel", Version: "(a fixture)", Args: slices.Concat(arguments, more), Folder: folderWord,
		Options: o, Machine: runfolder.Machine{Host: "host", PID: 1, Platform: "any", Threads: 1},
		Watch: runfolder.NewStopwatch(func() time.Time { return modified }, func() int64 { return 0 })})
	if err != nil {
		return errors.Join(err, job.Close())
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	res, err := job.Run(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, res.Close()) }()
	_, err = folder.Write(ctx, res)
	return err
}
