package warc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// crawl is a small archive: five documents among what belongs to them.
func crawl() []string {
	return []string{
		rec("warcinfo", "urn:0", "software: hand\r\n", "Content-Type", "application/warc-fields"),
		rec("request", "urn:q1", "GET / HTTP/1.1\r\n\r\n", "WARC-Concurrent-To", "<urn:1>", "Content-Type", "application/http; msgtype=request"),
		page("urn:1", "<p>one</p>", "WARC-Target-URI", "<http://a.example/1>", "WARC-Date", "2024-03-04T00:00:00Z", "WARC-Payload-Digest", "sha1:AAAA"),
		rec("metadata", "urn:m1", "fetchTimeMs: 3\r\n", "WARC-Refers-To", "<urn:1>"),
		rec("response", "urn:png", "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG", "Content-Type", "application/http"),
		rec("request", "urn:q2", "GET /2 HTTP/1.1\r\n\r\n"),
		page("urn:2", "<p>two &amp; more</p>", "WARC-Concurrent-To", "<urn:q2>"),
		wet("urn:3", "three\nlines\n"),
		rec("revisit", "urn:r", "HTTP/1.1 200 OK\r\n\r\n", "WARC-Refers-To", "<urn:1>"),
		rec("resource", "urn:4", "four", "Content-Type", "text/plain; charset=utf-8"),
		rec("metadata", "urn:m2", "about two", "WARC-Concurrent-To", "<urn:4>", "WARC-Concurrent-To", "<urn:3>"),
		rec("resource", "urn:5", "<p>five</p>", "Content-Type", "text/html"),
		rec("response", "urn:dns", "20240304\na.example. 3600 IN A 10.0.0.1", "Content-Type", "text/dns"),
	}
}

func TestEveryLayoutHoldsTheSameDocuments(t *testing.T) {
	const want = `1: urn:1 "<p>one</p>"
2: urn:2 "<p>two &amp; more</p>"
3: urn:3 "three\nlines\n"
4: urn:4 "four"
5: urn:5 "<p>five</p>"
`
	for _, l := range layouts(t) {
		if got := summary(read(t, l.store(t, crawl()), corpus.ContainerOptions{})); got != want {
			t.Errorf("%s:\n%s", l.name, got)
		}
	}
}

func TestFields(t *testing.T) {
	got := read(t, layouts(t)[0].store(t, crawl()), corpus.ContainerOptions{})[0]
	const want = `{"id":"urn:1","url":"http://a.example/1","host":"a.example","date":"2024-03-04T00:00:00Z","type":"response","mime":"text/html","status":200,"digest":"sha1:AAAA","text":"<p>one</p>"}`
	if got.json != want {
		t.Errorf("got  %s\nwant %s", got.json, want)
	}
	without := read(t, layouts(t)[0].store(t, crawl()), corpus.ContainerOptions{Fields: []string{"text", "url"}})[0]
	if want := strings.Replace(want, `"host":"a.example",`, "", 1); without.json != want {
		t.Errorf("without the host %s\nwant             %s", without.json, want)
	}
	before := crawl()
	if offset := len(before[0]) + len(before[1]); got.offset != int64(offset) {
		t.Errorf("offset %d, want %d", got.offset, offset)
	}
}

func TestHostOf(t *testing.T) {
	for address, want := range map[string]string{
		"http://a.example/1":                      "a.example",
		"https://WWW.Example.ORG:8443?q=http://b": "example.org",
		"http://user:p@ss@a.example./%zz":         "a.example",
		"http://[2001:db8::1]:80/":                "2001:db8::1",
		`http://a.example\b`:                      "a.example",
		"http://münchen.example#x":                "münchen.example",
		"ftp://a":                                 "a",
		"http://a b/":                             "",
		"http:///x":                               "",
		"dns:a.example":                           "",
		"urn:uuid:1":                              "",
		"":                                        "",
	} {
		if got := hostOf(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

// TestSelectKeepsBytes: every choice of documents, in every layout, leaves the bytes
// of all that stays.
func TestSelectKeepsBytes(t *testing.T) {
	records := crawl()
	owners := map[int][]int{1: {0}, 2: {0}, 3: {0}, 5: {1}, 6: {1}, 7: {2}, 9: {3}, 10: {3, 2}, 11: {4}} // documents by record
	for _, l := range layouts(t) {
		in := l.store(t, records)
		documents := read(t, in, corpus.ContainerOptions{})
		for choice := range 1 << 5 {
			var stay []string
			for i, r := range records {
				kept := len(owners[i]) == 0
				for _, d := range owners[i] {
					kept = kept || choice>>d&1 == 1
				}
				if kept {
					stay = append(stay, r)
				}
			}
			out, n := pick(t, in, func(number int64) bool { return choice>>(number-1)&1 == 1 })
			if n != 5 {
				t.Fatalf("%s: %d records asked for", l.name, n)
			}
			if got := content(t, out); got != strings.Join(stay, "") {
				t.Fatalf("%s, choice %05b: got\n%q\nwant\n%q", l.name, choice, got, stay)
			}
			if strings.HasSuffix(l.name, "a record") && !bytes.Equal(out, l.store(t, stay)) {
				t.Errorf("%s, choice %05b: the members are not as they were stored", l.name, choice)
			}
			i := 0
			for _, f := range read(t, out, corpus.ContainerOptions{}) {
				for choice>>i&1 == 0 {
					i++
				}
				if f.json != documents[i].json {
					t.Errorf("%s, choice %05b: %s, want %s", l.name, choice, f.json, documents[i].json)
				}
				i++
			}
		}
	}
}

// content is all that the members hold.
func content(t *testing.T, b []byte) string {
	t.Helper()
	in, err := newInput(t.Context(), stored(b))
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	var out strings.Builder
	for in.advance() == nil {
		for line, err := in.line(); err == nil; line, err = in.line() {
			out.Write(line)
		}
	}
	return out.String()
}

func TestPages(t *testing.T) {
	var seen sync.Map // content types
	o := corpus.ContainerOptions{PageText: corpus.PageText{Extract: func(page []byte, contentType string) (string, error) {
		seen.Store(contentType, true)
		if bytes.Contains(page, []byte("PDF")) {
			return "", errors.New("it is another thing")
		}
		return strings.ToUpper(string(page)), nil
	}}}
	got := summary(read(t, []byte(page("urn:1", "one")+page("urn:2", "PDF")+wet("urn:3", "three")), o))
	const want = `1: urn:1 "ONE"
2: bad: the page has no text: it is another thing
3: urn:3 "three"
`
	if got != want {
		t.Error(got)
	}
	seen.Range(func(contentType, _ any) bool {
		if contentType != "text/html; charset=utf-8" {
			t.Errorf("the content type is %q", contentType)
		}
		return true
	})
}

func TestCancelled(t *testing.T) {
	for _, l := range layouts(t) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		in := l.store(t, crawl())
		records, err := New().Open(ctx, stored(in), corpus.ContainerOptions{MaxRecord: 1 << 20})
		if err == nil {
			_, err = records.Next()
			records.Close()
		}
		if err != ctx.Err() {
			t.Errorf("%s: Open and Next return %v", l.name, err)
		}
		if err := New().Select(ctx, stored(in), new(bytes.Buffer), func(int64) bool { return true }); err != ctx.Err() {
			t.Errorf("%s: Select returns %v", l.name, err)
		}
	}
}

// TestTextsAhead: as many texts are made beside Next as fit, and no more; Close waits
// for them.
func TestTextsAhead(t *testing.T) {
	const size = 1 << 20
	var in strings.Builder
	for i := range 40 {
		in.WriteString(page(fmt.Sprint("urn:", i), "<p>"+strings.Repeat("x", size)))
	}
	var made atomic.Int64
	o := corpus.ContainerOptions{MaxRecord: 2 * size, Slots: make(chan struct{}, 64)}
	o.PageText.Extract = func(page []byte, _ string) (string, error) {
		made.Add(1)
		return string(page[:10]), nil
	}
	records, err := New().Open(t.Context(), stored([]byte(in.String())), o)
	if err != nil {
		t.Fatal(err)
	}
	if rec, err := records.Next(); err != nil || rec.Number != 1 {
		t.Errorf("record %d, %v", rec.Number, err)
	}
	records.Close()
	if n := made.Load(); n < 2 || n > aheadBytes/size+1 || len(o.Slots) > 0 {
		t.Errorf("%d texts were made for one record, %d slots are taken", n, len(o.Slots))
	}
}

// TestCancelledWhileTextsAreMade: no record comes after the end of the context, and no
// goroutine is left.
func TestCancelledWhileTextsAreMade(t *testing.T) {
	var in strings.Builder
	for i := range 20 {
		in.WriteString(page(fmt.Sprint("urn:", i), "<p>x"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := corpus.ContainerOptions{MaxRecord: 1 << 20, Slots: make(chan struct{}, 2)}
	o.PageText.Extract = func([]byte, string) (string, error) {
		<-ctx.Done()
		return "text", nil
	}
	records, err := New().Open(ctx, stored([]byte(in.String())), o)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := records.Next()
		done <- err
	}()
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("Next returns %v", err)
	}
	records.Close()
	if len(o.Slots) > 0 {
		t.Errorf("%d slots are taken", len(o.Slots))
	}
}

// TestOtherCompressions are told by their name, not as a file without records.
func TestOtherCompressions(t *testing.T) {
	for _, c := range []corpus.Compression{corpus.Bzip2, corpus.Xz} {
		f := stored([]byte("\xfd7zXZ\x00 and so on"))
		f.Compression = c
		records, err := New().Open(t.Context(), f, corpus.ContainerOptions{MaxRecord: 1 << 20})
		if err == nil {
			_, err = records.Next()
			records.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.String()+": decompress") {
			t.Errorf("%s: %v", c, err)
		}
	}
}
