package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
)

// TestNoRoom works on a real file system that is too small.
func TestNoRoom(t *testing.T) {
	vfstest.InSmall(t, func(dir string) { noRoom(t, dir) })
}

// noRoom wants a run stopped before its work where it cannot fit, one that was started
// all the same to stop with an error and to go on when there is room, and a warning
// where it may fit.
func noRoom(t *testing.T, small string) {
	in, whole := newsFile(t, 20_000), filepath.Join(t.TempDir(), "whole")
	there := filepath.Join(small, "out")
	expect := func(code int, wants string, args ...string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if got := run(t.Context(), append(args, "--temp", t.TempDir()), nil, &stdout, &stderr); got != code || !strings.Contains(stderr.String(), wants) {
			t.Fatalf("%v: exit code %d, want %d and %q\n%s", args, got, code, wants, &stderr)
		}
	}
	const refused = "the disk has no room for this run, which takes at least "
	for _, args := range [][]string{
		{"run", in, "-o", there},
		{"prune", in, "-o", there},
		{"trim", in, "--dedup", "line", "-o", there},
		{"decontaminate", in, "--against", newsFile(t, 4), "-o", there},
		{"cluster", in, "--save", there, "-o", filepath.Join(t.TempDir(), "report.jsonl")},
	} {
		if args[0] == "cluster" {
			fillUp(t, filepath.Join(small, "full"))
		}
		expect(exitError, refused, args...)
		if _, err := os.Stat(there); err == nil {
			t.Fatalf("%v left something", args)
		}
	}
	if err := os.Remove(filepath.Join(small, "full")); err != nil {
		t.Fatal(err)
	}
	expect(exitError, "no space left on device", "run", in, "-o", there, "--no-space-check")
	resume := func(code int, wants string, args ...string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if got := run(t.Context(), append([]string{"resume", there}, args...), nil, &stdout, &stderr); got != code || !strings.Contains(stderr.String(), wants) {
			t.Fatalf("resume %v: exit code %d, want %d and %q\n%s", args, got, code, wants, &stderr)
		}
	}
	resume(exitError, "no space left on device") // which was not to be checked
	if err := unix.Mount("none", small, "tmpfs", unix.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	resume(exitDone, "taken up where an earlier run was stopped")
	expect(exitDone, "", "run", in, "-o", whole)
	if a, b := written(t, whole), written(t, there); len(a) < 10 || !maps.Equal(a, b) {
		t.Errorf("%s has %d files, %s %d, or others", whole, len(a), there, len(b))
	}

	// Larger than the output, and not as large as that may be.
	if err := unix.Mount("none", small, "tmpfs", unix.MS_REMOUNT, "size=8m"); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(there); err != nil {
		t.Fatal(err)
	}
	fillUp(t, filepath.Join(small, "full"))
	if err := os.Truncate(filepath.Join(small, "full"), 8<<20-sizeOf(in)-sizeOf(in)/8); err != nil {
		t.Fatal(err)
	}
	expect(exitDone, "the disk may be too small: ", "prune", in, "-o", there)
	expect(exitError, refused, "run", in, "-o", filepath.Join(small, "run"))
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"plan", in, "-o", small}, nil, &stdout, &stderr); code != exitDone || !strings.Contains(stdout.String(), "that is too little: at least ") {
		t.Errorf("plan: exit code %d\n%s%s", code, &stdout, &stderr)
	}

	// Large enough for all but the rows in a checkpoint.
	if err := os.Remove(filepath.Join(small, "full")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(there); err != nil {
		t.Fatal(err)
	}
	expect(exitDone, "it keeps none, and a run that is stopped makes them again", "run", newsFile(t, 3000), "-o", there, "--preset", "story")
}

// fillUp leaves no room.
func fillUp(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
}
