package corpus

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// csvCutter cuts a stream of CSV into records: where encoding/csv ends one, and so
// where an error ends it. It holds one record.
type csvCutter struct {
	in        *bufio.Reader
	delimiter byte
	lazy      bool
	limit     int64

	line, offset int64 // of what comes next

	// The record last cut: where it begins, its bytes with the line end, of which
	// not more than the limit and a line end are held, and their number.
	startLine, startOffset int64
	raw                    []byte
	size                   int64
	unclosed               bool // a quote is open at the end of the file
}

// cutError is why a file breaks off, and what stands before the place without being
// a whole record.
type cutError struct {
	error
	line, offset int64
	raw          []byte
}

func (e *cutError) Unwrap() error { return e.error }

// csvState is where in a record the cutter is.
type csvState uint8

const (
	csvField     csvState = iota // at the beginning of a field
	csvPlain                     // in a field without quotes
	csvQuoted                    // inside quotes
	csvQuote                     // behind a quote inside quotes
	csvQuoteCR                   // behind a quote and a carriage return
	csvMalformed                 // behind what is no CSV
)

// next cuts a record, or an empty line. After the last one it returns io.EOF.
func (c *csvCutter) next() error {
	c.startLine, c.startOffset = c.line, c.offset
	c.raw, c.size, c.unclosed = c.raw[:0], 0, false
	if cap(c.raw) > maxKept {
		c.raw = nil // a giant record must not be paid for ever after
	}
	state := csvField
	for {
		part, err := c.in.ReadSlice('\n')
		c.take(part)
		state = c.walk(state, part)
		switch {
		case err == bufio.ErrBufferFull:
		case err == nil:
			c.line++
			if state != csvQuoted {
				return nil
			}
		case err != io.EOF:
			return &cutError{err, c.startLine, c.startOffset, bytes.Clone(c.raw)}
		case c.size == 0:
			return io.EOF
		default:
			c.unclosed = state == csvQuoted && !c.lazy
			return nil
		}
	}
}

// take appends a part of the record, up to the limit.
func (c *csvCutter) take(part []byte) {
	c.size += int64(len(part))
	c.offset += int64(len(part))
	room := c.limit + int64(len("\r\n")) - int64(len(c.raw))
	c.raw = append(c.raw, part[:min(int64(len(part)), room)]...)
}

// skipBlank cuts the next record that is no empty line.
func (c *csvCutter) skipBlank() error {
	for {
		if err := c.next(); err != nil || !c.isBlank() {
			return err
		}
	}
}

// isBlank tells whether what was cut is an empty line.
func (c *csvCutter) isBlank() bool {
	switch string(c.raw) {
	case "\n", "\r\n", "\r":
		return true
	}
	return false
}

// walk returns the state behind a part of a line.
func (c *csvCutter) walk(state csvState, part []byte) csvState {
	for i := 0; i < len(part); {
		switch state {
		case csvField:
			state = csvPlain
			if part[i] == '"' {
				state, i = csvQuoted, i+1
			}
		case csvPlain:
			n := bytes.IndexByte(part[i:], c.delimiter)
			field := part[i:]
			if n >= 0 {
				field = field[:n]
			}
			switch {
			case !c.lazy && bytes.IndexByte(field, '"') >= 0:
				return csvMalformed
			case n < 0:
				return csvPlain
			}
			state, i = csvField, i+n+1
		case csvQuoted:
			n := bytes.IndexByte(part[i:], '"')
			if n < 0 {
				return csvQuoted
			}
			state, i = csvQuote, i+n+1
		case csvQuote, csvQuoteCR:
			state, i = c.afterQuote(state, part, i)
		case csvMalformed:
			return csvMalformed
		}
	}
	return state
}

// afterQuote returns the state behind part[i], which follows a quote inside quotes, or
// that and a carriage return, and where to go on.
func (c *csvCutter) afterQuote(state csvState, part []byte, i int) (csvState, int) {
	switch b := part[i]; {
	case b == '\n':
		return csvPlain, i + 1 // the end of the record
	case state == csvQuote && b == '"':
		return csvQuoted, i + 1
	case state == csvQuote && b == c.delimiter:
		return csvField, i + 1
	case state == csvQuote && b == '\r':
		return csvQuoteCR, i + 1
	case c.lazy:
		return csvQuoted, i // the quote stood for itself
	}
	return csvMalformed, i + 1
}

// csvParser parses the records that a cutter cuts.
type csvParser struct {
	cut *csvCutter
	in  bytes.Reader
	csv *csv.Reader
	fed int64 // bytes of records
}

func newCSVParser(cut *csvCutter) *csvParser {
	p := &csvParser{cut: cut}
	p.begin()
	return p
}

func (p *csvParser) begin() {
	p.fed, p.csv = 0, csv.NewReader(&p.in)
	p.csv.Comma, p.csv.LazyQuotes = rune(p.cut.delimiter), p.cut.lazy
	p.csv.FieldsPerRecord, p.csv.ReuseRecord = -1, true
}

// fields returns the fields of the record last cut, until the next call, or what is
// wrong with it.
func (p *csvParser) fields() ([]string, error) {
	c := p.cut
	if c.unclosed {
		return nil, &CodedError{BadCSV, errors.New("a quote is opened in this record and never closed")}
	}
	if c.size-int64(len(c.raw)) > 0 || int64(len(trimEOL(c.raw))) > c.limit {
		return nil, overLimit(c.limit)
	}
	if p.csv.InputOffset() != p.fed {
		p.begin() // the last record was not taken whole
	}
	p.in.Reset(c.raw)
	p.fed += int64(len(c.raw))
	fields, err := p.csv.Read()
	var syntax *csv.ParseError
	if errors.As(err, &syntax) {
		return nil, &CodedError{BadCSV, fmt.Errorf("no CSV: %w at byte %d of line %d of the record", syntax.Err, syntax.Column, syntax.Line-syntax.StartLine+1)}
	}
	return fields, err
}

func overLimit(limit int64) error {
	return &CodedError{TooLarge, fmt.Errorf("the record is over the limit of %d bytes (--max-record)", limit)}
}

// errCR is a file of which every line passes for a part of the first one.
var errCR = &CodedError{BadFormat, errors.New("its lines end in carriage returns alone: make them line feeds first, as by tr '\\r' '\\n'")}

// endsInCR reports whether the record last parsed, with these fields, goes on behind a
// carriage return that is not in quotes.
func (p *csvParser) endsInCR(fields []string) bool {
	for i, field := range fields {
		if i == len(fields)-1 {
			field = strings.TrimRight(field, "\r") // of CR CR LF
		}
		if strings.Contains(field, "\r") && p.cut.raw[p.start(i)] != '"' {
			return true
		}
	}
	return false
}
