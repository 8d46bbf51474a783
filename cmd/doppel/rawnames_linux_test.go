package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNamesThatAreNoText: a run of files whose names are not UTF-8, in a folder of such a
// name, is taken up, done again, verified and applied like any other.
func TestNamesThatAreNoText(t *testing.T) {
	w := newWorld(t)
	dir := w.path("in\xff")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Skip("this file system takes no such names")
	}
	file := filepath.Join(dir, "a\xfe.jsonl")
	writeTree(t, dir, map[string]string{"a\xfe.jsonl": goodA + "\n" + goodB + "\n" + strings.Replace(goodA, `"a"`, `"c"`, 1) + "\n", "b.txt": "a text in a file of its own"})
	must := func(want string, args ...string) {
		t.Helper()
		if code, said := w.run(args...); code != exitDone || !strings.Contains(said, want) {
			t.Fatalf("%q: exit code %d, want %q in\n%s", args, code, want, said)
		}
	}
	out := w.path("run\xfd")
	must("", "run", dir, "-o", out)
	must("finished already", "run", dir, "-o", out)
	must("verified", "verify", out)
	must("finished already", "resume", out)
	must("applied", "apply", out, "-o", w.path("applied"))
	must("", "prune", dir, "-o", w.path("pruned"))
	for _, name := range []string{"a\uFFFD.jsonl", "b.txt"} {
		want, err := os.ReadFile(filepath.Join(w.path("pruned/data"), name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(w.path("applied/data"), name)); err != nil || string(got) != string(want) {
			t.Errorf("%q: %q, %v, want %q", name, got, err, want)
		}
	}

	// From here on a relative name, in a working folder of such a name.
	t.Chdir(dir)
	out = w.path("relative")
	must("", "run", filepath.Base(file), "-o", out)
	t.Chdir(w.dir)
	must("applied", "apply", out, "-o", w.path("applied2"))

	// An unfinished run: the request alone is there.
	out = w.path("stopped")
	if code, said := w.run("run", dir, "-o", out, "--max-removed", "0.01"); code != exitGuarded {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	if code, said := w.run("resume", out); code != exitGuarded {
		t.Errorf("resume of a run that a guard stopped: exit code %d\n%s", code, said)
	}
}
