package snapshot

import (
	"strconv"

	"github.com/doppel-dedup/doppel/internal/jsontext"
)

// appendTo appends the line of a document, without its end: byte for byte what
// encoding/json writes of it without escaping HTML, in a fraction of the time. The tests
// compare the two.
func (d *Document) appendTo(dst []byte) []byte {
	number := func(name string, v int64) { dst = strconv.AppendInt(append(dst, name...), v, 10) }
	text := func(name, s string) { dst = jsontext.AppendString(append(dst, name...), s) }
	some := func(name string, v int64) {
		if v != 0 {
			number(name, v)
		}
	}
	number(`{"n":`, int64(d.N))
	text(`,"id":`, d.ID)
	text(`,"title":`, d.Title)
	number(`,"file":`, int64(d.File))
	number(`,"line":`, d.Line)
	some(`,"offset":`, d.Offset)
	if d.StoredAt != nil {
		number(`,"stored_at":`, *d.StoredAt)
	}
	number(`,"leader":`, int64(d.Leader))
	number(`,"characters":`, int64(d.Characters))
	some(`,"shingles":`, int64(d.Shingles))
	some(`,"figures":`, int64(d.Figures))
	if d.Content != "" {
		text(`,"content":`, d.Content)
	}
	if d.Empty {
		dst = append(dst, `,"empty":true`...)
	}
	if d.Value != nil {
		text(`,"value":`, *d.Value)
	}
	return append(appendValues(dst, d.Values), '}')
}

func appendValues(dst []byte, values []*string) []byte {
	if len(values) == 0 {
		return dst
	}
	before := `,"values":[`
	for _, v := range values {
		dst = append(dst, before...)
		if v == nil {
			dst = append(dst, "null"...)
		} else {
			dst = jsontext.AppendString(dst, *v)
		}
		before = ","
	}
	return append(dst, ']')
}
