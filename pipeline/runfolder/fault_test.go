package runfolder

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// faultyRun is a run with all kinds of outputs.
func faultyRun(t *testing.T, threads int) asked {
	t.Helper()
	id := pipeline.Identity{Passages: passage.Options{Unit: passage.Line, MinChars: 1}}
	return asked{Options: pipeline.Options{Inputs: []string{corpusFile(t, 20)}, Threads: threads, Identity: id}}
}

// sequential and concurrent are the threads of runs under faults: with one, the calls
// come in the same order every time, so that each of them is tried; with more, outputs
// are written side by side, and a fault meets the others half done.
const (
	sequential = 1
	concurrent = 4
)

// completed lets the folder be completed without faults, and holds it against whole. A
// folder with _SUCCESS must be right as it is.
func completed(t *testing.T, a asked, dir, whole string) error {
	t.Helper()
	a.sys = nil
	state, err := StateOf(dir)
	if err != nil {
		return err
	}
	_, fresh, err := a.do(t.Context(), dir)
	if err != nil {
		return err
	}
	if fresh == (state == StateFinished) {
		return errors.New("a finished run was done again, or an unfinished one taken for finished")
	}
	if _, err := Verify(t.Context(), dir, 0); err != nil {
		return err
	}
	// A finished run does not need its state, nor the old name of a file that was renamed.
	left, err := filepath.Glob(filepath.Join(dir, ".doppel-*.tmp"))
	if err != nil || len(left) > 0 && state != StateFinished {
		return fmt.Errorf("left %q (%v)", left, err)
	}
	for _, name := range append(left, filepath.Join(dir, WorkDir)) {
		if err := os.RemoveAll(name); err != nil {
			return err
		}
	}
	return compare(t, dir, whole)
}

// stride is how many of the calls one is tried of: all, with DOPPEL_LONG.
func stride(some int) int {
	switch {
	case os.Getenv("DOPPEL_LONG") != "":
		return 1
	case testing.Short():
		return 4 * some
	}
	return some
}

// TestEveryFaultOfAFolder fails each call that changes the folder in turn, once and for
// ever. The run fails with the error or is right, and the next one completes the folder.
func TestEveryFaultOfAFolder(t *testing.T) {
	t.Parallel()
	everyFault(t, faultyRun(t, sequential), stride(9))
}

// TestFaultsOfOutputsSideBySide does so where the calls of several outputs mix.
func TestFaultsOfOutputsSideBySide(t *testing.T) {
	t.Parallel()
	everyFault(t, faultyRun(t, concurrent), stride(9))
}

func everyFault(t *testing.T, a asked, step int) {
	t.Helper()
	base := t.TempDir()
	whole := filepath.Join(base, "whole")
	a.mustDo(t, whole)
	tried, failed := 0, 0
	for _, forever := range []bool{false, true} {
		for n := 1; ; n += step {
			errno := []syscall.Errno{syscall.EIO, syscall.ENOSPC}[tried%2]
			dir := filepath.Join(t.TempDir(), "run")
			faults := &vfstest.Faulty{FS: vfs.OS{}, FailAt: n, Forever: forever, Err: errno}
			a.sys = faults
			_, _, err := a.do(t.Context(), dir)
			call, struck := faults.Struck()
			if err != nil && !errors.Is(err, errno) {
				t.Fatalf("fault %d (%s: %v) for ever %t: %v", n, call, errno, forever, err)
			}
			if err != nil {
				failed++
			}
			if err := completed(t, a, dir, whole); err != nil {
				t.Fatalf("fault %d (%s: %v) for ever %t: after it: %v", n, call, errno, forever, err)
			}
			if !struck {
				break
			}
			tried++
		}
	}
	if tried < 200/step || failed < tried*9/10 {
		t.Errorf("%d faults, %d runs failed", tried, failed)
	}
	t.Logf("%d faults, %d runs failed", tried, failed)
}

// crashedFolders runs a where the machine may stop, and calls check with what it would
// find again at every step-th call and at all from _SUCCESS on, and how much of what was
// not synced survived.
func crashedFolders(t *testing.T, a asked, omit string, step int, check func(dir string, call int, kept float64)) (states int) {
	t.Helper()
	root := t.TempDir()
	disk := vfstest.NewCrashable(root)
	rng := rand.New(rand.NewPCG(rand.Uint64(), 0))
	type state struct {
		dir  string
		call int
		kept float64
	}
	var found []state
	var mu sync.Mutex // files are synced side by side
	calls := 0
	disk.After = func() {
		mu.Lock()
		defer mu.Unlock()
		if calls++; calls%step != 0 && !exists(filepath.Join(root, "run", SuccessFile)) {
			return
		}
		for _, kept := range []float64{0, 0.5, 1} {
			dir := t.TempDir()
			if err := disk.Crash(dir, kept, rng); err != nil {
				t.Error(err)
			}
			found = append(found, state{filepath.Join(dir, "run"), calls, kept})
		}
	}
	a.sys = vfstest.Careless{FS: disk, Omit: omit}
	a.mustDo(t, filepath.Join(root, "run"))
	for _, s := range found {
		check(s.dir, s.call, s.kept)
	}
	return len(found)
}

// TestFolderAfterEveryCrash stops the machine at every call that changes something:
// _SUCCESS is there only over a whole folder, and the next run completes any other.
func TestFolderAfterEveryCrash(t *testing.T) {
	t.Parallel()
	for _, threads := range []int{sequential, concurrent} {
		a := faultyRun(t, threads)
		whole := filepath.Join(t.TempDir(), "whole")
		a.mustDo(t, whole)
		finished := 0
		states := crashedFolders(t, a, "", stride(17), func(dir string, call int, kept float64) {
			if state, err := StateOf(dir); err == nil && state == StateFinished {
				finished++
			}
			if err := completed(t, a, dir, whole); err != nil {
				t.Errorf("%d threads, call %d, %v kept: %v", threads, call, kept, err)
			}
		})
		if states < 12 || finished < 3 {
			t.Errorf("%d threads: only %d states, %d of them with _SUCCESS", threads, states, finished)
		}
		t.Logf("%d threads: %d states, %d of them with _SUCCESS", threads, states, finished)
	}
}

// TestFolderCrashTestsBite leaves out the syncs of files: _SUCCESS is then
// there over something else in some state.
func TestFolderCrashTestsBite(t *testing.T) {
	t.Parallel()
	a := faultyRun(t, concurrent)
	for _, omit := range []string{"", "sync"} {
		broken := 0
		crashedFolders(t, a, omit, 1, func(dir string, _ int, _ float64) {
			state, err := StateOf(dir)
			if err != nil || state != StateFinished {
				return
			}
			if _, err := Verify(t.Context(), dir, 0); err != nil {
				broken++
			}
		})
		if (broken > 0) != (omit != "") {
			t.Errorf("without %q: %d folders with _SUCCESS are not whole", omit, broken)
		}
	}
}
