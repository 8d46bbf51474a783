package pipeline_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/internal/tempfile"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline"
)

// TestFaultsOfTemporaryFiles fails calls for temporary files of a run that puts most of
// what it has there, once and for ever. The run fails with an error that names the file,
// or is right; the next one takes up its checkpoint and is right.
func TestFaultsOfTemporaryFiles(t *testing.T) {
	t.Parallel()
	o := pipeline.Options{Inputs: []string{shortTexts(t, 15_000)}, Threads: 2, Memory: 16 << 20, Preset: pipeline.Edited, Save: true}
	run := func(dir string, fs vfs.TempFS) (string, error) {
		o := o
		o.Temp, o.Checkpoint = t.TempDir(), logTo(dir, 1<<20)
		o.SetTempFS(fs)
		res, err := pipeline.Run(t.Context(), o)
		if err != nil {
			return "", err
		}
		return tryOutcome(t, res)
	}
	whole := &vfstest.Faulty{FS: vfs.OS{}}
	want, err := run(filepath.Join(t.TempDir(), "c"), whole)
	if err != nil {
		t.Fatal(err)
	}
	kinds := callsByKind(whole.Calls())
	if len(kinds) < 10 {
		t.Fatalf("only %d kinds of calls for temporary files: %q", len(kinds), slices.Sorted(maps.Keys(kinds)))
	}
	seed, step, rounds := rand.Uint64(), 2, 1
	if os.Getenv("DOPPEL_LONG") != "" {
		step, rounds = 1, 10
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	tried, failed := 0, 0
	for try := int(seed % uint64(step)); try < rounds*len(kinds); try += step {
		tried++
		places := kinds[slices.Sorted(maps.Keys(kinds))[try%len(kinds)]]
		n, errno := places[rng.IntN(len(places))], []syscall.Errno{syscall.EIO, syscall.ENOSPC, syscall.EMFILE}[try%3]
		dir := filepath.Join(t.TempDir(), "c")
		faults := &vfstest.Faulty{FS: vfs.OS{}, FailAt: n, Forever: rng.IntN(2) == 0, Err: errno}
		got, err := run(dir, faults)
		call, _ := faults.Struck()
		at := fmt.Sprintf("seed %d, call %d of %d (%s: %v)", seed, n, len(whole.Calls()), call, errno)
		switch {
		case err == nil && got != want:
			t.Fatalf("%s: %s", at, firstDifference(got, want))
		case err == nil:
			continue
		case !errors.Is(err, errno) || !errors.As(err, new(*tempfile.Error)) || !strings.Contains(err.Error(), "doppel-"):
			t.Fatalf("%s: %v", at, err)
		}
		failed++
		if got, err := run(dir, nil); err != nil || got != want {
			t.Fatalf("%s: after it, %v %s", at, err, firstDifference(got, want))
		}
	}
	if failed < tried/2 {
		t.Errorf("only %d of %d runs failed", failed, tried)
	}
	t.Logf("%d of %d runs failed, of %d calls of %d kinds", failed, tried, len(whole.Calls()), len(kinds))
}

// shortTexts writes so many texts that their band keys, names and texts go to files.
func shortTexts(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "short.jsonl.gz")) // what is compressed is put aside
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	_, err = plant.Spec{Documents: n, MeanBytes: 150, Seed: 8, NearShare: 0.3}.Write(z, io.Discard, nil)
	if err := errors.Join(err, z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// callsByKind returns at which places calls of a kind came, counted from 1: creating,
// unlinking, writing, reading or closing a file of some purpose.
func callsByKind(calls []string) map[string][]int {
	kinds := map[string][]int{}
	for i, call := range calls {
		kind := strings.TrimRight(call, "0123456789*")
		kinds[kind] = append(kinds[kind], i+1)
	}
	return kinds
}
