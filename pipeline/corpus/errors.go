package corpus

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// maxRaw is how much of a bad record its error carries.
const maxRaw = 4 << 10

// RecordError is a record that did not become a document, and why.
type RecordError struct {
	// File is the [File.Name].
	File string
	// Line is the record's first line, counted from 1, or its number in a
	// [Container]; 0 stands for the whole file.
	Line int64
	// Offset is where the record begins, as [Document.StoredAt] says it.
	Offset int64
	// Key is the document's key where it is known.
	Key string
	// Code is the kind of what is wrong. Reason says what is wrong, without file and line.
	Code   BadCode
	Reason string
	// Fields are the names of fields that may have the text, where the Code is NoTextField
	// and a [Container] knows them: at most ten, and nil where they are not known.
	Fields []string
	// Raw is the record as stored, at most its first 4 KiB.
	Raw []byte
	// Truncated says that Raw is not the whole record.
	Truncated bool
	// Broken says that the file could not be read on from here: how many
	// records it holds is not known.
	Broken bool
}

// Error returns "file:line: reason".
func (e *RecordError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
}

// MarshalJSON writes the error as one line of a quarantine file: file, line,
// offset, id, reason, code, raw and truncated. A record that is not UTF-8 stands
// in raw_base64 instead of raw.
func (e *RecordError) MarshalJSON() ([]byte, error) {
	line := struct {
		File      string  `json:"file"`
		Line      int64   `json:"line"`
		Offset    int64   `json:"offset"`
		ID        string  `json:"id,omitempty"`
		Reason    string  `json:"reason"`
		Code      BadCode `json:"code"`
		Raw       *string `json:"raw,omitempty"`
		RawBase64 []byte  `json:"raw_base64,omitempty"`
		Truncated bool    `json:"truncated,omitempty"`
		Broken    bool    `json:"broken,omitempty"`
	}{File: e.File, Line: e.Line, Offset: e.Offset, ID: e.Key, Code: cmp.Or(e.Code, BadOther), Reason: e.Reason, Truncated: e.Truncated, Broken: e.Broken}
	if utf8.Valid(e.Raw) {
		s := string(e.Raw)
		line.Raw = &s
	} else {
		line.RawBase64 = e.Raw
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(line); err != nil {
		return nil, fmt.Errorf("corpus: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// setRaw keeps a copy of the beginning of the record. A cut does not split a
// character.
func (e *RecordError) setRaw(raw []byte) {
	if len(raw) > maxRaw {
		cut := maxRaw
		for cut > maxRaw-utf8.UTFMax && !utf8.RuneStart(raw[cut]) {
			cut--
		}
		raw, e.Truncated = raw[:cut], true
	}
	e.Raw = bytes.Clone(raw)
}

// DuplicateKeyError says that a document's key was given to another one before.
type DuplicateKeyError struct {
	Key   string
	First ID // the document that has it
}

// Error names the key.
func (e *DuplicateKeyError) Error() string {
	return fmt.Sprintf("corpus: id %q was already used by document %d", e.Key, e.First)
}
