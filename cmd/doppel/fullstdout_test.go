package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullStandardOutput: where the figures of a finished run cannot be told, that is an
// error; but the run is whole, there is nothing to resume, and no disk is full.
func TestFullStandardOutput(t *testing.T) {
	full, err := syscall.Open("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	stdout := os.NewFile(uintptr(full), os.Stdout.Name())
	defer stdout.Close() // nothing is in it
	in := filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(in, []byte(`{"id":"a","text":"one two three four five six"}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	for _, args := range [][]string{{"run", in, "-o", dir}, {"verify", dir}, {"prune", in, "-o", dir + "-pruned"},
		{"--help"}, {"help", "run"}, {"run", "--help"}, {"completion", "bash"}, {"completion", "fish"}, {"version"}, {"--version"}} {
		var stderr bytes.Buffer
		if code := run(t.Context(), args, nil, stdout, &stderr); code != exitError {
			t.Errorf("%q: exit code %d, want %d", args, code, exitError)
		}
		said := stderr.String()
		if !strings.Contains(said, "write /dev/stdout: no space left on device") || strings.Contains(said, "can go on") || strings.Contains(said, "disk is full") {
			t.Errorf("%q said\n%s", args, said)
		}
	}
	command(t, exitDone, "verify", dir)
}
