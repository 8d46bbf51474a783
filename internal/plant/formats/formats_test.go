package formats_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/internal/plant/formats"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/parquet"
	"github.com/doppel-dedup/doppel/pipeline/corpus/warc"
)

// TestWrite: what is written is read, with bad records in every file, and is the same
// each time.
func TestWrite(t *testing.T) {
	spec := plant.Spec{Documents: 1200, MeanBytes: 200, Seed: 1}
	first, second := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, second} {
		if err := formats.Write(dir, spec); err != nil {
			t.Fatal(err)
		}
	}
	c, err := corpus.Open([]string{first}, corpus.Options{IDField: "id", TextField: "text", Containers: []corpus.Container{parquet.Container{}, warc.New()}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	docs, bad := make([]int, len(c.Files())), make([]int, len(c.Files()))
	p := corpus.NewParser(c)
	if err := c.Scan(t.Context(), func(b *corpus.Block) error {
		var batch corpus.Batch
		p.Parse(b, &batch)
		docs[b.File] += len(batch.Docs)
		bad[b.File] += len(batch.Errs)
		b.Release()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(docs) != 10 {
		t.Errorf("%d files, want 10", len(docs))
	}
	for i, f := range c.Files() {
		if docs[i] < 110 || docs[i] > 120 || bad[i] < 2 || bad[i] > 6 {
			t.Errorf("%s: %d documents and %d bad records of 120", f.Name, docs[i], bad[i])
		}
		a, err := os.ReadFile(filepath.Join(first, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(second, f.Name))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs when it is written again (%v)", f.Name, err)
		}
	}
}
