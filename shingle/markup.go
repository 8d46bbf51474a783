package shingle

import (
	"bytes"
	"html"
	"strings"
)

// appendTags appends the edits that take the HTML out of text: tags, comments,
// document type declarations, and scripts and style sheets with what they hold.
//
// A tag is taken for one only if nothing about it is unusual: an element of HTML
// by name, attributes with values or ones that never have any, and the end. So
// "a < b", "List<String>" and "<someone@example.org>" stay. A tag that shows up
// as a break or box becomes a space, one that only dresses text nothing.
//
// Time is linear whatever the text: a search for an end that is not there is not
// made twice.
func appendTags(edits []edit, text []byte) []edit {
	t := tagReader{text: text, missing: make(map[string]int)}
	for {
		i := bytes.IndexByte(text[t.at:], '<')
		if i < 0 {
			return edits
		}
		start := t.at + i
		if with, ok := t.read(start); ok {
			edits = append(edits, edit{start, t.at, with})
		} else {
			t.at = start + 1
		}
	}
}

// A tagReader reads markup. at is where it goes on.
type tagReader struct {
	text    []byte
	at      int
	missing map[string]int // where no such end comes any more
}

// read moves at behind the markup that starts with the '<' at start and returns what
// takes its place. ok is false, and at anywhere, if there is none.
func (t *tagReader) read(start int) (with string, ok bool) {
	t.at = start + 1
	switch {
	case t.skip("!--"):
		return "", t.skipBehind("-->")
	case t.skip("!doctype"), t.skip("?xml"):
		t.skipWhile(func(c byte) bool { return c != '<' && c != '>' })
		return " ", t.skip(">")
	}
	closing := t.skip("/")
	name := strings.ToLower(string(t.word()))
	kind := elements[name]
	switch {
	case kind == 0:
		return "", false
	case closing:
		t.skipSpace()
	case !t.attributes():
		return "", false
	}
	if !t.skip(">") {
		return "", false
	}
	if kind == hidden && !closing {
		if open := t.at; !t.skipElement(name) {
			t.at = open
		}
	}
	if kind == inline {
		return "", true
	}
	return " ", true
}

// attributes moves behind the attributes of a tag and the slash of an empty
// element and reports whether they are as they should be.
func (t *tagReader) attributes() bool {
	for {
		spaced := t.skipSpace()
		if t.skip("/") {
			t.skipSpace()
			return true
		}
		if t.at == len(t.text) || t.text[t.at] == '>' {
			return true
		}
		name := t.word()
		if len(name) == 0 || !spaced {
			return false
		}
		behind := t.at
		t.skipSpace()
		switch {
		case t.skip("="):
			t.skipSpace()
			if !t.value() {
				return false
			}
		case !flags[strings.ToLower(string(name))]:
			return false
		default:
			t.at = behind
		}
	}
}

// value moves behind the value of an attribute.
func (t *tagReader) value() bool {
	for _, quote := range []string{`"`, "'"} {
		if t.skip(quote) {
			return t.skipBehind(quote)
		}
	}
	start := t.at
	t.skipWhile(func(c byte) bool { return !asciiSpace(c) && strings.IndexByte("\"'<>`", c) < 0 })
	return t.at > start
}

// skip moves behind s, which is in lower case, if it is next in any case.
func (t *tagReader) skip(s string) bool {
	if len(t.text)-t.at < len(s) {
		return false
	}
	for i, c := range t.text[t.at : t.at+len(s)] {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != s[i] {
			return false
		}
	}
	t.at += len(s)
	return true
}

// skipBehind moves behind the next s.
func (t *tagReader) skipBehind(s string) bool {
	if from, ok := t.missing[s]; ok && t.at >= from {
		return false
	}
	i := bytes.Index(t.text[t.at:], []byte(s))
	if i < 0 {
		t.missing[s] = t.at
		return false
	}
	t.at += i + len(s)
	return true
}

// skipElement moves behind the next closing tag of an element.
func (t *tagReader) skipElement(name string) bool {
	start := t.at
	if from, ok := t.missing[name]; ok && start >= from {
		return false
	}
	for t.skipBehind("</") {
		if t.skip(name) {
			t.skipSpace()
			if t.skip(">") {
				return true
			}
		}
	}
	t.missing[name] = start
	return false
}

func (t *tagReader) skipWhile(is func(byte) bool) {
	for t.at < len(t.text) && is(t.text[t.at]) {
		t.at++
	}
}

// skipSpace reports whether there was any.
func (t *tagReader) skipSpace() bool {
	start := t.at
	t.skipWhile(asciiSpace)
	return t.at > start
}

// word moves behind a name and returns it.
func (t *tagReader) word() []byte {
	start := t.at
	t.skipWhile(func(c byte) bool {
		return alphanumeric(c) || strings.IndexByte("-_:.@", c) >= 0
	})
	return t.text[start:t.at]
}

func alphanumeric(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
}

func asciiSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// What becomes of an element's tags.
const (
	inline = iota + 1 // nothing: they stand within words
	block             // a space
	hidden            // a space, together with what is between them
)

// elements has the elements of HTML by name, but for those whose names are what
// people put in brackets to be filled in: data, output, path, search.
var elements = func() map[string]uint8 {
	m := make(map[string]uint8)
	for kind, names := range map[uint8]string{
		inline: `a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark nobr q s samp small span
			strike strong sub sup time tt u var wbr`,
		block: `address applet area article aside audio base blockquote body br button canvas caption center col colgroup
			dd details dialog div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6
			head header hgroup hr html iframe img input legend li link main map menu meta nav noframes noscript object
			ol optgroup option p param picture pre rp rt ruby section select source summary svg table tbody td template
			textarea tfoot th thead title tr track ul video`,
		hidden: `script style`,
	} {
		for _, name := range strings.Fields(names) {
			m[name] = kind
		}
	}
	return m
}()

// flags has the attributes that need no value.
var flags = func() map[string]bool {
	m := make(map[string]bool)
	for _, name := range strings.Fields(`allowfullscreen async autofocus autoplay checked compact controls default defer
		disabled hidden ismap itemscope loop multiple muted nohref noshade novalidate nowrap open playsinline readonly
		required reversed selected`) {
		m[name] = true
	}
	return m
}()

// longestEntity is the most bytes between the ampersand and the semicolon of a
// character reference, those of CounterClockwiseContourIntegral.
const longestEntity = 31

// appendEntities appends the edits that put characters in the place of HTML's
// references to them: by name, as &eacute; and by number, as &#233; or &#xE9;
// always with a semicolon. The ampersand may be written so itself, any number of
// times over, as in &amp;amp;eacute;.
func appendEntities(edits []edit, text []byte) []edit {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '&')
		if i < 0 {
			return edits
		}
		start := at + i
		at = start + 1
		with := "&"
		for with == "&" {
			size, character := entity(text[at:])
			if size == 0 {
				break
			}
			at += size
			with = character
		}
		if at > start+1 {
			edits = append(edits, edit{start, at, with})
		}
	}
}

// entity returns the size of the character reference that text starts with, behind
// the ampersand, and the characters; 0 if there is none.
func entity(text []byte) (size int, with string) {
	end := 0
	for end < len(text) && end <= longestEntity && (alphanumeric(text[end]) || text[end] == '#') {
		end++
	}
	if end == 0 || end == len(text) || text[end] != ';' {
		return 0, ""
	}
	whole := "&" + string(text[:end+1])
	with = html.UnescapeString(whole)
	// A name that is none but starts with one comes back in part.
	if strings.HasSuffix(with, ";") && with != ";" {
		return 0, ""
	}
	return end + 1, with
}
