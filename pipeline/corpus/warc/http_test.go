package warc

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zlib"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

func packed(t *testing.T, s string, open func(io.Writer) io.WriteCloser) string {
	t.Helper()
	var b bytes.Buffer
	w := open(&b)
	_, err := io.WriteString(w, s)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func chunked(s string) string {
	return fmt.Sprintf("%x;x=y\r\n%s\r\n%X\r\n%s\r\n0\r\nTrailer: x\r\n\r\n", 3, s[:3], len(s)-3, s[3:])
}

func TestBodies(t *testing.T) {
	const text = "plain words in the body"
	zipped := string(gz(t, []byte(text)))
	deflated := packed(t, text, func(w io.Writer) io.WriteCloser { z, _ := flate.NewWriter(w, 6); return z })
	zlibbed := packed(t, text, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
	br := packed(t, text, func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) })
	for _, c := range []struct{ name, fields, body, want string }{
		{"as it is", "", text, text},
		{"identity", "Content-Encoding: identity\r\n", text, text},
		{"gzip", "content-encoding: GZIP\r\n", zipped, text},
		{"deflate", "Content-Encoding: deflate\r\n", deflated, text},
		{"deflate with the header of zlib", "Content-Encoding: deflate\r\n", zlibbed, text},
		{"br", "Content-Encoding: br\r\n", br, text},
		{"zstd", "Content-Encoding: zstd\r\n", string(zst(t, []byte(text))), text},
		{"chunked", "Transfer-Encoding: chunked\r\n", chunked(text), text},
		{"chunked and gzip", "Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n", chunked(zipped), text},
		{"twice", "Content-Encoding: gzip, br\r\n", packed(t, zipped, func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }), text},
		{"said but not done: gzip", "Content-Encoding: gzip\r\n", text, text},
		{"said but not done: deflate", "Content-Encoding: deflate\r\n", text, text},
		{"said but not done: br", "Content-Encoding: br\r\n", text, text},
		{"said but not done: chunked", "Transfer-Encoding: chunked\r\n", text, text},
		{"unknown", "Content-Encoding: compress\r\n", text, "bad: compress data: the Content-Encoding is not known"},
		{"gzip, cut short", "Content-Encoding: gzip\r\n", zipped[:20], "bad: gzip data: unexpected EOF"},
		{"gzip, damaged", "Content-Encoding: gzip\r\n", zipped[:len(zipped)-5] + "x" + zipped[len(zipped)-4:], "bad: gzip data: gzip: invalid checksum"},
		{"chunked, cut short", "Transfer-Encoding: chunked\r\n", chunked(text)[:20], "bad: chunked data: unexpected EOF"},
		{"bare line feeds", "x: y\n", text, text},
		{"a field that is none", "nothing\r\n", text, text},
	} {
		content := "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" + c.fields + "\r\n" + c.body
		got := read(t, []byte(rec("response", "urn:a", content, "Content-Type", "application/http;msgtype=response")), corpus.ContainerOptions{})
		want := fmt.Sprintf("1: urn:a %q\n", c.want)
		if strings.HasPrefix(c.want, "bad: ") {
			want = "1: " + c.want + "\n"
		}
		if s := summary(got); s != want {
			t.Errorf("%s: got %swant %s", c.name, s, want)
		}
	}
}

// TestTruncated: of a body that the crawler cut short on purpose, what is there counts.
func TestTruncated(t *testing.T) {
	long := strings.Repeat("some words that are compressed well ", 2000)
	body := string(gz(t, []byte(long)))
	content := "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n\r\n" + body[:len(body)-20]
	in := rec("response", "urn:a", content, "Content-Type", "application/http", "WARC-Truncated", "length")
	got := read(t, []byte(in), corpus.ContainerOptions{})
	if len(got) != 1 || got[0].bad != nil || !strings.HasPrefix(long, got[0].object.Text) || got[0].object.Text == "" {
		t.Errorf("%.500s", summary(got))
	}
}

// TestWhatIsADocument: by the type, the media type and whether there is a body.
func TestWhatIsADocument(t *testing.T) {
	response := func(status, contentType, body string) string {
		return rec("response", "urn:a", "HTTP/1.1 "+status+"\r\n"+contentType+"\r\n"+body, "Content-Type", "application/http")
	}
	for _, c := range []struct {
		name, in string
		want     bool
	}{
		{"HTML", response("200 OK", "Content-Type: text/html\r\n", "x"), true},
		{"upper case, parameters", response("200 OK", "Content-Type: TEXT/HTML ; charset=utf-8\r\n", "x"), true},
		{"XHTML", response("200 OK", "Content-Type: application/xhtml+xml\r\n", "x"), true},
		{"plain text", response("200 OK", "Content-Type: text/plain\r\n", "x"), true},
		{"an error page", response("404 Not Found", "Content-Type: text/html\r\n", "x"), true},
		{"a style sheet", response("200 OK", "Content-Type: text/css\r\n", "x"), false},
		{"JSON", response("200 OK", "Content-Type: application/json\r\n", "{}"), false},
		{"no body", response("301 Moved", "Content-Type: text/html\r\n", ""), false},
		{"no header's end", rec("response", "urn:a", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", "Content-Type", "application/http"), false},
		{"nothing said, HTML", response("200 OK", "", "<!DOCTYPE html><p>x"), true},
		{"nothing said, other", response("200 OK", "", "x"), false},
		{"the crawler says HTML", strings.Replace(response("200 OK", "", "x"), "Content-Type:", "WARC-Identified-Payload-Type: text/html\r\nContent-Type:", 1), true},
		{"DNS", rec("response", "urn:a", "x", "Content-Type", "text/dns"), false},
		{"empty response", rec("response", "urn:a", "", "Content-Type", "application/http"), false},
		{"resource", rec("resource", "urn:a", "x", "Content-Type", "text/markdown"), true},
		{"resource without type", rec("resource", "urn:a", "x"), false},
		{"conversion", rec("conversion", "urn:a", "x", "Content-Type", "text/plain"), true},
		{"conversion to an image", rec("conversion", "urn:a", "x", "Content-Type", "image/png"), false},
		{"revisit", rec("revisit", "urn:a", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nx", "Content-Type", "application/http"), false},
		{"warcinfo", rec("warcinfo", "urn:a", "x", "Content-Type", "text/plain"), false},
		{"continuation", rec("continuation", "urn:a", "x", "Content-Type", "text/plain"), false},
	} {
		got := read(t, []byte(c.in), corpus.ContainerOptions{})
		ok := len(got) == 1 && got[0].bad == nil
		if ok != c.want && !(c.name == "no header's end" && len(got) == 1 && got[0].bad != nil) {
			t.Errorf("%s: document %t, want %t\n%s", c.name, ok, c.want, summary(got))
		}
	}
}
