package pipeline

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// badReasons counts the bad records by their codes.
type badReasons struct {
	by   map[corpus.BadCode]*report.BadRecords
	last map[corpus.BadCode]int // the file of the last one
}

// The names of fields that are told where the text is in none that was looked for: how
// many, their length in bytes, and in how many records they are looked for.
const (
	toldFields    = 10
	toldFieldName = 100
	fieldRecords  = 100
)

// add counts e, of the file of that number; files come in order.
func (b *badReasons) add(file int, e *corpus.RecordError) {
	if b.by == nil {
		b.by, b.last = map[corpus.BadCode]*report.BadRecords{}, map[corpus.BadCode]int{}
	}
	code := cmp.Or(e.Code, corpus.BadOther)
	r := b.by[code]
	if r == nil {
		r = &report.BadRecords{Reason: string(code), Files: 1, File: e.File, Line: e.Line}
		b.by[code], b.last[code] = r, file
	}
	r.Records++
	if b.last[code] != file {
		r.Files, b.last[code] = r.Files+1, file
	}
	if code == corpus.NoTextField && r.Records <= fieldRecords {
		names := e.Fields
		if names == nil {
			names = textFields(e.Raw)
		}
		r.Fields = appendNames(r.Fields, names)
	}
}

// sorted returns the reasons, those of most records first.
func (b *badReasons) sorted() []report.BadRecords {
	var all []report.BadRecords
	for _, r := range b.by {
		all = append(all, *r)
	}
	slices.SortFunc(all, func(x, y report.BadRecords) int {
		return cmp.Or(cmp.Compare(y.Records, x.Records), cmp.Compare(x.Reason, y.Reason))
	})
	return all
}

// appendNames appends the names that are not there yet, as far as they are told.
func appendNames(names, more []string) []string {
	for _, s := range more {
		if len(names) < toldFields && len(s) <= toldFieldName && !slices.Contains(names, s) {
			names = append(names, s)
		}
	}
	return names
}

// textFields returns the names of strings in a JSON object, those on the top before
// those in other objects. The object may be cut.
func textFields(object []byte) []string {
	names, inner := stringsIn("", object)
	for _, o := range inner {
		nested, _ := stringsIn(o.name+".", o.value)
		names = append(names, nested...)
	}
	return names
}

// member is a member of an object.
type member struct {
	name  string
	value json.RawMessage
}

// stringsIn returns the names of strings in a JSON object behind a prefix, and the
// objects in it.
func stringsIn(prefix string, object []byte) (names []string, inner []member) {
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, nil
	}
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err != nil || d.Decode(&value) != nil {
			break
		}
		switch s := prefix + name.(string); value[0] {
		case '"':
			names = append(names, s)
		case '{':
			inner = append(inner, member{s, value})
		}
	}
	return names, inner
}

// badMeaning words a code, to stand behind "3 bad records" or "1 bad record".
func badMeaning(code corpus.BadCode) string {
	switch code {
	case corpus.BadJSON:
		return "with malformed JSON"
	case corpus.BadCSV:
		return "with malformed CSV or another number of fields than the header"
	case corpus.BadWARC:
		return "with a malformed header or length of WARC"
	case corpus.BadEncoding:
		return "not in the expected encoding"
	case corpus.BadFormat:
		return "of another kind of file than the name says"
	case corpus.BadField:
		return "with a text or an id that is no string"
	case corpus.NoPageText:
		return "from which no text comes"
	case corpus.NoWords:
		return "among the references, without a letter or number"
	case corpus.DuplicateID:
		return "with an id that an earlier one has"
	case corpus.TooLarge:
		return "over --max-record"
	case corpus.TooMuchGrowth:
		return "over --max-expansion"
	case corpus.CutShort:
		return "cut short"
	case corpus.Damaged:
		return "that cannot be decoded"
	case corpus.UnreadableFile:
		return "for a file that cannot be read"
	}
	return "for other reasons"
}

// badMessage says in one sentence what is wrong with the bad records of a reason.
func badMessage(b *report.BadRecords, textField, idField string) string {
	records := quantity.Of(b.Records, "bad record", "bad records")
	where := b.File
	if b.Line > 0 {
		where = fmt.Sprintf("%s:%d", b.File, b.Line)
	}
	if b.Files > 1 {
		where += fmt.Sprintf(", in %s files", quantity.Number(b.Files))
	}
	switch code := corpus.BadCode(b.Reason); code {
	case corpus.NoTextField:
	case corpus.BadEncoding:
		where += "; lines and tables must be UTF-8, which iconv makes of others, and of text files and pages --encoding names another one"
		fallthrough
	default:
		return fmt.Sprintf("%s %s (%s), the first at %s", records, badMeaning(code), b.Reason, where)
	}
	return fmt.Sprintf("%s without the field %s (%s), the first at %s%s", records, oneOf(textField), b.Reason, where, fieldHint(b.Fields, idField))
}

// unusableHint says what to do where all records are bad. Runs saved before there were
// reasons have none.
func unusableHint(bad []report.BadRecords, textField string) string {
	noField := func(b report.BadRecords) bool { return corpus.BadCode(b.Reason) == corpus.NoTextField }
	switch {
	case len(bad) == 0 || slices.ContainsFunc(bad, noField):
		return fmt.Sprintf("; if the text of records is in another field than %q, name it by --text-field", textField)
	case corpus.BadCode(bad[0].Reason) == corpus.BadJSON:
		return "; JSONL has one object a line, which \"jq -c .[]\" makes of an array and \"jq -c .\" of objects of many lines"
	}
	return ""
}

// oneOf words the fields that the text may be in.
func oneOf(textField string) string {
	names := strings.Split(textField, ",")
	for i, name := range names {
		names[i] = strconv.Quote(name)
	}
	return strings.Join(names, " or ")
}

// fieldHint says which field may hold the text instead.
func fieldHint(fields []string, idField string) string {
	var quoted []string
	for _, f := range fields {
		if f != idField {
			quoted = append(quoted, strconv.Quote(f))
		}
	}
	switch len(quoted) {
	case 0:
		return "; if the text is in another field, name it by --text-field"
	case 1:
		return fmt.Sprintf("; if the text is in %s, give --text-field %[1]s", quoted[0])
	}
	return "; fields seen: " + strings.Join(quoted, ", ") + "; if one of them is the text, name it by --text-field"
}
