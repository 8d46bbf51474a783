package prune

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// tree is a folder: names to contents.
type tree map[string]string

func (tr tree) write(t testing.TB, dir string) {
	t.Helper()
	for name, content := range tr {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

func gz(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Name = "a header that only a copy keeps"
	_, err := w.Write([]byte(s))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zst(t testing.TB, s string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(s), nil))
}

func plainOf(t testing.TB, name, stored string) string {
	t.Helper()
	compression := corpus.None
	switch filepath.Ext(name) {
	case ".gz":
		compression = corpus.Gzip
	case ".zst":
		compression = corpus.Zstd
	case ".bz2":
		compression = corpus.Bzip2
	case ".xz":
		compression = corpus.Xz
	}
	r, err := (&corpus.Stored{Reader: strings.NewReader(stored), Compression: compression}).Decompress()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(b)
}

func pack(t testing.TB, c corpus.Compression, s string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := corpus.NewCompressor(&b, c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(w, s)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// recordsOf returns the records of a table as JSON lines, and other content as it is.
func recordsOf(t testing.TB, name, content string) string {
	t.Helper()
	if !strings.Contains(name, ".csv") && !strings.Contains(name, ".tsv") {
		return content
	}
	dir := t.TempDir()
	tree{"x.csv": content}.write(t, dir)
	var lines strings.Builder
	c, err := corpus.Open([]string{dir}, corpus.Options{})
	if err == nil {
		err = c.Scan(t.Context(), func(b *corpus.Block) error {
			lines.Write(b.Data)
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return lines.String()
}

// world is a corpus after its first scan, read with no help from package
// pipeline.
type world struct {
	in     Input
	texts  []string
	raw    []string     // records as stored, with their line ends, by ID
	bad    [][]byte     // quarantine lines
	unread map[int]bool // files that are one bad record as a whole
	inputs []string
}

func scan(t testing.TB, inputs []string, o corpus.Options) *world {
	t.Helper()
	c, err := corpus.Open(inputs, o)
	if err != nil {
		t.Fatal(err)
	}
	catalog := corpus.NewCatalog(1<<20, t.TempDir())
	t.Cleanup(func() {
		if err := errors.Join(catalog.Close(), c.Close()); err != nil {
			t.Error(err)
		}
	})
	w := &world{unread: map[int]bool{}, inputs: inputs, in: Input{Corpus: c, Catalog: catalog, Threshold: 0.5, Quarantined: make([]int64, len(c.Files()))}}
	parser := corpus.NewParser(c)
	var batch corpus.Batch
	err = c.Scan(t.Context(), func(b *corpus.Block) error {
		defer b.Release()
		batch.Reset()
		parser.Parse(b, &batch)
		for i := range batch.Docs {
			d := &batch.Docs[i]
			var dup *corpus.DuplicateKeyError
			if _, err := catalog.Add(b.File, d, nil); errors.As(err, &dup) {
				batch.Errs = append(batch.Errs, b.Error(c.Files()[b.File].Name, d, corpus.DuplicateID, "duplicate id"))
				continue
			} else if err != nil {
				return err
			}
			w.texts = append(w.texts, string(d.Text))
			rest := b.Data[d.Offset-b.Offset:]
			if c.Files()[b.File].Format == corpus.Text {
				rest = b.Data
			} else if i := bytes.IndexByte(rest, '\n'); i >= 0 {
				rest = rest[:i+1]
			}
			w.raw = append(w.raw, string(rest))
		}
		for _, e := range batch.Errs {
			line, err := e.MarshalJSON()
			if err != nil {
				return err
			}
			w.bad = append(w.bad, line)
			w.in.Quarantined[b.File]++
			w.unread[b.File] = w.unread[b.File] || e.Line == 0
		}
		return nil
	})
	if err := errors.Join(err, catalog.Seal()); err != nil {
		t.Fatal(err)
	}
	w.in.Empty = func(id corpus.ID) bool { return len(strings.Fields(w.texts[id])) == 0 }
	return w
}

// setOf is the set of a text's words.
func setOf(text string) []uint64 {
	set := map[uint64]bool{}
	for _, word := range strings.Fields(text) {
		set[xxh3.HashString(word)] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// jaccard is the similarity of two texts' words, counted one by one.
func jaccard(a, b string) float64 {
	in := map[string]int{}
	for _, word := range strings.Fields(a) {
		in[word] |= 1
	}
	for _, word := range strings.Fields(b) {
		in[word] |= 2
	}
	both := 0
	for _, v := range in {
		if v == 3 {
			both++
		}
	}
	return float64(both) / float64(len(in))
}

// cluster groups the documents by comparing all pairs; longest is kept.
func (w *world) cluster() *world {
	n := len(w.texts)
	leader, sets, first := make([]corpus.ID, n), make([][]uint64, n), map[string]corpus.ID{}
	lens := make([]uint32, n)
	for i, text := range w.texts {
		id := corpus.ID(i)
		leader[i], sets[i], lens[i] = id, setOf(text), uint32(len(text))
		if l, ok := first[text]; ok && len(sets[i]) > 0 {
			leader[i] = l
		} else {
			first[text] = id
		}
	}
	var edges []verify.Scored
	for a := range n {
		for b := a + 1; b < n; b++ {
			if int(leader[a]) != a || int(leader[b]) != b {
				continue
			}
			overlap := verify.Overlap(sets[a], sets[b])
			if verify.Jaccard.Similarity(overlap, len(sets[a]), len(sets[b])) >= w.in.Threshold {
				edges = append(edges, verify.Scored{Pair: corpus.MakePair(corpus.ID(a), corpus.ID(b)), Overlap: uint32(overlap)})
			}
		}
	}
	w.in.Clusters = cluster.Build(cluster.Input{
		Leader: leader, Edges: edges, SizeOf: func(id corpus.ID) int { return len(sets[id]) },
		Measure: verify.Jaccard, Threshold: w.in.Threshold,
		Order: cluster.NewOrder(make([]int64, n), lens, w.in.Catalog.Key),
	}).Clusters
	return w
}

func (w *world) plan(t testing.TB) *Plan {
	t.Helper()
	p, err := NewPlan(w.in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) quarantine() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, line := range w.bad {
			if !yield(line, nil) {
				return
			}
		}
	}
}

func (w *world) write(t testing.TB, p *Plan, dir string) (Accounting, error) {
	return p.Write(context.Background(), WriteOptions{Dir: dir, Inputs: w.inputs, Quarantine: w.quarantine()})
}

// mustWrite prunes to a new folder and returns its files.
func (w *world) mustWrite(t testing.TB) tree {
	t.Helper()
	p := w.plan(t)
	dir := filepath.Join(t.TempDir(), "out")
	got, err := w.write(t, p, dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := p.Accounting(); fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Fatalf("dry run and run differ:\n got %+v\nwant %+v", got, want)
	}
	w.check(t, vfstest.Files(t, dir))
	return vfstest.Files(t, dir)
}

// record makes a JSONL line.
func record(id, text string) string {
	b, err := json.Marshal(map[string]string{"id": id, "text": text})
	if err != nil {
		panic(err)
	}
	return string(b) + "\n"
}

// check recomputes from the files alone what a pruned corpus promises: every
// record is in one place, kept ones unchanged and in order, and every removed
// one is as similar as stated to a document that is there.
func (w *world) check(t testing.TB, out tree) {
	t.Helper()
	removed := map[string]removedLine{}
	for line := range strings.Lines(out[RemovedFile]) {
		var r removedLine
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if _, twice := removed[r.ID]; twice {
			t.Errorf("%q is removed twice", r.ID)
		}
		removed[r.ID] = r
	}
	want, kept, seen := map[string]string{}, map[string]string{}, 0
	for i, text := range w.texts {
		id := corpus.ID(i)
		key := w.in.Catalog.Key(id)
		file, line, offset := w.in.Catalog.Location(id)
		name := w.in.Corpus.Files()[file].Name
		r, gone := removed[key]
		if !gone {
			want[name] += w.raw[i]
			kept[key] = text
			continue
		}
		seen++
		if r.File != name || r.Line != line || r.Offset != offset {
			t.Errorf("%q was at %s:%d (%d), removed.jsonl says %s:%d (%d)", key, name, line, offset, r.File, r.Line, r.Offset)
		}
	}
	if seen != len(removed) {
		t.Errorf("%d documents are removed, of which %d existed", len(removed), seen)
	}
	for i, f := range w.in.Corpus.Files() {
		if w.in.Corpus.IsContainer(i) && !w.unread[i] && f.Size > 0 {
			want[f.Name] += "" // a table's header is there without records too
		}
	}
	byKey := map[string]string{}
	for i, text := range w.texts {
		byKey[w.in.Catalog.Key(corpus.ID(i))] = text
	}
	for key, r := range removed {
		cover, ok := kept[r.CoveredBy]
		similarity := jaccard(byKey[key], cover)
		if !ok || similarity != r.Similarity || similarity < w.in.Threshold {
			t.Errorf("%q is covered by %q (kept: %t) at %v, stated as %v", key, r.CoveredBy, ok, similarity, r.Similarity)
		}
		if exact := byKey[key] == cover; exact != (r.Rule == "exact") {
			t.Errorf("%q went by rule %s, equal to its cover: %t", key, r.Rule, exact)
		}
	}
	got := map[string]string{}
	for name, stored := range out {
		if rest, ok := strings.CutPrefix(name, DataDir+"/"); ok {
			got[rest] = recordsOf(t, rest, plainOf(t, rest, stored))
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("data\n got %q\nwant %q", got, want)
	}
	if lines := strings.Count(out[QuarantineFile], "\n"); lines != len(w.bad) {
		t.Errorf("%d quarantine lines, want %d", lines, len(w.bad))
	}
	var a Accounting
	if err := json.Unmarshal([]byte(out[AccountingFile]), &a); err != nil {
		t.Fatal(err)
	}
	if err := a.Check(); err != nil {
		t.Error(err)
	}
	if a.Total.Read != int64(len(w.texts)+len(w.bad)) || a.Total.Pruned != int64(len(removed)) || a.Total.Quarantined != int64(len(w.bad)) {
		t.Errorf("accounting %+v of %d documents, %d removed, %d bad", a.Total, len(w.texts), len(removed), len(w.bad))
	}
}

// removedLine is a line of removed.jsonl as a stranger reads it.
type removedLine struct {
	ID         string  `json:"id"`
	CoveredBy  string  `json:"covered_by"`
	Similarity float64 `json:"similarity"`
	Rule       string  `json:"rule"`
	File       string  `json:"file"`
	Line       int64   `json:"line"`
	Offset     int64   `json:"offset"`
}
