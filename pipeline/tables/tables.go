// Package tables writes the tables of a run, such as its members, clusters and
// pairs, as Parquet and as JSON lines: the same rows under the same names, so that
// DuckDB, pandas, Polars and datasets read either.
//
//	Schema, rows of Values -> NewParquet or NewJSONL -> one file
//
// # In
//
// A [Schema] names a table's columns in order, their types, which of them may be
// null and what they mean. A row is one [Value] a column, in the same order.
//
// # Out
//
// [NewParquet] writes a Parquet file, compressed by zstd, in row
// groups of [RowGroup] rows. The table's name and what
// its columns mean stand in the key-value metadata. [NewJSONL] writes one object a
// row, every column in it, null included, as one zstd frame. Equal rows give equal
// bytes: no times, no versions of programs.
//
// A writer writes only forwards, so that any io.Writer will do, one of package
// atomicfile included; a file is whole after Close, and not before.
//
// # Concurrency and memory
//
// A writer is for one goroutine. The Parquet writer holds one row group, encoded and
// compressed, the JSONL writer the window of the compressor.
//
// Note: there is no reader. A table is read by the tools named above, and doppel
// itself goes on from files of its own.
package tables

import (
	"fmt"
	"math"
	"strings"
)

// Schema describes a table.
type Schema struct {
	// Name is the table's name, such as "members".
	Name string
	// Columns are in the order in which they are written. Their names differ.
	Columns []Column
}

// Column describes a column.
type Column struct {
	// Name is what readers call it.
	Name string
	// Type is that of all its values.
	Type Type
	// Optional says that values may be null.
	Optional bool
	// Repeats says that a text column has few different values, such as classes and
	// file names: Parquet then has a dictionary of them. It changes sizes alone.
	Repeats bool
	// Doc says in a sentence what the values are, with their unit and range.
	Doc string
}

// Type is the type of a column's values.
type Type uint8

// The types.
const (
	TypeString Type = iota + 1 // UTF-8 text
	TypeInt64                  // signed, 64 bits
	TypeDouble                 // a finite number of 64 bits
	TypeBool
)

var typeNames = [...]string{TypeString: "string", TypeInt64: "int64", TypeDouble: "double", TypeBool: "bool"}

// String returns the name of the type.
func (t Type) String() string {
	if t > 0 && int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("type(%d)", uint8(t))
}

// Value is one value of a row. The zero value is null.
type Value struct {
	typ    Type // 0 for null
	text   string
	number uint64 // as its column's type has it: the integer, the float's bits, 0 or 1
}

// Null is the value that is none.
func Null() Value { return Value{} }

// String returns the value of a text. What of it is not UTF-8 is written as U+FFFD.
func String(v string) Value { return Value{typ: TypeString, text: v} }

// Int returns the value of an integer.
func Int(v int64) Value { return Value{typ: TypeInt64, number: uint64(v)} }

// Float returns the value of a number, which must be finite.
func Float(v float64) Value { return Value{typ: TypeDouble, number: math.Float64bits(v)} }

// Bool returns the value of a truth.
func Bool(v bool) Value {
	if v {
		return Value{typ: TypeBool, number: 1}
	}
	return Value{typ: TypeBool}
}

func (v Value) int() int64     { return int64(v.number) }
func (v Value) float() float64 { return math.Float64frombits(v.number) }
func (v Value) bool() bool     { return v.number != 0 }

// Writer writes the rows of one table. After an error only Close may be called.
type Writer interface {
	// Append writes a row, one value a column. It keeps neither the slice nor the
	// texts. A row that does not fit the schema is an error, and is not written.
	Append(row ...Value) error
	// Close writes what is left and the end of the file. It does not close the
	// io.Writer below.
	Close() error
}

// check says what is wrong with a schema.
func (s Schema) check() error {
	if s.Name == "" || len(s.Columns) == 0 {
		return fmt.Errorf("tables: table %q has %d columns, want a name and at least one column", s.Name, len(s.Columns))
	}
	seen := make(map[string]bool, len(s.Columns))
	for _, c := range s.Columns {
		switch {
		case c.Name == "" || strings.ToValidUTF8(c.Name, "") != c.Name:
			return fmt.Errorf("tables: table %s: column name %q, want text", s.Name, c.Name)
		case seen[c.Name]:
			return fmt.Errorf("tables: table %s has two columns %s", s.Name, c.Name)
		case c.Type < TypeString || c.Type > TypeBool:
			return fmt.Errorf("tables: table %s: column %s is of %v, which is no type", s.Name, c.Name, c.Type)
		case c.Repeats && c.Type != TypeString:
			return fmt.Errorf("tables: table %s: column %s is of %v, and Repeats is for texts", s.Name, c.Name, c.Type)
		}
		seen[c.Name] = true
	}
	return nil
}

// checkRow says what keeps a row from being one of the table.
func (s Schema) checkRow(row []Value) error {
	if len(row) != len(s.Columns) {
		return fmt.Errorf("tables: a row of table %s has %d values, want %d", s.Name, len(row), len(s.Columns))
	}
	for i, v := range row {
		c := &s.Columns[i]
		switch {
		case v.typ == 0 && !c.Optional:
			return fmt.Errorf("tables: column %s of table %s must not be null", c.Name, s.Name)
		case v.typ != 0 && v.typ != c.Type:
			return fmt.Errorf("tables: column %s of table %s is of %v, not of %v", c.Name, s.Name, c.Type, v.typ)
		case v.typ == TypeDouble && (math.IsNaN(v.float()) || math.IsInf(v.float(), 0)):
			return fmt.Errorf("tables: column %s of table %s: %v is no finite number", c.Name, s.Name, v.float())
		}
	}
	return nil
}
