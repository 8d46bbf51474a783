package webpage

import (
	"bytes"

	"golang.org/x/net/html"
)

// emphasis are the tags that a parser opens again in every block until they are
// closed. A page of n bytes could become n*n elements by them, and they mean
// nothing for where text stands.
var emphasis = setOf("b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")

// telling are the attributes by which Readability judges an element.
var telling = setOf("aria-hidden", "aria-modal", "class", "dir", "hidden", "href", "id", "itemprop", "lang", "rel", "role", "style")

// maxAttribute is how much is kept of an attribute, in bytes.
const maxAttribute = 200

// simplePage is a page without what bears no text.
type simplePage struct {
	html  bytes.Buffer
	title string
}

// simplify returns nil if the page is over a limit.
func simplify(page []byte) *simplePage {
	t, p, elements := newTags(page), simplePage{}, 0
	for p.html.Len() <= maxBytes && elements <= maxElements {
		kind, name := t.next()
		switch {
		case kind == html.ErrorToken:
			p.title = oneLine(t.title)
			return &p
		case kind == html.TextToken:
			p.text(t.z.Text())
		case emphasis[name]:
		case kind == html.EndTagToken:
			p.html.WriteString("</" + plainName(name) + ">")
		default:
			elements++
			p.start(plainName(name), t.z)
		}
	}
	return nil
}

// plainName replaces elements whose content is read as one text, now that there
// are tags in it.
func plainName(name string) string {
	if preformatted[name] {
		return "pre"
	}
	return name
}

func (p *simplePage) text(s []byte) { p.html.WriteString(html.EscapeString(string(s))) }

func (p *simplePage) start(name string, z *html.Tokenizer) {
	p.html.WriteString("<" + name)
	for more := true; more; {
		var key, value []byte
		key, value, more = z.TagAttr()
		if telling[string(key)] {
			p.html.WriteByte(' ')
			p.html.Write(key)
			p.html.WriteString(`="`)
			p.text(value[:min(len(value), maxAttribute)])
			p.html.WriteByte('"')
		}
	}
	p.html.WriteByte('>')
}
