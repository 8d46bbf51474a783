// Package charset turns text in any of the web's encodings into UTF-8.
//
// In go the bytes as stored and what is known of them, a Content-Type; out comes
// valid UTF-8. The encoding is, as the WHATWG Encoding Standard has it: that of a
// byte order mark; else that of the Content-Type; else that of a meta element
// within the first 1024 bytes of a page. If none of these says anything, text that
// is valid UTF-8 is that, and everything else Windows-1252; a meta element that names
// the latter is not believed on a page that is valid UTF-8.
//
// All functions may be called from many goroutines, and take time in proportion
// to the text.
package charset

import (
	"bytes"
	"mime"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

var bom = []byte("\xef\xbb\xbf")

// Page returns the UTF-8 of a page of HTML, without a byte order mark. The result
// is page itself if nothing had to change.
func Page(page []byte, contentType string) []byte {
	e, name, certain := charset.DetermineEncoding(page, contentType)
	if !certain && name == "windows-1252" { // also what is returned for want of any sign
		name = ""
	}
	return decode(page, e, name)
}

// Text returns the UTF-8 of text that is no HTML, without a byte order mark. The
// result is text itself if nothing had to change.
func Text(text []byte, contentType string) []byte {
	e, name := named(text, contentType)
	return decode(text, e, name)
}

// named returns the encoding that a byte order mark or the Content-Type names.
func named(text []byte, contentType string) (encoding.Encoding, string) {
	switch {
	case bytes.HasPrefix(text, bom):
		return charset.Lookup("utf-8")
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		return charset.Lookup("utf-16le")
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		return charset.Lookup("utf-16be")
	}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, ""
	}
	return charset.Lookup(params["charset"])
}

// decode returns the UTF-8 of text, which is said to be in the encoding called
// name; an empty name says nothing.
//
// The standard has browsers refuse the encodings it calls replacement, since
// they can hide scripts. Nothing is run here, and the letters in them are read.
func decode(text []byte, e encoding.Encoding, name string) []byte {
	if name == "" || name == "replacement" {
		e, name = charmap.Windows1252, ""
	}
	if name == "utf-8" || name == "" && utf8.Valid(text) {
		return valid(text)
	}
	out, err := e.NewDecoder().Bytes(text)
	if err != nil { // no decoder of the standard fails; if one did, nothing is lost
		return valid(text)
	}
	return valid(out)
}

func valid(text []byte) []byte {
	return bytes.ToValidUTF8(bytes.TrimPrefix(text, bom), []byte("\uFFFD"))
}
