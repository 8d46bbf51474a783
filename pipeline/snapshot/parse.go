package snapshot

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// yieldError is an error of the caller's function, which says itself where it is.
type yieldError struct{ error }

func (e yieldError) Unwrap() error { return e.error }

// lines reads lines that end in "\n".
type lines struct {
	ctx  context.Context
	in   *bufio.Reader
	long []byte // a line longer than the buffer
	n    int64  // lines begun
	rows int64  // parsed
}

func newLines(ctx context.Context, r io.Reader) *lines {
	return &lines{ctx: ctx, in: bufio.NewReaderSize(r, 128<<10)}
}

// next returns a line without its end, good until the next one; io.EOF is no line.
func (l *lines) next() ([]byte, error) {
	l.n++
	if l.n%1024 == 0 && l.ctx.Err() != nil {
		return nil, context.Cause(l.ctx)
	}
	l.long = l.long[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		switch {
		case err == nil && len(l.long) == 0:
			return part[:len(part)-1], nil
		case err == nil:
			l.long = append(l.long, part...)
			return l.long[:len(l.long)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
			l.long = append(l.long, part...)
		case errors.Is(err, io.EOF) && len(part)+len(l.long) > 0:
			return nil, io.ErrUnexpectedEOF
		default:
			return nil, err
		}
	}
}

// readDocuments yields documents, and appends to leads for each whether it may be
// in a pair.
func readDocuments(in *lines, h *Header, leads *[]bool, yield func(*Document) error) error {
	file := 0
	var d Document
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !utf8.Valid(line) {
			return errors.New("it is not valid UTF-8")
		}
		if err := d.decode(line); err != nil {
			return err
		}
		if err := d.check(in.rows, file, h, *leads); err != nil {
			return err
		}
		file = d.File
		*leads = append(*leads, d.Leader == d.N && !d.Empty)
		in.rows++
		if err := yield(&d); err != nil {
			return yieldError{err}
		}
	}
}

// check looks at document n, whose file is not before the given one.
func (d *Document) check(n int64, file int, h *Header, leads []bool) error {
	switch {
	case n >= h.Files[0].Rows:
		return fmt.Errorf("more than %d documents", h.Files[0].Rows)
	case int64(d.N) != n:
		return fmt.Errorf("document %d in place of %d", d.N, n)
	case d.ID == "":
		return errors.New("a document without an id")
	case d.File < file || d.File >= len(h.Inputs):
		return fmt.Errorf("file %d is not among %d to %d", d.File, file, len(h.Inputs)-1)
	case d.Line < 1:
		return fmt.Errorf("line %d of the input is less than 1", d.Line)
	case d.Offset < 0 || d.StoredAt != nil && *d.StoredAt < 0:
		return fmt.Errorf("offset %d of the input is negative", d.Offset)
	case d.Content != "" && !isContent(d.Content):
		return fmt.Errorf("content %.60q is no digest, want 32 hexadecimal digits", d.Content)
	case d.Leader > d.N || d.Leader < d.N && (d.Empty || !leads[d.Leader]):
		return fmt.Errorf("document %d cannot be a copy of document %d", d.N, d.Leader)
	case d.Leader != d.N && (d.Shingles > 0 || d.Figures > 0):
		return fmt.Errorf("document %d is a copy, and has shingles or figures of its own", d.N)
	case h.Schema >= SchemaWithPlaces && (d.Content == "") != (d.Empty || d.Leader != d.N):
		return fmt.Errorf("document %d has content %q", d.N, d.Content)
	}
	return nil
}

// readPairs yields pairs of documents that lead.
func readPairs(in *lines, columns Columns, leads []bool, yield func(Pair) error) error {
	head, err := in.next()
	if err != nil {
		return fmt.Errorf("the header line is missing: %w", err)
	}
	if want := columns.head(); string(head) != want {
		return fmt.Errorf("the header line is %.60q, want %q", head, want)
	}
	last := uint64(0) // no pair packs to it
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		e, err := parsePair(line, columns)
		if err != nil {
			return err
		}
		for _, id := range [...]corpus.ID{e.Pair.A, e.Pair.B} {
			if int64(id) >= int64(len(leads)) || !leads[id] {
				return fmt.Errorf("document %d cannot be in a pair", id)
			}
		}
		if e.Pair.A >= e.Pair.B || e.Pair.Pack() <= last {
			return fmt.Errorf("pair %d,%d is out of order", e.Pair.A, e.Pair.B)
		}
		last = e.Pair.Pack()
		in.rows++
		if err := yield(e); err != nil {
			return yieldError{err}
		}
	}
}

// parsePair reads decimal numbers, as strconv writes them, with commas between them.
func parsePair(line []byte, columns Columns) (Pair, error) {
	s := scanner{rest: line, ok: true}
	a, b, overlap := s.number(1<<32-1), s.after(",").number(1<<32-1), s.after(",").number(1<<32-1)
	figures := uint64(0)
	if columns == WithFigures {
		figures = s.after(",").number(1<<32 - 1)
	}
	if !s.ok || len(s.rest) > 0 {
		return Pair{}, fmt.Errorf("%.60q is no pair, want %s, numbers below 2^32", line, columns.head())
	}
	scored := verify.Scored{Pair: corpus.Pair{A: corpus.ID(a), B: corpus.ID(b)}, Overlap: uint32(overlap)}
	return Pair{Scored: scored, Figures: uint32(figures)}, nil
}

// isContent tells whether s is a digest as [Document.Content] has it.
func isContent(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdef") == ""
}
