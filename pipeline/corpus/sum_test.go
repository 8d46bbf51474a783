package corpus

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
)

// TestSums are those of the stored bytes, whatever the format, the compression, the
// damage, and how often the corpus is read.
func TestSums(t *testing.T) {
	plain := records(0, 300)
	files := tree{
		"a.jsonl": plain, "b.jsonl.gz": gz(t, plain), "c.jsonl.zst": zst(t, plain), "d.txt": "a text", "e.txt.gz": gz(t, "a text"),
		"empty.jsonl": "", "broken.jsonl.gz": gz(t, plain)[:200] + strings.Repeat("?", 100_000), "long.txt": strings.Repeat("long ", 40_000),
		"not.jsonl.zst": strings.Repeat("x", 300_000),
	}
	c := mustOpen(t, []string{"."}, Options{FS: files.fs(), Sums: true, MaxRecord: 1000})
	for pass := range 2 {
		for i, f := range c.Files() {
			stored := files[f.Path]
			want := Sum{}
			if pass > 0 {
				want = Sum{Bytes: int64(len(stored)), SHA256: sha256.Sum256([]byte(stored)), Known: true}
			}
			if got := c.Sum(i); got != want {
				t.Errorf("pass %d: %s: got %+v, want %+v", pass, f.Name, got, want)
			}
		}
		readAll(t, c)
	}
	without := mustOpen(t, []string{"a.jsonl"}, Options{FS: files.fs()})
	readAll(t, without)
	if got := without.Sum(0); got != (Sum{}) {
		t.Errorf("nobody asked, and got %+v", got)
	}
}

// TestSumOfStdin is of the stream as it came.
func TestSumOfStdin(t *testing.T) {
	stored := gz(t, records(0, 30))
	c := mustOpen(t, []string{"-"}, Options{Stdin: iotest.HalfReader(strings.NewReader(stored)), Sums: true})
	readAll(t, c)
	want := Sum{Bytes: int64(len(stored)), SHA256: sha256.Sum256([]byte(stored)), Known: true}
	if got := c.Sum(0); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestNoSumOfWhatCannotBeRead to its end.
func TestNoSumOfWhatCannotBeRead(t *testing.T) {
	in := io.MultiReader(strings.NewReader(records(0, 30)), iotest.ErrReader(io.ErrUnexpectedEOF))
	c := mustOpen(t, []string{"-"}, Options{Stdin: in, Sums: true})
	readAll(t, c)
	if got := c.Sum(0); got.Known {
		t.Errorf("got %+v of a stream that broke off", got)
	}
	if err := c.Scan(context.Background(), func(*Block) error { return nil }); err == nil {
		t.Error("standard input was read twice")
	}
}

// TestSumsOfContainers are of the whole file, wherever it was read, and of standard
// input.
func TestSumsOfContainers(t *testing.T) {
	stored := rowFile("1\t{\"text\":\"a\"}", "2\t!", "5\t{\"text\":\"b\"}", "7\tX", "8\tnobody reads this")
	want := Sum{Bytes: int64(len(stored)), SHA256: sha256.Sum256([]byte(stored)), Known: true}
	o := Options{FS: tree{"a.parquet": stored}.fs(), Sums: true, Containers: []Container{rows{Parquet}}}
	fromFile := mustOpen(t, []string{"a.parquet"}, o)
	o.Format, o.Stdin, o.TempDir = Parquet, strings.NewReader(stored), t.TempDir()
	fromStdin := mustOpen(t, []string{"-"}, o)
	for name, c := range map[string]*Corpus{"file": fromFile, "standard input": fromStdin} {
		readAll(t, c)
		if got := c.Sum(0); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

// countingFS counts the bytes that are read of its files.
type countingFS struct {
	fs.FS
	read *atomic.Int64
}

func (c countingFS) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return countingFile{f, f.(io.ReaderAt), c.read}, nil
}

type countingFile struct {
	fs.File
	at   io.ReaderAt
	read *atomic.Int64
}

func (f countingFile) Read(p []byte) (int, error) {
	n, err := f.File.Read(p)
	f.read.Add(int64(n))
	return n, err
}

func (f countingFile) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.at.ReadAt(p, off)
	f.read.Add(int64(n))
	return n, err
}

// TestSumEndsWithTheScan: who interrupts a run does not wait for the digest of a file
// of many gigabytes.
func TestSumEndsWithTheScan(t *testing.T) {
	var lines []string
	for i := range 20 {
		lines = append(lines, fmt.Sprintf("%d\t{\"text\":\"a\"}", i+1))
	}
	stored := rowFile(lines...)
	var read atomic.Int64
	o := Options{FS: countingFS{tree{"a.parquet": stored}.fs(), &read}, Sums: true, Containers: []Container{rows{Parquet}}, blockSize: 1}
	c := mustOpen(t, []string{"a.parquet"}, o)
	ctx, cancel := context.WithCancel(t.Context())
	err := c.Scan(ctx, func(*Block) error { cancel(); return nil })
	// The container reads all of the file at once, before there is a block.
	if n := read.Load(); err == nil || n != int64(len(stored)) || c.Sum(0).Known {
		t.Errorf("interrupted: %v after %d of %d bytes", err, n, len(stored))
	}
	read.Store(0)
	err = c.Scan(t.Context(), func(*Block) error { return nil })
	if n := read.Load(); err != nil || n != 2*int64(len(stored)) || !c.Sum(0).Known {
		t.Errorf("%v after %d of %d bytes", err, n, len(stored))
	}
}

// TestSumOfCSV is made of the bytes that the records came from: they are read once.
func TestSumOfCSV(t *testing.T) {
	stored := "text\n" + strings.Repeat("a line\n", 100_000)
	var read atomic.Int64
	c := mustOpen(t, []string{"a.csv"}, Options{FS: countingFS{tree{"a.csv": stored}.fs(), &read}, Sums: true})
	readAll(t, c)
	if got := c.Sum(0); got.SHA256 != sha256.Sum256([]byte(stored)) || read.Load() != int64(len(stored)) {
		t.Errorf("got %+v after %d of %d bytes", got, read.Load(), len(stored))
	}
}
