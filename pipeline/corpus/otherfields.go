package corpus

import (
	"errors"
	"slices"
)

// FieldNames is Records that know the names of the fields that may hold a text, also of
// those that are not wanted.
type FieldNames interface {
	Records
	// FieldNames returns the names in their order, with dots for nesting, as far as they
	// are known by now. The slice does not change any more.
	FieldNames() []string
}

// How many names a RecordError has, and the length of the longest in bytes.
const (
	maxOtherFields    = 10
	maxOtherFieldName = 100
)

// otherFields returns the names to tell where the text is in none of its fields: none,
// and not nil, in a table that has one of them, with nothing in it there.
func (c *Corpus) otherFields(names []string) []string {
	texts, others := c.o.textFields(), []string{}
	if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(texts, name) }) {
		return others
	}
	for _, name := range names {
		if len(others) == maxOtherFields {
			break
		}
		if name != "" && len(name) <= maxOtherFieldName && !slices.Contains(others, name) {
			others = append(others, name)
		}
	}
	return others
}

// fieldsOf returns the names that an error of opening a file tells.
func (c *Corpus) fieldsOf(err error) []string {
	var none *noTextError
	if !errors.As(err, &none) {
		return nil
	}
	return c.otherFields(none.names)
}
