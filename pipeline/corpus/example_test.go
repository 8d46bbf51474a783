package corpus_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Every record becomes a document or an error that says where it stands.
func ExampleCorpus_Scan() {
	files := fstest.MapFS{
		"news/a.txt":   {Data: []byte("Ministers met in Moscow.\n")},
		"news/b.jsonl": {Data: []byte(`{"id": "b1", "text": "They met again."}` + "\n" + `{"id": "b2"}` + "\n")},
	}
	c, err := corpus.Open([]string{"news"}, corpus.Options{FS: files})
	if err != nil {
		log.Fatal(err)
	}
	catalog := corpus.NewCatalog(1<<20, "")
	parser, batch := corpus.NewParser(c), corpus.Batch{}
	err = c.Scan(context.Background(), func(b *corpus.Block) error {
		batch.Reset()
		parser.Parse(b, &batch)
		for i := range batch.Docs {
			d := &batch.Docs[i]
			id, err := catalog.Add(b.File, d, corpus.AppendTitle(nil, d.Text, 12))
			if err != nil {
				return err
			}
			fmt.Println(id, catalog.Key(id), catalog.Entry(id).Title)
		}
		for _, e := range batch.Errs {
			fmt.Println(e)
		}
		b.Release()
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// 0 a.txt Ministers…
	// 1 b1 They met…
	// b.jsonl:2: field "text" is missing
}
