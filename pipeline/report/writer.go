package report

import (
	"bufio"
	"fmt"
	"io"
)

// Format is how a report is written.
type Format uint8

// The formats.
const (
	// Table is for people at a terminal. It is the zero value and the default.
	Table Format = iota
	// JSONL is one JSON object a line; see the package comment.
	JSONL
	// CSV is one row a document.
	CSV
)

var formatNames = [...]string{Table: "table", JSONL: "jsonl", CSV: "csv"}

// String returns the name that [ParseFormat] reads.
func (f Format) String() string {
	if int(f) < len(formatNames) {
		return formatNames[f]
	}
	return fmt.Sprintf("format(%d)", uint8(f))
}

// ParseFormat reads "table", "jsonl" or "csv".
func ParseFormat(s string) (Format, error) {
	for f, name := range formatNames {
		if s == name {
			return Format(f), nil
		}
	}
	return 0, fmt.Errorf("report: format %q is unknown, want table, jsonl or csv", s)
}

// Options says how a report is written. The zero value of every field is its
// documented default. JSONL and CSV look at none of it.
type Options struct {
	// Width is the number of columns of a table line. Default: 100.
	Width int
	// Members is the number of members a table shows of one cluster; how many
	// more there are is always said. Negative: all. Default: 12.
	Members int
	// Clusters and Singletons are the numbers of each that a table shows; how
	// many more there are is always said. Default: all.
	Clusters, Singletons int
	// Keep is the keep policy, to say why a document is kept. Default: not said.
	Keep string
	// Color says whether a table uses ANSI colours. Default: it does not.
	Color bool
}

const (
	defaultWidth   = 100
	minWidth       = 40
	defaultMembers = 12
)

// Writer takes a report part by part: all clusters, then any singletons, then
// the summary. After an error it must not be used further.
type Writer interface {
	// Cluster adds a cluster. The writer keeps nothing of it.
	Cluster(c *Cluster) error
	// Singleton adds a document that is in no cluster, at [LevelSingleton].
	// Either all of them are given or none.
	Singleton(m Member) error
	// Finish adds the summary and flushes. Nothing may follow.
	Finish(s *Summary) error
}

// NewWriter returns a writer of the format to w, which must be one of the three
// above. It buffers; w holds the whole report when Finish has returned nil.
func NewWriter(f Format, w io.Writer, o Options) Writer {
	const prefix = "report: "
	out := bufio.NewWriterSize(w, 64<<10)
	switch f {
	case Table:
		return &checked{to: newTable(out, o), prefix: prefix}
	case JSONL:
		return &checked{to: &jsonlWriter{out: out}, prefix: prefix}
	case CSV:
		return &checked{to: newCSV(out), prefix: prefix}
	}
	panic(fmt.Sprintf("report: no writer for %v", f))
}

// checked passes a report on to another writer if it is true to itself.
type checked struct {
	to     Writer
	prefix string // of its own errors

	clusters, clustered, largest, kept, singletons int64
	finished                                       bool
}

func (w *checked) errorf(format string, args ...any) error {
	return fmt.Errorf(w.prefix+format, args...)
}

func (w *checked) Cluster(c *Cluster) error {
	if w.singletons > 0 || w.finished {
		return w.errorf("cluster %q comes after the clusters have ended", c.Cluster)
	}
	if err := c.check(); err != nil {
		return w.errorf("%w", err)
	}
	w.clusters++
	w.clustered += int64(c.Size)
	w.largest = max(w.largest, int64(c.Size))
	w.kept += int64(c.Kept)
	return w.to.Cluster(c)
}

func (w *checked) Singleton(m Member) error {
	if w.finished {
		return w.errorf("document %q comes after the summary", m.ID)
	}
	if err := m.check(); err != nil {
		return w.errorf("%w", err)
	}
	if m.Level != LevelSingleton {
		return w.errorf("document %q at level %q is no singleton", m.ID, m.Level)
	}
	w.singletons++
	return w.to.Singleton(m)
}

func (w *checked) Finish(s *Summary) error {
	if w.finished {
		return w.errorf("a second summary")
	}
	c := &s.Counts
	if err := c.check(); err != nil {
		return w.errorf("%w", err)
	}
	if err := s.checkBad(); err != nil {
		return w.errorf("%w", err)
	}
	for _, f := range []struct {
		name      string
		got, want int64
	}{
		{"clusters", c.Clusters, w.clusters},
		{"documents in clusters", c.Clustered, w.clustered},
		{"documents in the largest cluster", c.LargestCluster, w.largest},
		{"representatives and references in clusters", c.Representatives + c.Matched, w.kept},
	} {
		if f.got != f.want {
			return w.errorf("the summary counts %d %s, but %d were given", f.got, f.name, f.want)
		}
	}
	if alone := c.Singletons + c.Empty; w.singletons > 0 && w.singletons != alone {
		return w.errorf("the summary counts %d documents in no cluster, but %d were given", alone, w.singletons)
	}
	w.finished = true
	return w.to.Finish(s)
}
