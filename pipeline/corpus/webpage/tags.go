package webpage

import (
	"bytes"

	"golang.org/x/net/html"
)

// hidden are the elements whose text is not shown. The tokenizer reads what is in
// them as one text.
var hidden = setOf("script", "style", "noscript", "iframe", "noembed", "noframes", "title")

// dropped are the elements that are left out with the elements in them. A picture
// that is never closed ends where a block begins or ends.
var dropped = setOf("svg", "math", "template")

// tags reads the tags and texts of a page that are for the eye.
type tags struct {
	z     *html.Tokenizer
	skip  string // the element that is being passed over
	title []byte // the text of the first title element so far
	named bool   // there was one
}

func newTags(page []byte) *tags { return &tags{z: html.NewTokenizer(bytes.NewReader(page))} }

// next returns the next start tag, end tag or text, and the tag's name.
func (t *tags) next() (html.TokenType, string) {
	for {
		kind := t.z.Next()
		switch kind {
		case html.ErrorToken:
			return kind, ""
		case html.TextToken:
			if t.skip == "" {
				return kind, ""
			}
			t.hiddenText()
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			raw, _ := t.z.TagName()
			if name := string(raw); t.shown(kind, name) {
				return kind, name
			}
		}
	}
}

// hiddenText keeps the title of the page.
func (t *tags) hiddenText() {
	if t.skip == "title" && !t.named {
		t.title, t.named = bytes.Clone(t.z.Text()), true
	}
}

// shown reports whether a tag is to be heeded, and begins and ends what is not.
func (t *tags) shown(kind html.TokenType, name string) bool {
	if t.skip != "" {
		if block := blocks[name] && t.skip != "template"; !block && (name != t.skip || kind != html.EndTagToken) {
			return false
		}
		t.skip = ""
		return blocks[name]
	}
	switch {
	case hidden[name] && kind != html.EndTagToken, dropped[name] && kind == html.StartTagToken:
		t.skip = name
	case !hidden[name] && !dropped[name]:
		return true
	}
	return false
}

// visible returns the text of a page that a browser shows, in its order.
func visible(page []byte) string {
	t, l := newTags(page), lines{}
	for {
		switch kind, name := t.next(); kind {
		case html.ErrorToken:
			return l.String()
		case html.TextToken:
			l.text(t.z.Text())
		case html.EndTagToken:
			l.end(name)
		case html.StartTagToken:
			l.start(name)
		case html.SelfClosingTagToken:
			l.edge(name)
		}
	}
}
