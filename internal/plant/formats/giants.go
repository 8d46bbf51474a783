package formats

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"github.com/doppel-dedup/doppel/internal/plant"
)

// Giants is a corpus of giant documents among usual ones.
type Giants struct {
	// Kind is what the giants are stored as: jsonl, in one file with the others, or
	// zst, txt, warc or parquet, beside them.
	Kind string
	// Count is the number of giants, and Bytes the size of the text of each.
	Count, Bytes int
	// Small is the number of other documents.
	Small int
}

// GiantKinds are the values of Giants.Kind.
func GiantKinds() []string { return []string{"jsonl", "zst", "txt", "warc", "parquet"} }

// WriteGiants writes the corpus to dir, which holds nothing else. Half of a giant are
// the texts of other documents, the rest are words of its own; the giants are
// near-duplicates of each other. zst has a window of 128 MiB. The same corpus gives the
// same bytes. It is all in memory.
func WriteGiants(dir string, g Giants) error {
	var docs []plant.Document
	for d := range (plant.Spec{Documents: g.Small, Seed: 1, ExactShare: .1, NearShare: .2}).All() {
		one := *d
		one.Text = slices.Clone(d.Text) // good until the next one
		docs = append(docs, one)
	}
	text := giantText(docs, g.Bytes)
	middle := slices.Clone(docs[:len(docs)/2])
	var giants []plant.Document
	for i := range g.Count {
		one := plant.Document{ID: fmt.Sprintf("giant-%d", i), Text: slices.Clone(text), Source: "giants", Date: "2020-01-01"}
		copy(one.Text[len(text)/100*i:], fmt.Sprintf("\n\nThis is copy %d. ", i))
		giants = append(giants, one)
	}
	if g.Kind == "jsonl" {
		return writeTo(filepath.Join(dir, "corpus.jsonl"), append(append(middle, giants...), docs[len(docs)/2:]...), plainLines)
	}
	err := writeTo(filepath.Join(dir, "small.jsonl"), docs, plainLines)
	switch path := filepath.Join(dir, "giants."+g.Kind); g.Kind {
	case "zst":
		return errors.Join(err, writeTo(filepath.Join(dir, "giants.jsonl.zst"), giants, longWindow))
	case "warc":
		return errors.Join(err, writeTo(path, giants, goodArchive))
	case "parquet":
		return errors.Join(err, writeTo(path, giants, texts))
	case "txt":
		for _, d := range giants {
			err = errors.Join(err, os.WriteFile(filepath.Join(dir, d.ID+".txt"), d.Text, 0o644))
		}
		return err
	}
	return fmt.Errorf("formats: giants of kind %q, want one of %s", g.Kind, strings.Join(GiantKinds(), ", "))
}

// giantText returns a text of a size, half of texts of docs and half of others.
func giantText(docs []plant.Document, size int) []byte {
	rnd := rand.New(rand.NewPCG(1, 1))
	text := make([]byte, 0, size+4096)
	for len(text) < size {
		if rnd.IntN(2) == 0 {
			text = append(append(text, docs[rnd.IntN(len(docs))].Text...), "\n\n"...)
		} else {
			text = append(append(text, randomWords(rnd, 2000)...), "\n\n"...)
		}
	}
	return text[:size:size]
}

func writeTo(path string, docs []plant.Document, write func(io.Writer, []plant.Document) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f, docs), f.Close())
}

func plainLines(w io.Writer, docs []plant.Document) error {
	enc := json.NewEncoder(w)
	for _, d := range docs {
		if err := enc.Encode(map[string]string{"id": d.ID, "text": string(d.Text)}); err != nil {
			return err
		}
	}
	return nil
}

func longWindow(w io.Writer, docs []plant.Document) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(128<<20))
	if err != nil {
		return err
	}
	return errors.Join(plainLines(z, docs), z.Close())
}

func goodArchive(w io.Writer, docs []plant.Document) error {
	for _, d := range docs {
		if err := writeRecord(w, 1, d); err != nil {
			return err
		}
	}
	return nil
}

// texts writes a Parquet file whose statistics leave the texts out, as writers do that
// cut long values short.
func texts(w io.Writer, docs []plant.Document) error {
	type row struct {
		ID   string `parquet:"id"`
		Text string `parquet:"text,zstd"`
	}
	out := parquet.NewGenericWriter[row](w, parquet.SkipPageBounds("text"), parquet.ColumnIndexSizeLimit(func([]string) int { return 16 }), parquet.DataPageStatistics(false))
	for _, d := range docs {
		if _, err := out.Write([]row{{d.ID, string(d.Text)}}); err != nil {
			return err
		}
	}
	return out.Close()
}
