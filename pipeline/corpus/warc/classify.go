package warc

import (
	"net/http"
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// pages are the media types of HTML, plain those of text that is read as it is.
var (
	pages = map[string]bool{"text/html": true, "application/xhtml+xml": true, "application/vnd.wap.xhtml+xml": true}
	plain = map[string]bool{"text/plain": true, "text/markdown": true}
)

// mediaType returns the media type of a Content-Type in lower case.
func mediaType(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

func isText(media string) bool { return pages[media] || plain[media] }

// classify says what the record is, by its header and the beginning of its content
// in buf.
func (s *scanner) classify() {
	h := &s.rec.header
	switch strings.ToLower(h.get("WARC-Type")) {
	case "response":
		s.classifyResponse()
	case "resource", "conversion":
		if h.length > 0 && isText(mediaType(h.get("Content-Type"))) {
			s.rec.class = document
		}
	}
}

func (s *scanner) classifyResponse() {
	h := &s.rec.header
	if mediaType(h.get("Content-Type")) != "application/http" || h.length == 0 {
		return // of DNS and other protocols
	}
	r := parseResponse(s.buf)
	if r == nil {
		s.fail(corpus.BadWARC, "the content is no HTTP response with a header of at most 64 KiB")
		return
	}
	s.rec.http = r
	if h.length > int64(r.size) && isText(s.mediaOfResponse()) {
		s.rec.class = document
	}
}

// mediaOfResponse returns what the server says a response to be; if it says nothing,
// what the crawler says; if that says nothing either, HTML if it begins like it.
func (s *scanner) mediaOfResponse() string {
	if t := mediaType(s.rec.http.contentType); t != "" {
		return t
	}
	if t := mediaType(s.rec.header.get("WARC-Identified-Payload-Type")); t != "" {
		return t
	}
	body := s.buf[s.rec.http.size:]
	if t := mediaType(http.DetectContentType(body)); pages[t] {
		return t
	}
	return ""
}

// media returns the media type of a document.
func (s *scanner) media() string {
	if s.rec.http != nil {
		return s.mediaOfResponse()
	}
	return mediaType(s.rec.header.get("Content-Type"))
}
