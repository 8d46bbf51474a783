package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	docs, truth, relations := filepath.Join(dir, "c.jsonl"), filepath.Join(dir, "t.csv"), filepath.Join(dir, "r.csv")
	var stderr bytes.Buffer
	args := []string{"-n", "200", "-bytes", "200", "-o", docs, "-truth", truth, "-relations", relations, "-levels", "0.9"}
	if rc := run(args, &stderr); rc != 0 {
		t.Fatalf("exit %d: %s", rc, &stderr)
	}
	if !strings.HasPrefix(stderr.String(), "200 documents, ") {
		t.Errorf("stderr %q", &stderr)
	}
	for name, lines := range map[string]int{docs: 200, truth: 201, relations: 31} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(data, []byte("\n")); n != lines {
			t.Errorf("%s: %d lines, want %d", name, n, lines)
		}
	}
}

func TestRunErrors(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "no", "file")
	for _, c := range []struct {
		args []string
		rc   int
		want string
	}{
		{[]string{"-h"}, 0, "-seed"},
		{[]string{"-n", "-5"}, 2, "-5 documents are outside"},
		{[]string{"-levels", "x"}, 2, `level "x" is not a number`},
		{[]string{"more"}, 2, `argument "more" is not a flag`},
		{[]string{"-o", gone, "-truth", gone}, 1, "no such file"},
	} {
		var stderr bytes.Buffer
		if rc := run(c.args, &stderr); rc != c.rc || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%q: exit %d, %q; want %d, %q", c.args, rc, &stderr, c.rc, c.want)
		}
	}
}
