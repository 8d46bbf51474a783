package tables

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"github.com/doppel-dedup/doppel/internal/jsontext"
)

// jsonlWriter writes one JSON object a row.
type jsonlWriter struct {
	schema Schema
	names  [][]byte // `{"a":`, `,"b":` and so on
	zstd   *zstd.Encoder
	line   []byte
}

// NewJSONL returns a writer of the table as JSON lines, compressed by zstd.
//
// Every object has every column, a null where there is no value: readers that take
// the columns from the first lines then know all of them.
func NewJSONL(w io.Writer, s Schema) (Writer, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	j := &jsonlWriter{schema: s, zstd: z}
	before := byte('{')
	for _, c := range s.Columns {
		j.names = append(j.names, append(appendString([]byte{before}, c.Name), ':'))
		before = ','
	}
	return j, nil
}

// Append implements [Writer].
func (j *jsonlWriter) Append(row ...Value) error {
	if err := j.schema.checkRow(row); err != nil {
		return err
	}
	line := j.line[:0]
	for i, v := range row {
		line = append(line, j.names[i]...)
		line = appendValue(line, v)
	}
	j.line = append(line, "}\n"...)
	_, err := j.zstd.Write(j.line)
	return err
}

// Close implements [Writer].
func (j *jsonlWriter) Close() error { return j.zstd.Close() }

func appendValue(dst []byte, v Value) []byte {
	switch v.typ {
	case TypeString:
		return appendString(dst, v.text)
	case TypeInt64:
		return strconv.AppendInt(dst, v.int(), 10)
	case TypeDouble:
		return appendFloat(dst, v.float())
	case TypeBool:
		return strconv.AppendBool(dst, v.bool())
	}
	return append(dst, "null"...)
}

// appendFloat appends the shortest number that reads as v, with a point or an
// exponent, because readers tell a column's type by how its numbers look.
func appendFloat(dst []byte, v float64) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'g', -1, 64)
	if !bytes.ContainsAny(dst[start:], ".e") {
		dst = append(dst, ".0"...)
	}
	return dst
}

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = clean(s)
	}
	return jsontext.AppendString(dst, s)
}

// clean returns s with U+FFFD for each run of bytes that are not UTF-8.
func clean(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
