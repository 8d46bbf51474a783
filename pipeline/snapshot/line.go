package snapshot

import (
	"bytes"
	"encoding/json"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// decode reads a line of the documents. Nearly all lines are as a Writer writes
// them, with no escapes; those are read here, in a fraction of the time that
// encoding/json takes, which gets the others. The tests compare the two.
func (d *Document) decode(line []byte) error {
	if d.scan(line) {
		return nil
	}
	*d = Document{}
	return json.Unmarshal(line, d)
}

// scan reads a line that is written as a Writer does it, and tells whether it is.
func (d *Document) scan(line []byte) bool {
	s := scanner{rest: line, ok: true}
	*d = Document{
		N:     corpus.ID(s.after(`{"n":`).number(1<<32 - 1)),
		ID:    s.after(`,"id":`).text(),
		Title: s.after(`,"title":`).text(),
		File:  int(s.after(`,"file":`).number(1<<31 - 1)),
		Line:  int64(s.after(`,"line":`).number(1<<63 - 1)),
	}
	if s.has(`,"offset":`) {
		d.Offset = int64(s.number(1<<63 - 1))
	}
	if s.has(`,"stored_at":`) {
		at := int64(s.number(1<<63 - 1))
		d.StoredAt = &at
	}
	d.Leader = corpus.ID(s.after(`,"leader":`).number(1<<32 - 1))
	d.Characters = uint32(s.after(`,"characters":`).number(1<<32 - 1))
	if s.has(`,"shingles":`) {
		d.Shingles = uint32(s.number(1<<32 - 1))
	}
	if s.has(`,"figures":`) {
		d.Figures = uint32(s.number(1<<32 - 1))
	}
	if s.has(`,"content":`) {
		d.Content = s.text()
	}
	d.Empty = s.has(`,"empty":true`)
	if s.has(`,"value":`) {
		value := s.text()
		d.Value = &value
	}
	if s.has(`,"values":[`) {
		d.Values = s.texts()
	}
	return s.ok && string(s.rest) == "}"
}

// scanner reads a line from its beginning; ok is false from the first thing on that
// is not as expected.
type scanner struct {
	rest []byte
	ok   bool
}

func (s *scanner) has(prefix string) bool {
	if len(s.rest) < len(prefix) || string(s.rest[:len(prefix)]) != prefix {
		return false
	}
	s.rest = s.rest[len(prefix):]
	return true
}

func (s *scanner) after(prefix string) *scanner {
	s.ok = s.has(prefix) && s.ok
	return s
}

// number reads a decimal number up to most, without zeros before it.
func (s *scanner) number(most uint64) uint64 {
	n, digits := uint64(0), 0
	for ; digits < len(s.rest) && s.rest[digits]-'0' <= 9 && digits < 20; digits++ {
		if n > (1<<64-10)/10 {
			s.ok = false
			return 0
		}
		n = 10*n + uint64(s.rest[digits]-'0')
	}
	s.ok = s.ok && digits > 0 && n <= most && (digits == 1 || s.rest[0] != '0')
	s.rest = s.rest[digits:]
	return n
}

// texts reads strings, or null, up to the bracket that ends a list of them.
func (s *scanner) texts() (list []*string) {
	for s.ok {
		var value *string
		if !s.has("null") {
			text := s.text()
			value = &text
		}
		list = append(list, value)
		if s.has("]") {
			break
		}
		s.after(",")
	}
	return list
}

// text reads a string that has no escapes. What is between the quotes is valid
// UTF-8.
func (s *scanner) text() string {
	if !s.has(`"`) {
		s.ok = false
		return ""
	}
	end := bytes.IndexByte(s.rest, '"')
	if end < 0 {
		s.ok = false
		return ""
	}
	text := s.rest[:end]
	for _, c := range text {
		if c < ' ' || c == '\\' {
			s.ok = false
			return ""
		}
	}
	s.rest = s.rest[end+1:]
	return string(text)
}
