package corpus

import (
	"errors"
	"io"
	"io/fs"
)

// BadCode is the kind of what is wrong with a record, for programs and for sums.
type BadCode string

// The codes. Persisted, never rename.
const (
	BadOther       BadCode = "other"         // of checkpoints from before there were codes
	BadJSON        BadCode = "bad-json"      // malformed, too deep, or no object
	BadCSV         BadCode = "bad-csv"       // malformed, or another number of fields than the header
	BadWARC        BadCode = "bad-warc"      // header, length or place of a record
	BadEncoding    BadCode = "bad-encoding"  // not the encoding that was expected
	BadFormat      BadCode = "bad-format"    // the file is of another kind
	NoTextField    BadCode = "no-text-field" // nothing has the name of the text
	BadField       BadCode = "bad-field"     // the text or the id is of a type that it cannot have
	NoPageText     BadCode = "no-page-text"  // a page, or what passes for one, from which no text comes
	NoWords        BadCode = "no-words"      // a reference without a letter or number
	DuplicateID    BadCode = "duplicate-id"
	TooLarge       BadCode = "too-large" // over Options.MaxRecord
	TooMuchGrowth  BadCode = "expansion" // over Options.MaxExpansion
	CutShort       BadCode = "truncated" // the file, or a part of it, ends too early
	Damaged        BadCode = "damaged"   // compression or structure cannot be read
	UnreadableFile BadCode = "unreadable-file"
)

// BadCodes returns all codes. Checkpoints store their places: others are only ever added
// at the end.
func BadCodes() []BadCode {
	return []BadCode{BadOther, BadJSON, BadCSV, BadWARC, BadEncoding, BadFormat, NoTextField, BadField, NoPageText,
		NoWords, DuplicateID, TooLarge, TooMuchGrowth, CutShort, Damaged, UnreadableFile}
}

// badness is what is wrong with a record; the zero value is nothing.
type badness struct {
	code BadCode
	text string
}

// CodedError is an error of a [Container] that says what kind of bad record it makes.
type CodedError struct {
	Code BadCode
	Err  error
}

// Error is that of Err.
func (e *CodedError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *CodedError) Unwrap() error { return e.Err }

// BadCodeOf returns the code of an error in the content of a file.
func BadCodeOf(err error) BadCode {
	var coded *CodedError
	var path *fs.PathError
	switch {
	case errors.As(err, &coded):
		return coded.Code
	case errors.Is(err, ErrExpansion):
		return TooMuchGrowth
	case errors.Is(err, io.ErrUnexpectedEOF):
		return CutShort
	case errors.As(err, &path):
		return UnreadableFile
	}
	return Damaged
}
