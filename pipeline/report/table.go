package report

import (
	"bufio"
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/internal/termtext"
)

// tableWriter prints a report for people. Every text from the corpus goes
// through termtext.Plain, since it may hold anything.
type tableWriter struct {
	out      *bufio.Writer
	o        Options
	clusters int // given, shown or not
	alone    int // singletons, likewise
	err      error
}

// ANSI colours.
const (
	bold   = "\x1b[1m"
	green  = "\x1b[32m"
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

func newTable(out *bufio.Writer, o Options) *tableWriter {
	o.Width = max(minWidth, cmp.Or(o.Width, defaultWidth))
	o.Members = cmp.Or(o.Members, defaultMembers)
	return &tableWriter{out: out, o: o}
}

func (t *tableWriter) Cluster(c *Cluster) error {
	t.clusters++
	if over(t.clusters, t.o.Clusters) {
		return nil
	}
	if t.clusters > 1 {
		t.printf("\n")
	}
	t.printf("%s\n", t.paint(bold, termtext.Fit(fmt.Sprintf("%d. %s", t.clusters, t.headline(c)), t.o.Width)))
	shown := byCover(c)
	hidden := 0
	if limit := t.o.Members; limit > 0 && len(shown) > limit+1 { // one more takes no more room than saying so
		hidden = len(shown) - limit
		shown = shown[:limit]
	}
	t.members(shown)
	if hidden > 0 {
		t.printf("   … and %s more\n", quantity.Number(hidden))
	}
	return t.failure()
}

func (t *tableWriter) Singleton(m Member) error {
	t.alone++
	if over(t.alone, t.o.Singletons) {
		return nil
	}
	if t.alone == 1 {
		t.moreClusters()
		if t.clusters > 0 {
			t.printf("\n")
		}
		t.printf("%s\n", t.paint(bold, "In no cluster"))
	}
	t.members([]*Member{&m})
	return t.failure()
}

// over reports whether the n-th of something is beyond a limit; 0 is none.
func over(n, limit int) bool { return limit > 0 && n > limit }

// moreClusters ends a list of clusters that was cut.
func (t *tableWriter) moreClusters() {
	if n := t.clusters - t.o.Clusters; t.o.Clusters > 0 && n > 0 {
		t.printf("\n… and %s more, all in a report that goes to a file or a pipe\n", quantity.Of(n, "cluster", "clusters"))
	}
}

// headline says how large and how alike a cluster is, whether it is a chain, and
// what is kept and why.
func (t *tableWriter) headline(c *Cluster) string {
	why := ""
	if t.o.Keep != "" {
		why = fmt.Sprintf(" (%s)", termtext.Plain(t.o.Keep, true))
	}
	return fmt.Sprintf("%s, %s%s, keep %s%s", quantity.Of(c.Size, "document", "documents"), chain(c), alike(c), quantity.Number(c.Kept), why)
}

// chain tells how many texts lie in a row from one end of a chain to the other.
func chain(c *Cluster) string {
	switch {
	case !c.Chain:
		return ""
	case !c.DiameterExact:
		return fmt.Sprintf("chain of %s or more, ", quantity.Number(c.Diameter+1))
	}
	return fmt.Sprintf("chain of %s, ", quantity.Number(c.Diameter+1))
}

// alike says how similar the dropped members of a cluster are to the kept ones.
func alike(c *Cluster) string {
	highest, near := 0.0, false
	for i := range c.Members {
		m := &c.Members[i]
		if !m.Keep {
			highest = max(highest, m.Similarity)
			near = near || m.Level == LevelNear
		}
	}
	low, high := Decimals(c.MinSimilarity), Decimals(highest)
	switch {
	case !near:
		return "exact copies"
	case low == high:
		return "similarity " + low
	}
	return fmt.Sprintf("similarity %s to %s", low, high)
}

// byCover returns the members with each kept one followed by those it covers.
func byCover(c *Cluster) []*Member {
	covered := make(map[string][]*Member, c.Kept)
	for i := range c.Members {
		if m := &c.Members[i]; !m.Keep {
			covered[m.CoveredBy] = append(covered[m.CoveredBy], m)
		}
	}
	all := make([]*Member, 0, c.Size)
	for i := range c.Members {
		if m := &c.Members[i]; m.Keep {
			all = append(append(all, m), covered[m.ID]...)
		}
	}
	return all
}

// members prints a line each: what happens, similarity, key, title.
func (t *tableWriter) members(ms []*Member) {
	const indent, fixed = "   ", len("   keep  0.000  ")
	room := t.o.Width - fixed
	ids, widest := make([]string, len(ms)), 0
	for i, m := range ms {
		ids[i] = termtext.Fit(termtext.Plain(m.ID, true), room*2/3)
		widest = max(widest, termtext.Columns(ids[i]))
	}
	widest = min(widest, max(room/3, 16))
	for i, m := range ms {
		action, similarity := t.paint(green, "keep"), "     "
		if !m.Keep {
			action, similarity = t.paint(red, "drop"), Decimals(m.Similarity)
			if m.Level == LevelExact {
				similarity = "exact"
			}
		}
		id := termtext.Pad(ids[i], widest)
		title := termtext.Fit(termtext.Plain(m.Title, false), room-termtext.Columns(id)-2)
		t.printf("%s\n", strings.TrimRight(indent+action+"  "+similarity+"  "+id+"  "+title, " "))
	}
}

// Finish prints the way from records to what is kept, in figures that add up.
func (t *tableWriter) Finish(s *Summary) error {
	c := &s.Counts
	if t.alone == 0 {
		t.moreClusters()
	} else if n := t.alone - t.o.Singletons; t.o.Singletons > 0 && n > 0 {
		t.printf("   … and %s more\n", quantity.Number(n))
	}
	if t.clusters+t.alone > 0 {
		t.printf("\n")
	}
	w := len(quantity.Number(max(c.Records, c.Candidates, c.Documents)))
	row := func(label string, n int64, format string, args ...any) {
		t.printf("%s%*s %s\n", t.paint(bold, termtext.Pad(label, 9)), w, quantity.Number(n), fmt.Sprintf(format, args...))
	}
	filtered := ""
	if c.Filtered > 0 {
		filtered = " + " + quantity.Number(c.Filtered) + " filtered"
	}
	row("read", c.Records, "%s in %s = %s + %s quarantined%s", quantity.Noun(c.Records, "record", "records"), quantity.Of(c.Files, "file", "files"),
		quantity.Of(c.Documents, "document", "documents"), quantity.Number(c.Quarantined), filtered)
	if len(s.BadRecords) > 0 {
		row("", c.Quarantined, "quarantined = %s", termtext.Plain(BadSum(s.BadRecords), true))
	}
	row("", c.Documents, "%s = %s + %s + %s empty", quantity.Noun(c.Documents, "document", "documents"), quantity.Of(c.Distinct, "distinct text", "distinct texts"),
		quantity.Of(c.ExactCopies, "exact copy", "exact copies"), quantity.Number(c.Empty))
	if s.Settings.Shingle != "" {
		row("compare", c.Candidates, "candidate %s, %s verified%s", quantity.Noun(c.Candidates, "pair", "pairs"), quantity.Number(c.Verified), at(&s.Settings))
	}
	row("group", c.Clusters, "%s of %s%s", quantity.Noun(c.Clusters, "cluster", "clusters"), quantity.Of(c.Clustered, "document", "documents"), largest(c))
	row("keep", c.Kept, "%s = %s + %s + %s empty", quantity.Noun(c.Kept, "document", "documents"), quantity.Of(c.Representatives, "representative", "representatives"),
		quantity.Of(c.Singletons, "singleton", "singletons"), quantity.Number(c.Empty))
	references := ""
	if c.Protected > 0 {
		references = fmt.Sprintf(" - %s", quantity.Of(c.Matched, "reference", "references"))
	}
	if c.Decided > 0 {
		references += fmt.Sprintf(" + %s by decision", quantity.Number(c.Decided))
	}
	row("drop", c.Pruned, "%s = %s in clusters - %s%s", quantity.Noun(c.Pruned, "document", "documents"), quantity.Number(c.Clustered),
		quantity.Of(c.Representatives, "representative", "representatives"), references)
	if c.Protected > 0 {
		row("protect", c.Protected, "reference %s, %s of them in clusters", quantity.Noun(c.Protected, "document", "documents"), quantity.Number(c.Matched))
	}
	for _, warning := range s.Warnings {
		t.printf("%s %s\n", t.paint(yellow, "warning:"), termtext.Plain(warning.Message, true))
	}
	if err := t.failure(); err != nil {
		return err
	}
	return flush(t.out)
}

// at says what it took for a pair to be verified and to be found.
func at(s *Settings) string {
	text := fmt.Sprintf(" at %s >= %v of %s", termtext.Plain(s.Similarity, true), s.Threshold, termtext.Plain(s.Shingle, true))
	if s.Boilerplate > 0 {
		text += " without boilerplate"
	}
	if s.Bands > 0 {
		text += fmt.Sprintf(" (%d bands x %d rows, recall there %s)", s.Bands, s.Rows, Decimals(s.Recall))
	}
	return text
}

func largest(c *Counts) string {
	if c.Clusters < 2 {
		return ""
	}
	return ", the largest of " + quantity.Number(c.LargestCluster)
}

// Decimals prints a similarity or probability with three decimals, and 1 only
// as "1.000" if it is 1.
func Decimals(s float64) string {
	text := strconv.FormatFloat(s, 'f', 3, 64)
	if s < 1 && text == "1.000" {
		return "0.999"
	}
	return text
}

func (t *tableWriter) paint(color, text string) string {
	if !t.o.Color {
		return text
	}
	return color + text + reset
}

// printf keeps the first error; bufio would keep it too, but not say so before
// the end.
func (t *tableWriter) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(t.out, format, args...); err != nil && t.err == nil {
		t.err = err
	}
}

func (t *tableWriter) failure() error {
	if t.err != nil {
		return fmt.Errorf("report: %w", t.err)
	}
	return nil
}
