package corpus

import (
	"fmt"
	"strconv"
	"strings"
)

// filter is which records take part: those for which every condition holds.
type filter []condition

// condition is one of a filter; see [Options.Where].
type condition struct {
	field, op, value string
	number           float64 // the value, if op compares numbers
}

// The operators, those that begin with another one first. The empty one asks whether
// the field is there.
var filterOperators = [...]string{"!=", ">=", "<=", "=", ">", "<"}

// ParseCondition returns the condition in its one spelling, or what is wrong with it.
// See [Options.Where] for what it may be.
func ParseCondition(s string) (string, error) {
	c, err := parseCondition(s)
	return c.field + c.op + c.value, err
}

func parseCondition(s string) (condition, error) {
	c := condition{field: s}
	if strings.ContainsRune(s, '\n') {
		return c, fmt.Errorf("corpus: the condition %q has a line end in it", s)
	}
	at := strings.IndexAny(s, "!<>=")
	if at >= 0 {
		for _, op := range filterOperators {
			if strings.HasPrefix(s[at:], op) {
				c.field, c.op, c.value = s[:at], op, s[at+len(op):]
				break
			}
		}
	}
	if c.field == "" || at >= 0 && c.op == "" {
		return c, fmt.Errorf("corpus: the condition %q is none, want FIELD, FIELD=VALUE, FIELD!=VALUE, FIELD>=NUMBER, or with <=, > or <", s)
	}
	var err error
	if strings.ContainsAny(c.op, "<>") {
		if c.number, err = strconv.ParseFloat(c.value, 64); err != nil || c.number != c.number {
			return c, fmt.Errorf("corpus: in the condition %q %q is no number", s, c.value)
		}
	}
	return c, nil
}

// parseFilter reads conditions, one a line.
func parseFilter(s string) (f filter, err error) {
	if s == "" {
		return nil, nil
	}
	for line := range strings.SplitSeq(s, "\n") {
		c, err := parseCondition(line)
		if err != nil {
			return nil, err
		}
		f = append(f, c)
	}
	return f, nil
}

// fields are the names of the fields that the conditions ask for, in order.
func (f filter) fields() []string {
	names := make([]string, len(f))
	for i := range f {
		names[i] = f[i].field
	}
	return names
}

// holds reports whether the condition holds for a field with a value of a kind, and
// its content if it is a string or a number.
func (c *condition) holds(kind valueKind, content []byte) bool {
	switch kind {
	case valueTrue:
		content = []byte("true")
	case valueFalse:
		content = []byte("false")
	}
	there := kind != valueMissing && kind != valueNull
	switch c.op {
	case "":
		return there
	case "=":
		return there && kind != valueOther && string(content) == c.value
	case "!=":
		return !there || kind == valueOther || string(content) != c.value
	}
	if kind != valueString && kind != valueNumber {
		return false
	}
	v, err := strconv.ParseFloat(string(content), 64)
	if err != nil {
		return false
	}
	switch c.op {
	case ">=":
		return v >= c.number
	case "<=":
		return v <= c.number
	case ">":
		return v > c.number
	}
	return v < c.number
}
