package webpage

import (
	"io"
	"strings"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
)

// readable returns the title and the main text, which is empty if none is found.
// A panic of the library counts as nothing found.
func (p *simplePage) readable() (title, text string) {
	title = p.title
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	head := "<title>" + html.EscapeString(p.title) + "</title>"
	doc, err := html.Parse(io.MultiReader(strings.NewReader(head), &p.html))
	if err != nil { // elements nested too deep
		return title, ""
	}
	parser := readability.NewParser()
	parser.DisableJSONLD = true
	article, err := parser.ParseAndMutate(doc, nil)
	if err != nil || article.Node == nil {
		return title, ""
	}
	if s := oneLine([]byte(article.Title())); s != "" {
		title = s
	}
	l := lines{}
	l.node(article.Node)
	return title, l.String()
}

// node adds an element and all that is in it.
func (l *lines) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		l.text([]byte(n.Data))
		return
	case html.ElementNode:
		l.start(n.Data)
		defer l.end(n.Data)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		l.node(c)
	}
}

// oneLine returns s as UTF-8 with single spaces and no line ends.
func oneLine(s []byte) string {
	l := lines{}
	l.text(s)
	return strings.ReplaceAll(l.String(), "\n", " ")
}
