package corpus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"
)

func names(c *Corpus) []string {
	var got []string
	for _, f := range c.Files() {
		got = append(got, f.Name)
	}
	return got
}

var inputTree = tree{
	"a.txt": "a", "b.jsonl": records(0, 1), "c.unknown": "c", "c.parquet": "p", "README": "r",
	".hidden.txt": "h", ".git/config.txt": "h",
	"sub/a.txt": "a", "sub/d.md.gz": "", "sub/e.NDJSON.zst": "", "sub/deep/f.text": "f", "sub/deep/g.pdf": "g",
	"other/h.txt": "h", "other/.x/i.txt": "i", "odd[1].txt": "odd", "odd1.txt": "odd", "empty.d/x.bin": "",
}

// TestInputs holds on the disk and in an fs.FS alike.
func TestInputs(t *testing.T) {
	all := []string{"a.txt", "b.jsonl", "odd1.txt", "odd[1].txt", "other/h.txt", "sub/a.txt", "sub/d.md.gz", "sub/deep/f.text", "sub/e.NDJSON.zst"}
	tests := []struct {
		inputs  []string
		format  Format
		want    []string
		ignored []string
		err     string
	}{
		{inputs: []string{"."}, want: all, ignored: []string{"README", "c.parquet", "c.unknown", "empty.d/x.bin", "sub/deep/g.pdf"}},
		{inputs: []string{"./", "sub", "a.txt", "sub/../a.txt"}, err: ""},
		{inputs: []string{"sub"}, want: []string{"a.txt", "d.md.gz", "deep/f.text", "e.NDJSON.zst"}, ignored: []string{"sub/deep/g.pdf"}},
		{inputs: []string{"sub/deep/f.text"}, want: []string{"f.text"}},
		{inputs: []string{"b.jsonl", "a.txt", "a.txt", "./a.txt"}, want: []string{"a.txt", "b.jsonl"}},
		{inputs: []string{"a.txt", "sub/a.txt"}, want: []string{"a.txt", "sub/a.txt"}},
		{inputs: []string{"sub", "sub/a.txt", "a.txt"}, want: []string{"a.txt", "sub/a.txt", "sub/d.md.gz", "sub/deep/f.text", "sub/e.NDJSON.zst"}, ignored: []string{"sub/deep/g.pdf"}},
		{inputs: []string{"sub", "other"}, want: []string{"other/h.txt", "sub/a.txt", "sub/d.md.gz", "sub/deep/f.text", "sub/e.NDJSON.zst"}, ignored: []string{"sub/deep/g.pdf"}},
		{inputs: []string{"other/", "./other", "other/h.txt"}, want: []string{"h.txt"}},
		{inputs: []string{"sub", "sub/deep"}, want: []string{"a.txt", "d.md.gz", "deep/f.text", "e.NDJSON.zst"}, ignored: []string{"sub/deep/g.pdf"}},
		{inputs: []string{"other", "b.jsonl"}, want: []string{"b.jsonl", "other/h.txt"}},
		{inputs: []string{"*.txt"}, want: []string{"a.txt", "odd1.txt", "odd[1].txt"}},
		{inputs: []string{"sub/*.gz", "sub/deep/*.text"}, want: []string{"d.md.gz", "deep/f.text"}},
		{inputs: []string{"**/*.txt"}, want: []string{"a.txt", "odd1.txt", "odd[1].txt", "other/h.txt", "sub/a.txt"}},
		{inputs: []string{"sub/**"}, want: []string{"a.txt", "d.md.gz", "deep/f.text", "e.NDJSON.zst"}, ignored: []string{"sub/deep/g.pdf"}},
		{inputs: []string{"**/**/f.*"}, want: []string{"sub/deep/f.text"}},
		{inputs: []string{"*/deep"}, want: []string{"sub/deep/f.text"}, ignored: []string{"sub/deep/g.pdf"}},
		{inputs: []string{"s*/d*/*.text"}, want: []string{"sub/deep/f.text"}},
		{inputs: []string{"a.txt/*"}, err: "corpus"},
		{inputs: []string{"odd[1].txt"}, want: []string{"odd[1].txt"}},
		{inputs: []string{".hidden.txt"}, want: []string{".hidden.txt"}},
		{inputs: []string{".h*"}, want: []string{".hidden.txt"}},
		{inputs: []string{"c.unknown"}, err: "--input-format"},
		{inputs: []string{"c.parquet"}, err: "built without"},
		{inputs: []string{"c.unknown"}, format: JSONL, want: []string{"c.unknown"}},
		{inputs: []string{"empty.d"}, format: Text, want: []string{"x.bin"}},
		{inputs: []string{"empty.d"}, err: `"empty.d" holds no file that can be read (1 other was left out`},
		{inputs: []string{"*.none"}, err: `no file matches "*.none"`},
		{inputs: []string{"none/*.txt"}, err: `no file matches "none/*.txt"`},
		{inputs: []string{"none.txt"}, err: `"none.txt" does not exist`},
		{inputs: []string{"[.txt"}, err: "syntax error in pattern"},
		{inputs: []string{"-"}, err: "no standard input"},
		{inputs: nil, err: "no input given"},
	}
	tests[1].want, tests[1].ignored = all, tests[0].ignored
	dir := inputTree.write(t)
	t.Chdir(dir)
	for _, o := range []Options{{}, {FS: inputTree.fs()}} {
		for _, tt := range tests {
			o.Format = tt.format
			c, err := Open(tt.inputs, o)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%q: error %v, want %q", tt.inputs, err, tt.err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%q: %v", tt.inputs, err)
				continue
			}
			if !slices.Equal(names(c), tt.want) {
				t.Errorf("%q: files %q, want %q", tt.inputs, names(c), tt.want)
			}
			backwards := slices.Clone(tt.inputs)
			slices.Reverse(backwards)
			if c := mustOpen(t, backwards, o); !slices.Equal(names(c), tt.want) {
				t.Errorf("%q: files %q, want %q", backwards, names(c), tt.want)
			}
			if !slices.Equal(c.Ignored(), tt.ignored) {
				t.Errorf("%q: ignored %q, want %q", tt.inputs, c.Ignored(), tt.ignored)
			}
		}
	}
}

// TestInputsFromElsewhere: absolute paths and paths that go up lead to the same
// files and names.
func TestInputsFromElsewhere(t *testing.T) {
	dir := inputTree.write(t)
	t.Chdir(filepath.Join(dir, "other"))
	for _, input := range []string{"../sub", dir + "/sub", dir + "/su*", "../su?"} {
		c := mustOpen(t, []string{input, "../sub/a.txt", dir + "/sub/a.txt"}, Options{})
		for _, f := range c.Files() {
			stored, err := c.OpenStored(slices.IndexFunc(c.Files(), func(g File) bool { return g == f }))
			if err != nil {
				t.Fatal(err)
			}
			if err := stored.Close(); err != nil {
				t.Error(err)
			}
		}
		if len(c.Files()) != 4 {
			t.Errorf("%s: files %q", input, names(c))
		}
	}
}

// TestNameThatIsAFolder: a file and a folder of one name cannot be written side
// by side.
func TestNameThatIsAFolder(t *testing.T) {
	files := tree{"x/a.txt": "a", "y/a.txt/b.txt": "b"}.fs()
	c := mustOpen(t, []string{"x", "y"}, Options{FS: files})
	if want := []string{"x/a.txt", "y/a.txt/b.txt"}; !slices.Equal(names(c), want) {
		t.Errorf("files %q, want %q", names(c), want)
	}
}

func TestFileAttributes(t *testing.T) {
	c := mustOpen(t, []string{"sub", "b.jsonl"}, Options{FS: inputTree.fs()})
	want := []File{
		{Name: "b.jsonl", Path: "b.jsonl", Size: int64(len(records(0, 1))), Format: JSONL},
		{Name: "sub/a.txt", Path: "sub/a.txt", Size: 1, Format: Text},
		{Name: "sub/d.md.gz", Path: "sub/d.md.gz", Format: Text, Compression: Gzip},
		{Name: "sub/deep/f.text", Path: "sub/deep/f.text", Size: 1, Format: Text},
		{Name: "sub/e.NDJSON.zst", Path: "sub/e.NDJSON.zst", Format: JSONL, Compression: Zstd},
	}
	for i, f := range c.Files() {
		f.identity, f.root = "", ""
		if f != want[i] {
			t.Errorf("file %d is %+v, want %+v", i, f, want[i])
		}
	}
}

// TestOddFiles: links, loops, pipes and names that are no UTF-8.
func TestOddFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no pipes and odd names there")
	}
	dir := tree{
		"real/a.txt": "a", "real/sub/b.txt": "b", "new\nline.txt": "n", "caf\xe9.txt": "c", "--flag.txt": "f", "-": "", "-.txt": "d", " .txt": "s",
	}.write(t)
	for link, to := range map[string]string{
		"link.txt": "real/a.txt", "loop": ".", "real/up": "..", "dangling.txt": "nowhere", "self.txt": "self.txt", "folder": "real",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	mkfifo(t, filepath.Join(dir, "pipe.txt"))
	c := mustOpen(t, []string{dir}, Options{})
	want := []string{" .txt", "--flag.txt", "-.txt", "caf\uFFFD.txt", "link.txt", "new\nline.txt", "real/a.txt", "real/sub/b.txt"}
	if !slices.Equal(names(c), want) {
		t.Errorf("files %q, want %q", names(c), want)
	}
	var ignored []string
	for _, p := range c.Ignored() {
		ignored = append(ignored, strings.TrimPrefix(p, dir+"/"))
	}
	wantIgnored := []string{"-", "dangling.txt", "folder", "loop", "pipe.txt", "real/up", "self.txt"}
	if !slices.Equal(ignored, wantIgnored) {
		t.Errorf("ignored %q, want %q", ignored, wantIgnored)
	}
	if got := readAll(t, c); len(got.Docs) != len(want) || got.Docs[3].Text != "c" {
		t.Errorf("got %+v", got)
	}
	// A folder given through a link holds the same files.
	c = mustOpen(t, []string{dir + "/folder", dir + "/real"}, Options{})
	if want := []string{"a.txt", "sub/b.txt"}; !slices.Equal(names(c), want) {
		t.Errorf("through a link: files %q, want %q", names(c), want)
	}
	if _, err := Open([]string{dir + "/pipe.txt"}, Options{}); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a pipe: error %v", err)
	}
}

// TestNamesThatCannotBeTold apart are refused.
func TestNamesThatCannotBeTold(t *testing.T) {
	f := []File{{Name: "caf\xe9.txt", Path: "1", identity: "/x/caf\xe9.txt"}, {Name: "caf\xea.txt", Path: "2", identity: "/x/caf\xea.txt"}}
	if err := nameFiles(f); err == nil || !strings.Contains(err.Error(), "rename one") {
		t.Errorf("error %v", err)
	}
}

func TestCommonFolder(t *testing.T) {
	tests := []struct {
		identities []string
		want       string
	}{
		{[]string{"/a/b/c.txt", "/a/b/d.txt"}, "/a/b"},
		{[]string{"/a/b/c.txt", "/a/bc/d.txt"}, "/a"},
		{[]string{"/a/bc/d.txt", "/a/b/c.txt"}, "/a"},
		{[]string{"/a/c.txt", "/b/c.txt"}, "/"},
		{[]string{"a/c.txt", "b/c.txt"}, ""},
		{[]string{"a/c.txt", "a/b/c.txt"}, "a"},
		{[]string{"c.txt", "b/c.txt"}, ""},
	}
	for _, tt := range tests {
		var files []File
		for _, s := range tt.identities {
			files = append(files, File{identity: s})
		}
		if got := commonFolder(files, (*File).folder); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.identities, got, tt.want)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := Open([]string{"."}, Options{Format: 9, MaxRecord: -1, Threads: -2})
	for _, part := range []string{"input format 9", "-1 bytes", "-2 threads"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v, want %q in it", err, part)
		}
	}
	for _, f := range []Format{Auto, Text, JSONL, CSV, TSV, HTML, Parquet, WARC} {
		if got, err := ParseFormat(f.String()); got != f || err != nil {
			t.Errorf("format %v is read as %v (%v)", f, got, err)
		}
	}
	if _, err := ParseFormat("docx"); err == nil {
		t.Error("format docx is read")
	}
}

// TestStdin in every compression, read once or twice, in any pieces.
func TestStdin(t *testing.T) {
	plain := records(0, 30)
	for name, stored := range map[string]string{"plain": plain, "gzip": gz(t, plain), "zstd": zst(t, plain), "empty": "", "one byte": "x"} {
		want := one(t, "stdin.jsonl", plain, Options{})
		if name == "empty" || name == "one byte" {
			want = one(t, "stdin.jsonl", stored, Options{})
		}
		temp := t.TempDir()
		c := mustOpen(t, []string{"-", "-"}, Options{Stdin: iotest.OneByteReader(strings.NewReader(stored)), SpoolStdin: true, TempDir: temp})
		for pass := range 3 {
			if got := readAll(t, c); !reflect.DeepEqual(got, want) {
				t.Fatalf("%s, pass %d: got %+v, want %+v", name, pass, got, want)
			}
		}
		r, err := c.OpenStored(0)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := io.ReadAll(r); err != nil || string(again) != stored {
			t.Errorf("%s: stored %q (%v), want %q", name, again, err, stored)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(temp); len(left) != 0 {
			t.Errorf("%s: Close left %v", name, left)
		}
	}
	got := readAll(t, mustOpen(t, []string{"-"}, Options{Stdin: strings.NewReader("a text"), Format: Text}))
	if len(got.Docs) != 1 || got.Docs[0].Key != "stdin.txt" {
		t.Errorf("text: got %+v", got)
	}
}

func TestStdinCanBeReadOnceOnly(t *testing.T) {
	c := mustOpen(t, []string{"-"}, Options{Stdin: strings.NewReader(records(0, 1))})
	readAll(t, c)
	if err := c.Scan(context.Background(), func(*Block) error { return nil }); !errors.Is(err, errStdinOnce) {
		t.Errorf("second scan: error %v", err)
	}
	if _, err := c.OpenStored(0); !errors.Is(err, errStdinOnce) {
		t.Errorf("stored: error %v", err)
	}
	c = mustOpen(t, []string{"-"}, Options{Stdin: strings.NewReader("x"), SpoolStdin: true, TempDir: "/nonexistent-folder"})
	if err := c.Scan(context.Background(), func(*Block) error { return nil }); err == nil || !strings.Contains(err.Error(), "nonexistent-folder") {
		t.Errorf("no folder for the copy: error %v", err)
	}
}

// blocked is a terminal on which nobody types.
type blocked struct {
	reading func()
	until   chan struct{}
}

func (b blocked) Read([]byte) (int, error) {
	b.reading()
	<-b.until
	return 0, io.EOF
}

// TestBlockedStdinCanBeCancelled: waiting for input must not keep the program
// from ending.
func TestBlockedStdinCanBeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	in := blocked{cancel, make(chan struct{})}
	defer close(in.until)
	c := mustOpen(t, []string{"-"}, Options{Stdin: in, SpoolStdin: true, TempDir: t.TempDir()})
	if err := c.Scan(ctx, func(*Block) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := c.Scan(context.Background(), func(*Block) error { return nil }); !errors.Is(err, errStdinPartial) {
		t.Errorf("second scan: error %v", err)
	}
}

// statCounter counts how often it is asked about single files.
type statCounter struct {
	fstest.MapFS
	asked *int
}

func (s statCounter) Stat(name string) (fs.FileInfo, error) {
	*s.asked++
	return s.MapFS.Stat(name)
}

// TestListingTellsOfFiles: in a folder no file is asked about apart from the listing,
// which of a store would be a request each.
func TestListingTellsOfFiles(t *testing.T) {
	asked := 0
	files := tree{}
	for i := range 100 {
		files[fmt.Sprintf("d/%d/f.txt", i)] = "text"
	}
	for _, in := range []string{"d", "d/**/*.txt"} {
		asked = 0
		c := mustOpen(t, []string{in}, Options{FS: statCounter{files.fs(), &asked}})
		if len(c.Files()) != 100 || c.Files()[7].Size != 4 || asked > 1 {
			t.Errorf("%s: %d files, asked %d times", in, len(c.Files()), asked)
		}
	}
}

func TestAnEmptyFolderIsSaidToBeEmpty(t *testing.T) {
	dir := t.TempDir()
	_, err := Open([]string{dir}, Options{})
	if err == nil || !strings.HasSuffix(err.Error(), "holds no file") {
		t.Errorf("error %v, want one that ends with %q", err, "holds no file")
	}
}
