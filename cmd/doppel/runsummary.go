package main

import (
	"fmt"
	"slices"

	"github.com/doppel-dedup/doppel/internal/termtext"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// printFunnel tells the way from records to what is kept. Figures that plus and minus
// signs join come to the number of their line.
func printFunnel(p *printer, m *runfolder.Manifest) {
	c := &m.Counts
	row := func(name string, n int64, format string, args ...any) {
		p.printf("  %-12s %10d %s\n", name, n, fmt.Sprintf(format, args...))
	}
	filtered := ""
	if c.Filtered > 0 {
		filtered = fmt.Sprintf(" + %d filtered", c.Filtered)
	}
	row("read", c.Records, "records = %d documents + %d quarantined%s", c.Documents, c.Quarantined, filtered)
	if len(m.BadRecords) > 0 {
		row("quarantined", c.Quarantined, "= %s", safe(report.BadSum(m.BadRecords)))
	}
	row("documents", c.Documents, "= %d distinct texts + %d exact copies + %d empty", c.Distinct, c.ExactCopies, c.Empty)
	row("compared", c.Candidates, "candidate pairs, of which %d verified", c.Verified)
	references := ""
	if c.Protected > 0 {
		references = fmt.Sprintf(" + %d of the references", c.Matched)
	}
	row("in clusters", c.Clustered, "= %d kept + %d dropped%s, in %d clusters", c.Representatives, c.Pruned-c.Decided, references, c.Clusters)
	if c.Decided > 0 {
		row("by decision", c.Decided, "of %d dropped, whether or not a kept one covers them", c.Pruned)
	}
	row("kept", c.Kept, "= %d of clusters + %d in none + %d empty", c.Representatives, c.Singletons, c.Empty)
	if e := m.Passages; e != nil {
		row("trimmed", e.Trimmed, "of the kept; %d characters were cut out", e.CutCharacters)
		row("written", m.Members.Written(), "= %d kept - %d of which no word was left", c.Kept, e.Emptied)
	}
	if c.Protected > 0 {
		row("protected", c.Protected, "= %d of the references in clusters + %d in none", c.Matched, c.Protected-c.Matched)
		references = fmt.Sprintf(" - %d protected", c.Protected)
	}
	row("dropped", c.Pruned, "= %d documents - %d kept%s", c.Documents, c.Kept, references)
}

// shownSources is how many sources a terminal shows.
const shownSources = 5

// printSources tells of the sources with most documents dropped, and what the others
// come to: read = kept + dropped + bad in every line, and lines add up to the last.
func printSources(p *printer, m *runfolder.Manifest) {
	if len(m.Sources) == 0 {
		return
	}
	shown, others := pipeline.MostDropped(m.Sources, shownSources)
	if o := m.OtherSources; o != nil {
		others = addSources(others, *o)
	}
	all := others
	for _, s := range shown {
		all = addSources(all, s)
	}
	rest := fmt.Sprintf("%d others", m.SourcesTotal-len(shown))
	names := []string{"source", rest, "all"}
	for _, s := range shown {
		names = append(names, sourceName(s))
	}
	widest := termtext.Columns(slices.MaxFunc(names, func(a, b string) int { return termtext.Columns(a) - termtext.Columns(b) }))
	p.printf("\n  %s %10s %10s %10s %10s\n", termtext.Pad("source", widest), "read", "kept", "dropped", "bad")
	row := func(name string, s pipeline.SourceCounts) {
		p.printf("  %s %10d %10d %10d %10d\n", termtext.Pad(name, widest), s.Read, s.Kept, s.Dropped, s.Quarantined)
	}
	for _, s := range shown {
		row(sourceName(s), s)
	}
	if len(shown) < m.SourcesTotal {
		row(rest, others)
	}
	row("all", all)
}

// sourceName is a name that fits in a line.
func sourceName(s pipeline.SourceCounts) string {
	const room = 40
	return termtext.Fit(safe(s.Name), room)
}

func addSources(a, b pipeline.SourceCounts) pipeline.SourceCounts {
	return pipeline.SourceCounts{Read: a.Read + b.Read, Kept: a.Kept + b.Kept, Dropped: a.Dropped + b.Dropped, Quarantined: a.Quarantined + b.Quarantined}
}
