package corpus

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	jsonkernel "github.com/doppel-dedup/doppel/internal/kernel/json"
)

// Parser turns blocks into documents. It keeps buffers: use one per goroutine.
type Parser struct {
	c     *Corpus
	quick quickReader
	json  jsonReader
	key   []byte

	texts   []int // places of the fields that make the text
	text    []byte
	parts   []TextPart // of the record being edited
	where   filter
	whereAt int // place of the first field of where
}

// NewParser returns a parser for the blocks of c.
func NewParser(c *Corpus) *Parser {
	texts, where := c.o.textFields(), c.o.filter()
	names := append([]string{texts[0], c.o.IDField, c.o.DateField, c.o.SourceField}, c.o.Fields...)
	p := &Parser{c: c, where: where, texts: []int{textField}}
	for _, name := range texts[1:] {
		p.texts, names = append(p.texts, len(names)), append(names, name)
	}
	p.whereAt = len(names)
	p.json = newJSONReader(append(names, where.fields()...)...)
	p.quick.fields, p.quick.texts = p.json.fields, p.texts
	p.quick.values = make([]value, len(p.quick.fields))
	for len(p.quick.fields) > dateField && p.quick.fields[len(p.quick.fields)-1].name == "" {
		p.quick.fields = p.quick.fields[:len(p.quick.fields)-1]
	}
	return p
}

// The fields of jsonReader. Behind them are the other parts of a text and then the
// fields that conditions ask for.
const (
	textField = iota
	idField
	dateField
	sourceField
	extraField // the first of Options.Fields
	numFields  = extraField + MaxFields
)

// Parse appends the records of b to dst. It copies what it keeps, so b may be
// released afterwards.
func (p *Parser) Parse(b *Block, dst *Batch) {
	dst.File = b.File
	dst.reserve(len(b.Data))
	if b.format.IsWhole() {
		p.whole(b, dst)
	} else {
		p.records(b, dst)
	}
	dst.Errs = append(dst.Errs, b.Errs...)
	// The block goes back to the reader: nothing of it, and nothing of a giant
	// record, is held until the next one.
	p.quick.release()
	p.json.release()
}

// whole adds the document that the content of a text file is.
func (p *Parser) whole(b *Block, dst *Batch) {
	if !b.whole {
		return
	}
	data, offset := b.start()
	d := Document{Offset: offset, Size: int64(len(data))}
	b.locate(&d, 0)
	if !p.passes(nothing) {
		dst.Filtered++
		return
	}
	p.add(b, dst, &d, p.content(b, data, dst, &d))
}

// content makes d the document that raw, the content of a text file, is, or
// returns why it is none.
func (p *Parser) content(b *Block, raw []byte, dst *Batch, d *Document) badness {
	file := &p.c.files[b.File]
	d.Key = dst.hold([]byte(file.Name))
	raw, bad := p.toUTF8(b, raw)
	if bad != (badness{}) {
		return bad
	}
	if extract := p.c.o.PageText.Extract; extract != nil && file.Format == HTML {
		text, err := extract(raw, "text/html; charset=utf-8")
		if err != nil {
			return badness{NoPageText, "the page has no text: " + err.Error()}
		}
		raw = []byte(text)
		if bad := checkUTF8(raw); bad != (badness{}) {
			return bad
		}
	}
	d.Text = dst.hold(raw)
	return badness{}
}

// add appends d, or the error that says why it is none.
func (p *Parser) add(b *Block, dst *Batch, d *Document, bad badness) {
	if bad == (badness{}) {
		dst.Docs = append(dst.Docs, *d)
	} else {
		dst.Errs = append(dst.Errs, b.Error(p.c.files[b.File].Name, d, bad.code, bad.text))
	}
}

// records adds the documents of a block of JSONL: each by the quickReader if that
// can read it and by the jsonReader otherwise.
func (p *Parser) records(b *Block, dst *Batch) {
	file := &p.c.files[b.File]
	data, offset := b.start()
	whole := bytes.LastIndexByte(data, '\n') + 1 // lines with their ends
	for line := int64(0); len(data) > 0; line++ {
		d := Document{Offset: offset}
		b.locate(&d, line)
		n := 0
		if whole > 0 {
			n = p.quickRecord(file, data[:whole], dst, &d)
		}
		if n == 0 {
			n = lineLength(data)
			p.slowRecord(b, data[:n], dst, &d)
		} else if d.Key != nil {
			dst.Docs = append(dst.Docs, d)
		} else {
			dst.Filtered++
		}
		data, offset, whole = data[n:], offset+int64(n), whole-n
	}
}

// slowRecord adds the document of a line that the quickReader gave up, if it is one.
func (p *Parser) slowRecord(b *Block, line []byte, dst *Batch, d *Document) {
	raw := trimEOL(line)
	if isBlank(raw) {
		dst.Blank++
		return
	}
	d.Size = int64(len(raw))
	if bad := p.record(&p.c.files[b.File], raw, dst, d); bad.text == filteredOut {
		dst.Filtered++
	} else {
		p.add(b, dst, d, bad)
	}
}

// quickRecord makes d the document of the record that data begins with, and
// returns the length of its line, or 0 if the quickReader gives up. A record that
// does not take part leaves d without a key.
func (p *Parser) quickRecord(file *File, data []byte, dst *Batch, d *Document) int {
	n := p.quick.read(data, dst)
	if n == 0 {
		return 0
	}
	values := p.quick.values
	if p.where != nil && !p.passes(p.quickValue) {
		return n
	}
	d.Size = int64(len(trimEOL(data[:n])))
	d.Key = values[idField].bytes
	d.Text, d.ASCII = values[textField].bytes, values[textField].ascii
	if len(p.texts) > 1 {
		p.joinQuick(dst, d)
	}
	if n := len(p.c.o.Fields); n > 0 {
		d.Fields = dst.fields(n)
		for i := range d.Fields {
			d.Fields[i] = values[extraField+i].bytes
		}
	}
	if p.c.o.DateField != "" {
		d.Date = values[dateField].bytes
	}
	if p.c.o.SourceField != "" {
		d.Source = values[sourceField].bytes
	}
	p.ensureKey(file, dst, d)
	return n
}

// record makes d the document of a JSONL record, or returns why there is none.
// The key comes first, so that errors of the text can name it.
func (p *Parser) record(file *File, raw []byte, dst *Batch, d *Document) badness {
	if bad := checkUTF8(raw); bad != (badness{}) {
		return bad
	}
	if bad := p.json.read(raw); bad != (badness{}) {
		return bad
	}
	if p.where != nil && !p.passes(p.slowValue) {
		return badness{text: filteredOut}
	}
	if bad := p.setKey(file, dst, d); bad != (badness{}) {
		return bad
	}
	if n := len(p.c.o.Fields); n > 0 {
		d.Fields = dst.fields(n)
		for i := range d.Fields {
			d.Fields[i] = p.scalar(extraField+i, dst)
		}
	}
	if p.c.o.DateField != "" {
		d.Date = p.scalar(dateField, dst)
	}
	if p.c.o.SourceField != "" {
		d.Source = p.scalar(sourceField, dst)
	}
	return p.setText(dst, d)
}

// scalar returns the content of a string or number, nil for anything else.
func (p *Parser) scalar(i int, dst *Batch) []byte {
	switch v := p.json.fields[i].value; kindOfJSON(v) {
	case kindString:
		return dst.holdString(v)
	case kindNumber:
		return dst.hold(v)
	}
	return nil
}

// setKey gives d the key that the record just read says, or one of its place.
func (p *Parser) setKey(file *File, dst *Batch, d *Document) badness {
	switch v := p.json.fields[idField].value; kindOfJSON(v) {
	case kindString:
		d.Key = dst.holdString(v)
	case kindNumber:
		d.Key = dst.hold(v)
	case kindMissing, kindNull:
	default:
		return badness{BadField, fmt.Sprintf("field %q is %s, want a string or a number", p.c.o.IDField, kindOfJSON(v))}
	}
	p.ensureKey(file, dst, d)
	return badness{}
}

// ensureKey gives d the key of its place if it has none.
func (p *Parser) ensureKey(file *File, dst *Batch, d *Document) {
	if len(d.Key) > 0 {
		return
	}
	p.key = append(append(p.key[:0], file.Name...), ':')
	p.key = strconv.AppendInt(p.key, d.Line, 10)
	d.Key = dst.hold(p.key)
}

func checkUTF8(raw []byte) badness {
	if jsonkernel.ValidUTF8(raw) {
		return badness{}
	}
	at := 0
	for {
		r, n := utf8.DecodeRune(raw[at:])
		if r == utf8.RuneError && n == 1 {
			return badness{BadEncoding, fmt.Sprintf("invalid UTF-8 at byte %d of the record", at)}
		}
		at += n
	}
}
