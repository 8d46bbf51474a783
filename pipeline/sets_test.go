package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// TestEveryKindOfInputGivesTheSameClusters reads one corpus from a file, from
// compressed files, from standard input and from a mixture, with much memory and
// with little. Files on the disk are read a second time for the shingle sets,
// blocks of the others are put aside.
func TestEveryKindOfInputGivesTheSameClusters(t *testing.T) {
	t.Parallel()
	docs := planted(12_000, 41)
	whole, err := os.ReadFile(writeJSONL(t, docs))
	if err != nil {
		t.Fatal(err)
	}
	third := bytes.IndexByte(whole[len(whole)/3:], '\n') + len(whole)/3 + 1
	half := bytes.IndexByte(whole[len(whole)/2:], '\n') + len(whole)/2 + 1
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".gz") {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			if _, err := z.Write(content); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
			content = b.Bytes()
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("mixed/a.jsonl", whole[:third])
	write("mixed/b.jsonl.gz", whole[third:half])
	write("mixed/c.jsonl", whole[half:])
	write("mixed/d.jsonl.gz", nil)
	plain, zipped := write("plain.jsonl", whole), write("zipped.jsonl.gz", whole)
	plainTemp := map[int64]int64{} // by memory
	var want string
	for _, c := range []struct {
		name   string
		input  string
		spills bool
	}{
		{"plain", plain, false}, {"zipped", zipped, true}, {"stdin", "-", true}, {"mixed", filepath.Join(dir, "mixed"), false},
	} {
		for _, memory := range []int64{1 << 30, 16 << 20} {
			res := run(t, pipeline.Options{Inputs: []string{c.input}, Stdin: bytes.NewReader(whole), Memory: memory, Threads: 3})
			var got strings.Builder
			for cl := range res.Clusters() {
				for _, m := range cl.Members {
					got.WriteString(m.ID + " ")
				}
				got.WriteString("\n")
			}
			if want == "" {
				want = got.String()
			}
			if got.String() != want || len(want) == 0 {
				t.Errorf("%s with memory %d: other clusters\n%s", c.name, memory, firstDifference(got.String(), want))
			}
			if c.name == "plain" {
				plainTemp[memory] = res.TempBytes()
			}
			if spilled := res.TempBytes() > plainTemp[memory]+int64(len(whole)/4); spilled != (c.spills && memory < 1<<30) {
				t.Errorf("%s with memory %d: %d bytes in temporary files, %d where the file is read again", c.name, memory, res.TempBytes(), plainTemp[memory])
			}
		}
	}
}

// swapFS hands out another version of a file from the third time on that it is
// opened: after the sample and the first reading.
type swapFS struct {
	fstest.MapFS
	later  fstest.MapFS
	opened atomic.Int64
}

func (s *swapFS) Open(name string) (fs.File, error) {
	if s.opened.Add(1) > 2 {
		return s.later.Open(name)
	}
	return s.MapFS.Open(name)
}

// goneFS has its files no more from the third time on that one is opened.
type goneFS struct{ swapFS }

func (g *goneFS) Open(name string) (fs.File, error) {
	if g.opened.Add(1) > 2 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return g.MapFS.Open(name)
}

func TestInputThatVanishesBetweenReadingsIsAnError(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(writeJSONL(t, planted(400, 43)))
	if err != nil {
		t.Fatal(err)
	}
	fsys := &goneFS{swapFS{MapFS: fstest.MapFS{"c.jsonl": {Data: content}}}}
	_, err = pipeline.Run(t.Context(), pipeline.Options{FS: fsys, Inputs: []string{"c.jsonl"}})
	if err == nil || !strings.Contains(err.Error(), "c.jsonl") || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("%v, want the reason", err)
	}
}

func TestInputThatChangesBetweenReadingsIsAnError(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(writeJSONL(t, planted(400, 42)))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]byte) []byte{
		"a byte of a text": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"no record":        func(b []byte) []byte { return bytes.Repeat([]byte("\n"), len(b)) },
		"cut short":        func(b []byte) []byte { return b[:len(b)/2] },
		"longer":           func(b []byte) []byte { return append(b, b...) },
		"empty":            func([]byte) []byte { return nil },
	} {
		fsys := &swapFS{MapFS: fstest.MapFS{"c.jsonl": {Data: content}}, later: fstest.MapFS{"c.jsonl": {Data: change(bytes.Clone(content))}}}
		res, err := pipeline.Run(t.Context(), pipeline.Options{FS: fsys, Inputs: []string{"c.jsonl"}})
		var changed *corpus.ChangedError
		if !errors.As(err, &changed) || changed.File != "c.jsonl" {
			t.Errorf("%s: %v, want the error of a changed file", name, err)
		}
		if res != nil {
			t.Errorf("%s: there is a result", name)
		}
	}
}
