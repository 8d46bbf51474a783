package warc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/doppel-dedup/doppel/internal/charset"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// object is a document as JSON.
type object struct {
	ID       string `json:"id,omitempty"`
	URL      string `json:"url,omitempty"`
	Host     string `json:"host,omitempty"`
	Date     string `json:"date,omitempty"`
	Type     string `json:"type"`
	MIME     string `json:"mime"`
	Status   int    `json:"status,omitempty"`
	Language string `json:"language,omitempty"`
	Digest   string `json:"digest,omitempty"`
	Text     string `json:"text"`
}

// texter makes documents of records. It may be used from many goroutines.
type texter struct {
	limit int64                                                 // of a record in bytes
	page  func(page []byte, contentType string) (string, error) // or nil
	file  *corpus.Stored
	host  bool // is wanted
}

// document writes the JSON of a document of a media type to dst.
func (t *texter) document(dst *bytes.Buffer, rec *record, media string) error {
	text, err := t.text(rec, media)
	if err != nil {
		return err
	}
	h := &rec.header
	o := object{
		ID:       utf8(bareID(h.get("WARC-Record-ID"))),
		URL:      utf8(bareID(h.get("WARC-Target-URI"))),
		Date:     utf8(h.get("WARC-Date")),
		Type:     strings.ToLower(h.get("WARC-Type")),
		MIME:     utf8(media),
		Language: utf8(h.get("WARC-Identified-Content-Language")),
		Digest:   utf8(h.get("WARC-Payload-Digest")),
		Text:     text,
	}
	if t.host {
		o.Host = hostOf(o.URL)
	}
	if rec.http != nil {
		o.Status = rec.http.status
	}
	dst.Reset()
	e := json.NewEncoder(dst)
	e.SetEscapeHTML(false)
	if err := e.Encode(&o); err != nil {
		return err
	}
	dst.Truncate(dst.Len() - 1) // the newline
	return nil
}

// hostOf returns the host of an address, "" if it has none. What crawlers store behind
// the host need not be a valid address.
func hostOf(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	if end := strings.IndexAny(rest, `/?#\`); end >= 0 {
		rest = rest[:end]
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), "www.")
}

func utf8(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// text returns the text of a document.
func (t *texter) text(rec *record, media string) (string, error) {
	if rec.over {
		return "", t.overLimit()
	}
	body, contentType := rec.content, rec.header.get("Content-Type")
	if rec.http != nil {
		var err error
		contentType = rec.http.contentType
		body, err = rec.http.body(body, t.limit, t.file.Expansion("the body"))
		if err != nil && (rec.header.get("WARC-Truncated") == "" || errors.Is(err, corpus.ErrExpansion)) {
			return "", err
		}
	}
	if int64(len(body)) > t.limit {
		return "", t.overLimit()
	}
	if !pages[media] {
		return string(charset.Text(body, contentType)), nil
	}
	if t.page == nil {
		return string(charset.Page(body, contentType)), nil
	}
	text, err := t.page(body, contentType)
	if err != nil {
		return "", &corpus.CodedError{Code: corpus.NoPageText, Err: fmt.Errorf("the page has no text: %w", err)}
	}
	return utf8(text), nil
}

func (t *texter) overLimit() error {
	return &corpus.CodedError{Code: corpus.TooLarge, Err: fmt.Errorf("the record is over the limit of %d bytes (--max-record)", t.limit)}
}
