package corpus_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/internal/plant/formats"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/parquet"
	"github.com/doppel-dedup/doppel/pipeline/corpus/warc"
)

// onceFS fails the n-th reading of a file, and no other.
type onceFS struct {
	fs.FS
	failAt, reads int
	errno         syscall.Errno
}

func (o *onceFS) Open(name string) (fs.File, error) {
	f, err := o.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return f, err
	}
	return &onceFile{f, o}, nil
}

func (o *onceFS) step() error {
	if o.reads++; o.reads == o.failAt {
		return &fs.PathError{Op: "read", Path: "somewhere", Err: o.errno}
	}
	return nil
}

type onceFile struct {
	fs.File
	fs *onceFS
}

func (f *onceFile) Read(p []byte) (int, error) {
	if err := f.fs.step(); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

// onceAtFile can be read at any place too.
type onceAtFile struct{ *onceFile }

func (f onceAtFile) ReadAt(p []byte, at int64) (int, error) {
	if err := f.fs.step(); err != nil {
		return 0, err
	}
	return f.File.(io.ReaderAt).ReadAt(p, at)
}

// anyFS is a onceFS whose files are read at any place.
type anyFS struct{ *onceFS }

func (a anyFS) Open(name string) (fs.File, error) {
	f, err := a.onceFS.Open(name)
	if once, ok := f.(*onceFile); ok {
		return onceAtFile{once}, err
	}
	return f, err
}

// scanOf reads all and tells what there was.
func scanOf(t *testing.T, inputs []string, o corpus.Options) (string, error) {
	t.Helper()
	o.Containers, o.Threads, o.TempDir = []corpus.Container{parquet.Container{}, warc.New()}, 1, t.TempDir()
	c, err := corpus.Open(inputs, o)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	fmt.Fprintln(&out, c.Ignored())
	parser := corpus.NewParser(c)
	err = c.Scan(t.Context(), func(b *corpus.Block) error {
		defer b.Release()
		var batch corpus.Batch
		parser.Parse(b, &batch)
		for _, d := range batch.Docs {
			fmt.Fprintf(&out, "%s %s\n", d.Key, d.Text)
		}
		for _, e := range batch.Errs {
			fmt.Fprintln(&out, e)
		}
		return nil
	})
	return out.String(), errors.Join(err, c.Close())
}

// TestReadingFailsOnce fails each reading of a file in turn, and no other, in folders and
// as standard input: what follows must not be taken for another kind of file, delimiter
// or compression, nor what was not read for a bad record.
func TestReadingFailsOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := formats.Write(dir, plant.Spec{Documents: 600, MeanBytes: 2000, Seed: 2}); err != nil {
		t.Fatal(err)
	}
	var table strings.Builder // the delimiter of which must be found out
	for i := range 400 {
		fmt.Fprintf(&table, "t%d;table, of texts: %d, in %d, and %d\n", i, i, i, i)
	}
	if err := os.WriteFile(dir+"/k.csv", []byte("id;text\n"+table.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 11 {
		t.Fatal(entries, err)
	}
	tried, failed := 0, 0
	for _, e := range entries {
		for _, way := range []string{"straight", "at places", "standard input"} {
			scan := func(once *onceFS) (string, error) {
				switch way {
				case "straight":
					return scanOf(t, []string{"."}, corpus.Options{FS: once})
				case "at places":
					return scanOf(t, []string{"."}, corpus.Options{FS: anyFS{once}})
				}
				f, err := once.Open(e.Name())
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				return scanOf(t, []string{corpus.StdinPath}, corpus.Options{Stdin: f, Format: formatOf(t, e.Name())})
			}
			alone := t.TempDir()
			content, err := os.ReadFile(dir + "/" + e.Name())
			if err := errors.Join(err, os.WriteFile(alone+"/"+e.Name(), content, 0o644)); err != nil {
				t.Fatal(err)
			}
			whole := &onceFS{FS: os.DirFS(alone)}
			want, err := scan(whole)
			if err != nil || strings.Count(want, "\n") < 6 || whole.reads == 0 {
				t.Fatalf("%s, %s: %v %s", e.Name(), way, err, want)
			}
			for n := 1; n <= whole.reads; n++ {
				errno := []syscall.Errno{syscall.EIO, syscall.ESTALE, syscall.EMFILE, syscall.ETIMEDOUT}[n%4]
				tried++
				got, err := scan(&onceFS{FS: os.DirFS(alone), failAt: n, errno: errno})
				switch {
				case err != nil && (!errors.Is(err, errno) || !strings.Contains(err.Error(), e.Name()) && way != "standard input"):
					t.Errorf("%s, %s, reading %d of %d: %v", e.Name(), way, n, whole.reads, err)
				case err != nil:
					failed++
				case got != want:
					t.Errorf("%s, %s, reading %d of %d (%v): got\n%s\nwant\n%s", e.Name(), way, n, whole.reads, errno, got, want)
				}
			}
		}
	}
	if failed < tried/2 {
		t.Errorf("only %d of %d scans failed", failed, tried)
	}
	t.Logf("%d of %d scans failed", failed, tried)
}

func formatOf(t *testing.T, name string) corpus.Format {
	t.Helper()
	for _, part := range strings.Split(name, ".")[1:] {
		if f, err := corpus.ParseFormat(part); err == nil {
			return f
		}
	}
	t.Fatalf("no format in %q", name)
	return corpus.Auto
}
