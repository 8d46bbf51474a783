package main

import (
	"bytes"
	"fmt"
	"html"
	"io"
)

// table writes the stages as Markdown.
func (b *bench) table(w io.Writer) {
	whole := b.stages[len(b.stages)-1].took
	size, docs := float64(len(b.data)), float64(len(b.texts))
	fmt.Fprintln(w, "| step | MB/s | us a document | share of the run |")
	fmt.Fprintln(w, "|---|---|---|---|")
	for _, s := range b.stages {
		share := "limit"
		if !s.limit {
			share = fmt.Sprintf("%.0f%%", 100*float64(s.took)/float64(whole))
		} else if s.took == whole {
			share = "100%"
		}
		fmt.Fprintf(w, "| %s | %.0f | %.2f | %s |\n", s.name, size/1e6/s.took.Seconds(), s.took.Seconds()*1e6/docs, share)
	}
}

// figure draws the stages as bars: grey for limits, blue for parts of a run. It
// needs no library: bars and labels are all there is.
func (b *bench) figure() []byte {
	const (
		row, bar, left, width = 26, 18, 330, 420
		margin                = 12
	)
	whole := b.stages[len(b.stages)-1].took
	docs := float64(len(b.texts))
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">`+"\n",
		left+width+170, row*len(b.stages)+2*margin)
	fmt.Fprintln(&out, `<rect width="100%" height="100%" fill="white"/>`)
	for i, s := range b.stages {
		y := margin + i*row
		fill := "#2b6cb0"
		if s.limit {
			fill = "#a0aec0"
		}
		length := max(1, int(float64(width)*float64(s.took)/float64(whole)))
		fmt.Fprintf(&out, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-8, y+bar-5, html.EscapeString(s.name))
		fmt.Fprintf(&out, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", left, y, length, bar, fill)
		fmt.Fprintf(&out, `<text x="%d" y="%d">%.2f us a document</text>`+"\n", left+length+6, y+bar-5, s.took.Seconds()*1e6/docs)
	}
	fmt.Fprintln(&out, "</svg>")
	return out.Bytes()
}
