package pipeline_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/idf"
)

// smallRuns do f with the options of runs of some dozen blocks that seal several segments
// in each pass, and what they give undisturbed.
func smallRuns(t *testing.T, f func(t *testing.T, o pipeline.Options, want string)) {
	dir := mixedCorpus(t, 120, 8)
	for _, c := range []struct {
		name string
		set  func(*pipeline.Identity)
	}{
		{"near", func(id *pipeline.Identity) { id.MaxBucket = 3 }},
		{"boilerplate", func(id *pipeline.Identity) { id.Boilerplate, id.SourceField = 0.1, "source" }},
		{"weights", func(id *pipeline.Identity) {
			id.Similarity, id.Weights, id.Candidates = pipeline.Cosine, idf.Corpus, pipeline.KeyTerms
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := mixedOptions(dir)
			o.Threads = 1
			c.set(&o.Identity)
			f(t, o, undisturbed(t, o))
		})
	}
}

// finish lets a run go on to its end, without faults.
func finish(t testing.TB, o pipeline.Options, dir string) (string, []string) {
	t.Helper()
	var told []string
	o.Temp = t.TempDir()
	o.Checkpoint = logTo(dir, 20_000)
	o.Checkpoint.Tell = func(s string) { told = append(told, s) }
	res, err := pipeline.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return outcome(t, res), told
}

// TestEveryFaultOfACheckpoint fails each call to the file system in turn, with each
// error, once and for ever, of a run that begins and of one that goes on. The run
// fails with the error or gives the right result; after it, one without faults does.
func TestEveryFaultOfACheckpoint(t *testing.T) {
	t.Parallel()
	smallRuns(t, everyFault)
}

func everyFault(t *testing.T, o pipeline.Options, want string) {
	half := filepath.Join(t.TempDir(), "half") // a run that was stopped
	o.Checkpoint = logTo(half, 20_000)
	if _, _, err := stopAt(t.Context(), o, 12); err == nil {
		t.Fatal("the run was not stopped")
	}
	tried, failed, stride := 0, 0, 1
	switch {
	case testing.Short():
		stride = 7
	case o.Identity.MaxBucket == 0 && os.Getenv("DOPPEL_LONG") == "": // has twice as many calls
		stride = 3
	}
	for _, goesOn := range []bool{false, true} {
		for _, forever := range []bool{false, true} {
			for n := 1; ; n += stride {
				errno := []syscall.Errno{syscall.EIO, syscall.ENOSPC, syscall.EACCES, syscall.EMFILE}[tried%4]
				dir := filepath.Join(t.TempDir(), "c")
				if goesOn {
					if err := os.CopyFS(dir, os.DirFS(half)); err != nil {
						t.Fatal(err)
					}
				}
				faults := &vfstest.Faulty{FS: vfs.OS{}, FailAt: n, Forever: forever, Err: errno}
				o.Temp = t.TempDir()
				o.Checkpoint = logTo(dir, 20_000)
				o.Checkpoint.FS = faults
				res, err := pipeline.Run(t.Context(), o)
				call, struck := faults.Struck()
				at := fmt.Sprintf("goes on %v, fault %d (%s: %v) for ever %v", goesOn, n, call, errno, forever)
				switch {
				case err == nil:
					if got := outcome(t, res); got != want {
						t.Fatalf("%s: %s", at, firstDifference(got, want))
					}
				case !errors.Is(err, errno):
					t.Fatalf("%s: %v", at, err)
				default:
					failed++
				}
				if !struck {
					break
				}
				tried++
				if got, _ := finish(t, o, dir); got != want {
					t.Fatalf("%s: after it, %s", at, firstDifference(got, want))
				}
			}
		}
	}
	if failed < 100/stride {
		t.Errorf("only %d runs failed", failed)
	}
	t.Logf("%d faults, %d runs failed", tried, failed)
}

// crashes runs o in a crashable file system, and calls check at every call that
// changes something with the folder that a machine would find again.
func crashes(t testing.TB, o pipeline.Options, omit string, kept []float64, seed uint64, check func(dir string, call int, sealed map[string]int)) (calls int) {
	t.Helper()
	root := t.TempDir()
	rng := rand.New(rand.NewPCG(seed, 0))
	disk := vfstest.NewCrashable(root)
	seals := sealCounter{vfstest.Careless{FS: disk, Omit: omit}, map[string]int{}, map[string]bool{}}
	type state struct {
		dir    string
		call   int
		sealed map[string]int
	}
	var states []state
	disk.After = func() {
		calls++
		for _, p := range kept {
			dir := t.TempDir()
			if err := disk.Crash(dir, p, rng); err != nil {
				t.Error(err)
			}
			states = append(states, state{filepath.Join(dir, "c"), calls, maps.Clone(seals.sealed)})
		}
	}
	o.Temp = t.TempDir()
	o.Checkpoint = logTo(filepath.Join(root, "c"), 20_000)
	o.Checkpoint.FS = seals
	res, err := pipeline.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Close(); err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		check(s.dir, s.call, s.sealed)
	}
	return calls
}

// sealCounter counts the segments that a program takes for sealed, by their folder.
type sealCounter struct {
	vfs.FS
	sealed  map[string]int
	renamed map[string]bool // and the folder not synced
}

func (c sealCounter) Rename(from, to string) error {
	c.renamed[filepath.Dir(to)] = true
	return c.FS.Rename(from, to)
}

func (c sealCounter) SyncDir(name string) error {
	err := c.FS.SyncDir(name)
	if err == nil && c.renamed[name] {
		c.renamed[name] = false
		c.sealed[filepath.Base(name)]++
	}
	return err
}

// allWhole tells whether all segments that were sealed are there, of the log in dir and
// of that of sets.
func allWhole(t testing.TB, dir string, sealed map[string]int) bool {
	return wholeSegments(t, dir) >= sealed["c"] && wholeSegments(t, filepath.Join(dir, "sets")) >= sealed["sets"]
}

// TestCrashAtEveryCall stops the machine at every call that changes something, with
// none, half and all of what was not synced surviving. What was sealed is there, and
// the run goes on to the same result.
func TestCrashAtEveryCall(t *testing.T) {
	t.Parallel()
	smallRuns(t, crashAtEveryCall)
}

func crashAtEveryCall(t *testing.T, o pipeline.Options, want string) {
	first := rand.Uint64()
	seeds := uint64(1)
	if os.Getenv("DOPPEL_LONG") != "" {
		seeds = 20
	}
	states := 0
	for seed := first; seed < first+seeds; seed++ {
		crashes(t, o, "", []float64{0, 0.5, 1}, seed, func(dir string, call int, sealed map[string]int) {
			states++
			if testing.Short() && states%7 > 0 || seeds == 1 && o.Identity.MaxBucket == 0 && states%3 > 0 {
				return
			}
			if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
				t.Fatal(err)
			}
			if !allWhole(t, dir, sealed) {
				t.Fatalf("seed %d, call %d: segments are missing of %v that were sealed", seed, call, sealed)
			}
			if got, _ := finish(t, o, dir); got != want {
				t.Fatalf("seed %d, call %d: %s", seed, call, firstDifference(got, want))
			}
		})
	}
	t.Logf("%d states from seed %d", states, first)
}

// TestCrashTestsBite leaves out each step of the protocol in turn: what was taken for
// sealed is then not there after some crash.
func TestCrashTestsBite(t *testing.T) {
	t.Parallel()
	smallRuns(t, crashTestsBite)
}

func crashTestsBite(t *testing.T, o pipeline.Options, _ string) {
	for _, omit := range []string{"", "sync", "rename", "syncDir"} {
		lost := 0
		crashes(t, o, omit, []float64{0}, 1, func(dir string, _ int, sealed map[string]int) {
			if !allWhole(t, dir, sealed) {
				lost++
			}
		})
		if (lost > 0) != (omit != "") {
			t.Errorf("without %q: sealed segments are lost in %d states", omit, lost)
		}
	}
}

// wholeSegments returns the number of segments that a run would take up.
func wholeSegments(t testing.TB, dir string) int {
	t.Helper()
	n, err := pipeline.WholeSegments(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestChangedRunIsRefused changes settings and inputs of a run that was stopped.
func TestChangedRunIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(t *testing.T, o *pipeline.Options, file string)
		want   []string
	}{
		{"threshold", func(_ *testing.T, o *pipeline.Options, _ string) { o.Identity.Threshold = 0.71 }, []string{"threshold was 0.8, and is 0.71"}},
		{"two", func(_ *testing.T, o *pipeline.Options, _ string) {
			o.Identity.Seed, o.Identity.MaxBucket = 5, 77
		}, []string{"seed was 0, and is 5", "max_bucket was 250, and is 77"}},
		{"grown", func(t *testing.T, _ *pipeline.Options, file string) { edit(t, file, "", "{}\n") }, []string{`input "a.jsonl" was`, "bytes of 20"}},
		{"touched", func(t *testing.T, _ *pipeline.Options, file string) { edit(t, file, "the", "teh") }, []string{`input "a.jsonl" was`}},
		{"gone", func(t *testing.T, _ *pipeline.Options, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}, []string{`input "a.jsonl" was`, "is not there"}},
		{"in another role", func(_ *testing.T, o *pipeline.Options, file string) {
			o.Inputs, o.Against = []string{filepath.Join(filepath.Dir(file), "g.jsonl")}, []string{file}
		}, []string{`input "a.jsonl" was`, "(reference,"}},
		{"secretly", func(t *testing.T, _ *pipeline.Options, file string) { // size and time as before
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			edit(t, file, "the", "teh")
			if err := os.Chtimes(file, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}, []string{`input "a.jsonl" was of digest`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := mixedCorpus(t, 600, 9)
			if err := os.Remove(filepath.Join(dir, "b.jsonl.gz")); err != nil {
				t.Fatal(err)
			}
			o := pipeline.Options{Inputs: []string{dir}, Threads: 1, Temp: t.TempDir(), Checkpoint: logTo(filepath.Join(t.TempDir(), "c"), 1)}
			if _, _, err := stopAt(t.Context(), o, 1); err == nil {
				t.Fatal("the run was not stopped")
			}
			before := contents(t, o.Checkpoint.Dir)
			c.change(t, &o, filepath.Join(dir, "a.jsonl"))
			_, err := pipeline.Run(t.Context(), o)
			var refused *checkpoint.Error
			if !errors.As(err, &refused) {
				t.Fatalf("got error %v, want one that refuses", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got error %q, want one with %q", err, want)
				}
			}
			if after := contents(t, o.Checkpoint.Dir); after != before {
				t.Errorf("the checkpoint was changed: %s", firstDifference(after, before))
			}
		})
	}
}

func edit(t testing.TB, path, old, new string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := string(b) + new
	if old != "" {
		s = strings.Replace(string(b), old, new, 1)
	}
	if s == string(b) {
		t.Fatal("the change changed nothing")
	}
	if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedSegmentIsDoneAgain flips bits, cuts segments short, swaps and removes
// them: it is told, and the result is the same.
func TestDamagedSegmentIsDoneAgain(t *testing.T) {
	t.Parallel()
	smallRuns(t, damagedSegments)
}

func damagedSegments(t *testing.T, o pipeline.Options, want string) {
	whole := filepath.Join(t.TempDir(), "whole")
	if got, _ := finish(t, o, whole); got != want {
		t.Fatal("the checkpoint changed the result")
	}
	segments := wholeSegments(t, whole)
	sets := wholeSegments(t, filepath.Join(whole, "sets"))
	for i := range segments {
		damageSegment(t, o, want, whole, ".", i, segments)
	}
	for i := range sets {
		damageSegment(t, o, want, whole, "sets", i, sets)
	}
	if wantSets := o.Identity.MaxBucket == 0; segments < 3 || (sets > 2) != wantSets {
		t.Errorf("%d segments, and %d of sets", segments, sets)
	}
	t.Logf("%d segments, and %d of sets", segments, sets)
}

// damageSegment damages a segment of a log in each way, and lets the run go on.
func damageSegment(t *testing.T, o pipeline.Options, want, whole, log string, i, segments int) {
	t.Helper()
	path := func(dir string, i int) string { return filepath.Join(dir, log, fmt.Sprintf("%08d.seg", i)) }
	rng := rand.New(rand.NewPCG(1, uint64(i)))
	for _, how := range []string{"flip", "cut", "remove", "swap"} {
		dir := filepath.Join(t.TempDir(), "c")
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(path(dir, i))
		if err != nil {
			t.Fatal(err)
		}
		switch how {
		case "flip":
			content[rng.IntN(len(content))] ^= 1 << rng.IntN(8)
			err = os.WriteFile(path(dir, i), content, 0o644)
		case "cut":
			err = os.WriteFile(path(dir, i), content[:rng.IntN(len(content))], 0o644)
		case "remove":
			err = os.Remove(path(dir, i))
		case "swap":
			other := path(dir, (i+1)%segments)
			err = errors.Join(os.Rename(path(dir, i), path(dir, 9999)), os.Rename(other, path(dir, i)), os.Rename(path(dir, 9999), other))
		}
		if err != nil {
			t.Fatal(err)
		}
		got, told := finish(t, o, dir)
		if got != want {
			t.Fatalf("%s segment %d in %s: %s", how, i, log, firstDifference(got, want))
		}
		last := how == "remove" && i == segments-1 // as if it had not been sealed
		if all := strings.Join(told, "\n"); !last && !strings.Contains(all, filepath.Join(dir, log, "0")) {
			t.Errorf("%s segment %d in %s: told %q", how, i, log, all)
		}
	}
}
