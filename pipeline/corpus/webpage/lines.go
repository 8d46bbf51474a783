package webpage

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// lines lays out text. It is told of tags and text in their order and makes lines
// of them.
type lines struct {
	out bytes.Buffer
	pre int       // open pre elements
	gap separator // what goes before the next word
}

// separator is what stands between two words, the stronger the greater.
type separator uint8

const (
	glued separator = iota
	space
	tab
	newline
)

// blocks are the elements that begin and end a line.
var blocks = setOf("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div",
	"dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup",
	"hr", "html", "legend", "li", "listing", "main", "menu", "nav", "ol", "optgroup", "option", "p", "plaintext", "pre", "search", "section",
	"select", "summary", "table", "tbody", "textarea", "tfoot", "thead", "tr", "ul", "xmp", "br")

// preformatted are the elements whose white space counts.
var preformatted = setOf("pre", "listing", "plaintext", "xmp", "textarea")

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

func (l *lines) start(tag string) {
	l.edge(tag)
	if preformatted[tag] {
		l.pre++
	}
}

func (l *lines) end(tag string) {
	l.edge(tag)
	if preformatted[tag] && l.pre > 0 {
		l.pre--
	}
}

// edge makes room where an element begins or ends.
func (l *lines) edge(tag string) {
	switch {
	case blocks[tag]:
		l.separate(newline)
	case tag == "td" || tag == "th":
		l.separate(tab)
	case tag == "img" || tag == "input" || tag == "button" || tag == "iframe":
		l.separate(space)
	}
}

func (l *lines) separate(s separator) { l.gap = max(l.gap, s) }

// text adds text with all entities resolved. A control character is white space,
// a no-break space is a space.
func (l *lines) text(s []byte) {
	if l.pre > 0 {
		l.preformatted(s)
		return
	}
	for len(s) > 0 {
		n := bytes.IndexFunc(s, isSpace)
		if n < 0 {
			n = len(s)
		}
		l.word(s[:n])
		if s = s[n:]; len(s) > 0 {
			_, size := utf8.DecodeRune(s)
			s = s[size:]
			l.separate(space)
		}
	}
}

func isSpace(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// preformatted adds text with its lines and its spaces.
func (l *lines) preformatted(s []byte) {
	for line := range bytes.Lines(s) {
		text := bytes.TrimRightFunc(line, isSpace)
		if len(text) > 0 {
			l.word(text)
		}
		if line[len(line)-1] == '\n' {
			l.separate(newline)
		} else if len(text) < len(line) {
			l.separate(space)
		}
	}
}

// word adds what has no separator in it.
func (l *lines) word(s []byte) {
	if len(s) == 0 {
		return
	}
	if l.out.Len() > 0 && l.gap > glued {
		l.out.WriteByte([...]byte{space: ' ', tab: '\t', newline: '\n'}[l.gap])
	}
	l.gap = glued
	l.out.Write(s)
}

func (l *lines) String() string { return strings.TrimSpace(l.out.String()) }
