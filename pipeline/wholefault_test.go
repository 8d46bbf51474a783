package pipeline_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/doppel-dedup/doppel/internal/tempfile"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline"
)

// wholeRun is a run from its input to the files it writes, the temporary files of which
// can be failed.
type wholeRun struct {
	name string
	// files are what must be among the purposes of its temporary files.
	files []string
	// inputs is a folder that must stay as it is.
	inputs string
	// run writes the folder out, and returns what else it has found.
	run func(temp, out string, fs vfs.TempFS) (string, error)
}

// tempFaults counts what came of the faults of a wholeRun.
type tempFaults struct{ calls, kinds, tried, failed, whole, right int }

// TestFaultsOfWholeRuns fails calls for temporary files in runs of every kind that puts
// much there: standard input and containers that are read again, sorted keys, pairs and
// passages, sets, texts, names and what a saved run holds. Each ends with an error that
// names the file, without its output, an open file or a goroutine left, and then runs
// right into the same folder; or it is right.
//
// It fails a call of each kind, or of a quarter of them if it is to be short, and with
// DOPPEL_LONG up to 8 of them, once or for ever. It counts goroutines, so no test runs
// beside it.
func TestFaultsOfWholeRuns(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	var sum tempFaults
	for _, w := range wholeRuns(t) {
		t.Run(w.name, func(t *testing.T) {
			n := w.fail(t, seed, rng)
			t.Logf("%d of %d runs failed, %d of them with their output whole, %d were right; %d calls of %d kinds", n.failed, n.tried, n.whole, n.right, n.calls, n.kinds)
			sum = tempFaults{sum.calls + n.calls, sum.kinds + n.kinds, sum.tried + n.tried, sum.failed + n.failed, sum.whole + n.whole, sum.right + n.right}
		})
	}
	if sum.failed < sum.tried*2/3 {
		t.Errorf("only %d of %d runs failed", sum.failed, sum.tried)
	}
	t.Logf("seed %d: %d of %d runs failed, %d of them with their output whole, %d were right; %d calls", seed, sum.failed, sum.tried, sum.whole, sum.right, sum.calls)
}

// fail fails calls of a run.
func (w *wholeRun) fail(t *testing.T, seed uint64, rng *rand.Rand) (n tempFaults) {
	before := contentsAt(t, w.inputs)
	whole := &vfstest.Faulty{FS: vfs.OS{}}
	want, err := w.attempt(t, filepath.Join(t.TempDir(), "out"), whole)
	if err != nil {
		t.Fatal(err)
	}
	kinds := callsByKind(whole.Calls())
	for _, file := range w.files {
		if kinds["write-temp doppel-"+file+"-"] == nil {
			t.Errorf("no file for %s was written; there are %q", file, slices.Sorted(maps.Keys(kinds)))
		}
	}
	n.calls, n.kinds = len(whole.Calls()), len(kinds)
	goroutines := runtime.NumGoroutine()
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if testing.Short() && rng.IntN(4) > 0 {
			continue
		}
		for _, at := range placesOf(kinds[kind], rng) {
			errno := []syscall.Errno{syscall.EIO, syscall.ENOSPC, syscall.EMFILE}[n.tried%3]
			faults := &vfstest.Faulty{FS: vfs.OS{}, FailAt: at.call, Forever: at.forever, Err: errno}
			n.tried++
			out := filepath.Join(t.TempDir(), "out")
			got, err := w.attempt(t, out, faults)
			call, _ := faults.Struck()
			place := fmt.Sprintf("seed %d, call %d of %d (%s: %v, for ever %t)", seed, at.call, n.calls, call, errno, at.forever)
			if left := settled(goroutines); left != "" {
				t.Fatalf("%s: goroutines are left:\n%s", place, left)
			}
			if err == nil {
				if n.right++; got != want {
					t.Fatalf("%s: %s", place, firstDifference(got, want))
				}
				continue
			}
			n.failed++
			if !errors.Is(err, errno) || !errors.As(err, new(*tempfile.Error)) || !strings.Contains(err.Error(), "doppel-") {
				t.Fatalf("%s: %v", place, err)
			}
			if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
				n.whole++ // closing files failed when all was done
				if got := filesIn(t, out); !strings.HasSuffix(want, got) {
					t.Fatalf("%s: the output is there and not whole (%v)", place, err)
				}
				out += "again"
			}
			if got, err := w.attempt(t, out, nil); err != nil || got != want {
				t.Fatalf("%s: after it, %v %s", place, err, firstDifference(got, want))
			}
		}
	}
	if contentsAt(t, w.inputs) != before {
		t.Error("the input has changed")
	}
	return n
}

// attempt runs w with temporary files in a folder of their own, and looks that none is
// left open or, unless removing it was failed, there.
func (w *wholeRun) attempt(t *testing.T, out string, fs *vfstest.Faulty) (string, error) {
	t.Helper()
	temp := t.TempDir()
	var into vfs.TempFS
	if fs != nil {
		into = fs
	}
	got, err := w.run(temp, out, into)
	if err == nil {
		got += filesIn(t, out)
	}
	left, listErr := os.ReadDir(temp)
	if listErr != nil {
		t.Fatal(listErr)
	}
	if fs == nil {
		if len(left) > 0 {
			t.Fatalf("temporary files are left: %v", left)
		}
		return got, err
	}
	call, _ := fs.Struck()
	if len(left) > 0 && !fs.Forever {
		t.Fatalf("%s: temporary files are left: %v (%v)", call, left, err)
	}
	if n := fs.OpenTemps(); n != 0 {
		t.Fatalf("%s: %d temporary files are left open (%v)", call, n, err)
	}
	return got, err
}

// faultPlace is a call to be failed, alone or with all behind it.
type faultPlace struct {
	call    int
	forever bool
}

// placesOf picks some of the calls of a kind.
func placesOf(calls []int, rng *rand.Rand) (places []faultPlace) {
	if os.Getenv("DOPPEL_LONG") == "" {
		return []faultPlace{{calls[rng.IntN(len(calls))], rng.IntN(2) == 0}}
	}
	const most = 8 // the first of them both ways, the others by turns
	rng.Shuffle(len(calls)-1, func(i, j int) { calls[i+1], calls[j+1] = calls[j+1], calls[i+1] })
	places = append(places, faultPlace{calls[0], false}, faultPlace{calls[0], true})
	for i, call := range calls[1:min(len(calls), most)] {
		places = append(places, faultPlace{call, i%2 == 0})
	}
	return places
}

// settled waits for goroutines that have done their work to end, and returns what those
// do that are too many then.
func settled(want int) string {
	for range 100_000 {
		if runtime.NumGoroutine() <= want {
			return ""
		}
		runtime.Gosched()
	}
	all := make([]byte, 1<<20)
	return string(all[:runtime.Stack(all, true)])
}

// contentsAt is what a folder holds, with the times at which files were changed.
func contentsAt(t testing.TB, dir string) string {
	t.Helper()
	var b bytes.Buffer
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %v\n%s\n", path, info.ModTime(), content)
		return err
	})
	if err != nil || b.Len() == 0 {
		t.Fatalf("%q: %v", dir, err)
	}
	return b.String()
}

// storesOf is the bytes that each store of a wholeRun has.
const storesOf = 20_000

// smallStores prepares and runs a job that holds nearly nothing in memory.
func smallStores(t testing.TB, o pipeline.Options, temp string, fs vfs.TempFS) (*pipeline.Result, error) {
	o.Temp, o.Memory = temp, 16<<20
	o.SetTempFS(fs)
	j, err := pipeline.Prepare(o)
	if err != nil {
		return nil, err
	}
	if err := j.Shrink(storesOf); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j.Run(t.Context())
}
