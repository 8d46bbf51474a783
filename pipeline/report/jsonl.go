package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The types of line. Persisted, never rename.
const (
	typeCluster   = "cluster"
	typeSingleton = "singleton"
	typeSummary   = "summary"
)

// header begins every line.
type header struct {
	Type   string `json:"type"`
	Schema int    `json:"schema"`
}

// jsonlWriter writes one line for each part of a report.
type jsonlWriter struct {
	out *bufio.Writer
}

func (w *jsonlWriter) Cluster(c *Cluster) error {
	return w.line(struct {
		header
		*Cluster
	}{header{typeCluster, SchemaVersion}, c})
}

func (w *jsonlWriter) Singleton(m Member) error {
	return w.line(struct {
		header
		Member
	}{header{typeSingleton, SchemaVersion}, m})
}

func (w *jsonlWriter) Finish(s *Summary) error {
	out := *s
	if out.Warnings == nil {
		out.Warnings = []Warning{} // [] rather than null
	}
	err := w.line(struct {
		header
		*Summary
	}{header{typeSummary, SchemaVersion}, &out})
	if err != nil {
		return err
	}
	return flush(w.out)
}

func (w *jsonlWriter) line(v any) error {
	enc := json.NewEncoder(w.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func flush(out *bufio.Writer) error {
	if err := out.Flush(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// line is any line as read: the three kinds have no field name in common.
type line struct {
	header
	Cluster
	Member
	Summary
}

// Read reads a JSONL report and gives its parts to w in order, which may be a
// [NewWriter] of another format. Parts are w's to keep.
//
// A report that breaks a promise of the package comment, is of another schema,
// or does not end with its summary is an error that names the line; the parts
// before it have been given to w.
func Read(r io.Reader, w Writer) error {
	in := bufio.NewReaderSize(r, 64<<10)
	to := &checked{to: w}
	for n := 1; ; n++ {
		text, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("report: line %d: %w", n, err)
		}
		if len(text) == 0 {
			break
		}
		if err := readLine(bytes.TrimSuffix(text, []byte("\n")), to); err != nil {
			return fmt.Errorf("report: line %d: %w", n, err)
		}
	}
	if !to.finished {
		return errors.New("report: no summary at the end: the report was cut short")
	}
	return nil
}

func readLine(text []byte, to *checked) error {
	if to.finished {
		return errors.New("more follows the summary")
	}
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	if l.Schema != SchemaVersion {
		return fmt.Errorf("schema %d cannot be read, only schema %d", l.Schema, SchemaVersion)
	}
	switch l.Type {
	case typeCluster:
		return to.Cluster(&l.Cluster)
	case typeSingleton:
		return to.Singleton(l.Member)
	case typeSummary:
		return to.Finish(&l.Summary)
	}
	return fmt.Errorf("type %q is unknown, want cluster, singleton or summary", l.Type)
}
