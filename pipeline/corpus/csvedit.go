package corpus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// SelectEdited is Select with some texts written anew.
func (c *csvContainer) SelectEdited(ctx context.Context, f *Stored, w io.Writer, e *Edits) error {
	in, err := f.Decompress()
	if err != nil {
		return err
	}
	z, err := NewCompressor(w, f.Compression)
	if err == nil {
		err = errors.Join(c.copySelected(ctx, in, z, e), z.Close())
	}
	return errors.Join(err, in.Close())
}

func (c *csvContainer) copySelected(ctx context.Context, in io.Reader, w io.Writer, e *Edits) error {
	cut, err := c.newCutter(in, c.limit)
	if err != nil {
		return err
	}
	if _, err := w.Write(utf8BOM[:cut.offset]); err != nil {
		return err
	}
	d := csvEditor{cut: cut, parser: newCSVParser(cut), mark: e.Mark}
	header := !c.dialect.NoHeader
	for ctx.Err() == nil {
		err := cut.next()
		switch {
		case isOfMachine(err):
			return err
		case err != nil:
			return nil // the end, or the file breaks off, as it did for the scan: the rest is checked
		}
		var cuts []Cut
		switch {
		case cut.isBlank():
		case header:
			header = false
			d.readHeader()
		case !e.Keep(cut.startLine):
			continue
		default:
			cuts = e.Cuts(cut.startLine)
		}
		if len(cuts) > 0 {
			err = d.write(w, c.texts, cuts)
		} else {
			_, err = w.Write(cut.raw)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// csvEditor cuts parts out of the fields with text of the records that its cutter cuts.
// All other bytes of a record stay.
type csvEditor struct {
	cut    *csvCutter
	parser *csvParser
	names  []string // of the fields; nil without a header
	mark   []byte
	parts  []TextPart
	out    []byte
}

func (d *csvEditor) readHeader() {
	names, _ := d.parser.fields() // the scan has read it
	d.names = slices.Clone(names)
}

// column returns the place of the field with a name: of several the last, as in JSON.
func (d *csvEditor) column(name string, fields int) int {
	if d.names == nil {
		if columns := numberedColumns([]string{name}); len(columns) > 0 && columns[0].index < fields {
			return columns[0].index
		}
		return -1
	}
	for i := min(len(d.names), fields) - 1; i >= 0; i-- {
		if d.names[i] == name {
			return i
		}
	}
	return -1
}

// write writes the record last cut without the cuts in its text, which is made of the
// fields with some names.
func (d *csvEditor) write(w io.Writer, names []string, cuts []Cut) error {
	fields, err := d.parser.fields()
	if err != nil {
		return err
	}
	parts, ok := d.textParts(names, fields, cuts)
	raw, at := d.cut.raw, 0
	cell := csvCell{dst: d.out[:0], delimiter: d.cut.delimiter, alone: len(fields) == 1}
	for i := 0; ok && i < len(parts); i++ {
		cell.dst = append(cell.dst, raw[at:parts[i].Start]...)
		at = parts[i].Start + cell.cut(raw[parts[i].Start:], parts[i].Cuts, d.mark)
	}
	if !ok {
		return fmt.Errorf("line %d: the cuts are not inside the field %q", d.cut.startLine, strings.Join(names, ","))
	}
	d.out = append(cell.dst, raw[at:]...)
	_, err = w.Write(d.out)
	if cap(d.out) > maxKept {
		d.out = nil // a giant record must not be paid for ever after
	}
	return err
}

// textParts returns the fields of the record last cut that something is cut out of, in
// their order. It reports false if the cuts are not inside its text.
func (d *csvEditor) textParts(names, fields []string, cuts []Cut) ([]TextPart, bool) {
	d.parts = d.parts[:0]
	for _, name := range names {
		if i := d.column(name, len(fields)); i >= 0 {
			d.parts = append(d.parts, TextPart{Start: d.parser.start(i), size: len(fields[i])})
		}
	}
	return shareCuts(d.parts, cuts)
}

// start returns where field i of the record last parsed begins in it.
func (p *csvParser) start(i int) int {
	first, _ := p.csv.FieldPos(0)
	line, column := p.csv.FieldPos(i)
	at := 0
	for range line - first {
		at += bytes.IndexByte(p.cut.raw[at:], '\n') + 1
	}
	return at + column - 1
}

// csvCell writes a field anew: what stays of it is stored as it was, in quotes if it
// was in quotes or now needs them.
//
// Note: encoding/csv takes CRLF inside quotes for LF, and CR CR LF for CRLF. Where a
// cut brings CR and LF together, another CR keeps both.
type csvCell struct {
	dst       []byte
	delimiter byte
	alone     bool // no other field is in the record
	special   bool // what was put needs quotes
	last      byte // that was put
}

// cut appends the field that record begins with, with mark in place of the cuts, and
// returns how long it was.
func (c *csvCell) cut(record []byte, cuts []Cut, mark []byte) (size int) {
	c.special, c.last = false, 0
	quoted := len(record) > 0 && record[0] == '"'
	if quoted {
		size = 1
	}
	start := len(c.dst)
	c.dst = append(c.dst, '"')
	for at := 0; ; at++ {
		n, b := c.next(record[size:], quoted)
		if len(cuts) > 0 && at == cuts[0].End {
			cuts = cuts[1:]
		}
		if len(cuts) > 0 && at == cuts[0].Start {
			for _, m := range mark {
				c.put(m, false)
			}
		}
		if n == 0 {
			break
		}
		if len(cuts) == 0 || at < cuts[0].Start {
			c.put(b, n == len("\r\n") && b == '\n')
		}
		size += n
	}
	if quoted && size < len(record) && record[size] == '"' {
		size++
	}
	if quoted || c.special || c.alone && len(c.dst) == start+1 {
		c.dst = append(c.dst, '"')
	} else {
		c.dst = slices.Delete(c.dst, start, start+1)
	}
	return size
}

// next returns the byte of a field's content that stands next in the record, and how
// many bytes it takes there: none at the end of the field.
func (c *csvCell) next(record []byte, quoted bool) (size int, b byte) {
	crlf := bytes.HasPrefix(record, []byte("\r\n"))
	switch {
	case len(record) == 0 || string(record) == "\r": // encoding/csv drops a CR at the end of the file
		return 0, 0
	case !quoted && (record[0] == c.delimiter || record[0] == '\n' || crlf):
		return 0, 0
	case quoted && crlf:
		return 2, '\n'
	case !quoted || record[0] != '"':
		return 1, record[0]
	}
	switch rest := record[1:]; {
	case len(rest) > 0 && rest[0] == '"':
		return 2, '"'
	case len(rest) == 0 || rest[0] == c.delimiter || rest[0] == '\n' || bytes.HasPrefix(rest, []byte("\r\n")) || string(rest) == "\r":
		return 0, 0
	}
	return 1, '"' // of a lazy dialect
}

// put appends a byte of a field's content; crlf says that it is an LF stored as CRLF.
func (c *csvCell) put(b byte, crlf bool) {
	c.special = c.special || b == '"' || b == c.delimiter || b == '\n' || b == '\r'
	switch {
	case b == '"':
		c.dst = append(c.dst, '"')
	case b == '\n' && (crlf || c.last == '\r'):
		c.dst = append(c.dst, '\r')
	}
	c.dst, c.last = append(c.dst, b), b
}
