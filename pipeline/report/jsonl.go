package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
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
	buf []byte // the line being made
}

func (w *jsonlWriter) Cluster(c *Cluster) error {
	w.buf = append(appendCluster(appendHeader(w.buf[:0], typeCluster), c), "}\n"...)
	return w.write()
}

func (w *jsonlWriter) Singleton(m Member) error {
	w.buf = append(appendMember(appendHeader(w.buf[:0], typeSingleton), &m), "}\n"...)
	return w.write()
}

func appendHeader(dst []byte, kind string) []byte {
	dst = append(append(append(dst, `{"type":"`...), kind...), `","schema":`...)
	return append(strconv.AppendInt(dst, SchemaVersion, 10), ',')
}

func (w *jsonlWriter) write() error {
	if _, err := w.out.Write(w.buf); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func (w *jsonlWriter) Finish(s *Summary) error {
	out := *s
	if out.Warnings == nil {
		out.Warnings = []Warning{} // [] rather than null
	}
	enc := json.NewEncoder(w.out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(struct {
		header
		*Summary
	}{header{typeSummary, SchemaVersion}, &out}); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return flush(w.out)
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
