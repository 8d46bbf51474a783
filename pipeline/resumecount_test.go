package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/idf"
)

// countingFS counts the bytes that are read of each file.
type countingFS struct {
	fs.FS
	mu   sync.Mutex
	read map[string]int64
}

func (c *countingFS) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	return &countingFile{f, c, name}, err
}

func (c *countingFS) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = map[string]int64{}
}

type countingFile struct {
	fs.File
	of   *countingFS
	name string
}

func (f *countingFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.of.mu.Lock()
	defer f.of.mu.Unlock()
	f.of.read[f.name] += int64(n)
	return n, err
}

// countedFiles is a corpus of plain files of one block each, with their names.
func countedFiles(n int) (fstest.MapFS, []string) {
	files := fstest.MapFS{}
	var names []string
	docs := planted(400, 12)
	for part := range slices.Chunk(docs, (len(docs)+n-1)/n) {
		var b bytes.Buffer
		for _, d := range part {
			fmt.Fprintf(&b, `{"id":%q,"text":%q,"source":%q}`+"\n", d.ID, d.Text, d.Source)
		}
		name := fmt.Sprintf("%02d.jsonl", len(names))
		files[name] = &fstest.MapFile{Data: b.Bytes()}
		names = append(names, name)
	}
	return files, names
}

// TestNothingIsReadAgain stops runs in each of their readings, and counts the bytes that
// the run that goes on reads of each file, and the sets that it makes: a file is read once
// for each reading that had not come behind it, and a set that was stored is not made again.
func TestNothingIsReadAgain(t *testing.T) {
	t.Parallel()
	files, names := countedFiles(12)
	for _, c := range []struct {
		name string
		set  func(*pipeline.Options)
	}{
		{"story", func(o *pipeline.Options) { o.Preset = pipeline.Story }},
		{"cosine", func(o *pipeline.Options) {
			o.Identity.Similarity, o.Identity.Candidates, o.Identity.Weights = pipeline.Cosine, pipeline.KeyTerms, idf.Corpus
		}},
		{"weighted jaccard", func(o *pipeline.Options) {
			o.Identity.Similarity, o.Identity.Weights = pipeline.WeightedJaccard, idf.Corpus
		}},
		{"boilerplate", func(o *pipeline.Options) { o.Identity.Boilerplate, o.Identity.SourceField = 0.1, "source" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			counting := &countingFS{FS: files, read: map[string]int64{}}
			o := pipeline.Options{FS: counting, Inputs: names, Save: true}
			c.set(&o)
			o.Threads = 1
			want := undisturbed(t, o)
			for _, threads := range []int{1, 4} {
				for _, stop := range []struct {
					stage pipeline.Stage
					n     int
				}{{pipeline.StageRead, 5}, {pipeline.StageSets, 1}, {pipeline.StageSets, 5}, {pipeline.StageSets, 11}, {pipeline.StageVerify, 1}} {
					o.Threads = threads
					countStop(t, o, counting, want, stop.stage, stop.n)
					for i, name := range names {
						least, most := timesRead(stop.stage, stop.n, i)
						if c.name == "boilerplate" && stop.stage == pipeline.StageRead {
							least, most = least+1, most+1 // it has not learnt yet
						}
						got, size := counting.read[name], int64(len(files[name].Data))
						if got%size != 0 || got/size < least || got/size > most {
							t.Errorf("%d threads, stopped at %s %d: %d bytes of file %s were read, which has %d, want it %d to %d times",
								threads, stop.stage, stop.n, got, name, size, least, most)
						}
					}
				}
			}
		})
	}
}

// timesRead returns how often file i is read by a run that goes on behind n files of a
// stage, at least and at most: more files may be done before an interrupt is seen, and the
// last one that was done is looked at to its end.
func timesRead(stage pipeline.Stage, n, i int) (least, most int64) {
	switch {
	case stage == pipeline.StageRead && i < n-1:
		return 1, 1
	case stage == pipeline.StageRead:
		return 1, 2
	case stage == pipeline.StageSets && i >= n-1:
		return 0, 1
	}
	return 0, 0
}

// countStop stops a run at its n-th report of a stage, and lets another go on that counts
// what it reads.
func countStop(t *testing.T, o pipeline.Options, counting *countingFS, want string, stage pipeline.Stage, n int) {
	t.Helper()
	at := fmt.Sprintf("%d threads, stopped at %s %d", o.Threads, stage, n)
	o.Temp = t.TempDir()
	o.Checkpoint = logTo(filepath.Join(t.TempDir(), "c"), 1<<40) // an interrupt seals what there is
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var reports int
	var before pipeline.Progress
	o.Progress = func(p pipeline.Progress) {
		if before = p; p.Stage == stage {
			if reports++; reports == n {
				cancel()
			}
		}
	}
	if _, err := pipeline.Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("%s: %v", at, err)
	}
	var documents, sets int64 // that were taken up
	o.Checkpoint.Tell = func(s string) {
		if strings.Contains(s, "damaged") {
			t.Errorf("%s: %s", at, s)
		}
		_, _ = fmt.Sscanf(strings.ReplaceAll(s, ",", ""), "taken up where an earlier run was stopped: %d documents", &documents)
		_, _ = fmt.Sscanf(strings.ReplaceAll(s, ",", ""), "taken up in the second reading: sets of %d documents", &sets)
	}
	batches, batchesOfSets := 0, 0
	o.Progress = func(p pipeline.Progress) {
		switch {
		case p.Stage == pipeline.StageRead:
			batches++
		case p.Stage == pipeline.StageSets && p.Sets > before.Sets:
			batchesOfSets++
		}
	}
	job, err := pipeline.Prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	counting.reset() // Prepare has read a sample
	res, err := job.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	read := counting.read
	counting.reset()
	if documents < before.Documents || sets < before.Sets {
		t.Errorf("%s: taken up were %d documents and %d sets of %d and %d", at, documents, sets, before.Documents, before.Sets)
	}
	if most := 12 - n; stage == pipeline.StageRead && batches > most || stage != pipeline.StageRead && batches > 0 ||
		stage == pipeline.StageSets && batchesOfSets > most || stage == pipeline.StageVerify && batchesOfSets > 0 {
		t.Errorf("%s: then there are %d blocks read, and sets made of %d", at, batches, batchesOfSets)
	}
	if got := outcome(t, res); got != want {
		t.Errorf("%s: %s", at, firstDifference(got, want))
	}
	counting.read = read
}

// TestSecretChangeBehindTheSets: a file is changed, with its size and time as before, when
// its sets were made but not seen to be of what pass 1 has read. The run that goes on finds
// out, and keeps nothing of it.
func TestSecretChangeBehindTheSets(t *testing.T) {
	t.Parallel()
	files, _ := countedFiles(4)
	dir := t.TempDir()
	if err := os.CopyFS(dir, files); err != nil {
		t.Fatal(err)
	}
	o := pipeline.Options{Inputs: []string{dir}, Threads: 1, Temp: t.TempDir(), Checkpoint: logTo(filepath.Join(t.TempDir(), "c"), 1)}
	o.Identity.Boilerplate = 0.1
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.Progress = func(p pipeline.Progress) {
		if p.Stage == pipeline.StageSets {
			cancel()
		}
	}
	if _, err := pipeline.Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "00.jsonl")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	edit(t, path, "the", "teh")
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	o.Progress = nil
	var changed *corpus.ChangedError
	if _, err := pipeline.Run(t.Context(), o); !errors.As(err, &changed) || changed.File != "00.jsonl" {
		t.Fatalf("got error %v, want one that names the file", err)
	}
	if _, err := os.Stat(filepath.Join(o.Checkpoint.Dir, "sets")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("sets are left: %v", err)
	}
}
