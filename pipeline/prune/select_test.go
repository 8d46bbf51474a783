package prune

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

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
		wants := tree{"t.csv": want, "x.jsonl": record("j", "alone"), "n.txt": "a text"}
		for name, want := range wants {
			if got := plainOf(t, name+ending, out["data/"+name+ending]); got != want {
				t.Errorf("%s%s\n got %q\nwant %q", name, ending, got, want)
			}
		}
		if _, ok := out["data/gone.csv"+ending]; ok {
			t.Error("a file of which nothing is kept was written")
		}
		if got, want := out[RemovedFile], `{"id":"3","covered_by":"1","similarity":1,"rule":"exact","file":"t.csv`+ending+`","line":6,"offset":57}`; !strings.Contains(got, want) {
			t.Errorf("removed\n got %s\nwant %s", got, want)
		}
	}
}

// TestWriteEmptiedCSV: of a file whose documents all go nothing is written.
func TestWriteEmptiedCSV(t *testing.T) {
	out := scanTree(t, tree{"a.csv": "id,text\na,one two\n", "b.csv": "id,text\nb,one two\n", "c.tsv": "id\ttext\n"}).cluster().mustWrite(t)
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(out)), func(name string) bool { return !strings.HasPrefix(name, "data/") })
	if !slices.Equal(names, []string{"data/a.csv"}) {
		t.Errorf("files %q", names)
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
