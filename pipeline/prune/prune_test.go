package prune

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// mixed is a corpus with every kind of file and every fate of a record.
func mixed(t testing.TB) tree {
	return tree{
		"a.jsonl": "\ufeff" + record("a1", "one two three four five") + "\n \n" + "{broken\n" +
			strings.TrimSuffix(record("a2", "one two three four five six"), "\n") + "\r\n" + record("a3", "") + record("a1", "second of its name"),
		"deep/er/b.jsonl.gz":  gz(t, record("b1", "one two three four five")+record("b2", "alone in the world")+record("b3", "alone in the world")),
		"deep/c.ndjson.zst":   zst(t, record("c1", "quite another text")+strings.TrimSuffix(record("c2", "no line end here"), "\n")),
		"text/keep.txt":       "\ufeffa text\r\nof two lines",
		"text/copy.txt":       "no line end here",
		"text/keep.md.gz":     gz(t, "packed text that stays as it is stored"),
		"text/also.txt.zst":   zst(t, "packed text of another kind altogether"),
		"text/empty.txt":      "",
		"text/bad.txt":        "\xff\xfe broken",
		"all-removed.jsonl":   record("r1", "quite another text") + record("r2", "alone in the world"),
		"nothing.jsonl":       "",
		"not-an-input.pdf":    "%PDF",
		"deep/.hidden.jsonl":  record("h", "hidden"),
		"text/ünï cödé 文.txt": "a name of many scripts",
	}
}

func scanTree(t testing.TB, tr tree) *world {
	t.Helper()
	dir := t.TempDir()
	tr.write(t, dir)
	return scan(t, []string{dir}, corpus.Options{})
}

func TestWrite(t *testing.T) {
	tr := mixed(t)
	out := scanTree(t, tr).cluster().mustWrite(t)
	names := slices.Sorted(maps.Keys(out))
	want := []string{
		"accounting.json", "data/a.jsonl", "data/deep/c.ndjson.zst", "data/deep/er/b.jsonl.gz",
		"data/text/also.txt.zst", "data/text/empty.txt", "data/text/keep.md.gz", "data/text/keep.txt", "data/text/ünï cödé 文.txt",
		"quarantine.jsonl", "removed.jsonl",
	}
	if !slices.Equal(names, want) {
		t.Errorf("files\n got %q\nwant %q", names, want)
	}
	for _, name := range []string{"text/keep.txt", "text/keep.md.gz", "text/also.txt.zst"} {
		if out["data/"+name] != tr[name] {
			t.Errorf("%s is not as it was stored", name)
		}
	}
	if got, want := out["data/a.jsonl"], strings.TrimSuffix(record("a2", "one two three four five six"), "\n")+"\r\n"+record("a3", ""); got != want {
		t.Errorf("a.jsonl\n got %q\nwant %q", got, want)
	}
}

func TestFiles(t *testing.T) {
	w := scanTree(t, tree{
		"a.jsonl": record("x", "a b c d <&>") + record("y", "a b c d <&> e") + "oops\n",
		"b.txt":   "alone",
	}).cluster()
	w.in.Fingerprint, w.in.Options = "f00d", []byte(`{"seed": 1}`)
	out := w.mustWrite(t)
	if got, want := out[RemovedFile], `{"id":"x","covered_by":"y","similarity":0.8333333333333334,"rule":"near","file":"a.jsonl","line":1,"offset":0}`+"\n"; got != want {
		t.Errorf("removed\n got %s\nwant %s", got, want)
	}
	if got := out[QuarantineFile]; !strings.HasPrefix(got, `{"file":"a.jsonl","line":3,"offset":`) {
		t.Errorf("quarantine %s", got)
	}
	want := `{
  "schema": 1,
  "fingerprint": "f00d",
  "options": {
    "seed": 1
  },
  "total": {
    "read": 4,
    "kept": 2,
    "pruned": 1,
    "quarantined": 1,
    "representatives": 1,
    "singletons": 1,
    "empty": 0,
    "exact": 0,
    "near": 1
  },
  "files": [
    {
      "file": "a.jsonl",
      "read": 3,
      "kept": 1,
      "pruned": 1,
      "quarantined": 1,
      "representatives": 1,
      "singletons": 0,
      "empty": 0,
      "exact": 0,
      "near": 1
    },
    {
      "file": "b.txt",
      "read": 1,
      "kept": 1,
      "pruned": 0,
      "quarantined": 0,
      "representatives": 0,
      "singletons": 1,
      "empty": 0,
      "exact": 0,
      "near": 0
    }
  ]
}
`
	if got := out[AccountingFile]; got != want {
		t.Errorf("accounting\n got %s\nwant %s", got, want)
	}
}

// TestPeerBug02_ShortDocumentsStay: documents of few or no words are in the
// output or named as removed, never lost.
func TestPeerBug02_ShortDocumentsStay(t *testing.T) {
	var in string
	for i, text := range []string{"", " ", "a", "b", "a", "c d", ".", "", "c d e"} {
		in += record(fmt.Sprint(i), text)
	}
	out := scanTree(t, tree{"a.jsonl": in}).cluster().mustWrite(t)
	if kept, gone := strings.Count(out["data/a.jsonl"], "\n"), strings.Count(out[RemovedFile], "\n"); kept != 7 || gone != 2 {
		t.Errorf("%d kept and %d removed, want 7 and 2 (a copy of a, and c d)", kept, gone)
	}
}

// TestPeerBug06_BadRecordsAreQuarantined: a bad line costs that line.
func TestPeerBug06_BadRecordsAreQuarantined(t *testing.T) {
	good := record("1", "a good record") + record("2", "and another one")
	for name, bad := range map[string]string{
		"malformed": "{", "no text": `{"id":"9"}`, "number": `{"id":"9","text":5}`, "array": "[1]", "invalid UTF-8": "{\"id\":\"9\",\"text\":\"\xff\"}",
		"duplicate id": `{"id":"1","text":"x"}`, "too long": `{"id":"9","text":"` + strings.Repeat("x", 5000) + `"}`,
	} {
		for _, in := range []string{bad + "\n" + good, record("0", "first") + bad + "\n" + good, good + bad, good + bad + "\r\n"} {
			if name == "duplicate id" && strings.Index(in, bad) < strings.Index(in, good) {
				continue // then the good one is the second of its name
			}
			dir := t.TempDir()
			tree{"a.jsonl": in}.write(t, dir)
			w := scan(t, []string{dir}, corpus.Options{MaxRecord: 4096}).cluster()
			if len(w.bad) != 1 {
				t.Fatalf("%s: %d bad records", name, len(w.bad))
			}
			out := w.mustWrite(t)
			if !strings.HasSuffix(out["data/a.jsonl"], good) {
				t.Errorf("%s: data holds %q", name, out["data/a.jsonl"])
			}
		}
	}
}

// TestPeerBug13_CopiesInEveryPosition: of N copies at every place of every
// file, one stays.
func TestPeerBug13_CopiesInEveryPosition(t *testing.T) {
	tr := tree{}
	for f := range 3 {
		var in string
		for i := range 12 {
			in += record(fmt.Sprintf("%d-%02d", f, i), "the same text everywhere")
		}
		tr[fmt.Sprintf("%d.jsonl", f)] = in
	}
	out := scanTree(t, tr).cluster().mustWrite(t)
	kept := 0
	for name, content := range out {
		if strings.HasPrefix(name, DataDir) {
			kept += strings.Count(content, "\n")
		}
	}
	if kept != 1 || strings.Count(out[RemovedFile], `"rule":"exact"`) != 35 {
		t.Errorf("%d copies kept, removed:\n%s", kept, out[RemovedFile])
	}
}

// TestAnyCorpus draws corpora whose files, copies, edits and faults are random.
func TestAnyCorpus(t *testing.T) {
	words := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	rapid.Check(t, func(rt *rapid.T) {
		tr, n := tree{"keep-one.txt": "always something"}, 0
		for f := range rapid.IntRange(1, 4).Draw(rt, "files") {
			var in string
			if rapid.Bool().Draw(rt, "bom") {
				in = "\ufeff"
			}
			for range rapid.IntRange(0, 12).Draw(rt, "records") {
				n++
				text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 6).Draw(rt, "text"), " ")
				line := strings.TrimSuffix(record(fmt.Sprint(n), text), "\n")
				switch rapid.IntRange(0, 9).Draw(rt, "fault") {
				case 0:
					line = "{bad"
				case 1:
					line = " "
				case 2:
					line = record("1", text)[:len(record("1", text))-1]
				}
				in += line + rapid.SampledFrom([]string{"\n", "\n", "\n", "\r\n", "\n\n"}).Draw(rt, "end")
			}
			if rapid.Bool().Draw(rt, "cut") {
				in = strings.TrimRight(in, "\r\n")
			}
			switch name := fmt.Sprintf("%d.jsonl", f); rapid.IntRange(0, 2).Draw(rt, "compression") {
			case 0:
				tr[name] = in
			case 1:
				tr[name+".gz"] = gz(t, in)
			case 2:
				tr[name+".zst"] = zst(t, in)
			}
		}
		dir, err := os.MkdirTemp(t.TempDir(), "in")
		if err != nil {
			rt.Fatal(err)
		}
		tr.write(t, dir)
		w := scan(t, []string{dir}, corpus.Options{Threads: rapid.IntRange(1, 4).Draw(rt, "threads")})
		w.in.Threshold = rapid.SampledFrom([]float64{0.3, 0.6, 1}).Draw(rt, "threshold")
		w.cluster().mustWrite(t)
		if t.Failed() {
			rt.Fatalf("inputs %q", tr)
		}
	})
}

func TestSameBytesAlways(t *testing.T) {
	dir := t.TempDir()
	mixed(t).write(t, dir)
	first := scan(t, []string{dir}, corpus.Options{Threads: 1}).cluster().mustWrite(t)
	for threads := 2; threads <= 8; threads *= 2 {
		if again := scan(t, []string{dir}, corpus.Options{Threads: threads}).cluster().mustWrite(t); !maps.Equal(first, again) {
			t.Errorf("%d threads give other files", threads)
		}
	}
}

func TestInputUntouched(t *testing.T) {
	dir := t.TempDir()
	tr := mixed(t)
	tr.write(t, dir)
	then := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for name := range tr {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.Chmod(p, 0o444), os.Chtimes(p, then, then)); err != nil {
			t.Fatal(err)
		}
	}
	scan(t, []string{dir}, corpus.Options{}).cluster().mustWrite(t)
	if got := vfstest.Files(t, dir); !maps.Equal(got, tr) {
		t.Errorf("the input is now %q", got)
	}
	for name := range tr {
		info, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil || !info.ModTime().Equal(then) || info.Mode().Perm() != 0o444 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

func TestStdin(t *testing.T) {
	in := record("1", "a b c d") + record("2", "a b c d") + record("3", "something else")
	for name, stored := range map[string]string{"plain": in, "gzip": gz(t, in)} {
		w := scan(t, []string{"-"}, corpus.Options{Stdin: strings.NewReader(stored), SpoolStdin: true, TempDir: t.TempDir()}).cluster()
		out := w.mustWrite(t)
		if got, want := out["data/stdin.jsonl"], record("1", "a b c d")+record("3", "something else"); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestChangedInput(t *testing.T) {
	for name, change := range map[string]func(dir string) error{
		"text": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "text/keep.txt"), []byte("other"), 0o644)
		},
		"one byte": func(dir string) error { return replace(filepath.Join(dir, "a.jsonl"), "four", "foul") },
		"a line more": func(dir string) error {
			return replace(filepath.Join(dir, "a.jsonl"), "{broken\n", "{broken\n"+record("new", "new"))
		},
		"a blank line less": func(dir string) error { return replace(filepath.Join(dir, "a.jsonl"), "\n \n", "\n") },
		"a line less": func(dir string) error {
			return replace(filepath.Join(dir, "a.jsonl"), record("a1", "one two three four five"), "")
		},
		"emptied": func(dir string) error { return os.Truncate(filepath.Join(dir, "all-removed.jsonl"), 0) },
		"gone":    func(dir string) error { return os.Remove(filepath.Join(dir, "nothing.jsonl")) },
		"gzip": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "deep/er/b.jsonl.gz"), []byte(gz(t, record("b1", "x"))), 0o644)
		},
		"packed text": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "text/keep.md.gz"), []byte(gz(t, "packed text that stays not as it is stored")), 0o644)
		},
	} {
		in, parent := t.TempDir(), t.TempDir()
		mixed(t).write(t, in)
		w := scan(t, []string{in}, corpus.Options{}).cluster()
		p := w.plan(t)
		if err := change(in); err != nil {
			t.Fatal(err)
		}
		_, err := w.write(t, p, filepath.Join(parent, "out"))
		if err == nil || !strings.Contains(err.Error(), "has changed") {
			t.Errorf("%s: got error %v", name, err)
		}
		if left := vfstest.Files(t, parent); len(left) != 0 {
			t.Errorf("%s: left behind %q", name, left)
		}
	}
}

func replace(name, from, to string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if !bytes.Contains(b, []byte(from)) {
		return fmt.Errorf("%s holds no %q", name, from)
	}
	return os.WriteFile(name, bytes.Replace(b, []byte(from), []byte(to), 1), 0o644)
}

func TestInterrupted(t *testing.T) {
	w := scanTree(t, mixed(t)).cluster()
	p := w.plan(t)
	parent := t.TempDir()
	empty := filepath.Join(parent, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stop := func(yield func([]byte, error) bool) { // in the middle of the work
		cancel()
		w.quarantine()(yield)
	}
	for _, dir := range []string{filepath.Join(parent, "new"), empty} {
		if _, err := p.Write(ctx, WriteOptions{Dir: dir, Quarantine: stop}); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v", err)
		}
	}
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) != 1 || entries[0].Name() != "empty" {
		t.Errorf("left behind %v, %v", entries, err)
	}
	if _, err := w.write(t, p, empty); err != nil {
		t.Errorf("afterwards, into the empty folder: %v", err)
	}
	w.check(t, vfstest.Files(t, empty))
}

func TestQuarantineMustAgree(t *testing.T) {
	w := scanTree(t, mixed(t)).cluster()
	p, parent := w.plan(t), t.TempDir()
	broken := errors.New("broken")
	for name, lines := range map[string]func(yield func([]byte, error) bool){
		"none":   nil,
		"short":  func(yield func([]byte, error) bool) { yield([]byte("{}"), nil) },
		"broken": func(yield func([]byte, error) bool) { yield(nil, broken) },
	} {
		_, err := p.Write(t.Context(), WriteOptions{Dir: filepath.Join(parent, "out"), Quarantine: lines})
		if err == nil || name == "broken" && !errors.Is(err, broken) {
			t.Errorf("%s: got error %v", name, err)
		}
	}
	w.in.Quarantined[0]++ // the count of another file's record
	w.in.Quarantined[1]--
	if p, err := NewPlan(w.in); err == nil {
		if _, err := w.write(t, p, filepath.Join(parent, "out")); err == nil || !strings.Contains(err.Error(), "planned") {
			t.Errorf("counts of the wrong file: got error %v", err)
		}
	}
	if left := vfstest.Files(t, parent); len(left) != 0 {
		t.Errorf("left behind %q", left)
	}
}

func TestNewPlanRefuses(t *testing.T) {
	w := scanTree(t, tree{"a.jsonl": record("0", "x") + record("1", "x") + record("2", "x") + record("3", "y")}).cluster()
	member := func(id, cover corpus.ID, similarity float64) cluster.Member {
		return cluster.Member{ID: id, Cover: cover, Similarity: similarity, Kept: id == cover}
	}
	of := func(ms ...cluster.Member) cluster.Cluster { return cluster.Cluster{Members: ms} }
	for name, clusters := range map[string][]cluster.Cluster{
		"cover is removed":   {of(member(0, 0, 1), member(1, 2, 1), member(2, 0, 1))},
		"cover is alone":     {of(member(0, 0, 1), member(1, 3, 1))},
		"cover is not there": {of(member(0, 0, 1), member(1, 9, 1))},
		"under threshold":    {of(member(0, 0, 1), member(1, 0, 0.4))},
		"no similarity":      {of(member(0, 0, 1), member(1, 0, nan()))},
		"no such document":   {of(member(0, 0, 1), member(9, 0, 1))},
		"in two clusters":    {of(member(0, 0, 1), member(1, 0, 1)), of(member(2, 2, 1), member(1, 2, 1))},
		"twice in one":       {of(member(0, 0, 1), member(1, 0, 1), member(1, 0, 1))},
	} {
		w.in.Clusters = clusters
		if _, err := NewPlan(w.in); err == nil || !strings.HasPrefix(err.Error(), "prune: ") {
			t.Errorf("%s: got error %v", name, err)
		}
	}
	w.cluster()
	for name, spoil := range map[string]func(in *Input){
		"counts of other files": func(in *Input) { in.Quarantined = []int64{0, 0} },
		"negative":              func(in *Input) { in.Quarantined = []int64{-1} },
		"no JSON":               func(in *Input) { in.Options = json.RawMessage("{") },
	} {
		in := w.in
		spoil(&in)
		if _, err := NewPlan(in); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

func TestRemoved(t *testing.T) {
	w := scanTree(t, tree{"a.jsonl": record("0", "a b c") + record("1", "a b c d") + record("2", "z") + record("3", "a b c d")}).cluster()
	want := []decision{{ID: 0, Cover: 1, Similarity: 0.75, Rule: Near}, {ID: 3, Cover: 1, Similarity: 1, Rule: Exact}}
	if got := w.plan(t).removed; !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestAccountingIsACopy: a caller who changes it changes no plan.
func TestAccountingIsACopy(t *testing.T) {
	p := scanTree(t, mixed(t)).cluster().plan(t)
	p.Accounting().Files[0].Read = 1000
	a := p.Accounting()
	if err := a.Check(); err != nil {
		t.Error(err)
	}
}

func TestAccountingCheck(t *testing.T) {
	good := scanTree(t, mixed(t)).cluster().plan(t).Accounting()
	for name, spoil := range map[string]func(c *Counts){
		"read": func(c *Counts) { c.Read++ }, "kept": func(c *Counts) { c.Kept++; c.Read++ }, "pruned": func(c *Counts) { c.Pruned++; c.Read++ },
		"negative":  func(c *Counts) { c.Exact -= 1000; c.Near += 1000 },
		"it closes": func(c *Counts) { c.quarantine(1) },
	} {
		for _, of := range []string{"file", "total"} {
			a := good.clone()
			if of == "file" {
				spoil(&a.Files[0].Counts)
			} else {
				spoil(&a.Total)
			}
			if err := a.Check(); err == nil {
				t.Errorf("%s of %s: taken", name, of)
			}
		}
	}
}

func TestCheckNames(t *testing.T) {
	named := func(names ...string) (files []corpus.File) {
		for _, n := range names {
			files = append(files, corpus.File{Name: n})
		}
		return files
	}
	for _, names := range [][]string{{"a", "b/a", "b/c", "ab"}, {"..a", "a..b/c", "-", "\x01"}} {
		if err := checkNames(named(names...)); err != nil {
			t.Errorf("%q: %v", names, err)
		}
	}
	for _, names := range [][]string{
		{""}, {"."}, {".."}, {"../a"}, {"/a"}, {"a/../../b"}, {"a/../b"}, {"a//b"}, {"a/"}, {"a\x00"}, {"a.jsonl", "a.jsonl/b.txt"}, {"x/a", "x/a/b/c"},
	} {
		if err := checkNames(named(names...)); err == nil {
			t.Errorf("%q: taken", names)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	var in strings.Builder
	for i := range 20_000 {
		in.WriteString(record(fmt.Sprint(i), fmt.Sprintf("document %d %s", i/2, strings.Repeat("of some length ", 100))))
	}
	w := scanTree(b, tree{"a.jsonl": in.String()})
	for i := 0; i < len(w.texts); i += 2 {
		w.in.Clusters = append(w.in.Clusters, cluster.Cluster{Members: []cluster.Member{
			{ID: corpus.ID(i), Cover: corpus.ID(i), Similarity: 1, Kept: true}, {ID: corpus.ID(i + 1), Cover: corpus.ID(i), Similarity: 1, Exact: true},
		}})
	}
	p, err := NewPlan(w.in)
	if err != nil {
		b.Fatal(err)
	}
	parent, n := b.TempDir(), 0
	b.SetBytes(int64(in.Len()))
	for b.Loop() {
		n++
		if _, err := w.write(b, p, filepath.Join(parent, fmt.Sprint(n))); err != nil {
			b.Fatal(err)
		}
	}
}

// turning is a file system in which one file turns into another at the n-th
// opening.
type turning struct {
	fstest.MapFS
	name  string
	into  string
	after int

	mu     sync.Mutex
	opened int
}

func (f *turning) Open(name string) (fs.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name == f.name {
		if f.opened++; f.opened == f.after {
			f.MapFS[name] = &fstest.MapFile{Data: []byte(f.into)}
		}
	}
	return f.MapFS.Open(name)
}

// TestChangedBehindTheScan: a packed text that changes after the second scan
// has read it, but before it is copied.
func TestChangedBehindTheScan(t *testing.T) {
	for after, want := range map[int]string{3: "has changed", 4: ""} {
		fsys := &turning{name: "in/a.txt.gz", into: gz(t, "b text"), after: after,
			MapFS: fstest.MapFS{"in/a.txt.gz": &fstest.MapFile{Data: []byte(gz(t, "a text"))}}}
		w := scan(t, []string{"in"}, corpus.Options{FS: fsys}).cluster()
		_, err := w.plan(t).Write(t.Context(), WriteOptions{Dir: filepath.Join(t.TempDir(), "out")})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("changed at opening %d: got error %v, want %q", after, err, want)
		}
	}
}
