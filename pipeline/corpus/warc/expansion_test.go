package warc

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// expanded are the ids of the documents of a file, and its errors, under a bound.
func expanded(t *testing.T, data []byte, o corpus.Options) (ids, errs []string, c *corpus.Corpus) {
	t.Helper()
	o.FS, o.Containers = fstest.MapFS{"a.warc": {Data: data}}, []corpus.Container{New()}
	c, err := corpus.Open([]string{"a.warc"}, o)
	if err != nil {
		t.Fatal(err)
	}
	p := corpus.NewParser(c)
	if err := c.Scan(t.Context(), func(b *corpus.Block) error {
		var batch corpus.Batch
		p.Parse(b, &batch)
		for _, d := range batch.Docs {
			ids = append(ids, string(d.Key))
		}
		for _, e := range batch.Errs {
			errs = append(errs, fmt.Sprintf("%d %v %s", e.Line, e.Broken, e.Reason))
		}
		b.Release()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return ids, errs, c
}

// TestMaxExpansion: an archive that grows ten thousandfold is read to its end if that
// is allowed, and else up to the same place always, whether in one member or many.
func TestMaxExpansion(t *testing.T) {
	const copies, size = 40, 1 << 20
	text := strings.Repeat("the same words, ", size/16)
	var records []string
	for i := range copies {
		records = append(records, wet(fmt.Sprint("urn:", i), text))
	}
	for _, l := range layouts(t)[:6] {
		if l.name == "plain" || strings.Contains(l.name, "anywhere") {
			continue // it does not grow, or takes long to make
		}
		data := l.store(t, records)
		bound := int64(copies * size / len(data) / 2)
		if ids, errs, _ := expanded(t, data, corpus.Options{MaxExpansion: 1e6}); len(ids) != copies || len(errs) > 0 {
			t.Fatalf("%s: %d documents, errors %q", l.name, len(ids), errs)
		}
		ids, errs, c := expanded(t, data, corpus.Options{MaxExpansion: bound})
		if len(errs) != 1 || !strings.Contains(errs[0], fmt.Sprintf("%d true ", len(ids)+1)) || !strings.Contains(errs[0], "--max-expansion") || len(ids) < 15 || len(ids) > 17 {
			t.Fatalf("%s: %d documents, errors %q", l.name, len(ids), errs)
		}
		// Where records are passed over, they end at the same place; and what is kept
		// of the file is what was read of it.
		if _, short, _ := expanded(t, data, corpus.Options{MaxExpansion: bound, MaxRecord: 1000}); len(short) != len(ids)+1 || short[len(ids)] != errs[0] {
			t.Errorf("%s: errors %q", l.name, short)
		}
		var out bytes.Buffer
		if err := c.Select(t.Context(), 0, &out, func(n int64) bool { return n <= int64(len(ids)) }); err != nil {
			t.Fatalf("%s: %v", l.name, err)
		}
		if again, errs, _ := expanded(t, out.Bytes(), corpus.Options{MaxExpansion: 1e6}); !reflect.DeepEqual(again, ids) || len(errs) > 0 {
			t.Errorf("%s: %d documents were kept, errors %q", l.name, len(again), errs)
		}
		if err := c.ReadSelected(t.Context(), 0, stored(out.Bytes()), func([]byte) {}); err != nil {
			t.Errorf("%s: what was written is not read back: %v", l.name, err)
		}
	}
}

// TestMaxExpansionOfBodies: a body that grows too much, at once or in two encodings, is
// one bad record, even if it says that it was cut short.
func TestMaxExpansionOfBodies(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: "
	text := []byte(strings.Repeat("the same words, ", 2<<20))
	once := zst(t, text)
	fields := []string{"Content-Type", "application/http"}
	for name, record := range map[string]string{
		"zstd":      rec("response", "urn:m", head+"zstd\r\n\r\n"+string(once), fields...),
		"zstd, cut": rec("response", "urn:m", head+"zstd\r\n\r\n"+string(once), append(fields, "WARC-Truncated", "length")...),
		"gzip":      rec("response", "urn:m", head+"gzip, gzip\r\n\r\n"+string(gz(t, gz(t, text))), fields...),
	} {
		data := []byte(wet("urn:a", "first") + record + wet("urn:z", "last"))
		if ids, errs, _ := expanded(t, data, corpus.Options{MaxExpansion: 1e6}); len(ids) != 3 || len(errs) > 0 {
			t.Errorf("%s: documents %q, errors %q", name, ids, errs)
		}
		ids, errs, _ := expanded(t, data, corpus.Options{})
		if want := []string{"urn:a", "urn:z"}; !reflect.DeepEqual(ids, want) || len(errs) != 1 || !strings.Contains(errs[0], "2 false ") || !strings.Contains(errs[0], "--max-expansion") {
			t.Errorf("%s: documents %q, errors %q", name, ids, errs)
		}
	}
}
