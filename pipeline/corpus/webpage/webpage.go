// Package webpage takes the text out of pages of HTML.
//
//	Main.Text(page, "text/html; charset=gbk") -> the article
//
// # In and out
//
// In go the bytes of a page and its Content-Type, if known; the encoding is found
// as package charset says. Out comes UTF-8 text of lines: one for each paragraph,
// heading, list item and table row, with single spaces between words, tabs between
// the cells of a row, and preformatted text as it is.
//
// [Main] leaves out what surrounds an article: navigation, cookie banners, related
// stories, comments, footers. It is the method of Mozilla's Readability. The
// title, without the name of the site, is the first line, unless it is a line of the
// first 4 KiB anyway. If Readability
// finds nothing, or under a tenth of a page of at most 2000 characters, the text
// is that of [All].
//
// [All] is every text that a browser shows, without styles, scripts and images
// being looked at, and without the title.
//
// # Hostile pages
//
// Before any tree is made of a page, one pass over its tags drops all that bears
// no text or is only emphasis, and counts. No main text
// is looked for in a page of over 20,000 elements, of elements nested deeper than
// 512, or of over 4 MiB. It is read as by All, which takes time and memory in proportion to its size.
//
// All results depend on the bytes alone. Everything here may be called from many
// goroutines.
package webpage

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/internal/charset"
)

// Mode says which text of a page is wanted.
type Mode uint8

// The modes.
const (
	// Main is the article without what surrounds it.
	Main Mode = iota
	// All is all that is shown.
	All
)

// Version returns what determines the text besides the page, for the identity of a
// result: the mode, the number of this package's rules and the extractor's version.
// It changes whenever the text of a page may.
func (m Mode) Version() string {
	if m == All {
		return "all/1"
	}
	return "main/1 go-readability/2.1.0"
}

// The limits of main text. They bound the time for a page, because Readability
// takes more than linear time for pages made to hurt it.
const (
	maxElements = 20_000
	maxBytes    = 4 << 20 // of the page without what bears no text

	shortPage = 2000 // characters
	minShare  = 10   // main text of a short page is at least a 10th of it
)

// Text returns the text of a page. Its error says that the page is of another
// kind, such as a PDF document; there is no HTML that is an error.
func (m Mode) Text(page []byte, contentType string) (string, error) {
	if kind := foreign(page); kind != "" {
		return "", fmt.Errorf("the page is %s, want HTML", kind)
	}
	page = charset.Page(page, contentType)
	if m == All {
		return visible(page), nil
	}
	return mainText(page), nil
}

// foreign names the kind of a page that is a file of another kind.
func foreign(page []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(page), ";")
	if strings.HasPrefix(kind, "text/") || kind == "application/octet-stream" {
		return ""
	}
	return kind
}

func mainText(page []byte) string {
	p := simplify(page)
	if p == nil {
		return visible(page)
	}
	title, text := p.readable()
	if minShare*utf8.RuneCountInString(text) < shortPage {
		if all := visible(page); text == "" || tooShort(text, all) {
			text = all
		}
	}
	if title == "" || hasTitle(text, title) {
		return text
	}
	return strings.TrimSuffix(title+"\n"+text, "\n")
}

func tooShort(text, all string) bool {
	n := utf8.RuneCountInString(all)
	return n <= shortPage && minShare*utf8.RuneCountInString(text) < n
}

// hasTitle reports whether a line of the beginning is the title.
func hasTitle(text, title string) bool {
	for line := range strings.Lines(text[:min(len(text), 4<<10)]) {
		if strings.EqualFold(strings.TrimSpace(line), title) {
			return true
		}
	}
	return false
}
