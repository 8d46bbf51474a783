//go:build unix

package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// world is a folder in which a hostile tree was laid out.
type world struct {
	t   *testing.T
	dir string
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir()}
	writeTree(t, w.dir, map[string]string{"in/good.jsonl": goodA + "\n" + goodB + "\n", "secret/keep.txt": "what nobody may change"})
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }

func (w *world) link(target, name string) {
	w.t.Helper()
	if err := os.Symlink(target, w.path(name)); err != nil {
		w.t.Fatal(err)
	}
}

// run runs the command and returns its code and what it said. %name arguments are
// paths in the world.
func (w *world) run(args ...string) (int, string) {
	w.t.Helper()
	for i, arg := range args {
		if name, ok := strings.CutPrefix(arg, "%"); ok {
			args[i] = w.path(name)
		}
	}
	var stdout, stderr bytes.Buffer
	code := run(w.t.Context(), args, nil, &stdout, &stderr)
	return code, stdout.String() + stderr.String()
}

// TestOutputsStayWhereTheyBelong: whatever links were made before, no verb writes
// into an input, through a link that leads nowhere, or over a secret.
func TestOutputsStayWhereTheyBelong(t *testing.T) {
	for _, c := range []struct {
		name  string
		links [][2]string // target, name
		args  []string
		want  string
	}{
		{"folder in an input", nil, []string{"prune", "%in", "-o", "%in/out"}, "part of the input"},
		{"folder in an input by a link", [][2]string{{"in", "link"}}, []string{"prune", "%in", "-o", "%link/out"}, "part of the input"},
		{"input by a link", [][2]string{{"in", "link"}}, []string{"prune", "%link", "-o", "%in/out"}, "part of the input"},
		{"folder by dots", nil, []string{"prune", "%in", "-o", "%secret/../in/out"}, "part of the input"},
		{"folder is a link to a full one", [][2]string{{"secret", "out"}}, []string{"prune", "%in", "-o", "%out"}, "not empty"},
		{"folder is a link to an input", [][2]string{{"in", "out"}}, []string{"prune", "%in", "-o", "%out"}, "not empty"},
		{"folder is a link to nothing", [][2]string{{"nothing", "out"}}, []string{"prune", "%in", "-o", "%out"}, "does not exist"},
		{"folder is a loop", [][2]string{{"out", "out"}}, []string{"prune", "%in", "-o", "%out"}, "too many"},
		{"folder is a file", nil, []string{"prune", "%in", "-o", "%secret/keep.txt"}, "not a folder"},
		{"trimmed folder in an input", nil, []string{"trim", "%in", "--dedup", "line", "-o", "%in/out"}, "part of the input"},
		{"run folder in an input", nil, []string{"cluster", "%in", "--save", "%in/run"}, "part of the input"},
		{"report is an input", nil, []string{"cluster", "%in", "-o", "%in/good.jsonl"}, "inputs are never written"},
		{"report is a link to an input", [][2]string{{"in/good.jsonl", "r.csv"}}, []string{"cluster", "%in", "-o", "%r.csv"}, "inputs are never written"},
		{"report is a hard link to an input", nil, []string{"cluster", "%in", "-o", "%hard.csv"}, "inputs are never written"},
		{"report is a link to nothing", [][2]string{{"secret/new", "r.csv"}}, []string{"cluster", "%in", "-o", "%r.csv"}, "does not exist"},
		{"report is a loop", [][2]string{{"r.csv", "r.csv"}}, []string{"cluster", "%in", "-o", "%r.csv"}, "too many"},
		{"report becomes an input", nil, []string{"cluster", "%in", "-o", "%in/r.jsonl"}, "next run would read it"},
		{"report becomes an input by a link", [][2]string{{"in", "link"}}, []string{"cluster", "%in", "-o", "%link/r.jsonl"}, "next run would read it"},
		{"page becomes an input", nil, []string{"cluster", "%in", "--page", "%in/page.html"}, "next run would read it"},
		{"page is a link to an input", [][2]string{{"in/good.jsonl", "p.html"}}, []string{"cluster", "%in", "--page", "%p.html"}, "inputs are never written"},
		{"quarantine is an input", nil, []string{"cluster", "%in", "--quarantine", "%in/good.jsonl"}, "inputs are never written"},
		{"quarantine becomes an input", nil, []string{"cluster", "%in", "--quarantine", "%in/bad.jsonl"}, "next run would read it"},
		{"run in an input", nil, []string{"run", "%in", "-o", "%in/run"}, "part of the input"},
		{"run in an input by a link", [][2]string{{"in", "link"}}, []string{"run", "%in", "-o", "%link/run"}, "part of the input"},
		{"run over an input", nil, []string{"run", "%in", "-o", "%in", "--overwrite"}, "in"},
		{"run over another folder", nil, []string{"run", "%in", "-o", "%secret", "--overwrite"}, "keep.txt"},
		{"run is a link to a full folder", [][2]string{{"secret", "out"}}, []string{"run", "%in", "-o", "%out", "--overwrite"}, "keep.txt"},
		{"clean folder in an input", nil, []string{"decontaminate", "%in", "--against", "%secret", "-o", "%in/out"}, "part of the input"},
		{"page over the report", nil, []string{"cluster", "%in", "-o", "%r", "--page", "%r"}, "another output"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			for _, l := range c.links {
				w.link(l[0], l[1])
			}
			if strings.Contains(c.name, "hard link") {
				if err := os.Link(w.path("in/good.jsonl"), w.path("hard.csv")); err != nil {
					t.Fatal(err)
				}
			}
			before := treeOf(t, w.dir)
			code, said := w.run(c.args...)
			if code != exitError && code != exitUsage || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want an error with %q\n%s", code, c.want, said)
			}
			if after := treeOf(t, w.dir); after != before {
				t.Errorf("the folder is now\n%s\nwas\n%s", after, before)
			}
		})
	}
}

// TestLinksMadeBeforehand: an output that is a link replaces what the link is for and
// no more, and a link inside an input is no way to write.
func TestLinksMadeBeforehand(t *testing.T) {
	w := newWorld(t)
	w.link("secret", "in/folder")           // left out
	w.link("..", "in/loop")                 // left out
	w.link("self", "in/self")               // left out
	w.link("../secret/keep.txt", "in/l.md") // read, and written as a file of its own
	if code, said := w.run("prune", "-q", "%in", "-o", "%out"); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	info, err := os.Lstat(w.path("out/data/l.md"))
	if err != nil || !info.Mode().IsRegular() {
		t.Errorf("%v, %v: want a regular file", info, err)
	}
	names, err := os.ReadDir(w.path("out/data"))
	if err != nil || len(names) != 2 {
		t.Errorf("%v, %v: want good.jsonl and l.md", names, err)
	}
	if b, err := os.ReadFile(w.path("secret/keep.txt")); err != nil || string(b) != "what nobody may change" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestSpecialFiles: pipes, sockets, devices and folders with the names of inputs are
// left out and hold nothing up; named by themselves they are errors.
func TestSpecialFiles(t *testing.T) {
	w := newWorld(t)
	if err := syscall.Mkfifo(w.path("in/pipe.jsonl"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(w.dir) // the name of a socket is short
	socket, err := net.Listen("unix", "in/socket.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	w.link("/dev/zero", "in/zero.txt")
	w.link("/dev/stdin", "in/stdin.jsonl")
	w.link("pipe.jsonl", "in/link.jsonl")
	writeTree(t, w.path("in"), map[string]string{"folder.jsonl/x.txt": "a text in a folder with the name of a file"})
	code, said := w.run("prune", "%in", "-o", "%out")
	if code != exitDone {
		t.Fatalf("exit code %d\n%s", code, said)
	}
	if got := dataOf(t, w.path("out")); !strings.Contains(got, goodB) || !strings.Contains(got, "a text in a folder") {
		t.Errorf("the pruned corpus holds %q", got)
	}
	for _, name := range []string{"in/pipe.jsonl", "in/socket.txt", "in/zero.txt", "in/link.jsonl"} {
		if code, said := w.run("cluster", "-q", w.path(name)); code != exitError || !strings.Contains(said, "no regular file") {
			t.Errorf("%s: exit code %d\n%s", name, code, said)
		}
	}
}

// TestNamesThatMeet: names that differ in case or normal form are files of their own,
// and those that would be one name are refused.
func TestNamesThatMeet(t *testing.T) {
	w := newWorld(t)
	names := []string{"É.txt", "E\u0301.txt", "é.txt", "-rf.txt", "a\nb.txt", "\x1b[2J.txt", "%2e%2e%2fx.txt", `..\x.txt`, "...txt.txt", " .txt", "con.txt"}
	text := func(i int) string { return strings.Repeat(string(rune('a'+i)), 9) + " is all that stands in this file" }
	for i, name := range names {
		writeTree(t, w.path("in"), map[string]string{name: text(i)})
	}
	if code, said := w.run("prune", "-q", "%in", "-o", "%out"); code != exitDone || strings.Contains(said, "\x1b") {
		t.Fatalf("exit code %d\n%q", code, said)
	}
	for i, name := range names {
		b, err := os.ReadFile(filepath.Join(w.path("out/data"), name))
		if hidden := strings.HasPrefix(name, "."); hidden != os.IsNotExist(err) || !hidden && string(b) != text(i) {
			t.Errorf("%q: %q, %v", name, b, err)
		}
	}
	writeTree(t, w.path("twins"), map[string]string{"a\xff.txt": "one", "a\xfe.txt": "two"})
	code, said := w.run("prune", "-q", "%twins", "-o", "%twins.out")
	if code != exitError || !strings.Contains(said, "cannot stand side by side") {
		t.Errorf("two names that would be one: exit code %d\n%s", code, said)
	}
}
