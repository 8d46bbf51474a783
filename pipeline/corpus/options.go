package corpus

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// The defaults of [Options].
const (
	DefaultTextField = "text"
	DefaultIDField   = "id"
	DefaultMaxRecord = 64 << 20

	DefaultMaxExpansion = 2000
)

// MaxFields is the number of fields that a keep policy may ask for.
const MaxFields = 8

// MaxRecordLimit bounds MaxRecord: blocks and lengths stay well inside an int32.
const MaxRecordLimit = 1 << 30

// Options says how inputs are read. The zero value of every field is its
// documented default.
type Options struct {
	// TextField names the JSONL field with a document's text. A field of exactly
	// that name is taken first; otherwise "a.b" is field b of the object a. Several
	// names stand with commas between them: then the text is what these fields hold,
	// with blank lines between; those that are missing, null or empty are left out.
	// Default: "text".
	TextField string
	// Where says which records take part: one condition a line, and all must hold.
	// A condition is FIELD (it is there and not null), FIELD=VALUE, FIELD!=VALUE,
	// or FIELD>=NUMBER, or with <=, > or <. Numbers are equal to values that are
	// spelt alike; a text file has no fields. Default: all take part.
	Where string
	// IDField names the JSONL field with a document's key, found as TextField
	// is: a string or a number. A record without it, or with null or "", has the
	// key "file:line". Default: "id".
	IDField string
	// Fields names up to MaxFields more JSONL fields to carry along, for a keep
	// policy. Default: none.
	Fields []string
	// DateField names the JSONL field with a document's date, carried along too.
	// "" is none.
	DateField string
	// SourceField names the JSONL field that says where a document came from,
	// likewise.
	SourceField string

	// References are more inputs, of the same forms. Their files come after all
	// others, have names that begin with "ref:", and may not be among the others.
	// Default: none.
	References []string

	// Format forces how every input is read. Default: Auto, by file name.
	Format Format
	// Encoding is that of text files and pages without a byte order mark, as
	// [ParseEncoding] knows it. Default: "auto", what a page says of itself, and else
	// UTF-8.
	Encoding string
	// CSV is the dialect of CSV and TSV files.
	CSV CSVOptions
	// Containers are the kinds of files besides text and lines that can be read.
	// CSV and TSV are always known. Default: no others.
	Containers []Container
	// PageText makes text of pages. Default: a page's text is the page.
	PageText PageText
	// MaxRecord is the largest record, in bytes as decompressed, 1 to 1 GiB; a
	// longer one is a RecordError. It bounds memory. Default: 64 MiB.
	MaxRecord int64
	// MaxExpansion is how many times its size a compressed file may have when it is
	// decompressed, beyond 16 MiB; it is not read on from there. So it is for the
	// pages of a Parquet file and the members of a web archive, and for each body in
	// one, which is then a bad record. Default: 2000.
	MaxExpansion int64
	// Threads is the number of files that are read ahead. It changes speed and
	// memory, never results. Default: the number of CPUs available.
	Threads int

	// FS, when set, is where inputs are looked up instead of the disk.
	FS fs.FS
	// Stores are where inputs are whose names begin with a scheme, as in
	// "s3://bucket/folder". Default: none.
	Stores map[string]fs.FS
	// Stdin is what the input "-" reads. Default: none, so that "-" is an error.
	Stdin io.Reader
	// SpoolStdin says whether standard input is copied to a temporary file while
	// it is first scanned, so that it can be scanned again.
	SpoolStdin bool
	// TempDir is the folder of that file. Default: the system's.
	TempDir string
	// TempFS is the file system of temporary files. Default: the machine's.
	TempFS vfs.TempFS
	// Marks asks Scan for what [Block.Mark] gives. It costs one hash of all that is
	// read. Default: no.
	Marks bool
	// Sums asks the first scan for the digests that [Corpus.Sum] gives. It costs
	// one pass of SHA-256 over the files as stored. Default: no.
	Sums bool

	// Giant is the size in bytes beyond which a record is read only when the blocks
	// before it have been released, so that no two are in memory at once: whoever scans
	// must then release blocks without waiting for others. OnGiant, if set, is called
	// before the rest of such a record is read, with the size known so far, by one
	// goroutine at a time; its error ends the scan. They never change results. Default: no
	// limit.
	Giant   int64
	OnGiant func(file *File, line, size int64) error

	blockSize int // bytes; tests make it small
}

func (o *Options) setDefaults() {
	if o.TextField == "" {
		o.TextField = DefaultTextField
	}
	if o.IDField == "" {
		o.IDField = DefaultIDField
	}
	if o.MaxRecord == 0 {
		o.MaxRecord = DefaultMaxRecord
	}
	if o.MaxExpansion == 0 {
		o.MaxExpansion = DefaultMaxExpansion
	}
	if o.Encoding == "" {
		o.Encoding = EncodingAuto
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.blockSize == 0 {
		o.blockSize = 256 << 10
	}
}

// Validate reports every problem of o, as [Open] would.
func (o Options) Validate() error { return o.validateAfterDefaults() }

func (o *Options) validate() error {
	var errs []error
	if o.Format > WARC {
		errs = append(errs, fmt.Errorf("corpus: input format %d is unknown", o.Format))
	}
	if o.MaxRecord < 1 || o.MaxRecord > MaxRecordLimit {
		errs = append(errs, fmt.Errorf("corpus: the largest record is %d bytes, want 1 to %d", o.MaxRecord, MaxRecordLimit))
	}
	if len(o.Fields) > MaxFields {
		errs = append(errs, fmt.Errorf("corpus: %d fields to carry along, want at most %d", len(o.Fields), MaxFields))
	}
	if o.MaxExpansion < 1 {
		errs = append(errs, fmt.Errorf("corpus: the largest expansion is %d, want at least 1", o.MaxExpansion))
	}
	for _, name := range o.textFields() {
		if name == "" {
			errs = append(errs, fmt.Errorf("corpus: the text fields %q hold an empty name", o.TextField))
		}
	}
	if _, err := parseFilter(o.Where); err != nil {
		errs = append(errs, err)
	}
	if _, err := ParseEncoding(o.Encoding); err != nil {
		errs = append(errs, err)
	}
	if err := o.CSV.validate(); err != nil {
		errs = append(errs, err)
	}
	if o.Threads < 1 {
		errs = append(errs, fmt.Errorf("corpus: %d threads, want at least 1", o.Threads))
	}
	return errors.Join(errs...)
}

// PageText is the function that takes the main text out of HTML pages.
type PageText struct {
	// Version names the function; it changes when the texts do.
	Version string
	// Extract returns the text of a page, or why there is none. contentType is
	// what a server said of the page, "" if nothing. It may be called from many
	// goroutines at once. Nil does nothing.
	Extract func(page []byte, contentType string) (string, error)
}

// Format is how the records of a file are told apart.
type Format uint8

// The formats.
const (
	Auto    Format = iota // by file name; standard input is JSONL
	Text                  // a file is one document
	JSONL                 // a line is one document
	CSV                   // a record of comma-separated values is one document
	TSV                   // a record of tab-separated values is one document
	HTML                  // a file is one page, and its text the document
	Parquet               // a row is one document
	WARC                  // a response or conversion record is one document
)

var formatNames = []string{Auto: "auto", Text: "text", JSONL: "jsonl", CSV: "csv", TSV: "tsv", HTML: "html", Parquet: "parquet", WARC: "warc"}

// String returns the name that ParseFormat reads.
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return fmt.Sprintf("format(%d)", uint8(f))
}

// IsWhole reports whether a file of the format is one record.
func (f Format) IsWhole() bool { return f == Text || f == HTML }

// MarshalText writes the name.
func (f Format) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (f *Format) UnmarshalText(text []byte) (err error) {
	*f, err = ParseFormat(string(text))
	return err
}

// FormatNames returns the names of the formats, auto first.
func FormatNames() []string { return slices.Clone(formatNames) }

// ParseFormat reads the name of a format.
func ParseFormat(s string) (Format, error) {
	for f, name := range formatNames {
		if s == name {
			return Format(f), nil
		}
	}
	return Auto, fmt.Errorf("corpus: input format %q is unknown, want one of %s", s, strings.Join(formatNames, ", "))
}

// kindOf tells format and compression by a file's name. The format is Auto when
// the name says nothing.
func kindOf(name string) (Format, Compression) {
	name = strings.ToLower(name)
	compression := None
	for c := Gzip; int(c) < len(compressions); c++ {
		if s, ok := strings.CutSuffix(name, compressions[c].ending); ok {
			name, compression = s, c
			break
		}
	}
	return formatOfEnding(name[strings.LastIndexByte(name, '.')+1:]), compression
}

func formatOfEnding(ending string) Format {
	switch ending {
	case "txt", "text", "md":
		return Text
	case "jsonl", "ndjson":
		return JSONL
	case "csv":
		return CSV
	case "tsv", "tab":
		return TSV
	case "html", "htm":
		return HTML
	case "parquet", "pq":
		return Parquet
	case "warc", "wet":
		return WARC
	}
	return Auto
}
