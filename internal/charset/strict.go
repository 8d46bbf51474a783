package charset

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// metaLength is how much of a page is searched for what it says of its encoding, as in
// browsers.
const metaLength = 1024

// marks are the byte order marks besides that of UTF-8 and what they tell. The longer
// ones come first.
var marks = []struct {
	mark     string
	name     string
	encoding encoding.Encoding
}{
	{"\x00\x00\xfe\xff", "utf-32be", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
	{"\xff\xfe\x00\x00", "utf-32le", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
	{"\xfe\xff", "utf-16be", unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
	{"\xff\xfe", "utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
}

// Name returns the one name of an encoding that browsers know and read.
func Name(name string) (string, bool) {
	e, canonical := charset.Lookup(name)
	return canonical, e != nil && canonical != "replacement" && canonical != "x-user-defined"
}

// Strict returns text as UTF-8 and the name of the encoding that it had: that of its
// byte order mark, else named, else, if that is "" and the text a page, UTF-16 if it
// begins with a tag in that, or what it says itself, else UTF-8. Nothing is guessed: it
// fails if the text is not all in that encoding. UTF-8 is returned as it is, and not
// checked.
func Strict(text []byte, isPage bool, named string) (out []byte, name string, ok bool) {
	for _, m := range marks {
		if bytes.HasPrefix(text, []byte(m.mark)) {
			return decodeAll(text[len(m.mark):], m.encoding, m.name)
		}
	}
	if named == "" && isPage {
		if named = wideEncoding(text); named == "" {
			named = metaEncoding(text)
		}
		if named == "windows-1252" && utf8.Valid(text) {
			named = "" // as in Page
		}
	}
	if e, canonical := charset.Lookup(named); e != nil && canonical != "utf-8" {
		return decodeAll(text, e, canonical)
	}
	return text, "utf-8", true
}

func decodeAll(text []byte, e encoding.Encoding, name string) ([]byte, string, bool) {
	out, err := e.NewDecoder().Bytes(text)
	return out, name, err == nil && !bytes.ContainsRune(out, utf8.RuneError)
}

// wideEncoding returns the encoding of a page that begins with a tag in UTF-16 and has no
// byte order mark, as in the standard one that begins with "<?x" is read; else "". In
// no other encoding is every second byte of a tag zero.
func wideEncoding(page []byte) string {
	start := page[:min(len(page), metaLength)]
	for low, name := range []string{"utf-16le", "utf-16be"} {
		if beginsWide(start, low) {
			return name
		}
	}
	return ""
}

// beginsWide reports whether text begins with a tag, perhaps behind white space, in
// pairs of a zero and a character, which is the first or, for a low of 1, the second.
func beginsWide(text []byte, low int) bool {
	for ; len(text) >= 4 && text[1-low] == 0; text = text[2:] {
		switch c := text[low]; {
		case c == '<':
			return text[3-low] == 0 && beginsTag(text[2+low])
		case !isSpace(c):
			return false
		}
	}
	return false
}

// beginsTag reports whether a tag begins with c behind its bracket.
func beginsTag(c byte) bool { return c == '!' || c == '?' || 'a' <= c|0x20 && c|0x20 <= 'z' }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' }

// metaEncoding returns what a page says of its encoding, "" if nothing.
func metaEncoding(page []byte) string {
	z := html.NewTokenizer(bytes.NewReader(page[:min(len(page), metaLength)]))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			tag, hasAttr := z.TagName()
			if string(tag) != "meta" || !hasAttr {
				continue
			}
			if name := metaCharset(z); name != "" {
				return name
			}
		}
	}
}

// metaCharset returns what a meta element says.
func metaCharset(z *html.Tokenizer) string {
	var name, content string
	isType := false
	for more := true; more; {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "charset":
			name = string(value)
		case "http-equiv":
			isType = strings.EqualFold(string(value), "content-type")
		case "content":
			content = string(value)
		}
	}
	if _, params, err := mime.ParseMediaType(content); name == "" && isType && err == nil {
		name = params["charset"]
	}
	_, canonical := charset.Lookup(name)
	if strings.HasPrefix(canonical, "utf-16") {
		return "utf-8" // it could not have been read
	}
	return canonical
}
