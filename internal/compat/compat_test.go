package compat

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doppel-dedup/doppel/internal/segment"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
	"github.com/doppel-dedup/doppel/pipeline/snapshot"
)

var makeFixtures = flag.Bool("make", false, "add the fixtures that are missing")

// The kinds of fixtures.
const (
	savedKind    = "saved-run-"
	finishedKind = "run-"
	stoppedKind  = "stopped-"
	// Those that were stopped in their second reading:
	storyKind       = "stopped-story-"
	boilerplateKind = "stopped-boilerplate-"
)

// modified is when the inputs were last changed: a run that goes on looks at it.
var modified = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// visibleWorkDir is the name of runfolder.WorkDir in fixtures, where .gitignore and
// tools that hide names with a dot must not lose it.
const visibleWorkDir = "dot-doppel"

// folderWord stands for the folder that a run was made in.
const folderWord = "FOLDER"

// TestEverySchemaHasAFixture of what this version writes.
func TestEverySchemaHasAFixture(t *testing.T) {
	stopped := fmt.Sprintf("%d-%d-%d", runfolder.Schema, segment.Version, checkpoint.Version)
	for name, fill := range map[string]func(*testing.T, string){
		fmt.Sprintf("%s%d", savedKind, snapshot.Schema):                               makeSaved,
		fmt.Sprintf("%s%d-saved-%d", finishedKind, runfolder.Schema, snapshot.Schema): makeFinished,
		stoppedKind + stopped:     makeStopped,
		storyKind + stopped:       makeStoppedInSets(storyKind),
		boilerplateKind + stopped: makeStoppedInSets(boilerplateKind),
	} {
		dir, err := filepath.Abs(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		_, err = os.Stat(dir)
		if err == nil {
			continue
		}
		if !*makeFixtures {
			t.Errorf("there is no %s: go test ./internal/compat -make", dir)
			continue
		}
		t.Run(name, func(t *testing.T) { fill(t, dir) })
	}
}

// fixtures returns those of a kind, and fails if there is none.
func fixtures(t *testing.T, kind string) []string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join("testdata", kind+"[0-9]*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no fixtures %s*: %v", kind, err)
	}
	for i := range dirs {
		if dirs[i], err = filepath.Abs(dirs[i]); err != nil {
			t.Fatal(err)
		}
	}
	return dirs
}

// want holds what the verbs have made of a fixture against its want.txt.
func want(t *testing.T, fixture, got string) {
	t.Helper()
	path := filepath.Join(fixture, "want.txt")
	expected, err := os.ReadFile(path)
	if os.Getenv("DOPPEL_UPDATE") == "1" || *makeFixtures && errors.Is(err, os.ErrNotExist) {
		expected, err = []byte(got), os.WriteFile(path, []byte(got), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got != string(expected) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, expected)
	}
}

// doppel is the command, and the folder that it runs in.
type doppel struct{ path, dir string }

// TestMain builds the command, once for all tests.
func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "doppel-compat-*")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		built := filepath.Join(dir, "doppel")
		if said, err := exec.Command("go", "build", "-o", built, "../../cmd/doppel").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s", err, said)
			return 1
		}
		os.Setenv(builtCommand, built)
		return m.Run()
	}())
}

// builtCommand is the variable with the path of the command.
const builtCommand = "DOPPEL_TEST_COMMAND"

// command returns the command, to be run in a new folder that has the corpus of the
// fixtures.
func command(t *testing.T) doppel {
	t.Helper()
	d := doppel{os.Getenv(builtCommand), t.TempDir()}
	copyCorpus(t, filepath.Join(d.dir, "in"))
	return d
}

func copyCorpus(t *testing.T, to string) {
	t.Helper()
	from := os.DirFS(filepath.Join("testdata", "corpus"))
	if err := os.CopyFS(to, from); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(to)
	if err != nil || len(entries) < 3 {
		t.Fatal(err, entries)
	}
	for _, e := range entries {
		if err := os.Chtimes(filepath.Join(to, e.Name()), modified, modified); err != nil {
			t.Fatal(err)
		}
	}
}

// copyRun puts the run of a fixture into the folder, made there.
func (d doppel) copyRun(t *testing.T, fixture string) (run string) {
	t.Helper()
	run = filepath.Join(d.dir, "run")
	if err := os.CopyFS(run, os.DirFS(filepath.Join(fixture, "run"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(run, visibleWorkDir), filepath.Join(run, runfolder.WorkDir)); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	request := filepath.Join(run, runfolder.WorkDir, runfolder.RequestFile)
	if b, err := os.ReadFile(request); err == nil {
		b = bytes.ReplaceAll(b, []byte(`"folder": "`+folderWord+`"`), fmt.Appendf(nil, `"folder": %q`, d.dir))
		if err := os.WriteFile(request, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return run
}

// run returns the exit code, and what it said on each stream.
func (d doppel) run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs strings.Builder
	cmd := exec.Command(d.path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir, &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// must runs a verb that has to succeed; code 3 tells that a record of the run is bad.
func (d doppel) must(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	code, stdout, stderr := d.run(t, args...)
	if code != 0 && code != 3 {
		t.Fatalf("doppel %q: exit code %d\n%s", args, code, stderr)
	}
	return stdout
}
