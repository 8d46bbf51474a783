// Package formats writes planted corpora as files of every kind and compression that
// doppel reads, for tests of what must not depend on the kind of a file.
//
// In goes a specification of package plant, out come ten files of known names in a
// folder: see [Write]. It holds all documents and one file at a time in memory, so it
// is for corpora of some thousand documents. It keeps no state and may be called from
// many goroutines. It stands beside package plant, and not in it, because it needs the
// writers of Parquet, which few tests link.
package formats

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/tables"
)

// file is one of the files that Write makes.
type file struct {
	name        string
	compression corpus.Compression
	write       func(io.Writer, []plant.Document) error
}

// files are in the order in which they are read.
func files() []file {
	return []file{
		{"a.csv", corpus.None, writeCSV(',')},
		{"b.csv.gz", corpus.Gzip, writeCSV(',')},
		{"c.tsv.xz", corpus.Xz, writeCSV('\t')},
		{"d.jsonl.bz2", corpus.Bzip2, writeLines},
		{"e.jsonl.xz", corpus.Xz, writeLines},
		{"f.jsonl.zst", corpus.Zstd, writeLines},
		{"g.parquet", corpus.None, writeParquet},
		{"h.warc", corpus.None, writeArchive},
		{"i.warc.gz", corpus.None, writeMembers},
		{"j.csv.bz2", corpus.Bzip2, writeCSV(';')},
	}
}

// Write writes the documents of a specification to dir as ten files of about equal
// numbers of records: CSV, TSV, JSON lines, Parquet and WARC, plain and compressed by
// gzip, zstd, bzip2 and xz. In all but Parquet some records are bad, such as the first
// of each table.
//
// Fields are id, text, score, source and date; records of WARC have id, text and date.
// The same specification gives the same bytes.
func Write(dir string, s plant.Spec) error {
	var docs []plant.Document
	for d := range s.All() {
		one := *d
		one.Text = slices.Clone(d.Text) // good until the next one
		docs = append(docs, one)
	}
	all := files()
	for i, f := range all {
		var b bytes.Buffer
		z, err := corpus.NewCompressor(&b, f.compression)
		if err != nil {
			return err
		}
		part := docs[i*len(docs)/len(all) : (i+1)*len(docs)/len(all)]
		err = errors.Join(f.write(z, part), z.Close())
		if err := errors.Join(err, os.WriteFile(filepath.Join(dir, f.name), b.Bytes(), 0o644)); err != nil {
			return fmt.Errorf("formats: %s: %w", f.name, err)
		}
	}
	return nil
}

// isBad tells after which records a bad one stands.
func isBad(i int) bool { return i%50 == 0 }

// score is the value of the field of that name.
func score(i int) int { return i * 7 % 11 }

func writeCSV(delimiter rune) func(io.Writer, []plant.Document) error {
	return func(w io.Writer, docs []plant.Document) error {
		out := csv.NewWriter(w)
		out.Comma = delimiter
		_ = out.Write([]string{"id", "text", "score", "source", "date"}) // Flush keeps the error
		for i, d := range docs {
			if isBad(i) {
				_ = out.Write([]string{"a record", "of three", "fields"})
			}
			_ = out.Write([]string{d.ID, string(d.Text), fmt.Sprint(score(i)), d.Source, d.Date})
		}
		out.Flush()
		return out.Error()
	}
}

func writeLines(w io.Writer, docs []plant.Document) error {
	enc := json.NewEncoder(w)
	for i, d := range docs {
		if isBad(i) {
			if _, err := io.WriteString(w, "{broken\n\n"); err != nil {
				return err
			}
		}
		err := enc.Encode(map[string]any{"id": d.ID, "text": string(d.Text), "score": score(i), "source": d.Source, "date": d.Date})
		if err != nil {
			return err
		}
	}
	return nil
}

func writeParquet(w io.Writer, docs []plant.Document) error {
	table, err := tables.NewParquet(w, tables.Schema{Name: "corpus", Columns: []tables.Column{
		{Name: "id", Type: tables.TypeString},
		{Name: "text", Type: tables.TypeString, Optional: true},
		{Name: "score", Type: tables.TypeInt64},
		{Name: "source", Type: tables.TypeString, Repeats: true},
		{Name: "date", Type: tables.TypeString},
	}})
	if err != nil {
		return err
	}
	for i, d := range docs {
		text := tables.String(string(d.Text))
		if i%50 == 49 {
			text = tables.Null() // no text: a bad record
		}
		if err := table.Append(tables.String(d.ID), text, tables.Int(int64(score(i))), tables.String(d.Source), tables.String(d.Date)); err != nil {
			return err
		}
	}
	return table.Close()
}

// writeArchive writes conversion records, as in WET, one behind the other.
func writeArchive(w io.Writer, docs []plant.Document) error {
	for i, d := range docs {
		if err := writeRecord(w, i, d); err != nil {
			return err
		}
	}
	return nil
}

// writeMembers writes each record as a member of gzip of its own.
func writeMembers(w io.Writer, docs []plant.Document) error {
	for i, d := range docs {
		z, err := corpus.NewCompressor(w, corpus.Gzip)
		if err != nil {
			return err
		}
		if err := errors.Join(writeRecord(z, i, d), z.Close()); err != nil {
			return err
		}
	}
	return nil
}

func writeRecord(w io.Writer, i int, d plant.Document) error {
	length := len(d.Text)
	if isBad(i) {
		length += 10 // no record begins behind it
	}
	_, err := fmt.Fprintf(w, "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <urn:%s>\r\nWARC-Target-URI: http://%s/%s\r\nWARC-Date: %sT00:00:00Z\r\n"+
		"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", d.ID, d.Source, d.ID, d.Date, length, d.Text)
	return err
}
