package corpus

import (
	"bytes"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// Cut is a part of a document's text, in bytes: Text[Start:End]. Both are at
// boundaries of characters.
type Cut struct{ Start, End int }

// CheckEditable returns nil if parts of the texts of file i can be cut out of its
// records, and else why not: the text must stand in the record.
func (c *Corpus) CheckEditable(i int) error {
	f := &c.files[i]
	_, editor := c.Container(i).(Editor)
	if f.Format != Text && f.Format != JSONL && !editor {
		return fmt.Errorf("corpus: %q is %s, where texts are extracted from pages, so that nothing can be cut out of the records: make JSONL of the texts first", f.Name, f.Format)
	}
	return nil
}

// Edit appends to dst the record raw, as [Block.Records] yields it, with mark, which
// is UTF-8, in place of each of the cuts in its document's text, and returns the
// extended slice. cuts ascend, do not overlap and are inside the text. A text file
// that has another encoding becomes UTF-8. Of a JSONL record only those
// literals of the text change that a cut takes something of, and of these only the cuts;
// lone surrogates in them become the escape of U+FFFD, for which they stand. A record
// that is not a document is a [*ChangedError].
//
// Between the fields of a text that is joined of several stands what is in none of them
// and stays: a cut across it puts mark at the end of the one and in front of the next.
func (p *Parser) Edit(dst []byte, b *Block, raw []byte, cuts []Cut, mark []byte) ([]byte, error) {
	if p.c.files[b.File].Format == Text {
		raw, bad := p.toUTF8(b, raw)
		if bad != (badness{}) || !cutsFit(cuts, raw) {
			return dst, &ChangedError{File: p.c.files[b.File].Name}
		}
		return appendCut(dst, raw, cuts, mark), nil
	}
	parts, ok := p.textParts(raw, cuts)
	if !ok {
		return dst, &ChangedError{File: p.c.files[b.File].Name}
	}
	at := 0
	for i := range parts {
		t := &parts[i]
		var err error
		dst, err = appendCutLiteral(append(dst, raw[at:t.Start]...), raw[t.Start:t.End], t.Cuts, mark)
		if err != nil {
			return dst, err
		}
		at = t.End
	}
	return append(dst, raw[at:]...), nil
}

func cutsFit(cuts []Cut, text []byte) bool {
	return len(cuts) == 0 || cuts[len(cuts)-1].End <= len(text)
}

// appendCut appends text to dst with mark in place of each cut.
func appendCut(dst, text []byte, cuts []Cut, mark []byte) []byte {
	at := 0
	for _, c := range cuts {
		dst = append(append(dst, text[at:c.Start]...), mark...)
		at = c.End
	}
	return append(dst, text[at:]...)
}

// appendCutLiteral is appendCut for the content of a valid JSON string, given with
// its quotes. What is not cut keeps its escapes.
func appendCutLiteral(dst, quoted []byte, cuts []Cut, mark []byte) ([]byte, error) {
	escaped := AppendJSONString(nil, mark)
	escaped = escaped[1 : len(escaped)-1]
	dst = append(dst, '"')
	s := quoted[1 : len(quoted)-1]
	at := 0 // in the content
	for len(s) > 0 {
		if len(cuts) > 0 && at >= cuts[0].Start {
			size, end := skipContent(s, at, cuts[0].End)
			if at != cuts[0].Start || end != cuts[0].End {
				return dst, fmt.Errorf("corpus: the cut from %d to %d is not between characters of the text", cuts[0].Start, cuts[0].End)
			}
			at = end
			dst, s, cuts = append(dst, escaped...), s[size:], cuts[1:]
			continue
		}
		end := len(s)
		if len(cuts) > 0 {
			end = cuts[0].Start - at
		}
		if n := bytes.IndexByte(s[:min(end, len(s))], '\\'); n != 0 {
			if n < 0 {
				n = min(end, len(s))
			}
			dst, s, at = append(dst, s[:n]...), s[n:], at+n
			continue
		}
		r, size := unescaped(s)
		if r == utf8.RuneError && size == 6 && utf16.IsSurrogate(hexRune(s[2:6])) {
			// Else it might make a character with what comes to stand beside it.
			dst = append(dst, `\ufffd`...)
		} else {
			dst = append(dst, s[:size]...)
		}
		s, at = s[size:], at+utf8.RuneLen(r)
	}
	if len(cuts) > 0 {
		return dst, fmt.Errorf("corpus: the cut from %d to %d is not inside the text", cuts[0].Start, cuts[0].End)
	}
	return append(dst, '"'), nil
}

// skipContent returns how many bytes of the string literal s, of which the content
// begins at byte at, hold the content up to end, and where that has led.
func skipContent(s []byte, at, end int) (size, reached int) {
	for at < end && size < len(s) {
		if s[size] != '\\' {
			size, at = size+1, at+1
			continue
		}
		r, n := unescaped(s[size:])
		size, at = size+n, at+utf8.RuneLen(r)
	}
	return size, at
}

// unescaped returns the character for which the escape stands that s begins with,
// and the escape's length.
func unescaped(s []byte) (rune, int) {
	if s[1] != 'u' {
		return rune(unescapes[s[1]]), 2
	}
	r, size := unescapeRune(s)
	if size == 6 && utf16.IsSurrogate(hexRune(s[2:6])) {
		r = utf8.RuneError
	}
	return r, size
}
