package warc

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// maxHTTPHeader is the most that the header of a response may have, in bytes.
const maxHTTPHeader = bufferSize

// response is the header of an HTTP response.
type response struct {
	status      int
	size        int    // of the header in bytes
	contentType string // as the server said it
	encodings   []string
	chunked     bool
}

func (r *response) headerSize() int {
	if r == nil {
		return 0
	}
	return r.size
}

// parseResponse returns nil if data does not begin with the status line of HTTP or if
// its header has no end.
func parseResponse(data []byte) *response {
	r := &response{}
	for first := true; ; first = false {
		i := bytes.IndexByte(data[r.size:], '\n')
		if i < 0 {
			return nil
		}
		line := bytes.TrimRight(data[r.size:r.size+i], "\r")
		r.size += i + 1
		switch {
		case first:
			words := bytes.Fields(line)
			if !bytes.HasPrefix(line, []byte("HTTP/")) || len(words) < 2 {
				return nil
			}
			r.status, _ = strconv.Atoi(string(words[1])) // 0 if it is no number
		case len(line) == 0:
			return r
		default:
			r.field(line)
		}
	}
}

func (r *response) field(line []byte) {
	name, value, _ := bytes.Cut(line, []byte(":"))
	v := string(bytes.TrimSpace(value))
	switch strings.ToLower(string(bytes.TrimSpace(name))) {
	case "content-type":
		r.contentType = v
	case "content-encoding":
		for e := range strings.SplitSeq(strings.ToLower(v), ",") {
			r.encodings = append(r.encodings, strings.TrimSpace(e))
		}
	case "transfer-encoding":
		r.chunked = strings.Contains(strings.ToLower(v), "chunked")
	}
}

// maxEncodings bounds how often a body is decoded: there is gzip data that decodes to
// itself, and a header has room for thousands of them.
const maxEncodings = 5

// body returns the content of a response without its encodings, at most limit+1
// bytes of it, and within a bound. Crawlers often store a body decoded and keep the header, so that a
// body which is not encoded as the header says is taken as it is.
func (r *response) body(stored []byte, limit int64, bound *corpus.Expansion) ([]byte, error) {
	size := int64(len(stored))
	within := func(z io.Reader) io.Reader { return bound.Reader(z, func() int64 { return size }) }
	var err error
	if r.chunked && isChunked(stored) {
		if stored, err = readAll(httputil.NewChunkedReader(bytes.NewReader(stored)), limit); err != nil {
			return stored, fmt.Errorf("chunked data: %w", err)
		}
	}
	if len(r.encodings) > maxEncodings {
		return stored, fmt.Errorf("the Content-Encoding has %d parts, over the limit of %d", len(r.encodings), maxEncodings)
	}
	for i := len(r.encodings) - 1; i >= 0; i-- {
		if stored, err = decode(r.encodings[i], stored, limit, within); err != nil {
			return stored, fmt.Errorf("%s data: %w", r.encodings[i], err)
		}
	}
	return stored, nil
}

func readAll(r io.Reader, limit int64) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, limit+1))
}

// isChunked reports whether a body begins with the size of a chunk.
func isChunked(body []byte) bool {
	line, _, ok := bytes.Cut(body[:min(len(body), 256)], []byte("\n"))
	size, _, _ := bytes.Cut(bytes.TrimRight(line, "\r"), []byte(";"))
	_, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 62)
	return ok && err == nil
}

func decode(encoding string, stored []byte, limit int64, within func(io.Reader) io.Reader) ([]byte, error) {
	in := bytes.NewReader(stored)
	var r io.Reader
	switch encoding {
	case "", "identity":
		return stored, nil
	case "gzip", "x-gzip":
		if !bytes.HasPrefix(stored, gzipMagic) {
			return stored, nil
		}
		z, err := gzip.NewReader(in)
		if err != nil {
			return stored, err
		}
		r = z
	case "deflate":
		if r = inflater(stored); r == nil {
			return stored, nil
		}
	case "br":
		if isPage(stored) {
			return stored, nil
		}
		r = brotli.NewReader(in)
	case "zstd":
		if !bytes.HasPrefix(stored, zstdMagic) {
			return stored, nil
		}
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return stored, err
		}
		defer z.Close()
		r = z
	default:
		return stored, fmt.Errorf("the Content-Encoding is not known")
	}
	return readAll(within(r), limit)
}

// inflater returns a reader of deflated data, with or without the header of zlib, and
// nil if the data is a page.
func inflater(stored []byte) io.Reader {
	if z, err := zlib.NewReader(bytes.NewReader(stored)); err == nil {
		return z
	}
	if isPage(stored) {
		return nil
	}
	return flate.NewReader(bytes.NewReader(stored))
}

// isPage reports whether data begins as HTML does.
func isPage(data []byte) bool { return strings.HasPrefix(http.DetectContentType(data), "text/") }
