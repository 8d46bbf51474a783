package cluster

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// KeepPolicy says which document of a cluster is kept: a list of criteria, each of
// which decides where those before it leave two documents equal. The zero value is
// "longest", the default. It is comparable by [KeepPolicy.String], which
// [ParseKeepPolicy] reads back.
type KeepPolicy struct {
	criteria []criterion // none is longest
	fields   []string
}

// maxCriteria bounds what is stored of every document.
const maxCriteria = corpus.MaxFields

// ParseKeepPolicy reads a policy, criteria with commas between them:
//
//	protected              a reference document rather than another
//	longest                the longest text, in characters
//	first                  the first in reading order; nothing can follow it
//	newest                 the latest date in field "date"
//	newest:FIELD           the latest date in FIELD
//	oldest                 the earliest date in field "date"
//	oldest:FIELD           the earliest date in FIELD
//	max:FIELD              the largest number in FIELD
//	min:FIELD              the smallest number in FIELD
//	source:A>B             from source A rather than B, from B rather than others
//	regex:PATTERN          one whose id or file name matches
//	regex:FIELD=~PATTERN   one whose FIELD matches
//
// Sources may have commas between them in place of >. So what follows a comma and
// is no criterion goes on with the sources, or with the pattern, before it. Write
// \, for a comma in a name, and \> for > in a source. A pattern is as package regexp
// has it, and matches anywhere.
//
// See [KeepPolicy.AppendRanks] for what counts as a date, a number and a source.
func ParseKeepPolicy(s string) (KeepPolicy, error) {
	var p KeepPolicy
	for _, item := range splitCriteria(s) {
		c, err := parseCriterion(item)
		if err == nil {
			err = p.add(c)
		}
		if err != nil {
			return KeepPolicy{}, fmt.Errorf("cluster: keep policy %q: %w", s, err)
		}
	}
	return p, nil
}

// splitCriteria cuts a policy at the commas that a criterion follows.
func splitCriteria(s string) (items []string) {
	for _, part := range splitAt(s, ',') {
		last := len(items) - 1
		if last >= 0 && !beginsCriterion(part) && goesOn(items[last]) {
			items[last] += "," + part
		} else {
			items = append(items, part)
		}
	}
	return items
}

// beginsCriterion tells whether part has the name of a criterion.
func beginsCriterion(part string) bool {
	name, _, _ := strings.Cut(part, ":")
	return slices.Contains(keepNames[:], name)
}

// goesOn tells whether a comma may be a part of the item. A list of sources that has
// begun with > has no commas: what follows one is a criterion, or misspelt.
func goesOn(item string) bool {
	return strings.HasPrefix(item, "regex:") ||
		strings.HasPrefix(item, "source:") && len(splitAt(item, '>')) == 1
}

// add appends a criterion and the field that it looks at.
func (p *KeepPolicy) add(c criterion) error {
	switch n := len(p.criteria); {
	case n == maxCriteria:
		return fmt.Errorf("more than %d criteria", maxCriteria)
	case n > 0 && p.criteria[n-1].kind == keepFirst:
		return fmt.Errorf("%q comes after first, which leaves nothing to decide", c.String())
	case slices.ContainsFunc(p.criteria, func(d criterion) bool { return d.String() == c.String() }):
		return fmt.Errorf("%q is in it twice", c.String())
	}
	p.criteria = append(p.criteria, c)
	p.lookUp()
	return nil
}

// lookUp lists the fields, each once.
func (p *KeepPolicy) lookUp() {
	p.fields = nil
	for i := range p.criteria {
		c := &p.criteria[i]
		if c.field == "" {
			continue
		}
		if c.at = slices.Index(p.fields, c.field); c.at < 0 {
			c.at, p.fields = len(p.fields), append(p.fields, c.field)
		}
	}
}

// WithSourceField returns a policy that does as p and looks for the source in the
// named field; "" is "source".
func (p KeepPolicy) WithSourceField(name string) KeepPolicy {
	if name == "" {
		name = sourceField
	}
	p.criteria = slices.Clone(p.criteria)
	for i := range p.criteria {
		if p.criteria[i].kind == keepSource {
			p.criteria[i].field = name
		}
	}
	p.lookUp()
	return p
}

// BySource returns the field in which the policy looks for a source, which the name
// of the file can stand for; "" if it does not ask for sources.
func (p KeepPolicy) BySource() string {
	for _, c := range p.criteria {
		if c.kind == keepSource {
			return c.field
		}
	}
	return ""
}

// String returns the policy in the one spelling of its meaning, as
// [ParseKeepPolicy] reads it.
func (p KeepPolicy) String() string {
	if len(p.criteria) == 0 {
		return keepNames[keepLongest]
	}
	var b strings.Builder
	for i, c := range p.criteria {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(c.String())
	}
	return b.String()
}

// Fields returns the names of the record fields that the policy looks at, each once.
// The caller must not change them.
func (p KeepPolicy) Fields() []string { return p.fields }

// Len returns the number of criteria, which is 1 or more.
func (p KeepPolicy) Len() int { return max(len(p.criteria), 1) }

// DocInfo is what a [KeepPolicy] may know of a document.
type DocInfo struct {
	// ID is the place in reading order.
	ID corpus.ID
	// Key is the external name.
	Key []byte
	// Fields are the contents of the fields named by [KeepPolicy.Fields], in that
	// order; nil is one that the record has not. Those beyond the end are missing.
	Fields [][]byte
	// FileName is the slash-separated name of the input file.
	FileName string
	// TextLen is the length of the text in characters.
	TextLen int
	// Protected tells that the document is a reference.
	Protected bool
}

func (d *DocInfo) field(at int) []byte {
	if at < len(d.Fields) {
		return d.Fields[at]
	}
	return nil
}

// AppendRanks appends the document's worth under each criterion, [KeepPolicy.Len]
// numbers, to dst: of two documents the one whose ranks are the larger, first rank
// first, is kept. ok is false if the document lacks what some criterion looks at; it
// then ranks last there, with math.MinInt64. What is equal in all goes by length
// and key (see [NewOrder]).
//
// A number is decimal, such as 12, -0.5 or 1e6, with or without white space
// around it; numbers are compared as float64, and one too large for it is no
// number.
//
// A date is RFC 3339 or its parts ("2024-12-19T10:00:00Z", "2024-12-19 10:00",
// "2024-12-19", "2024-12", "2024"), "2024/12/19", "20241219", a date as in mail
// ("Thu, 19 Dec 2024 10:00:00 GMT") or in English ("19 December 2024",
// "Dec 19, 2024"), or a number of seconds (milli-, micro-, nanoseconds, told by
// their size) since 1970. Four digits are a year, eight are a day. Without a
// time zone it is UTC; dates are compared to the microsecond. Dates such as
// 02/03/2024, which nobody can tell, are no dates.
//
// A source matches when it equals the field "source"; for a document without
// that field, when it equals the name of its file, is a folder above it (with
// or without the slash at its end), or matches the name as a pattern of
// [path.Match].
//
// A pattern that is not found ranks 0, one that is found 1.
func (p KeepPolicy) AppendRanks(dst []int64, doc DocInfo) (ranks []int64, ok bool) {
	if len(p.criteria) == 0 {
		return append(dst, int64(doc.TextLen)), true
	}
	ok = true
	for i := range p.criteria {
		rank, usable := p.criteria[i].rank(&doc)
		dst, ok = append(dst, rank), ok && usable
	}
	return dst, ok
}

// splitAt cuts s at every sep that no backslash stands before.
func splitAt(s string, sep byte) (parts []string) {
	from := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case sep:
			parts, from = append(parts, s[from:i]), i+1
		}
	}
	return append(parts, s[from:])
}

// unescape takes the backslash from before each of the special characters.
func unescape(s, special string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if i++; !strings.ContainsRune(special, rune(s[i])) {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// escape is the inverse of unescape.
func escape(s, special string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			b.WriteByte(s[i])
			i++
		case strings.ContainsRune(special, rune(s[i])):
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

var errBackslash = errors.New("a name ends with a backslash")
