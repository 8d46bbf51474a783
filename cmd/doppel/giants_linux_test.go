package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant/formats"
)

// TestMemoryOfGiants runs commands over giant documents with a budget that is too small
// for one: the peak of memory is a few times the size of one of them and no more, the plan
// has said so, there is a warning, and the result is that of a large budget.
func TestMemoryOfGiants(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector takes memory of its own")
	}
	type check struct {
		kind   string
		copies float64 // of a giant, in memory
		args   []string
	}
	const size = 24_000_000
	checks := []check{
		{"jsonl", 3.5, []string{"cluster"}},
		{"jsonl", 3.5, []string{"cluster", "--preset", "verbatim"}},
		{"txt", 3.5, []string{"prune"}},
		{"jsonl", 4.5, []string{"trim", "--dedup", "paragraph"}},
	}
	if os.Getenv("DOPPEL_LONG") == "1" {
		checks = append(checks, check{"zst", 8, []string{"cluster"}}, check{"warc", 9, []string{"cluster"}}, check{"parquet", 8, []string{"cluster"}},
			check{"jsonl", 18, []string{"cluster", "--preset", "story"}}, check{"jsonl", 10, []string{"trim", "--dedup", "substring"}})
	}
	for _, c := range checks {
		dir := t.TempDir()
		corpus := filepath.Join(dir, "corpus")
		if err := os.Mkdir(corpus, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := formats.WriteGiants(corpus, formats.Giants{Kind: c.kind, Count: 2, Bytes: size, Small: 1000}); err != nil {
			t.Fatal(err)
		}
		var results []string
		for _, memory := range []string{"64MiB", "4GiB"} {
			out := filepath.Join(dir, memory)
			said := runSelf(t, append([]string{c.args[0], "--log-format", "json", "--threads", "2", "--max-record", "200MB", "--memory", memory, "--temp", dir, "-o", out, corpus}, c.args[1:]...)).String()
			results = append(results, resultOf(t, out, c.args[0]))
			if memory != "64MiB" {
				continue
			}
			forecast, peak := memoriesOf(t, said)
			t.Logf("%s, %v: forecast %d MiB, peak %d MiB, %.1f times a giant", c.kind, c.args, forecast>>20, peak>>20, float64(peak)/float64(size))
			if limit := int64(c.copies*float64(size)) + 64<<20; peak > limit {
				t.Errorf("%s, %v: peak of %d MiB, want at most %d", c.kind, c.args, peak>>20, limit>>20)
			}
			if c.kind != "jsonl" && c.kind != "txt" {
				continue // of which nobody knows before
			}
			if forecast > 2*peak || peak > 2*forecast {
				t.Errorf("%s, %v: forecast of %d MiB, peak of %d", c.kind, c.args, forecast>>20, peak>>20)
			}
			if !strings.Contains(said, `"code":"giant"`) {
				t.Errorf("%s, %v: no warning of the giant\n%s", c.kind, c.args, said)
			}
		}
		if results[0] != results[1] {
			t.Errorf("%s, %v: another result in little memory", c.kind, c.args)
		}
	}
}

// memoriesOf returns the forecast and the peak that a command has logged.
func memoriesOf(t *testing.T, said string) (forecast, peak int64) {
	t.Helper()
	for line := range strings.Lines(said) {
		var message struct {
			Message      string
			Memory, Peak int64
		}
		if err := json.Unmarshal([]byte(line), &message); err != nil {
			t.Fatalf("%v: %.300q", err, line)
		}
		switch message.Message {
		case "plan":
			forecast = message.Memory
		case "memory":
			peak = message.Peak
		}
	}
	if forecast == 0 || peak == 0 {
		t.Fatalf("forecast %d, peak %d", forecast, peak)
	}
	return forecast, peak
}

// resultOf returns what a command has written: its report, or the corpus that is left.
func resultOf(t *testing.T, out, command string) string {
	t.Helper()
	var all bytes.Buffer
	root := out
	switch command {
	case "prune", "trim", "run":
		root = filepath.Join(out, "data")
	}
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if path != out {
			all.WriteString(filepath.Base(path) + "\n")
		}
		all.Write(content)
		return err
	})
	if err != nil || all.Len() == 0 {
		t.Fatalf("%s: %d bytes, %v", root, all.Len(), err)
	}
	return all.String()
}
