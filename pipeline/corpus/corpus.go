// Package corpus reads documents: it turns folders, files and streams into
// blocks of raw records, blocks into documents, and remembers of each document
// what later stages and reports need.
//
//	Open -> Corpus -> Scan -> Block -> Parser.Parse -> Document -> Catalog.Add -> ID
//
// # In
//
// [Open] takes folders, globs, files and "-". A text file (.txt, .text, .md) or a
// page (.html, .htm) is one document whose key is the file's name. A JSONL file
// (.jsonl, .ndjson) holds one document a line; which fields carry its text and its
// key is said by [Options]. Files whose records are no lines are read by a
// [Container]: CSV and TSV by one that is always there. Any may be compressed (.gz,
// .zst, .bz2, .xz). Files are read in the order of their names and never written to.
//
// [Options.Where] says which records take part; the others are counted and no more.
//
// # Out
//
// [Corpus.Scan] yields [Block] values in order: file by file, then by offset. A
// block is a run of whole records of one file, about 256 KiB of it. Which records
// share a block, and how many goroutines read ahead, never changes the
// documents, their order, their lines or their offsets. The Data of a file's
// blocks, end to end, is the file as decompressed, save for records over
// [Options.MaxRecord]; that of a container's file are its records as lines of JSON.
//
// A record that cannot become a document is a [RecordError] with its file, line,
// offset and reason, beside the documents and never in place of the rest of the
// file: malformed JSON, a text that is missing or no string, bytes that are not
// UTF-8, a record over the limit. A compressed file that is cut short or corrupt
// keeps the documents that were wholly read before the place, followed by one
// RecordError. A file that cannot be opened, or whose content is not what its
// name says, is one RecordError.
//
// Every record ends in exactly one of the two lists. Lines of white space alone
// are no records; they are counted in [Batch.Blank].
//
// # Concurrency and memory
//
// Scan reads up to [Options.Threads] files ahead and calls its function from one
// goroutine. A [Parser] belongs to one goroutine; run as many as there are
// cores. [Catalog.Add] is for one goroutine; after [Catalog.Seal] every method
// that reads may be called from any.
//
// Scan holds at most four blocks of each file that is being read, so 1 MiB times
// Threads unless single records are longer, and in the worst case MaxRecord in
// place of 256 KiB. A zstd window over 128 MiB is refused. A Catalog costs about 40 bytes a
// document in memory; names and titles go to a temporary file when they are over
// its budget.
//
// # JSON
//
// Records are read as RFC 8259 demands and encoding/json does, with these
// choices: field names match by exact case, the last of equal names wins, an
// escaped lone surrogate becomes U+FFFD, invalid UTF-8 anywhere in the record is
// an error, and so is nesting deeper than 300.
package corpus

import "fmt"

// ID is a document's dense ordinal: 0 for the first good record in reading
// order, then 1, 2 and so on. It depends on the input alone, never on threads.
type ID uint32

// Pair is an unordered pair of documents, stored with A < B.
type Pair struct{ A, B ID }

// MakePair returns the pair of a and b in order. It panics if they are equal,
// because a document is never its own candidate.
func MakePair(a, b ID) Pair {
	switch {
	case a < b:
		return Pair{a, b}
	case a > b:
		return Pair{b, a}
	}
	panic(fmt.Sprintf("corpus: document %d paired with itself", a))
}

// Pack returns the pair as one number whose order is that of (A, B).
func (p Pair) Pack() uint64 { return uint64(p.A)<<32 | uint64(p.B) }

// UnpackPair is the inverse of [Pair.Pack].
func UnpackPair(v uint64) Pair { return Pair{ID(v >> 32), ID(v)} }
