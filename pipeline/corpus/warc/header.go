package warc

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// versionPrefix is what every record begins with.
const versionPrefix = "WARC/"

// maxHeader is the most that a header may have, in bytes.
const maxHeader = 64 << 10

// header is the named fields of a record in their order.
type header struct {
	fields []field
	length int64 // of the content that follows
}

type field struct {
	name  string
	value []byte
}

// get returns the first value of a field, "" if there is none.
func (h *header) get(name string) string {
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			return string(f.value)
		}
	}
	return ""
}

// ids returns the record ids that are values of a field.
func (h *header) ids(name string) []string {
	var ids []string
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			ids = append(ids, bareID(string(f.value)))
		}
	}
	return ids
}

// bareID takes the brackets off.
func bareID(s string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "<"), ">")
}

// isVersionLine reports whether a line is that with which a record begins.
func isVersionLine(line []byte) bool {
	_, ok := version(line)
	return ok
}

// version returns what stands behind "WARC/", and whether it is a known version.
func version(line []byte) (string, bool) {
	rest, ok := bytes.CutPrefix(line, []byte(versionPrefix))
	if !ok {
		return "", false
	}
	v := string(bytes.TrimRight(rest, " \t\r\n"))
	switch v {
	case "0.17", "0.18", "1.0", "1.1":
		return v, true
	}
	return v, false
}

// badHeader says what is wrong with a header.
type badHeader string

func (e badHeader) Error() string { return string(e) }

// readHeader reads from the line of the version to the blank line. It hands every
// line to raw. Its errors are a badHeader, or those of the input.
func readHeader(in *input, raw func([]byte)) (header, error) {
	var h header
	for n, first := 0, true; ; first = false {
		line, err := in.line()
		if err == io.EOF {
			return h, badHeader("the header breaks off")
		}
		if err != nil {
			return h, err
		}
		raw(line)
		if n += len(line); n > maxHeader {
			return h, badHeader(fmt.Sprintf("the header has over %d bytes", maxHeader))
		}
		if first {
			if v, ok := version(line); !ok {
				return h, badHeader(fmt.Sprintf("the version is %.20q, want 0.17, 0.18, 1.0 or 1.1", v))
			}
			continue
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return h, h.setLength()
		}
		h.add(line)
	}
}

// add takes a line: a field, or more of the value of the last one. What is neither
// is passed over.
func (h *header) add(line []byte) {
	if line[0] == ' ' || line[0] == '\t' {
		if n := len(h.fields); n > 0 {
			f := &h.fields[n-1]
			f.value = append(append(f.value, ' '), bytes.TrimSpace(line)...)
		}
		return
	}
	if name, value, ok := bytes.Cut(line, []byte(":")); ok {
		h.fields = append(h.fields, field{string(bytes.TrimSpace(name)), bytes.Clone(bytes.TrimSpace(value))})
	}
}

func (h *header) setLength() error {
	s := h.get("Content-Length")
	for _, f := range h.fields {
		if strings.EqualFold(f.name, "Content-Length") && string(f.value) != s {
			return badHeader("the header has two values of Content-Length")
		}
	}
	if s == "" {
		return badHeader("the header has no Content-Length")
	}
	n, err := strconv.ParseUint(s, 10, 62)
	if err != nil {
		return badHeader(fmt.Sprintf("the Content-Length is %.40q, want a number of bytes", s))
	}
	h.length = int64(n)
	return nil
}
