package corpus

import (
	"fmt"
	"strings"
)

// filteredOut stands for the reason why a record that does not take part is no
// document. It is none that anybody sees.
const filteredOut = "\x00filtered"

// textFields are the names of the fields whose contents make a document's text.
func (o *Options) textFields() []string { return strings.Split(o.TextField, ",") }

// filter returns which records take part; the options are valid.
func (o *Options) filter() filter {
	f, _ := parseFilter(o.Where) // validate has looked
	return f
}

// textGap stands between the fields of a text.
const textGap = "\n\n"

// joinQuick makes the text of d from the fields that the quickReader has read.
func (p *Parser) joinQuick(dst *Batch, d *Document) {
	p.text, d.ASCII = p.text[:0], true
	for _, i := range p.texts {
		v := &p.quick.values[i]
		if v.kind == valueString {
			p.addText(v.bytes)
			d.ASCII = d.ASCII && v.ascii
		}
	}
	d.Text = dst.hold(p.text)
}

func (p *Parser) addText(part []byte) {
	if len(p.text) > 0 && len(part) > 0 {
		p.text = append(p.text, textGap...)
	}
	p.text = append(p.text, part...)
}

// setText makes the text of d from the fields of the record that the jsonReader has
// read, or returns why there is none.
func (p *Parser) setText(dst *Batch, d *Document) badness {
	found := false
	p.text = p.text[:0]
	for _, i := range p.texts {
		v := p.json.fields[i].value
		switch kind := kindOfJSON(v); {
		case kind == kindString && len(p.texts) == 1:
			d.Text = dst.holdString(v)
			return badness{}
		case kind == kindString:
			found = true
			p.addText(appendUnquoted(nil, v))
		case kind == kindMissing, kind == kindNull && len(p.texts) > 1:
		default:
			return badness{BadField, fmt.Sprintf("field %q is %s, want a string", p.json.fields[i].name, kind)}
		}
	}
	if !found {
		return badness{NoTextField, p.missingText()}
	}
	d.Text = dst.hold(p.text)
	if cap(p.text) > maxKept {
		p.text = nil // a giant record must not be paid for ever after
	}
	return badness{}
}

func (p *Parser) missingText() string {
	names := p.c.o.textFields()
	for i, name := range names {
		names[i] = fmt.Sprintf("%q", name)
	}
	if len(names) == 1 {
		return fmt.Sprintf("field %s is missing", names[0])
	}
	return fmt.Sprintf("fields %s are missing", strings.Join(names, ", "))
}

// passes reports whether a record takes part. valueOf returns the kind and content
// of a field.
func (p *Parser) passes(valueOf func(field int) (valueKind, []byte)) bool {
	for i := range p.where {
		if !p.where[i].holds(valueOf(p.whereAt + i)) {
			return false
		}
	}
	return true
}

// nothing is the value of every field of a file that has none.
func nothing(int) (valueKind, []byte) { return valueMissing, nil }

func (p *Parser) quickValue(i int) (valueKind, []byte) {
	v := &p.quick.values[i]
	return v.kind, v.bytes
}

func (p *Parser) slowValue(i int) (valueKind, []byte) {
	v := p.json.fields[i].value
	switch kindOfJSON(v) {
	case kindMissing:
		return valueMissing, nil
	case kindNull:
		return valueNull, nil
	case kindString:
		return valueString, appendUnquoted(nil, v)
	case kindNumber:
		return valueNumber, v
	case kindBoolean:
		if v[0] == 't' {
			return valueTrue, nil
		}
		return valueFalse, nil
	}
	return valueOther, nil
}

// IsFiltered reports whether a record, as [Block.Records] yields it, is none of those
// that take part; a record that cannot be read is not told apart from these.
func (p *Parser) IsFiltered(b *Block, raw []byte) bool {
	switch {
	case p.where == nil:
		return false
	case b.format.IsWhole():
		return !p.passes(nothing)
	}
	defer p.json.release()
	return checkUTF8(raw) == (badness{}) && p.json.read(raw) == (badness{}) && !p.passes(p.slowValue)
}
