package parquet_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/parquet"
)

// TestFieldNamesAreThoseOfTexts: columns of texts, also in structs, come before binary
// ones, and what is in lists and maps, or of other types, is not there.
func TestFieldNamesAreThoseOfTexts(t *testing.T) {
	data := load(t, "testdata/none.parquet")
	for _, fields := range [][]string{nil, {"id"}, {"nothing"}} {
		stored := &corpus.Stored{Name: "t", Size: int64(len(data)), Reader: bytes.NewReader(data), ReaderAt: bytes.NewReader(data)}
		records, err := parquet.Container{}.Open(context.Background(), stored, corpus.ContainerOptions{Fields: fields})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := records.(corpus.FieldNames).FieldNames(), []string{"id", "text", "class", "meta.source", "nothing", "raw"}; !slices.Equal(got, want) {
			t.Errorf("of %q: %q, want %q", fields, got, want)
		}
		if err := records.Close(); err != nil {
			t.Error(err)
		}
	}
}
