package page

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/internal/termtext"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// WriteMarkdown writes what a reader wants to know first, in a page or two of
// CommonMark with tables. It needs no texts in d.
func WriteMarkdown(w io.Writer, d *Data) error {
	m := &markdown{bufio.NewWriter(w)}
	c, s := &d.Summary.Counts, &d.Summary.Settings
	m.printf("# %s of %s dropped\n\n", quantity.Number(c.Pruned), quantity.Of(c.Documents, "document", "documents"))
	if s.Similarity == "exact" {
		m.printf("Equal texts")
	} else {
		m.printf("%s at %v or more", s.Similarity, s.Threshold)
		if s.Shingle != "" {
			m.printf(" of %s", s.Shingle)
		}
		m.printf(", every pair verified exactly")
	}
	m.printf("; %s by %s, keep policy %s.\n", quantity.Of(c.Clusters, "cluster", "clusters"), s.Clustering, cell(s.Keep))
	if says := meaning(s); says != "" {
		m.printf("\n%s\n", says)
	}
	for _, warning := range d.Summary.Warnings {
		m.printf("\n> **Warning.** %s\n", cell(warning.Message))
	}
	m.table([]string{"Stage", ">Number", "Of which"}, func(row func(...string)) {
		for _, stage := range funnel(d) {
			row(stage.Name, stage.Number, stage.OfWhich)
		}
	})
	m.sources(d)
	for _, section := range d.Sections {
		m.section(&section)
	}
	m.printf("\nFingerprint `%s`, %s.\n", d.Summary.Fingerprint, cell(d.Program))
	if err := m.w.Flush(); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

type markdown struct{ w *bufio.Writer }

func (m *markdown) printf(format string, args ...any) {
	fmt.Fprintf(m.w, format, args...) // a bufio.Writer keeps its first error for Flush
}

// table writes a table; the name of a column that begins with ">" is one of numbers.
func (m *markdown) table(columns []string, rows func(row func(...string))) {
	var head, rule []string
	for _, c := range columns {
		name, isNumber := strings.CutPrefix(c, ">")
		head = append(head, name)
		if isNumber {
			rule = append(rule, "--:")
		} else {
			rule = append(rule, "---")
		}
	}
	m.printf("\n| %s |\n| %s |\n", strings.Join(head, " | "), strings.Join(rule, " | "))
	rows(func(cells ...string) { m.printf("| %s |\n", strings.Join(cells, " | ")) })
}

func (m *markdown) sources(d *Data) {
	if len(d.Sources) == 0 {
		return
	}
	m.printf("\n## What went, by source\n")
	if len(d.Sources) < d.SourcesTotal {
		m.printf("\n%s.\n", mostDropped(d))
	}
	m.table([]string{"Source", ">Documents", ">Kept", ">Dropped", ">Share dropped", ">Bad records"}, func(row func(...string)) {
		line := func(name string, s Source) {
			row(name, quantity.Number(s.Documents), quantity.Number(s.Kept), quantity.Number(s.Dropped), percent(s.Share()), quantity.Number(s.Broken))
		}
		for _, s := range d.Sources {
			line(cell(s.Name), s)
		}
		if len(d.Sources) < d.SourcesTotal {
			line("*all others*", d.OtherSources)
		}
	})
}

// mostDropped says which of the sources are shown, if not all are.
func mostDropped(d *Data) string {
	return fmt.Sprintf("The %s of %s with most documents dropped",
		quantity.Of(len(d.Sources), "source", "sources"), quantity.Number(d.SourcesTotal))
}

func (m *markdown) section(s *Section) {
	m.printf("\n## %s\n\n%s\n", s.Title, s.Intro)
	m.table([]string{">Cluster", ">Documents", ">Least similarity", "Kept", "First words"}, func(row func(...string)) {
		for i := range s.Clusters {
			c := &s.Clusters[i]
			row(quantity.Number(c.Number), quantity.Number(c.Size), report.Decimals(c.MinSimilarity), cell(c.Members[0].ID), cell(c.Members[0].Title))
		}
	})
}

// cell makes a name or a title fit for Markdown: its characters stand for
// themselves.
func cell(s string) string {
	var b strings.Builder
	for _, r := range termtext.Plain(s, true) {
		switch {
		case r == '<':
			b.WriteString("&lt;")
			continue
		case r == '&':
			b.WriteString("&amp;")
			continue
		case strings.ContainsRune("\\`*_{}[]()#+!|~$", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
