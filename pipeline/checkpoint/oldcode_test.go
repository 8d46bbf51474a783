package checkpoint

import (
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// TestBadCodesComeBack out of a log as they went in; those from before there were codes
// by their reasons.
func TestBadCodesComeBack(t *testing.T) {
	taken := func(e *corpus.RecordError) *corpus.RecordError {
		d := decoder{rest: appendRecordError(nil, e)}
		got := takeRecordError(&d, "f")
		if d.bad || len(d.rest) > 0 {
			t.Errorf("%+v is not read whole", e)
		}
		return got
	}
	for _, code := range corpus.BadCodes() {
		for _, e := range []corpus.RecordError{{Code: code}, {Code: code, Truncated: true, Broken: true, Reason: "r", Raw: []byte("x")}} {
			if got := taken(&e); got.Code != code || got.Truncated != e.Truncated || got.Broken != e.Broken {
				t.Errorf("%+v came back as %+v", e, got)
			}
		}
	}
	for reason, want := range map[string]corpus.BadCode{
		`field "text" is missing`:                                 corpus.NoTextField,
		`field "text" is a number, want a string`:                 corpus.BadField,
		"the record is over the limit of 10 bytes (--max-record)": corpus.TooLarge,
		"gzip data: the file expands beyond the limit: to more":   corpus.TooMuchGrowth,
		"the record is a number, want an object":                  corpus.BadJSON,
		"the record has 3 fields, want 2":                         corpus.BadCSV,
		"the content is zstd data, want text":                     corpus.BadFormat,
		"the content is not all utf-8, as it should be":           corpus.BadEncoding,
		`id "a" was already used at a.jsonl:1`:                    corpus.DuplicateID,
		"gzip data: unexpected EOF":                               corpus.CutShort,
		"something that nobody knows":                             corpus.BadOther,
		"the Content-Length is 9, but no record ends there":       corpus.BadWARC,
	} {
		if got := taken(&corpus.RecordError{Reason: reason}); got.Code != want {
			t.Errorf("%s: the code is %s, want %s", reason, got.Code, want)
		}
	}
}
