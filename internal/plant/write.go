package plant

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Stats counts what was written.
type Stats struct {
	Documents, Originals, Identical, Restyled, Near int
	Bytes                                           int64 // of JSON lines
}

// Write writes the corpus to docs as JSON lines of "id", "text", "source" and
// "date", the clusters to truth as CSV of id,cluster with one row a document,
// and to relations, unless it is nil, one row of id,kind,of,level,jaccard for
// each duplicate.
func (s Spec) Write(docs, truth, relations io.Writer) (Stats, error) {
	if err := s.Validate(); err != nil {
		return Stats{}, err
	}
	if relations == nil {
		relations = io.Discard
	}
	w := newWriter(docs, truth, relations)
	for d := range s.All() {
		if err := w.write(d); err != nil {
			return w.stats, fmt.Errorf("plant: document %s: %w", d.ID, err)
		}
	}
	if err := w.flush(); err != nil {
		return w.stats, fmt.Errorf("plant: %w", err)
	}
	return w.stats, nil
}

type writer struct {
	docs, truth, relations *bufio.Writer
	enc                    *json.Encoder
	counted                *countingWriter
	stats                  Stats
}

func newWriter(docs, truth, relations io.Writer) *writer {
	w := &writer{
		counted:   &countingWriter{w: docs},
		truth:     bufio.NewWriterSize(truth, 1<<16),
		relations: bufio.NewWriterSize(relations, 1<<16),
	}
	w.docs = bufio.NewWriterSize(w.counted, 1<<20)
	w.enc = json.NewEncoder(w.docs)
	w.enc.SetEscapeHTML(false)
	// A failed header fails again at flush, where it is looked at.
	fmt.Fprintln(w.truth, "id,cluster")
	fmt.Fprintln(w.relations, "id,kind,of,level,jaccard")
	return w
}

func (w *writer) write(d *Document) error {
	if err := w.enc.Encode(d.record()); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w.truth, "%s,%s\n", d.ID, d.Cluster()); err != nil {
		return err
	}
	w.count(d.Relation.Kind)
	r := d.Relation
	if r.Kind == Original {
		return nil
	}
	_, err := fmt.Fprintf(w.relations, "%s,%s,%s,%g,%g\n", d.ID, r.Kind, r.Of, r.Level, r.Jaccard)
	return err
}

func (w *writer) count(k Kind) {
	w.stats.Documents++
	switch k {
	case Original:
		w.stats.Originals++
	case Identical:
		w.stats.Identical++
	case Restyled:
		w.stats.Restyled++
	case Near:
		w.stats.Near++
	}
}

func (w *writer) flush() error {
	err := errors.Join(w.docs.Flush(), w.truth.Flush(), w.relations.Flush())
	w.stats.Bytes = w.counted.n
	return err
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
