package corpus

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Parser turns blocks into documents. It keeps buffers: use one per goroutine.
type Parser struct {
	c    *Corpus
	json jsonReader
	key  []byte
}

// NewParser returns a parser for the blocks of c.
func NewParser(c *Corpus) *Parser {
	return &Parser{c: c, json: newJSONReader(c.o.TextField, c.o.IDField, c.o.Field)}
}

// The fields of jsonReader, in the order given to newJSONReader.
const (
	textField = iota
	idField
	extraField
)

// Parse appends the records of b to dst. It copies what it keeps, so b may be
// released afterwards.
func (p *Parser) Parse(b *Block, dst *Batch) {
	dst.File = b.File
	dst.reserve(len(b.Data))
	file := &p.c.files[b.File]
	dst.Blank += b.each(func(line, offset int64, raw []byte) bool {
		d := Document{Line: line, Offset: offset, Size: int64(len(raw))}
		var reason string
		if file.Format == Text {
			reason = p.text(file, raw, dst, &d)
		} else {
			reason = p.record(file, raw, dst, &d)
		}
		if reason == "" {
			dst.Docs = append(dst.Docs, d)
		} else {
			dst.Errs = append(dst.Errs, b.Error(file.Name, &d, reason))
		}
		return true
	})
	dst.Errs = append(dst.Errs, b.Errs...)
}

// text makes d the document that raw, the content of a text file, is, or
// returns why it is none.
func (p *Parser) text(file *File, raw []byte, dst *Batch, d *Document) string {
	d.Key = dst.hold([]byte(file.Name))
	if reason := checkUTF8(raw); reason != "" {
		return reason
	}
	d.Text = dst.hold(raw)
	return ""
}

// record makes d the document of a JSONL record, or returns why there is none.
// The key comes first, so that errors of the text can name it.
func (p *Parser) record(file *File, raw []byte, dst *Batch, d *Document) string {
	if reason := checkUTF8(raw); reason != "" {
		return reason
	}
	if reason := p.json.read(raw); reason != "" {
		return reason
	}
	if reason := p.setKey(file, dst, d); reason != "" {
		return reason
	}
	if p.c.o.Field != "" {
		switch v := p.json.fields[extraField].value; kindOfJSON(v) {
		case kindString:
			d.Field = dst.holdString(v)
		case kindNumber:
			d.Field = dst.hold(v)
		}
	}
	switch v := p.json.fields[textField].value; kindOfJSON(v) {
	case kindString:
		d.Text = dst.holdString(v)
		return ""
	case kindMissing:
		return fmt.Sprintf("field %q is missing", p.c.o.TextField)
	default:
		return fmt.Sprintf("field %q is %s, want a string", p.c.o.TextField, kindOfJSON(v))
	}
}

// setKey gives d the key that the record just read says, or one of its place.
func (p *Parser) setKey(file *File, dst *Batch, d *Document) string {
	switch v := p.json.fields[idField].value; kindOfJSON(v) {
	case kindString:
		d.Key = dst.holdString(v)
	case kindNumber:
		d.Key = dst.hold(v)
	case kindMissing, kindNull:
	default:
		return fmt.Sprintf("field %q is %s, want a string or a number", p.c.o.IDField, kindOfJSON(v))
	}
	if len(d.Key) == 0 {
		p.key = append(append(p.key[:0], file.Name...), ':')
		p.key = strconv.AppendInt(p.key, d.Line, 10)
		d.Key = dst.hold(p.key)
	}
	return ""
}

func checkUTF8(raw []byte) string {
	if utf8.Valid(raw) {
		return ""
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && n == 1 {
			return fmt.Sprintf("invalid UTF-8 at byte %d of the record", at)
		}
		at += n
	}
}
