package prune

import (
	"context"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/filesum"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// table is a CSV file with everything that may stand in one, and what pruning leaves
// of it: the second copy goes, and so do the bad records.
func table() (stored, pruned string) {
	head := "\ufeffid;note;text\r\n"
	first := "1;\"x;\r\n\r\ny\";\"one two three \"\"four\"\"\"\r\n"
	blank := "\r\n"
	second := "2;plain;five six\r\n"
	last := "9;;seven"
	return head + first + blank + "3;copy;\"one two three \"\"four\"\"\"\n" + "bad\"quote;;\n" + second + "4;ragged\n" + "2;again;same id\n" + last,
		head + first + blank + second + last
}

func TestWriteCSV(t *testing.T) {
	stored, want := table()
	for c, ending := range map[corpus.Compression]string{corpus.None: "", corpus.Gzip: ".gz", corpus.Zstd: ".zst", corpus.Bzip2: ".bz2", corpus.Xz: ".xz"} {
		tr := tree{"t.csv" + ending: pack(t, c, stored), "gone.csv" + ending: pack(t, c, "id,text\nz,five six\n"), "x.jsonl" + ending: pack(t, c, record("j", "alone")), "n.txt" + ending: pack(t, c, "a text")}
		out := scanTree(t, tr).cluster().mustWrite(t)
		wants := tree{"t.csv": want, "gone.csv": "id,text\n", "x.jsonl": record("j", "alone"), "n.txt": "a text"}
		for name, want := range wants {
			if got := plainOf(t, name+ending, out["data/"+name+ending]); got != want {
				t.Errorf("%s%s\n got %q\nwant %q", name, ending, got, want)
			}
		}
		if got, want := out[RemovedFile], `{"id":"3","covered_by":"1","similarity":1,"rule":"exact","file":"t.csv`+ending+`","line":6,"offset":57}`; !strings.Contains(got, want) {
			t.Errorf("removed\n got %s\nwant %s", got, want)
		}
	}
}

// TestWriteEmptiedFiles: of a table whose records all go, or that has none, the header is
// written; of other files without records nothing is, and of none that could not be read.
func TestWriteEmptiedFiles(t *testing.T) {
	in := tree{"a.csv": "id,text\na,one two\n", "b.csv": "\ufeffid;text\r\n\r\nb;one two\r\n", "c.tsv": "id\ttext\n", "d.csv": "", "e.csv": "id,body\ne,five\n", "k.csv": "\x1f\x8b\x08 is no table",
		"f.jsonl": record("f", "one two"), "g.jsonl": "\n", "h.txt": "one two", "i.jsonl": record("i", "three four"), "j.csv": "id,text\nj,\"one two\n"}
	w := scanTree(t, in).cluster()
	out := w.mustWrite(t)
	want := tree{"a.csv": in["a.csv"], "b.csv": "\ufeffid;text\r\n\r\n", "c.tsv": in["c.tsv"], "i.jsonl": in["i.jsonl"], "j.csv": "id,text\n"}
	got := tree{}
	for name, content := range out {
		if name, ok := strings.CutPrefix(name, "data/"); ok {
			got[name] = content
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	files, err := w.plan(t).WriteData(t.Context(), vfs.OS{}, filepath.Join(t.TempDir(), "out"), filesum.Beside)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, slices.Sorted(maps.Keys(want))) {
		t.Errorf("files come as %q, not in input order", names)
	}
}

// deaf is CSV whose Select does not do what it is told.
type deaf struct{ corpus.Container }

func (d deaf) Select(ctx context.Context, f *corpus.Stored, w io.Writer, keep func(int64) bool) error {
	return d.Container.Select(ctx, f, w, func(n int64) bool { return keep(n) != (n == 3) })
}

// TestSelectedIsReadBack: what a container wrote is not taken on trust.
func TestSelectedIsReadBack(t *testing.T) {
	dir := t.TempDir()
	tree{"a.csv": "id,text\na,one two\nb,three\nc,one two\n"}.write(t, dir)
	c, err := corpus.Open([]string{dir}, corpus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := scan(t, []string{dir}, corpus.Options{Containers: []corpus.Container{deaf{c.Container(0)}}}).cluster()
	if _, err := w.plan(t).Write(t.Context(), WriteOptions{Dir: t.TempDir() + "/out", Quarantine: w.quarantine()}); err == nil || !strings.Contains(err.Error(), `"a.csv" has changed`) {
		t.Errorf("error %v", err)
	}
}
