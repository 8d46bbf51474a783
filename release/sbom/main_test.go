package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"testing"
)

// TestWrite: the bill of this very test names every module linked into it, once.
func TestWrite(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := write(&b, self); err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(b.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]int{}
	for _, p := range d.Packages {
		named[p.Name]++
	}
	for _, m := range info.Deps {
		if named[m.Path] != 1 {
			t.Errorf("%s is there %d times", m.Path, named[m.Path])
		}
	}
	if named["std"] != 1 || named[info.Main.Path] != 1 || len(d.Relationships) != len(d.Packages) {
		t.Errorf("%v, %d relationships", named, len(d.Relationships))
	}
	if err := write(&b, "main.go"); err == nil {
		t.Error("a file that is no program has a bill")
	}
}
