package corpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"
)

// maxDepth is how deep arrays and objects may be nested in a record.
const maxDepth = fastjson.MaxDepth

// jsonReader finds a few fields of a JSON object without building the rest of
// it: a walk over the bytes notes where their values stand, and fastjson proves
// that the whole record is valid JSON.
//
// Note: fastjson's own parser is not used on a whole record. It takes about 100
// bytes for each value, which a hostile record turns into gigabytes, accepts
// what is no JSON (NaN, control characters), and takes the first of equal names.
// Its validator has no depth limit, which the walk before it supplies.
type jsonReader struct {
	fields []field
	name   []byte // of a member, unquoted
}

// field is one that is looked for. literal and nested are where the last member
// of its very name, and of the part before the first dot, were found.
type field struct {
	name            string
	dotted          bool
	head, rest      string // of a dotted name: before and after the first dot
	literal, nested []byte
	value           []byte
}

func newField(name string) field {
	head, rest, dotted := strings.Cut(name, ".")
	return field{name: name, dotted: dotted, head: head, rest: rest}
}

func newJSONReader(names ...string) jsonReader {
	r := jsonReader{fields: make([]field, len(names))}
	for i, name := range names {
		r.fields[i] = newField(name)
	}
	return r
}

// read finds the value of each field in the record raw, which is valid UTF-8; a
// field that is missing has a nil value. It returns what is wrong with the
// record. The values are raw JSON inside raw.
func (r *jsonReader) read(raw []byte) badness {
	raw = trimJSONSpace(raw)
	end, err := skipValue(raw, 0)
	if err == nil && end != len(raw) {
		err = errSyntax
	}
	if err == nil && fastjson.ValidateBytes(raw) != nil {
		err = errSyntax
	}
	switch {
	case errors.Is(err, errDepth):
		return badness{BadJSON, fmt.Sprintf("invalid JSON: nested deeper than %d", maxDepth)}
	case err != nil:
		return badness{BadJSON, syntaxReason(raw)}
	case raw[0] != '{':
		return badness{BadJSON, fmt.Sprintf("the record is %s, want an object", kindOfJSON(raw))}
	}
	r.find(raw, r.fields)
	return badness{}
}

// release forgets the record last read.
func (r *jsonReader) release() {
	for i := range r.fields {
		f := &r.fields[i]
		f.literal, f.nested, f.value = nil, nil, nil
	}
}

// syntaxReason words what is wrong with a record. encoding/json says it best.
func syntaxReason(raw []byte) string {
	var v json.RawMessage
	err := json.Unmarshal(raw, &v)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("invalid JSON: %v (at byte %d of the record)", err, syntax.Offset)
	}
	return "invalid JSON"
}

// find sets the values of fields from the members of object, which is valid.
func (r *jsonReader) find(object []byte, fields []field) {
	for i := range fields {
		fields[i].literal, fields[i].nested, fields[i].value = nil, nil, nil
	}
	at := skipJSONSpace(object, 1)
	for object[at] == '"' {
		nameEnd := stringEnd(object, at)
		r.name = appendUnquoted(r.name[:0], object[at:nameEnd])
		start := skipJSONSpace(object, skipJSONSpace(object, nameEnd)+1)
		end, _ := skipValue(object, start) // object is valid
		for i := range fields {
			fields[i].see(r.name, object[start:end])
		}
		at = skipJSONSpace(object, end)
		if object[at] == ',' {
			at = skipJSONSpace(object, at+1)
		}
	}
	for i := range fields {
		r.choose(&fields[i])
	}
}

// see notes a member of the object if it may be the field.
func (f *field) see(name, value []byte) {
	switch string(name) {
	case f.name:
		f.literal = value
	case f.head:
		f.nested = value
	}
}

// choose takes the member of the field's very name, or looks inside the one
// that its first part names.
func (r *jsonReader) choose(f *field) {
	f.value = f.literal
	if f.literal != nil || !f.dotted || f.nested == nil || f.nested[0] != '{' {
		return
	}
	inner := []field{newField(f.rest)}
	r.find(f.nested, inner)
	f.value = inner[0].value
}

var (
	errSyntax = errors.New("no JSON value")
	errDepth  = errors.New("nested too deep")
)

// skipValue returns the end of the JSON value that begins at raw[at]. For a
// valid value that is exact. In others it finds some of what is wrong: all that
// would make a later step slow, such as unbounded depth, and misspelt literals,
// which fastjson quotes in full at each level of its error.
func skipValue(raw []byte, at int) (int, error) {
	depth := 0
	for at < len(raw) {
		switch c := raw[at]; c {
		case '"':
			end := stringEnd(raw, at)
			if end < 0 || hasControl(raw[at:end]) {
				return 0, errSyntax
			}
			at = end
		case '{', '[':
			if depth++; depth > maxDepth {
				return 0, errDepth
			}
			at++
		case '}', ']':
			depth--
			at++
		case 't', 'f', 'n':
			n := len(literalAt(raw[at:]))
			if n == 0 {
				return 0, errSyntax
			}
			at += n
		case ' ', '\t', '\r', '\n', ',', ':':
			at++
			continue // the value has not begun, or goes on
		default:
			at++
			for at < len(raw) && isNumberByte(raw[at]) {
				at++
			}
		}
		if depth <= 0 {
			return at, nil
		}
	}
	return 0, errSyntax
}

func literalAt(raw []byte) string {
	for _, s := range []string{"true", "false", "null"} {
		if len(raw) >= len(s) && string(raw[:len(s)]) == s {
			return s
		}
	}
	return ""
}

func isNumberByte(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E'
}

// stringEnd returns the place after the string that begins at raw[at], or -1.
func stringEnd(raw []byte, at int) int {
	for i := at + 1; ; i++ {
		n := bytes.IndexByte(raw[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		back := i
		for raw[back-1] == '\\' {
			back--
		}
		if (i-back)%2 == 0 {
			return i + 1
		}
	}
}

// hasControl reports whether a string holds a control character, which JSON wants
// escaped. fastjson overlooks it where an escape follows.
func hasControl(quoted []byte) bool {
	for _, c := range quoted {
		if c < ' ' {
			return true
		}
	}
	return false
}

func skipJSONSpace(raw []byte, at int) int {
	for at < len(raw) && isBlank(raw[at:at+1]) {
		at++
	}
	return at
}

func trimJSONSpace(raw []byte) []byte { return bytes.Trim(raw, " \t\r\n") }

// The kinds of JSON values, worded for reasons.
const (
	kindMissing = "missing"
	kindString  = "a string"
	kindNumber  = "a number"
	kindBoolean = "a boolean"
	kindNull    = "null"
	kindArray   = "an array"
	kindObject  = "an object"
)

// kindOfJSON returns the kind of a valid value; nil is a missing one.
func kindOfJSON(value []byte) string {
	if value == nil {
		return kindMissing
	}
	switch value[0] {
	case '"':
		return kindString
	case '{':
		return kindObject
	case '[':
		return kindArray
	case 't', 'f':
		return kindBoolean
	case 'n':
		return kindNull
	}
	return kindNumber
}
