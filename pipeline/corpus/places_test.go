package corpus

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
)

// TestPlacesHaveWhatAScanFound: each document, read again at its place, is the one that was
// there, however long, at the beginning and the end of the file, and none is where it was
// not.
func TestPlacesHaveWhatAScanFound(t *testing.T) {
	t.Parallel()
	var stored strings.Builder
	stored.WriteString("\xef\xbb\xbf")
	for i := range 40 {
		end := []string{"\n", "\r\n", "\n\n"}[i%3]
		if i == 39 {
			end = ""
		}
		fmt.Fprintf(&stored, `{"id":"%d","text":"%s"}%s`, i, strings.Repeat("text ", i*i*20), end)
	}
	c := mustOpen(t, []string{"a.jsonl"}, Options{FS: tree{"a.jsonl": stored.String()}.fs(), MaxRecord: 200_000})
	p := NewParser(c)
	places, texts := map[int64]string{}, map[int64]string{}
	err := c.Scan(context.Background(), func(b *Block) error {
		defer b.Release()
		var batch Batch
		p.Parse(b, &batch)
		for _, d := range batch.Docs {
			places[d.Offset], texts[d.Offset] = string(d.Key), string(d.Text)
		}
		return nil
	})
	if err != nil || len(places) != 40 {
		t.Fatalf("%d documents, %v", len(places), err)
	}
	r, err := c.OpenPlaces(0)
	if err != nil {
		t.Fatal(err)
	}
	for offset, key := range places {
		b, err := r.Block(offset)
		if err != nil {
			t.Fatal(err)
		}
		var batch Batch
		if err := p.ParseAt(b, offset, &batch); err != nil || string(batch.Docs[0].Key) != key || string(batch.Docs[0].Text) != texts[offset] {
			t.Errorf("record %s at %d: %v", key, offset, err)
		}
	}
	for _, offset := range []int64{7, int64(stored.Len()) - 3, int64(stored.Len())} {
		b, err := r.Block(offset)
		if err != nil {
			t.Fatal(err)
		}
		var batch Batch
		if err := p.ParseAt(b, offset, &batch); err == nil {
			t.Errorf("a record at %d: %s", offset, batch.Docs[0].Key)
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// TestOtherFilesHaveNoPlaces that could be read.
func TestOtherFilesHaveNoPlaces(t *testing.T) {
	t.Parallel()
	plain := records(0, 3)
	files := tree{"b.jsonl.gz": gz(t, plain), "c.txt": "text", "d.csv": "id,text\n1,a\n"}
	c := mustOpen(t, []string{"."}, Options{FS: files.fs()})
	for i, f := range c.Files() {
		if _, err := c.OpenPlaces(i); err == nil {
			t.Errorf("%s has records at places", f.Name)
		}
	}
	streamed := mustOpen(t, []string{"-"}, Options{Stdin: bytes.NewReader([]byte(plain))})
	if _, err := streamed.OpenPlaces(0); err == nil {
		t.Error("standard input has records at places")
	}
}
