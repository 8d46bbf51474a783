package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/doppel-dedup/doppel/pipeline"
)

// TestCancelLeavesNothing stops a run at many points: the context's error, and
// no temporary file. Each run lives in a bubble that fails the test if a
// goroutine outlives it.
func TestCancelLeavesNothing(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, planted(4000, 30))
	stopped := 0
	for at := range 12 {
		temp := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			calls := 0
			res, err := pipeline.Run(ctx, pipeline.Options{
				Inputs: []string{input}, Preset: pipeline.Edited, Threads: 4, Memory: 16 << 20, Temp: temp,
				Progress: func(pipeline.Progress) {
					if calls == at {
						cancel()
					}
					calls++
				},
			})
			if err == nil {
				if calls > at+1 {
					t.Errorf("stopped at %d of %d: the run went on to its end", at, calls)
				}
				err = res.Close()
			} else if stopped++; !errors.Is(err, context.Canceled) {
				t.Errorf("stopped at %d: %v, want the context's error", at, err)
			}
			if left, _ := os.ReadDir(temp); len(left) != 0 {
				t.Errorf("stopped at %d (%v): left %v", at, err, left)
			}
		})
	}
	if stopped < 3 {
		t.Errorf("only %d runs were stopped on the way", stopped)
	}
}

// TestPruneCancelledLeavesNothing stops while the pruned corpus is written.
func TestPruneCancelledLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	res := runDocs(t, pipeline.Options{Reread: true}, planted(500, 31))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := res.Prune(ctx, filepath.Join(parent, "out")); !errors.Is(err, context.Canceled) {
		t.Errorf("prune: %v, want the context's error", err)
	}
	if left, _ := os.ReadDir(parent); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// TestSpilledStoresAreRemoved runs within the smallest budget, which spills,
// and looks for files after Close.
func TestSpilledStoresAreRemoved(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	res, err := pipeline.Run(t.Context(), pipeline.Options{
		Inputs: []string{writeJSONL(t, planted(40_000, 32))}, Memory: 16 << 20, Temp: temp,
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.TempBytes() == 0 {
		t.Error("nothing was spilled, so the test shows nothing")
	}
	if err := res.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(temp); len(left) != 0 {
		t.Errorf("Close left %v", left)
	}
}

func TestChangedInputIsNotPruned(t *testing.T) {
	t.Parallel()
	docs := planted(200, 33)
	path := writeJSONL(t, docs)
	res := run(t, pipeline.Options{Inputs: []string{path}})
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(b), "the", "teh", 1)
	if changed == string(b) {
		t.Fatal("the change changed nothing")
	}
	if err := os.WriteFile(path, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	if _, err := res.Prune(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "corpus.jsonl") {
		t.Errorf("prune of a changed input: %v, want an error that names it", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}

// TestGoroutinesAreBounded: their number depends on the threads, not on the
// files or the documents.
func TestGoroutinesAreBounded(t *testing.T) {
	dir := t.TempDir()
	for i := range 600 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.txt", i)), []byte(join(words(fmt.Sprint("w", i%50, "x"), 60))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const threads = 3
	before, most := runtime.NumGoroutine(), 0
	res := run(t, pipeline.Options{Inputs: []string{dir}, Preset: pipeline.Edited, Threads: threads,
		Progress: func(pipeline.Progress) { most = max(most, runtime.NumGoroutine()) }})
	if res.Counts().Documents != 600 {
		t.Fatalf("read %d documents, want 600", res.Counts().Documents)
	}
	if limit := before + 6*threads + 12; most == 0 || most > limit {
		t.Errorf("up to %d goroutines with %d threads and 600 files, want at most %d", most, threads, limit)
	}
}
