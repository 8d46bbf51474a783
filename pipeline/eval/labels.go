package eval

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Label says whether two documents are duplicates of each other, by a person's
// judgement.
type Label struct {
	A, B string
	Same bool
	Line int // in the file that it was read from
}

// ReadLabels reads CSV (RFC 4180, UTF-8 with or without BOM) whose first line names
// the columns. "id_a", "id_b" and "same" are needed, in any order; others are
// passed over. same is yes, no, 1, 0, true or false, in any case. A pair that
// stands there twice, in either order, is an error, as is a document paired with
// itself. Errors begin with name:line.
func ReadLabels(r io.Reader, name string) ([]Label, error) {
	c := csv.NewReader(withoutBOM(r))
	c.ReuseRecord = true
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s:1: no labels, want a first line of id_a,id_b,same", name)
	}
	if err != nil {
		return nil, labelSyntax(name, err)
	}
	a, b, same := slices.Index(header, "id_a"), slices.Index(header, "id_b"), slices.Index(header, "same")
	if a < 0 || b < 0 || same < 0 {
		return nil, fmt.Errorf("%s:1: columns are %q, want id_a, id_b and same", name, header)
	}
	var labels []Label
	lines := map[[2]string]int{}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return labels, nil
		}
		if err != nil {
			return nil, labelSyntax(name, err)
		}
		line, _ := c.FieldPos(a)
		l := Label{A: row[a], B: row[b], Line: line}
		if l.Same, err = parseSame(row[same]); err == nil {
			err = l.check(lines)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		labels = append(labels, l)
	}
}

// labelSyntax says where the CSV is malformed; another error is the reader's.
func labelSyntax(name string, err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%s:%d: column %d: %w", name, parse.Line, parse.Column, parse.Err)
	}
	return fmt.Errorf("%s: %w", name, err)
}

func parseSame(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "yes", "true", "1":
		return true, nil
	case "no", "false", "0":
		return false, nil
	}
	return false, fmt.Errorf("same is %q, want yes or no, 1 or 0, true or false", s)
}

// check looks the pair up in those before it, and adds it.
func (l *Label) check(lines map[[2]string]int) error {
	switch {
	case l.A == "" || l.B == "":
		return errors.New("an id is empty")
	case l.A == l.B:
		return fmt.Errorf("id_a and id_b are both %q", l.A)
	}
	key := [2]string{min(l.A, l.B), max(l.A, l.B)}
	if first, ok := lines[key]; ok {
		return fmt.Errorf("the pair %q, %q is already on line %d", l.A, l.B, first)
	}
	lines[key] = l.Line
	return nil
}
