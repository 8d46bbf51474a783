package runfolder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/internal/plant/formats"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/parquet"
	"github.com/doppel-dedup/doppel/pipeline/corpus/warc"
)

// The environment of a process that is to be killed.
const (
	killDir   = "DOPPEL_TEST_RUN"
	killInput = "DOPPEL_TEST_INPUT"
	killAfter = "DOPPEL_TEST_KILL_AFTER"
)

// TestMain is also the process that a test kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		os.Exit(killedRun(dir, os.Getenv(killInput), os.Getenv(killAfter)))
	}
	os.Exit(m.Run())
}

// killedRun kills its own process when an output has appeared, or progress was told of
// so many times.
func killedRun(dir, input, after string) int {
	a := ofTheKilled(input)
	a.afterOutput = func(name string) error {
		if name == after {
			return killSelf()
		}
		return nil
	}
	told := 0
	a.Progress = func(pipeline.Progress) {
		if told++; fmt.Sprint(told) == after && killSelf() != nil {
			panic("cannot be killed")
		}
	}
	if _, _, err := a.do(context.Background(), dir); err != nil {
		return 1
	}
	return 0
}

// ofTheKilled is a run with a field, which has to be saved too.
func ofTheKilled(input string) asked {
	return asked{Options: pipeline.Options{Inputs: []string{input}, Threads: 2, Identity: pipeline.Identity{Keep: "max:score"},
		Containers: []corpus.Container{parquet.Container{}, warc.New()}}}
}

func killSelf() error {
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Kill()
	}
	if err == nil {
		<-context.Background().Done() // never: the kill comes
	}
	return err
}

// killedAfter starts the run of a process that kills itself, and tells whether it did.
func killedAfter(t *testing.T, dir, input, after string) bool {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), killDir+"="+dir, killInput+"="+input, killAfter+"="+after)
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != -1) {
		t.Fatalf("after %s: %v", after, err)
	}
	return err != nil
}

// TestKilledInsideEveryFormat: a run over Parquet, WARC, CSV and what is compressed in
// every way is killed again and again while it reads and compares, and once while it
// writes, and ends with the folder of an undisturbed run: tables, digests and data.
func TestKilledInsideEveryFormat(t *testing.T) {
	t.Parallel()
	input, base := t.TempDir(), t.TempDir()
	if err := formats.Write(input, plant.Spec{Documents: 1500, MeanBytes: 2000, Seed: 6, ExactShare: 0.1, NearShare: 0.3}); err != nil {
		t.Fatal(err)
	}
	whole, dir := filepath.Join(base, "whole"), filepath.Join(base, "run")
	a := ofTheKilled(input)
	a.mustDo(t, whole)
	killed := 0
	for after := 3; killedAfter(t, dir, input, fmt.Sprint(after)); after += 6 {
		killed++
	}
	if killed < 3 || killed > 100 {
		t.Errorf("%d processes were killed", killed)
	}
	t.Logf("%d processes killed", killed)
	if err := compare(t, dir, whole); err != nil {
		t.Errorf("killed %d times: %v", killed, err)
	}
	dir = filepath.Join(base, "written")
	if !killedAfter(t, dir, input, DataDir) {
		t.Fatalf("no process was killed after %s", DataDir)
	}
	a.mustDo(t, dir)
	if err := compare(t, dir, whole); err != nil {
		t.Errorf("killed after %s: %v", DataDir, err)
	}
	if _, err := Verify(t.Context(), dir, 0); err != nil {
		t.Error(err)
	}
}

// TestKilledAfterEachOutput, and in the midst of reading and comparing: there is no _SUCCESS, and the run that follows completes
// the folder, byte for byte as if nothing had happened.
func TestKilledAfterEachOutput(t *testing.T) {
	t.Parallel()
	input := corpusFile(t, 400)
	base := t.TempDir()
	whole := filepath.Join(base, "whole")
	var names []string
	a := ofTheKilled(input)
	a.afterOutput = func(name string) error { names = append(names, name); return nil }
	a.mustDo(t, whole)
	if len(names) < 14 || names[len(names)-1] != SuccessFile {
		t.Fatalf("outputs appear as %q", names)
	}
	a.afterOutput = nil
	for i, name := range append([]string{"1", "2", "3", "4", "5", "6"}, names...) {
		if testing.Short() && i%3 != 0 && name != SuccessFile {
			continue
		}
		dir := filepath.Join(base, "killed-"+name)
		if !killedAfter(t, dir, input, name) {
			t.Fatalf("after %s: want a killed process", name)
		}
		state, err := StateOf(dir)
		if want := name == SuccessFile; err != nil || (state == StateFinished) != want {
			t.Errorf("killed after %s: %s, %v", name, state, err)
		}
		if name != SuccessFile {
			s, err := StatusOf(dir, "host")
			if err != nil || s.Holder == nil || s.Working || len(name) > 1 && !slices.Contains(append(s.Left, DecisionsFile), name) {
				t.Errorf("killed after %s: status %+v, %v", name, s, err)
			}
		}
		_, fresh, err := a.do(t.Context(), dir)
		if err != nil || fresh == (name == SuccessFile) {
			t.Fatalf("after %s: done again %t, %v", name, fresh, err)
		}
		if name == SuccessFile {
			continue // .doppel is left, which a finished run does not need
		}
		if err := compare(t, dir, whole); err != nil {
			t.Errorf("killed after %s: %v", name, err)
		}
	}
}

// TestLockIsForOne: a second lock is refused by the name of the first, and taken over
// only when that one is gone.
func TestLockIsForOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := takeLock(dir, Holder{PID: 1, Host: "a"})
	if err != nil {
		t.Fatal(err)
	}
	var locked *LockedError
	if _, err := takeLock(dir, Holder{PID: 2, Host: "b"}); !errors.As(err, &locked) || locked.Holder.PID != 1 || locked.Holder.Host != "a" {
		t.Errorf("a second lock: %v", err)
	}
	// As a killed process leaves it: the file is there and nobody holds it.
	if err := first.file.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := takeLock(dir, Holder{PID: 2, Host: "b"})
	if err != nil || second.before.PID != 1 {
		t.Fatalf("taking over: %+v, %v", second, err)
	}
	if err := second.release(); err != nil {
		t.Error(err)
	}
	third, err := takeLock(dir, Holder{PID: 3})
	if err != nil || third.before.PID != 0 {
		t.Errorf("after a release: %+v, %v", third, err)
	}
	if err := third.release(); err != nil {
		t.Error(err)
	}
}

// TestLinksInPlaceOfStateAreRefused: what is in .doppel is removed, and the lock is
// written; one to nowhere was waited for without an end.
func TestLinksInPlaceOfStateAreRefused(t *testing.T) {
	t.Parallel()
	other := t.TempDir()
	precious := filepath.Join(other, "precious")
	write(t, precious, "mine")
	for name, target := range map[string]string{WorkDir: other, filepath.Join(WorkDir, LockFile): precious, WorkDir + "/": filepath.Join(other, "nowhere")} {
		dir := filepath.Join(t.TempDir(), "run")
		link := filepath.Join(dir, filepath.Clean(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o755), os.Symlink(target, link)); err != nil {
			t.Fatal(err)
		}
		a := asked{Options: pipeline.Options{Inputs: []string{corpusFile(t, 10)}}, overwrite: true}
		if _, _, err := a.do(t.Context(), dir); err == nil || !strings.Contains(err.Error(), link) {
			t.Errorf("%s -> %s: got error %v", name, target, err)
		}
		if got, err := os.ReadFile(precious); err != nil || string(got) != "mine" {
			t.Errorf("%s -> %s: what it pointed to holds %q, %v", name, target, got, err)
		}
	}
}

// TestOneOfManyHoldsTheLock at any time, although each takes its file away.
func TestOneOfManyHoldsTheLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const goroutines, rounds = 8, 200
	holding := make(chan int, 1) // a place for one
	errs := make(chan error, goroutines)
	for i := range goroutines {
		go func() {
			errs <- func() error {
				for taken := 0; taken < rounds; {
					l, err := takeLock(dir, Holder{PID: i + 1})
					var locked *LockedError
					if errors.As(err, &locked) {
						continue
					}
					if err != nil {
						return err
					}
					taken++
					select {
					case holding <- i:
					default:
						return errors.New("two hold the lock")
					}
					<-holding
					if err := l.release(); err != nil {
						return err
					}
					_ = os.Remove(filepath.Join(dir, WorkDir)) // as whoever finishes does
				}
				return nil
			}()
		}()
	}
	for range goroutines {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// TestSumsOfInputsThatWereSkipped: a run without data that goes on does not read what
// was read before, and has the digests all the same.
func TestSumsOfInputsThatWereSkipped(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	whole, dir := filepath.Join(base, "whole"), filepath.Join(base, "run")
	a := asked{Options: pipeline.Options{Inputs: []string{corpusFile(t, 300)}}, noData: true}
	for _, in := range a.mustDo(t, whole).Inputs {
		if in.SHA256 == "" {
			t.Fatalf("%q has no digest", in.Name)
		}
	}
	stop := errors.New("stopped")
	a.afterOutput = func(string) error { return stop }
	if _, _, err := a.do(t.Context(), dir); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	a.afterOutput = nil
	a.mustDo(t, dir)
	if err := compare(t, dir, whole); err != nil {
		t.Error(err)
	}
}

// TestInputsThatGoWhileARunGoesOn: what an earlier process has read, and this one does
// not, must still be there for its digest, and as long as it was.
func TestInputsThatGoWhileARunGoesOn(t *testing.T) {
	t.Parallel()
	stop := errors.New("stopped")
	for what, change := range map[string]func(path string) error{
		"removed": os.Remove,
		"longer": func(path string) error {
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteString("more\n")
			return errors.Join(err, f.Close())
		},
	} {
		dir, input := filepath.Join(t.TempDir(), "run"), corpusFile(t, 50)
		a := asked{Options: pipeline.Options{Inputs: []string{input}}, noData: true}
		a.afterOutput = func(string) error { return stop }
		if _, _, err := a.do(t.Context(), dir); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		a.afterOutput = func(name string) error {
			if name == SavedDir {
				return change(filepath.Join(input, "page.txt"))
			}
			return nil
		}
		var changed *corpus.ChangedError
		if _, _, err := a.do(t.Context(), dir); !errors.As(err, &changed) || changed.File != "page.txt" {
			t.Errorf("%s: got error %v, want one that names page.txt", what, err)
		}
		if state, err := StateOf(dir); state != StateUnfinished {
			t.Errorf("%s: the folder is %s, %v", what, state, err)
		}
	}
}
