package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
)

// TestMemoryForecast runs the command on 45 MB and compares the peak of its
// memory, as the kernel saw it, with what the plan had said.
func TestMemoryForecast(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector takes memory of its own")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "corpus.jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (plant.Spec{Documents: 20_000, Seed: 3, ExactShare: 0.1, NearShare: 0.2}).Write(f, io.Discard, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"cluster", "--preset", "near", "--memory", "4GiB"},
		{"cluster", "--preset", "edited", "--memory", "4GiB"},
		{"cluster", "--preset", "near", "--memory", "64MiB"},
		{"cluster", "--preset", "verbatim"},
		{"trim", "--dedup", "line", "--memory", "4GiB"},
		{"trim", "--dedup", "substring", "--memory", "4GiB"},
		{"trim", "--dedup", "paragraph", "--memory", "128MiB"},
		{"trim", "--dedup", "substring", "--memory", "128MiB"},
		{"trim", "--dedup", "substring", "--min-length", "200B", "--memory", "128MiB"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		messages := runSelf(t, append([]string{args[0], "--log-format", "json", "--temp", dir, "-o", out, path}, args[1:]...))
		var plan, memory struct {
			Message string
			Memory  int64
			Peak    int64
		}
		decoder := json.NewDecoder(messages)
		if err := decoder.Decode(&plan); err != nil || plan.Message != "plan" {
			t.Fatalf("%v: %v: %+v", args, err, plan)
		}
		for memory.Message != "memory" {
			if err := decoder.Decode(&memory); err != nil {
				t.Fatalf("%v: no peak of memory is logged: %v", args, err)
			}
		}
		peak := memory.Peak
		t.Logf("%v: forecast %d MiB, peak %d MiB", args, plan.Memory>>20, peak>>20)
		if plan.Memory > 2*peak || peak > 2*plan.Memory {
			t.Errorf("%v: forecast of %d bytes of memory, peak %d", args, plan.Memory, peak)
		}
		// A tenth, and a little for what the garbage collector cannot know: the program
		// with its tests is larger.
		const budget, tests = 128 << 20, 8 << 20
		if args[len(args)-1] == "128MiB" && peak > budget/10*11+tests {
			t.Errorf("%v: peak of %d MiB", args, peak>>20)
		}
	}
}

// runSelf runs the command and returns what it logged.
func runSelf(t *testing.T, args []string) *bytes.Buffer {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var messages bytes.Buffer
	cmd := exec.Command(self, args...)
	cmd.Args[0] = "doppel" // see TestMain
	cmd.Stderr = &messages
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, &messages)
	}
	return &messages
}
