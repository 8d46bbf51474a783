// Package parquet reads and writes corpora stored as Parquet, by the format's
// specification of 2024 (github.com/apache/parquet-format). A row is a document.
//
//	Stored file -> footer -> columns, page by page -> rows as JSON objects
//
// # In
//
// [Container] is a [corpus.Container]: name it in [corpus.Options.Containers]. Of a
// file only the columns are read that hold wanted fields, row group by row group. Files
// may be of any version, with pages of version 1 and 2, every encoding but the
// deprecated BIT_PACKED, compressed by snappy, gzip, brotli, zstd or lz4_raw.
//
// # Out
//
// Each row becomes an object: structs are objects, lists arrays, maps objects, decimals
// text, dates YYYY-MM-DD, timestamps RFC 3339 (one without a time zone is taken to be
// UTC), UUIDs their usual text. Fields that are null are left out, so are numbers that
// are infinite or none and binary that is no UTF-8; in a list they are null. Select
// writes a file with the same schema, metadata and codecs, SelectEdited one with some
// texts shorter.
//
// # Errors
//
// Every length that a file claims is checked against what its bytes can hold before
// memory is taken for it, and what pages expand to against [corpus.Options.MaxExpansion]. A footer, page or level that is malformed is an error that
// names the column. A row longer than the limit is a [corpus.RecordError].
//
// # Concurrency and memory
//
// A Container may be used from many goroutines; what Open returns is for one. Reading
// holds the footer, and of each wanted column one page and one dictionary, at most 512
// MiB decompressed each and usually 1 MiB. Select holds a row group of its output,
// compressed, besides.
//
// Note: pages are decoded here and not by parquet-go, whose decoders make slices of
// the lengths that a page claims and whose codecs do not stop. It decodes footers, once
// they were checked, and encodes what is written.
package parquet

import (
	"context"
	"fmt"
	"io"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Container reads Parquet files. The zero value is ready for use.
type Container struct{}

var _ corpus.Editor = Container{}

// Format returns [corpus.Parquet].
func (Container) Format() corpus.Format { return corpus.Parquet }

// Open reads the footer of a file. Errors, like those of what it returns, do not name
// the file: package corpus does.
func (Container) Open(ctx context.Context, s *corpus.Stored, o corpus.ContainerOptions) (_ corpus.Records, err error) {
	defer guard(&err)
	f, err := openFile(s)
	if err != nil {
		return nil, err
	}
	f.root.choose(o.Fields, f.leaves)
	if o.MaxRecord > 0 {
		f.root.budget.max = int(min(o.MaxRecord, corpus.MaxRecordLimit))
	}
	return &records{ctx: ctx, file: f, group: -1, names: f.textColumns()}, nil
}

// records are the rows of a file.
type records struct {
	ctx    context.Context
	file   *file
	group  int   // the row group at hand, from 0
	left   int64 // rows of it to come
	number int64 // of the row that was last given
	json   []byte
	names  []string // of columns of texts
	err    error    // why the file cannot be read on
}

// Next implements [corpus.Records].
func (r *records) Next() (rec corpus.ContainerRecord, err error) {
	if r.err != nil {
		return rec, r.err
	}
	defer func() {
		if _, bad := err.(*corpus.RecordError); !bad {
			r.err = err
		}
	}()
	defer guard(&err)
	for r.left == 0 {
		if err := r.nextGroup(); err != nil {
			return rec, err
		}
	}
	return r.next()
}

// nextGroup goes on to the next row group.
func (r *records) nextGroup() (err error) {
	if r.group >= 0 {
		if err := r.file.root.walkLeaves((*node).ends); err != nil {
			return r.fail(err)
		}
	}
	if r.group++; r.group == len(r.file.meta.RowGroups) {
		return io.EOF
	}
	r.left = r.file.meta.RowGroups[r.group].NumRows
	return r.file.root.walkLeaves(func(leaf *node) error {
		if leaf.cursor, err = r.file.column(leaf, r.group); err != nil {
			return r.fail(err)
		}
		return nil
	})
}

func (r *records) fail(err error) error {
	return fmt.Errorf("row group %d: %w", r.group+1, err)
}

func (r *records) next() (rec corpus.ContainerRecord, err error) {
	if err := r.ctx.Err(); err != nil {
		return rec, err
	}
	if r.json, err = r.file.root.appendRow(r.json[:0]); err != nil {
		return rec, r.fail(err)
	}
	r.left--
	r.number++
	if b := r.file.root.budget; b.over {
		return rec, &corpus.RecordError{
			File: r.file.Name, Line: r.number, Raw: r.json[:min(len(r.json), 4<<10)], Truncated: true,
			Code:   corpus.TooLarge,
			Reason: fmt.Sprintf("the record is over the limit of %d bytes (--max-record)", b.max),
		}
	}
	if r.file.hidden() {
		r.json = append(r.json[:0], "{}"...)
	}
	return corpus.ContainerRecord{Number: r.number, JSON: r.json}, nil
}

// FieldNames implements [corpus.FieldNames].
func (r *records) FieldNames() []string { return r.names }

// Close implements [corpus.Records]. It does not close the stored file.
func (r *records) Close() error {
	r.file.codecs.close()
	return nil
}
