package corpus

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/doppel-dedup/doppel/internal/quantity"
)

// CSVOptions is a dialect of CSV. The zero value is that of RFC 4180.
type CSVOptions struct {
	// Delimiter stands between fields: one ASCII character that is no quote, no line
	// end and no NUL. Default: a tab in TSV files; in CSV files the one of comma,
	// semicolon, tab and bar that parts the header into the most fields, and a comma
	// where there is none.
	Delimiter string `json:"delimiter,omitempty"`
	// NoHeader says that the first record is one like the others. Its fields are
	// then named "1", "2" and so on.
	NoHeader bool `json:"no_header,omitempty"`
	// LazyQuotes takes quotes inside fields, where RFC 4180 has none, for what they
	// are.
	LazyQuotes bool `json:"lazy_quotes,omitempty"`
}

func (o *CSVOptions) validate() error {
	if d := o.Delimiter; len(d) > 1 || d != "" && (d[0] >= 0x80 || bytes.IndexByte([]byte("\x00\"\r\n"), d[0]) >= 0) {
		return fmt.Errorf("corpus: the CSV delimiter %q is not one ASCII character other than a quote and line ends", d)
	}
	return nil
}

// csvContainer reads CSV and TSV: RFC 4180, with a header. A record is cut off by a
// csvCutter and parsed by encoding/csv; kept records are copied as they are.
//
// What is no CSV is one bad record, up to the end of its line, and so is a record
// with more or fewer fields than the header. Where a quote is never closed, the file
// cannot be read on.
type csvContainer struct {
	format  Format
	dialect CSVOptions
	limit   int64    // of a record
	texts   []string // names of fields with text
}

// noTextError is a header that names no field with text.
type noTextError struct{ texts, names []string }

func (e *noTextError) Error() string {
	const shown = 10
	names := fmt.Sprintf("%q", e.names[:min(len(e.names), shown)])
	return fmt.Sprintf("the header names no field %s, only %s; name the one with the text by --text-field", strings.Join(e.texts, ", "), names[1:len(names)-1])
}

func (c *csvContainer) Format() Format { return c.format }

// Streams says that the files are read from the beginning to the end.
func (c *csvContainer) Streams() {}

// Open reads the header.
func (c *csvContainer) Open(_ context.Context, f *Stored, o ContainerOptions) (Records, error) {
	in, err := f.Decompress()
	if err != nil {
		return nil, err
	}
	r := &csvRecords{in: in}
	if err := r.begin(c, o); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return r, nil
}

// Select copies what is kept, and what is no record.
func (c *csvContainer) Select(ctx context.Context, f *Stored, w io.Writer, keep func(number int64) bool) error {
	return c.SelectEdited(ctx, f, w, &Edits{Keep: keep, Cuts: func(int64) []Cut { return nil }})
}

// newCutter returns a cutter behind the byte order mark of the stream, if it has one.
func (c *csvContainer) newCutter(in io.Reader, limit int64) (*csvCutter, error) {
	b := bufio.NewReaderSize(&lasting{r: in}, 64<<10)
	cut := &csvCutter{in: b, lazy: c.dialect.LazyQuotes, limit: limit, line: 1}
	start, _ := b.Peek(64 << 10) // a short file has a short start
	if what := foreign(start); what != "" {
		return nil, &CodedError{BadFormat, errors.New(what)}
	}
	if bytes.HasPrefix(start, utf8BOM) {
		n, _ := b.Discard(len(utf8BOM))
		start, cut.offset = start[n:], int64(n)
	}
	cut.delimiter = c.delimiter(start)
	return cut, nil
}

// delimiter returns that of a file which begins like this.
func (c *csvContainer) delimiter(start []byte) byte {
	switch {
	case c.dialect.Delimiter != "":
		return c.dialect.Delimiter[0]
	case c.format == TSV:
		return '\t'
	}
	best, most := byte(','), 1
	if c.dialect.NoHeader {
		return best // a pruned file may begin with another record
	}
	for _, d := range []byte(",;\t|") {
		cut := &csvCutter{in: bufio.NewReader(bytes.NewReader(start)), lazy: c.dialect.LazyQuotes, limit: c.limit, line: 1, delimiter: d}
		if cut.skipBlank() != nil {
			continue
		}
		if fields, err := newCSVParser(cut).fields(); err == nil && len(fields) > most {
			best, most = d, len(fields)
		}
	}
	return best
}

// csvRecords are the records of a file.
type csvRecords struct {
	in     io.ReadCloser
	cut    *csvCutter
	parser *csvParser
	wanted []column
	names  []string // of all fields, as far as they are told
	count  int      // fields in a record; 0 before the first
	json   []byte
}

// column is a field that is wanted, with its name as JSON and a colon behind it.
type column struct {
	index int
	name  []byte
}

// begin reads the header, or what stands for it.
func (r *csvRecords) begin(c *csvContainer, o ContainerOptions) error {
	var err error
	if r.cut, err = c.newCutter(r.in, o.MaxRecord); err != nil {
		return err
	}
	r.parser = newCSVParser(r.cut)
	if c.dialect.NoHeader {
		r.wanted = numberedColumns(o.Fields)
		return nil
	}
	switch err := r.cut.skipBlank(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return err
	}
	names, err := r.parser.fields()
	if err != nil {
		return fmt.Errorf("the header is no CSV: %w", err)
	}
	if r.parser.endsInCR(names) {
		return errCR
	}
	isText := func(name string) bool { return slices.Contains(c.texts, name) }
	if !slices.ContainsFunc(names, isText) {
		return &CodedError{NoTextField, &noTextError{c.texts, slices.Clone(names)}}
	}
	r.count = len(names)
	r.names = slices.Clone(names)
	for i, name := range names {
		if o.Fields == nil || slices.Contains(o.Fields, name) {
			r.wanted = append(r.wanted, newColumn(i, name))
		}
	}
	return nil
}

func newColumn(i int, name string) column {
	return column{i, append(AppendJSONString(nil, name), ':')}
}

// numberedColumns returns the wanted ones of columns without names.
func numberedColumns(wanted []string) (columns []column) {
	for _, name := range wanted {
		if i, err := strconv.Atoi(name); err == nil && i > 0 && strconv.Itoa(i) == name {
			columns = append(columns, newColumn(i-1, name))
		}
	}
	return columns
}

// Next returns the next record.
func (r *csvRecords) Next() (ContainerRecord, error) {
	if err := r.cut.skipBlank(); err != nil {
		return ContainerRecord{}, err
	}
	fields, err := r.parser.fields()
	if err == nil && r.count == 0 {
		r.count = len(fields)
		if !bytes.HasSuffix(r.cut.raw, []byte("\n")) && r.parser.endsInCR(fields) {
			return ContainerRecord{}, errCR // else all of the file would be one record
		}
	}
	if err == nil && len(fields) != r.count {
		err = &CodedError{BadCSV, fmt.Errorf("the record has %s, want %d", quantity.Of(len(fields), "field", "fields"), r.count)}
	}
	rec := ContainerRecord{Number: r.cut.startLine, Offset: r.cut.startOffset}
	if err != nil {
		bad := &RecordError{Line: rec.Number, Offset: rec.Offset, Code: BadCodeOf(err), Reason: err.Error(), Broken: r.cut.unclosed}
		bad.setRaw(trimEOL(r.cut.raw))
		return ContainerRecord{}, bad
	}
	rec.JSON = r.object(fields)
	return rec, nil
}

// object returns the wanted fields as a JSON object.
func (r *csvRecords) object(fields []string) []byte {
	r.json = append(r.json[:0], '{')
	for i, c := range r.wanted {
		if c.index >= len(fields) {
			continue // of a file without a header
		}
		if i > 0 && len(r.json) > 1 {
			r.json = append(r.json, ',')
		}
		r.json = append(r.json, c.name...)
		r.json = AppendJSONString(r.json, fields[c.index])
	}
	r.json = append(r.json, '}')
	return r.json
}

// FieldNames returns those of the header, or numbers.
func (r *csvRecords) FieldNames() []string {
	if r.names == nil {
		for i := range min(r.count, 2*maxOtherFields) {
			r.names = append(r.names, strconv.Itoa(i+1))
		}
	}
	return r.names
}

// Close closes the decoder.
func (r *csvRecords) Close() error { return r.in.Close() }
