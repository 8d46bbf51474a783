package report

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"strconv"
)

// csvWriter writes one row a document, quoted as RFC 4180 says, lines ended by
// "\n". The representative is the kept document that covers the row's, chain is
// of the cluster. The summary has no place in it.
type csvWriter struct {
	out    *bufio.Writer
	rows   *csv.Writer
	begun  bool
	fields [7]string
}

func newCSV(out *bufio.Writer) *csvWriter { return &csvWriter{out: out, rows: csv.NewWriter(out)} }

func (w *csvWriter) Cluster(c *Cluster) error {
	for i := range c.Members {
		if err := w.row(c.Cluster, &c.Members[i], c.Chain); err != nil {
			return err
		}
	}
	return nil
}

func (w *csvWriter) Singleton(m Member) error { return w.row(m.ID, &m, false) }

func (w *csvWriter) Finish(*Summary) error {
	if err := w.begin(); err != nil {
		return err
	}
	w.rows.Flush()
	if err := w.rows.Error(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return flush(w.out)
}

// begin writes the header once, also for a report without clusters.
func (w *csvWriter) begin() error {
	if w.begun {
		return nil
	}
	w.begun = true
	w.fields = [...]string{"cluster", "id", "representative", "similarity", "keep", "level", "chain"}
	return w.write()
}

func (w *csvWriter) row(cluster string, m *Member, chain bool) error {
	if err := w.begin(); err != nil {
		return err
	}
	w.fields = [...]string{
		cluster, m.ID, m.CoveredBy, strconv.FormatFloat(m.Similarity, 'f', -1, 64), strconv.FormatBool(m.Keep), string(m.Level),
		strconv.FormatBool(chain),
	}
	return w.write()
}

func (w *csvWriter) write() error {
	if err := w.rows.Write(w.fields[:]); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
