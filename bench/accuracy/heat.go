package main

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// heat is a plotter of shares in cells, each coloured and with its figure in
// percent. values[column][row] is negative where there is nothing.
type heat struct{ values [][]float64 }

// Plot draws the cells around the whole numbers of both axes.
func (h heat) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := text.Style{Font: sans(8), XAlign: text.XCenter, YAlign: text.YCenter, Handler: p.TextHandler}
	for i, column := range h.values {
		for j, v := range column {
			if v < 0 {
				continue
			}
			left, right, low, high := x(float64(i)-.48), x(float64(i)+.48), y(float64(j)-.46), y(float64(j)+.46)
			c.FillPolygon(shade(v), []vg.Point{{X: left, Y: low}, {X: left, Y: high}, {X: right, Y: high}, {X: right, Y: low}})
			style.Color = color.Black
			if v > .55 {
				style.Color = color.White
			}
			c.FillText(style, vg.Point{X: (left + right) / 2, Y: (low + high) / 2}, fmt.Sprintf("%.0f", math.Round(100*v)))
		}
	}
}

// shade runs from nearly white to blue: one hue, so that lightness tells.
func shade(v float64) color.Color {
	from, to := [3]float64{0xf3, 0xf6, 0xf9}, [3]float64{0x00, 0x4c, 0x86}
	part := func(i int) uint8 { return uint8(math.Round(from[i] + (to[i]-from[i])*v)) }
	return color.RGBA{part(0), part(1), part(2), 255}
}

// operationsFigure is one line for each operation and level, one column for each
// preset.
func operationsFigure(groups []string, by map[string]*tally) *figure {
	var labels, columns []string
	values := make([][]float64, len(copyPresets))
	for i := len(groups) - 1; i >= 0; i-- { // the first one on top
		x := by[groups[i]]
		labels = append(labels, groups[i])
		for k, preset := range copyPresets {
			values[k] = append(values[k], float64(x.found[string(preset)])/float64(x.pairs))
		}
	}
	for _, preset := range copyPresets {
		columns = append(columns, string(preset))
	}
	p := newPanel("percent of edited copies found", "preset", "")
	p.Y.Tick.Label.Font = sans(8)
	names(&p.X, columns)
	names(&p.Y, labels)
	p.X.Padding, p.Y.Padding = 0, 0
	p.Add(heat{values})
	return &figure{width: 520, height: 70 + 13*float64(len(groups)), panels: [][]*plot.Plot{{p}}}
}
