package page

import (
	"math"
	"strconv"

	"github.com/doppel-dedup/doppel/internal/quantity"
)

// Chart is a bar chart in units of its own width and height.
type Chart struct {
	Width, Height, Base float64
	Bars                []Bar
	// Marks are labels under the axis, and Line the place of a vertical line, below
	// 0 if there is none.
	Marks []Mark
	Line  float64
}

// Bar is one bar with what it says.
type Bar struct {
	X, Y, Width, Height float64
	// Below tells that the bar is of pairs below the threshold.
	Below bool
	Title string
	// Label stands over the bar, if it is not empty.
	Label string
}

// Mark is a label under an axis.
type Mark struct {
	X     float64
	Label string
}

// The layout of a chart.
const (
	chartWidth, chartHeight = 720, 200
	chartTop, chartBottom   = 14, 24
)

// height returns that of a bar: by the logarithm, so that a few pairs are seen
// beside a million, or in proportion.
func height(n, largest int64, logarithmic bool) float64 {
	const room = chartHeight - chartTop - chartBottom
	switch {
	case n == 0:
		return 0
	case !logarithmic:
		return max(1, room*float64(n)/float64(largest))
	}
	return room * math.Log1p(float64(n)) / math.Log1p(float64(largest))
}

func newChart(line float64) *Chart {
	return &Chart{Width: chartWidth, Height: chartHeight, Base: chartHeight - chartBottom, Line: line}
}

func (c *Chart) add(x, width, height float64, below bool, title string) {
	c.Bars = append(c.Bars, Bar{X: round(x), Y: round(c.Base - height), Width: round(width), Height: round(height), Below: below, Title: title})
}

// Middle returns the middle of a bar.
func (c *Chart) Middle(b Bar) float64 { return round(b.X + b.Width/2) }

// round keeps a page from digits that nobody sees.
func round(v float64) float64 { return math.Round(10*v) / 10 }

// similarityBars draws a histogram with a line at its threshold.
func similarityBars(h *Histogram, logarithmic bool) *Chart {
	const bin = float64(chartWidth) / HistogramBins
	c := newChart(round(h.Threshold * chartWidth))
	largest := int64(1)
	for _, n := range h.Counts {
		largest = max(largest, n)
	}
	for i, n := range h.Counts {
		c.add(float64(i)*bin+1, bin-2, height(n, largest, logarithmic), edge(i+1) <= h.Threshold,
			binName(i)+": "+quantity.Of(n, "pair", "pairs"))
	}
	for i := 1; i < 10; i++ {
		c.Marks = append(c.Marks, Mark{X: chartWidth * float64(i) / 10, Label: twoDecimals(float64(i) / 10)})
	}
	return c
}

// twoDecimals writes the edge of a bin.
func twoDecimals(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// wideBins is how many bins leave room for a range and a whole number at each.
const wideBins = 8

// sizeBars draws how many clusters there are of each size.
func sizeBars(bins []SizeBin) *Chart {
	c := newChart(-1)
	largest := int64(1)
	for _, b := range bins {
		largest = max(largest, b.Clusters)
	}
	bin := float64(chartWidth) / float64(max(len(bins), wideBins))
	for i, b := range bins {
		x := float64(i) * bin
		c.add(x+2, bin-4, height(b.Clusters, largest, true), false,
			b.Name()+" documents: "+quantity.Of(b.Clusters, "cluster", "clusters")+", "+quantity.Of(b.Documents, "document", "documents"))
		label, name := quantity.Number(b.Clusters), b.Name()
		if len(bins) > wideBins {
			label, name = short(b.Clusters), short(b.To)
		}
		c.Bars[i].Label = label
		c.Marks = append(c.Marks, Mark{X: round(x + bin/2), Label: name})
	}
	return c
}

// short writes a number in at most four characters: the whole one stands in a table.
func short(n int64) string {
	switch {
	case n < 10_000:
		return strconv.FormatInt(n, 10)
	case n < 1_000_000:
		return strconv.FormatInt(n/1000, 10) + "k"
	}
	return strconv.FormatInt(n/1_000_000, 10) + "M"
}
