// Package page writes a report for people: one HTML page that stands alone, and a
// summary in Markdown.
//
// # In and out
//
// In goes [Data]: the summary of a report, how similar its verified pairs are, how
// large its clusters, what became of each source, and some clusters with texts
// of their members compared. Out comes one page of HTML ([Write]) without scripts
// and without anything loaded from elsewhere, or Markdown ([WriteMarkdown]).
//
// The page is small whatever the size of the corpus: who fills Data chooses which
// clusters stand in it, and says of how many; [Compare] cuts long texts down to what
// two of them share and where they differ. Nothing in the page depends on time,
// threads or memory: equal data give equal bytes.
//
// # Texts are hostile
//
// Names and texts go through html/template, and characters that act on a display,
// such as those that turn the direction of writing around, are made visible. A
// content security policy in the page forbids scripts and all loading, for the case
// that something gets through.
//
// # For every reader
//
// Charts are SVG with a title, and their figures stand in tables behind them. What is
// shared is underlined as well as coloured. The page follows the reader's choice
// of dark or light and prints.
//
// All functions are pure and may be called from many goroutines.
package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strconv"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/internal/termtext"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// Data is what a page shows.
type Data struct {
	// Program is the name and version of the program.
	Program string
	// Inputs are the names of what was read, as given.
	Inputs  []string
	Summary *report.Summary
	Edits   Edits
	// Similarities are the verified pairs between distinct texts.
	Similarities Histogram
	// Sizes are the clusters by size.
	Sizes []SizeBin
	// Sources are those with most documents dropped first; SourcesTotal is how many
	// there are, and OtherSources what the others come to, without a name.
	Sources      []Source
	SourcesTotal int
	OtherSources Source
	// Sections are the clusters that are shown.
	Sections []Section
	// TextsMissing says why no texts are shown, if none are.
	TextsMissing string
}

// Edits is what was cut out of kept documents: Trimmed are written with less, Emptied
// are not written, and Characters is what went in both.
type Edits struct {
	Trimmed, Emptied, Characters int64
}

// Histogram counts similarities in bins of equal width from 0 to 1; the last bin
// includes 1.
type Histogram struct {
	Counts [HistogramBins]int64
	// Threshold is where a pair begins to count.
	Threshold float64
}

// HistogramBins is the number of bins of a Histogram.
const HistogramBins = 50

// Add counts a similarity in [0, 1].
func (h *Histogram) Add(similarity float64) {
	bin := int(similarity * HistogramBins)
	if edge(bin+1) <= similarity { // 0.58 times 50 is a little under 29
		bin++
	}
	h.Counts[min(bin, HistogramBins-1)]++
}

// edge is where a bin begins.
func edge(bin int) float64 { return float64(bin) / HistogramBins }

// Total returns the number of similarities counted.
func (h *Histogram) Total() (n int64) {
	for _, c := range h.Counts {
		n += c
	}
	return n
}

// SizeBin counts the clusters of From to To documents, and the documents in them.
type SizeBin struct {
	From, To, Clusters, Documents int64
}

// SizeBins returns the bins 2, 3, 4, 5-8, 9-16 and so on that sizes fall into, from
// the first to the last that is not empty.
func SizeBins(sizes func(yield func(size int) bool)) []SizeBin {
	var bins []SizeBin
	sizes(func(size int) bool {
		n := int64(size)
		for len(bins) == 0 || bins[len(bins)-1].To < n {
			bins = append(bins, nextBin(bins))
		}
		for i := range bins {
			if b := &bins[i]; n >= b.From && n <= b.To {
				b.Clusters, b.Documents = b.Clusters+1, b.Documents+n
			}
		}
		return true
	})
	return bins
}

func nextBin(bins []SizeBin) SizeBin {
	last := int64(1)
	if len(bins) > 0 {
		last = bins[len(bins)-1].To
	}
	if last < 4 {
		return SizeBin{From: last + 1, To: last + 1}
	}
	return SizeBin{From: last + 1, To: 2 * last}
}

// Name returns for example "2" or "5–8".
func (b SizeBin) Name() string {
	if b.From == b.To {
		return quantity.Number(b.From)
	}
	return quantity.Number(b.From) + "–" + quantity.Number(b.To)
}

// Source is what became of the records of one source.
type Source struct {
	Name                             string
	Documents, Kept, Dropped, Broken int64
}

// Share returns the share of the documents that were dropped, in [0, 1].
func (s Source) Share() float64 {
	if s.Documents == 0 {
		return 0
	}
	return float64(s.Dropped) / float64(s.Documents)
}

// Section is a choice of clusters.
type Section struct {
	// ID is its anchor, Title its headline, Intro how the choice was made.
	ID, Title, Intro string
	Clusters         []Cluster
}

// Cluster is a cluster with some of its members.
type Cluster struct {
	report.Cluster
	// Number is its place in the report, from 1.
	Number int
	// More is the number of members that are not in Members.
	More        int
	Comparisons []Comparison
}

// Comparison shows two members side by side: the kept one left.
type Comparison struct {
	Left, Right Side
	Similarity  float64
	// Exact says that the texts are equal but for case, width and white space.
	Exact bool
}

// Side is one text of a comparison.
type Side struct {
	ID, Place string
	Runs      []Run
	// Cut says that only the beginning of the text was compared.
	Cut bool
}

// Run is a stretch of a text.
type Run struct {
	Text string
	// Passage is the number, from 1, of the passage that both texts have; 0 for
	// what stands in one alone.
	Passage int
	// Skipped is the number of words left out instead of a Text.
	Skipped int
}

//go:embed page.html
var source string

// Write writes the page.
func Write(w io.Writer, d *Data) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"plain":     func(s string) string { return termtext.Plain(s, true) },
		"text":      visible,
		"thousands": quantity.Number[int64],
		"count":     quantity.Of[int64],
		"noun":      quantity.Noun[int64],
		"dropped":   mostDropped,
		"fewer":     func(n, less int64) int64 { return n - less },
		"decimals":  report.Decimals,
		"percent":   percent,
		"bars":      func(h Histogram, logarithmic bool) *Chart { return similarityBars(&h, logarithmic) },
		"sizes":     sizeBars,
		"bin":       binName,
		"funnel":    funnel,
		"meaning":   meaning,
		"wide":      func(n int) int64 { return int64(n) },
		"chart":     func(c *Chart, label string) labelled { return labelled{c, label} },
		"side":      newShownSide,
		"anchor":    anchor,
	}).Parse(source)
	if err != nil {
		panic(fmt.Sprintf("page: the template is broken: %v", err))
	}
	if err := t.Execute(w, d); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

// labelled is a chart with what it is called.
type labelled struct {
	Chart *Chart
	Label string
}

// shownSide is a side with the beginnings of its anchors and of the other side's.
type shownSide struct {
	Role        string
	Side        Side
	Mine, Other string
}

func newShownSide(role string, s Side, mine, other string) shownSide {
	return shownSide{role, s, mine, other}
}

// anchor is the beginning of the names of a side's passages.
func anchor(section, cluster, comparison int, side string) string {
	return fmt.Sprintf("s%dc%dp%d%s", section, cluster, comparison, side)
}

// binName returns the range of a bin of a Histogram.
func binName(i int) string {
	return twoDecimals(edge(i)) + " to " + twoDecimals(edge(i+1))
}

// visible makes a text harmless and keeps its line ends.
func visible(s string) string {
	out := make([]byte, 0, len(s))
	for len(s) > 0 {
		n := 0
		for n < len(s) && s[n] != '\n' {
			n++
		}
		out = append(out, termtext.Plain(s[:n], false)...)
		if n < len(s) {
			out, n = append(out, '\n'), n+1
		}
		s = s[n:]
	}
	return string(out)
}

// percent writes a share; one between nothing and all never looks like either.
func percent(v float64) string {
	switch {
	case v > 0 && v < 0.001:
		return "< 0.1%"
	case v < 1 && v > 0.999:
		return "> 99.9%"
	}
	return strconv.FormatFloat(100*v, 'f', 1, 64) + "%"
}
