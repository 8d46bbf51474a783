// Package snapshot stores what a run has found out about a corpus, so that it can
// be clustered again without reading the corpus again: a folder of three files.
//
//	run.json           what was run, on what, and what came of it: a [Header]
//	documents.json.zst one JSON object a line for each document: a [Document]
//	pairs.csv.zst      the verified pairs, one a line: a [Pair]
//
// # In and out
//
// A [Writer] takes documents in reading order and pairs in ascending order, and
// puts the folder in its place, whole or not at all, once all of it is on the
// disk. [Open] reads the header back, and its [Reader] yields the rest.
//
// # The files
//
// run.json is indented JSON whose last field is "checksum", 32 hexadecimal digits:
// the xxh3-128 of all bytes before that field. It gives for each of the other
// files its size in bytes, its xxh3-128, and its number of rows. Those two are
// each one zstd frame. Line n of documents.json.zst, counted from 0, is document
// n, and says so; pairs name documents by these numbers:
//
//	{"n":1,"id":"b","title":"First words","file":0,"line":7,"leader":0,"characters":52}
//
// The pairs begin with the line "a,b,overlap", or "a,b,overlap,figures" where figures
// count. In every row a < b, and the rows ascend by a, then by b. The overlap is the
// number of shingles shared, or, of weighted similarities, the similarity times
// 2^32-1; figures is the number of figures shared.
//
// Within a schema fields may be added, never renamed or given another meaning.
//
// # What is checked
//
// Sizes and checksums, before a file is read; then every number: documents in
// their order, with files and leaders that there are; pairs in their order,
// between leaders. A snapshot that was cut short, changed in any byte, or is of
// another kind is an error that names the file and what is wrong.
//
// Note: of a million pairs of planted texts, CSV takes 4.5 bytes a pair compressed,
// lines of JSON 5.2, columns of 4-byte numbers 2.6, and those are read in half the
// time. But any tool reads CSV.
//
// # Concurrency and memory
//
// Writers and Readers belong to one goroutine. Both stream: they hold a few MiB of
// buffers, and a Reader four bytes a document.
package snapshot

import (
	"encoding/json"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// Schema is the version of the format. Persisted; a change of meaning takes a new
// number. Schema 1 has no contents and offsets of documents; it is read too.
const Schema = 2

// SchemaWithPlaces is the first that has [Document.Content] and [Document.Offset].
const SchemaWithPlaces = 2

// Folder is the name that a snapshot has inside a run folder. Persisted.
const Folder = "saved"

// The names of the files. Persisted, never rename. None of them ends as inputs do:
// a snapshot in a folder of texts is not read as some.
const (
	HeaderName    = "run.json"
	DocumentsName = "documents.json.zst"
	PairsName     = "pairs.csv.zst"
)

// headerType tells what kind of file the header begins.
const headerType = "run"

// Header is the content of run.json.
type Header struct {
	Type   string `json:"type"` // "run"
	Schema int    `json:"schema"`
	// Program wrote the snapshot, such as "doppel v1.2.3".
	Program string `json:"program"`
	// Fingerprint is the short name of Identity, which is all that determined the
	// result.
	Fingerprint string          `json:"fingerprint"`
	Identity    json.RawMessage `json:"identity"`
	// VerifiedFrom is the similarity in (0, 1] from which pairs are in the
	// snapshot.
	VerifiedFrom float64 `json:"verified_from"`
	// ChancePairs is the number of candidate pairs of unrelated documents that the
	// plan expected.
	ChancePairs float64 `json:"chance_pairs"`
	// Counts is what became of the input.
	Counts report.Counts `json:"counts"`
	// IgnoredFiles were left out for their names, and BrokenFiles could not be
	// read to their end.
	IgnoredFiles int64  `json:"ignored_files"`
	FirstIgnored string `json:"first_ignored,omitempty"`
	BrokenFiles  int64  `json:"broken_files"`
	// BadRecords are the reasons of bad records; nil from before they were stored.
	BadRecords []report.BadRecords `json:"bad_records,omitempty"`
	// Undated documents have no usable date, where a window asks for one.
	Undated int64 `json:"undated,omitempty"`
	// Boilerplate is what is to be told of shingles that were left out.
	Boilerplate []report.Warning `json:"boilerplate,omitempty"`
	// Inputs are the files that were read, in reading order.
	Inputs []Input `json:"inputs"`
	// Files are the other files of the snapshot.
	Files []File `json:"files"`
}

// Input is a file that documents come from.
type Input struct {
	// Name is as reports give it, unique and valid UTF-8.
	Name string `json:"name"`
	// Format is text or jsonl.
	Format corpus.Format `json:"format"`
	// Bytes is the size as stored, 0 for standard input, and Digest the xxh3 of
	// what was read, decompressed: 16 hexadecimal digits.
	Bytes  int64  `json:"bytes"`
	Digest string `json:"xxh3"`
	// Quarantined is the number of its records that are no documents.
	Quarantined int64 `json:"quarantined,omitempty"`
	// Filtered is the number of those that take no part; not in schema 1.
	Filtered int64 `json:"filtered,omitempty"`
	// Reference tells that its documents are references. Such files come last.
	Reference bool `json:"reference,omitempty"`
}

// File is a file of the snapshot.
type File struct {
	Name string `json:"name"`
	// Rows is the number of documents or pairs.
	Rows int64 `json:"rows"`
	// Bytes and Checksum, the xxh3-128 in 32 hexadecimal digits, are of the file
	// as stored.
	Bytes    int64  `json:"bytes"`
	Checksum string `json:"xxh3_128"`
}

// Document is what is known of a document.
type Document struct {
	// N is its number: 0 for the first, then 1, 2 and so on.
	N corpus.ID `json:"n"`
	// ID and Title are as in a report; ids are unique.
	ID    string `json:"id"`
	Title string `json:"title"`
	// File is a position in Header.Inputs, Line counts from 1.
	File int   `json:"file"`
	Line int64 `json:"line"`
	// Offset is [corpus.Document.Offset], 0 in schema 1, and StoredAt that of
	// [corpus.Document.StoredAt] if it is another one.
	Offset   int64  `json:"offset,omitempty"`
	StoredAt *int64 `json:"stored_at,omitempty"`
	// Leader is the first document with the same normalised text, which may be
	// the document itself.
	Leader corpus.ID `json:"leader"`
	// Characters is the length of the text.
	Characters uint32 `json:"characters"`
	// Shingles is the number of distinct shingles, of leaders in candidate pairs;
	// 0 for others, and under weighted similarities.
	Shingles uint32 `json:"shingles,omitempty"`
	// Figures is the number of distinct figures, of leaders in candidate pairs, if
	// figures count.
	Figures uint32 `json:"figures,omitempty"`
	// Content is the digest of the normalised text, 32 hexadecimal digits: of leaders
	// that are not empty, "" for others and in schema 1.
	Content string `json:"content,omitempty"`
	// Empty tells that the text has no letter or number.
	Empty bool `json:"empty,omitempty"`
	// Value is the content of the field that the keep policy looks at, or of the field
	// with the source: nil if there is no such field, or more than one, or the document
	// has none.
	Value *string `json:"value,omitempty"`
	// Values are those of more than one field: of the policy, in its order, then of the
	// source; nil is one that the document has not. None if it has none of them.
	Values []*string `json:"values,omitempty"`
}

// SetFields stores the contents of the fields that the keep policy looks at.
func (d *Document) SetFields(fields [][]byte) {
	d.Value, d.Values = nil, nil
	values := make([]*string, len(fields))
	some := false
	for i, f := range fields {
		if f != nil {
			text := string(f)
			values[i], some = &text, true
		}
	}
	switch {
	case len(values) == 1:
		d.Value = values[0]
	case some:
		d.Values = values
	}
}

// FieldValues returns what SetFields was given, or nothing if all of it is nil.
func (d *Document) FieldValues() (fields [][]byte) {
	values := d.Values
	if d.Value != nil {
		values = []*string{d.Value}
	}
	for _, v := range values {
		if v == nil {
			fields = append(fields, nil)
		} else {
			fields = append(fields, []byte(*v))
		}
	}
	return fields
}

// Pair is a verified pair.
type Pair struct {
	verify.Scored
	// Figures is the number of figures shared, 0 unless figures count.
	Figures uint32
}
