//go:build unix

package main

import (
	"os"
	"strings"
	"testing"
)

// TestItemsThatAreTheCorpus: a file is not looked for in itself, whatever it is called,
// and nothing is written.
func TestItemsThatAreTheCorpus(t *testing.T) {
	w := newWorld(t)
	w.link("in/good.jsonl", "link.jsonl")
	w.link("in", "folder")
	for _, c := range [][2]string{{"%in", "%in"}, {"%in", "%in/good.jsonl"}, {"%in/good.jsonl", "%in"}, {"%link.jsonl", "%in"}, {"%in", "%folder"}} {
		for _, action := range []string{"drop", "report"} {
			args := []string{"decontaminate", c[0], "--against", c[1], "--action", action}
			if action == "drop" {
				args = append(args, "-o", "%out")
			}
			code, said := w.run(args...)
			if code != exitError || !strings.Contains(said, "both an input and a file of evaluation items") {
				t.Errorf("%q: exit code %d\n%s", args, code, said)
			}
		}
	}
	if _, err := os.Stat(w.path("out")); !os.IsNotExist(err) {
		t.Errorf("there is an output: %v", err)
	}
}
