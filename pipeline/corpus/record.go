package corpus

import jsonkernel "github.com/doppel-dedup/doppel/internal/kernel/json"

// quickReader reads records of the common shape in one pass: one object in one
// line, whose names have no escapes and whose wanted fields are there once, on
// the top level and of the right kind. It checks all that jsonReader checks. On
// anything else, an error of any kind included, it gives up, and jsonReader
// decides and words the error: so a record means the same whichever of the two
// reads it.
//
// Note: bounds need no checks because the line's end stands in data: no step goes
// past a byte that it did not know, and a newline is allowed nowhere before it.
type quickReader struct {
	fields []field // as of jsonReader
	values []value // of fields
	texts  []int   // which of them are the document's text
	// mustCheck says that a string of the record is not ASCII, so that it must be
	// checked to be UTF-8.
	mustCheck bool

	data  []byte // the record with its line end, and what follows
	batch *Batch

	records int64 // how many were read, for tests
}

// value is what a wanted field holds.
type value struct {
	kind  valueKind
	bytes []byte // of a string or number; nil for other kinds
	ascii bool
}

type valueKind uint8

// The kinds of values that matter to a field.
const (
	valueMissing valueKind = iota
	valueString
	valueNumber
	valueNull
	valueTrue
	valueFalse
	valueOther
)

// read reads the record that begins at data[0], and copies the values of the
// wanted fields to the batch. It returns the length of the record with its line
// end, or 0 if it gives up; the batch is then as before. The last byte of data
// must be a newline.
func (q *quickReader) read(data []byte, dst *Batch) int {
	if data[0] != '{' {
		return 0
	}
	dst.reserve(len(data)) // nothing is longer than it was in the record
	q.data, q.batch, q.mustCheck = data, dst, false
	clear(q.values[:])
	start := len(dst.arena)
	at := q.object()
	if at > 0 {
		at = q.space(at)
	}
	if at < 0 || data[at] != '\n' || !q.fit() || q.mustCheck && !jsonkernel.ValidUTF8(data[:at]) {
		dst.arena = dst.arena[:start]
		return 0
	}
	q.records++
	return at + 1
}

// release forgets the record last read.
func (q *quickReader) release() {
	q.data, q.batch = nil, nil
	clear(q.values[:])
}

// fit reports whether the values are of kinds that make a document.
func (q *quickReader) fit() bool {
	if q.values[idField].kind >= valueTrue {
		return false
	}
	if len(q.texts) == 1 {
		return q.values[textField].kind == valueString
	}
	found := false
	for _, i := range q.texts {
		switch q.values[i].kind {
		case valueString:
			found = true
		case valueMissing, valueNull:
		default:
			return false
		}
	}
	return found
}

// object reads the members of the record and returns the place after it. Like
// all methods here, it returns -1 to give up.
func (q *quickReader) object() int {
	at := q.space(1)
	for {
		start, end := at+1, q.name(at)
		if end < 0 {
			return -1
		}
		fields := q.wanted(q.data[start : end-1])
		if at = q.colon(end); at < 0 || fields < 0 {
			return -1
		}
		if fields == 0 {
			at = q.skip(at, 1)
		} else {
			at = q.take(at, fields)
		}
		if at < 0 {
			return -1
		}
		at = q.space(at)
		switch q.data[at] {
		case ',':
			at = q.space(at + 1)
		case '}':
			return at + 1
		default:
			return -1
		}
	}
}

// wanted returns the fields that a member is, as bits. It is -1 if one of them was
// seen before, or if the member may hold one of them inside.
func (q *quickReader) wanted(name []byte) int {
	fields := 0
	for i := range q.fields {
		f := &q.fields[i]
		switch {
		case string(name) == f.name:
			if q.values[i].kind != valueMissing {
				return -1
			}
			fields |= 1 << i
		case f.dotted && string(name) == f.head:
			return -1
		}
	}
	return fields
}

// take gives the value at at to the fields and returns the place after it.
func (q *quickReader) take(at, fields int) int {
	var v value
	b := q.batch
	start := len(b.arena)
	end := -1
	switch c := q.data[at]; {
	case c == '"':
		var n int
		n, end, v.ascii = q.copyString(at)
		b.arena = b.arena[:start+n]
		v.kind, v.bytes = valueString, b.arena[start:start+n:start+n]
	case c == '-' || c-'0' <= 9:
		if end = q.number(at); end > 0 {
			b.arena = append(b.arena, q.data[at:end]...)
		}
		v.kind, v.bytes = valueNumber, b.arena[start:len(b.arena):len(b.arena)]
	case c == 'n':
		v.kind, end = valueNull, q.skip(at, 1)
	case c == 't':
		v.kind, end = valueTrue, q.skip(at, 1)
	case c == 'f':
		v.kind, end = valueFalse, q.skip(at, 1)
	default:
		v.kind, end = valueOther, q.skip(at, 1)
	}
	for i := range q.values {
		if fields>>i&1 != 0 {
			q.values[i] = v
		}
	}
	return end
}
