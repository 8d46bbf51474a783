package main

import (
	"fmt"
	"slices"

	"github.com/doppel-dedup/doppel/internal/quantity"
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
		p.printf("  %-12s %10s %s\n", name, quantity.Number(n), fmt.Sprintf(format, args...))
	}
	documents := quantity.Of(c.Documents, "document", "documents")
	filtered := ""
	if c.Filtered > 0 {
		filtered = fmt.Sprintf(" + %s filtered", quantity.Number(c.Filtered))
	}
	row("read", c.Records, "%s = %s + %s quarantined%s", quantity.Noun(c.Records, "record", "records"), documents, quantity.Number(c.Quarantined), filtered)
	if len(m.BadRecords) > 0 {
		row("quarantined", c.Quarantined, "= %s", safe(report.BadSum(m.BadRecords)))
	}
	row("documents", c.Documents, "= %s + %s + %s empty", quantity.Of(c.Distinct, "distinct text", "distinct texts"),
		quantity.Of(c.ExactCopies, "exact copy", "exact copies"), quantity.Number(c.Empty))
	row("compared", c.Candidates, "candidate %s, of which %s verified", quantity.Noun(c.Candidates, "pair", "pairs"), quantity.Number(c.Verified))
	references := ""
	if c.Protected > 0 {
		references = fmt.Sprintf(" + %s of the references", quantity.Number(c.Matched))
	}
	row("in clusters", c.Clustered, "= %s kept + %s dropped%s, in %s", quantity.Number(c.Representatives), quantity.Number(c.Pruned-c.Decided), references,
		quantity.Of(c.Clusters, "cluster", "clusters"))
	if c.Decided > 0 {
		row("by decision", c.Decided, "of %s dropped, whether or not a kept one covers %s", quantity.Number(c.Pruned), quantity.Noun(c.Decided, "it", "them"))
	}
	row("kept", c.Kept, "= %s of clusters + %s in none + %s empty", quantity.Number(c.Representatives), quantity.Number(c.Singletons), quantity.Number(c.Empty))
	if e := m.Passages; e != nil {
		row("trimmed", e.Trimmed, "of the kept; %s cut out", quantity.Of(e.CutCharacters, "character was", "characters were"))
		row("written", m.Members.Written(), "= %s kept - %s of which no word was left", quantity.Number(c.Kept), quantity.Number(e.Emptied))
	}
	if c.Protected > 0 {
		row("protected", c.Protected, "= %s of the references in clusters + %s in none", quantity.Number(c.Matched), quantity.Number(c.Protected-c.Matched))
		references = fmt.Sprintf(" - %s protected", quantity.Number(c.Protected))
	}
	row("dropped", c.Pruned, "= %s - %s kept%s", documents, quantity.Number(c.Kept), references)
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
	rest := quantity.Of(m.SourcesTotal-len(shown), "other", "others")
	names := []string{"source", rest, "all"}
	for _, s := range shown {
		names = append(names, sourceName(s))
	}
	widest := termtext.Columns(slices.MaxFunc(names, func(a, b string) int { return termtext.Columns(a) - termtext.Columns(b) }))
	p.printf("\n  %s %10s %10s %10s %10s\n", termtext.Pad("source", widest), "read", "kept", "dropped", "bad")
	row := func(name string, s pipeline.SourceCounts) {
		p.printf("  %s %10s %10s %10s %10s\n", termtext.Pad(name, widest), quantity.Number(s.Read), quantity.Number(s.Kept),
			quantity.Number(s.Dropped), quantity.Number(s.Quarantined))
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
