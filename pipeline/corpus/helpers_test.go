package corpus

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// tree is an in-memory input folder: names to contents.
type tree map[string]string

func (t tree) fs() fstest.MapFS {
	m := fstest.MapFS{}
	for name, content := range t {
		m[name] = &fstest.MapFile{Data: []byte(content), Mode: 0o644}
	}
	return m
}

// write lays the tree out in a folder of the disk.
func (t tree) write(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	for name, content := range t {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

func mustOpen(tb testing.TB, inputs []string, o Options) *Corpus {
	tb.Helper()
	c, err := Open(inputs, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

// doc is a document with its strings copied out.
type doc struct {
	File, Key, Text, Field string
	Line, Offset, Size     int64
	Date, Source           string
}

// bad is what a test wants of a RecordError.
type bad struct {
	File         string
	Line, Offset int64
	Key, Reason  string
}

// content is all that a scan of a corpus gives.
type content struct {
	Docs  []doc
	Errs  []bad
	Blank int64

	Filtered int64
}

// readAll scans a corpus, checks what holds for every block, and returns the
// documents and errors in order.
func readAll(tb testing.TB, c *Corpus) content {
	tb.Helper()
	var all content
	p := NewParser(c)
	var batch Batch
	err := c.Scan(context.Background(), func(b *Block) error {
		batch.Reset()
		p.Parse(b, &batch)
		name := c.Files()[b.File].Name
		for i := range batch.Docs {
			d := &batch.Docs[i]
			all.Docs = append(all.Docs, doc{name, string(d.Key), string(d.Text), string(slices.Concat(d.Fields...)), d.Line, d.Offset, d.Size, string(d.Date), string(d.Source)})
		}
		for _, e := range batch.Errs {
			if e.File != name {
				tb.Errorf("error of file %q in a block of %q", e.File, name)
			}
			if len(e.Raw) > maxRaw {
				tb.Errorf("%v: %d raw bytes kept", e, len(e.Raw))
			}
			all.Errs = append(all.Errs, bad{e.File, e.Line, e.Offset, e.Key, e.Reason})
		}
		all.Blank += batch.Blank
		all.Filtered += batch.Filtered
		b.Release()
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

// one reads a corpus of a single file in memory.
func one(tb testing.TB, name, data string, o Options) content {
	tb.Helper()
	o.FS = tree{name: data}.fs()
	return readAll(tb, mustOpen(tb, []string{name}, o))
}

func gz(tb testing.TB, s string) string {
	tb.Helper()
	var b bytes.Buffer
	return compress(tb, gzip.NewWriter(&b), &b, s)
}

func zst(tb testing.TB, s string) string {
	tb.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b)
	if err != nil {
		tb.Fatal(err)
	}
	return compress(tb, w, &b, s)
}

func compress(tb testing.TB, w io.WriteCloser, b *bytes.Buffer, s string) string {
	tb.Helper()
	if _, err := io.WriteString(w, s); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// records returns n JSONL lines with ids from..from+n-1.
func records(from, n int) string {
	var b bytes.Buffer
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, `{"id":"d%d","text":"text number %d, with some words to it"}`+"\n", i, i)
	}
	return b.String()
}
