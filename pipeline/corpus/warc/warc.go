// Package warc reads web archives: WARC files of the versions 0.17 to 1.1, and WET
// files, which are WARC files of plain text.
//
// # Documents
//
// Three kinds of records become documents: a response with a body of HTML or plain
// text, a conversion (the records of WET), and a resource of such text. Chunks and
// the encodings gzip, deflate, br and zstd of a body are undone, its charset is found
// as package charset says, and HTML goes through [corpus.PageText]. A record's JSON
// has:
//
//	id        WARC-Record-ID without its brackets
//	url       WARC-Target-URI
//	host      the host in it, in small letters, without port and www.; only if asked for,
//	          so that the bytes are those of versions that had no such field
//	date      WARC-Date
//	type      response, conversion or resource
//	mime      the media type of the body
//	status    the status code of HTTP
//	language  WARC-Identified-Content-Language
//	digest    WARC-Payload-Digest, as it is stored; it is not checked
//	text      the text
//
// Other records are no documents: warcinfo, request, metadata, revisit,
// continuation, and responses that are images, style sheets, JSON or without a body.
// The number of a document is its ordinal among documents and bad records, from 1;
// it does not depend on the options.
//
// # Storage
//
// A file is stored plain, as gzip or as zstd, whatever its name says. A gzip member,
// or a zstd frame, a record is usual, but one member for all is read too, and so are
// members cut anywhere. A dictionary in a skippable frame at the start of a zstd file
// is used. The offset of a document is that of its member, or in a plain file its
// own.
//
// # Selection
//
// What stays is copied byte for byte: whole members if all their records stay,
// otherwise the records of the member, compressed anew. Records that are no documents
// stay, but for a request or metadata record that belongs, by WARC-Concurrent-To or
// WARC-Refers-To in either direction, to documents that all go. A revisit stays, even
// if the record goes to which it refers: it is the only trace of its own capture.
// Zeros between members, and members that cannot be read, are not copied.
//
// # Damage
//
// A record that cannot be read is a [corpus.RecordError]: a malformed header, a
// Content-Length behind which no record begins, garbage, damage in a member. Reading
// goes on where the next line of a version stands, in the stream of a plain file or
// member, and behind damage with the next member that begins with a record; bytes in
// between go with the bad record. If there is none, the file is broken, and so it is
// where its members together expand beyond [corpus.Options.MaxExpansion]. A body that
// does so is one bad record.
//
// # Memory and time
//
// At most [corpus.ContainerOptions].MaxRecord bytes of a record are held, as stored
// and again without their encodings; longer ones are passed over. Selection
// remembers 32 bytes a record and member. Time is in proportion to the decompressed
// size. A container may be used from many goroutines, its Records from one.
//
// The records of a file are found one after another. Texts, which take most of the
// time, are made of several at once if [corpus.ContainerOptions].Slots has room; up to
// 16 MiB of records, and one more, wait for that. It changes nothing but the time.
package warc

import (
	"context"
	"fmt"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// container is the [corpus.Container] of web archives.
type container struct{}

// New returns the container of WARC files. It may be used from many goroutines.
func New() corpus.Container { return container{} }

// Format returns [corpus.WARC].
func (container) Format() corpus.Format { return corpus.WARC }

// Open begins to read a file.
func (container) Open(ctx context.Context, f *corpus.Stored, o corpus.ContainerOptions) (corpus.Records, error) {
	if c := f.Compression; c == corpus.Bzip2 || c == corpus.Xz {
		return nil, fmt.Errorf("web archives are read plain, as gzip and as zstd, not as %s: decompress the file", c)
	}
	in, err := newInput(ctx, f)
	if err != nil {
		return nil, err
	}
	return &records{
		s: scanner{in: in, limit: o.MaxRecord}, slots: o.Slots,
		text: texter{limit: o.MaxRecord, page: o.PageText.Extract, file: f, host: o.Fields == nil || slices.Contains(o.Fields, "host")},
	}, nil
}

func recordError(rec *record, code corpus.BadCode, reason string) error {
	return &corpus.RecordError{
		Line: rec.number, Offset: rec.stored, Key: bareID(rec.header.get("WARC-Record-ID")), Code: code, Reason: reason,
		Raw: append([]byte(nil), rec.raw...), Truncated: rec.end-rec.start > int64(len(rec.raw)), Broken: rec.broken,
	}
}
