package main

import (
	"bytes"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// look is how one series is drawn: a colour and a shape, so that neither alone
// has to tell it from another.
type look struct {
	color color.Color
	shape draw.GlyphDrawer
}

func rgb(hex uint32) color.Color {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}

// looks are the colours of Okabe and Ito (Color Universal Design, 2008), which
// colour-blind readers can tell apart, on white.
var looks = []look{
	{rgb(0x0072b2), draw.CircleGlyph{}},
	{rgb(0xd55e00), draw.SquareGlyph{}},
	{rgb(0x009e73), draw.PyramidGlyph{}},
	{rgb(0xcc79a7), draw.TriangleGlyph{}},
	{rgb(0xe69f00), draw.RingGlyph{}},
	{rgb(0x000000), draw.CrossGlyph{}},
	{rgb(0x56b4e9), draw.BoxGlyph{}},
}

var (
	grey  = rgb(0x8c8c8c)
	faint = rgb(0xe4e4e4)
)

func sans(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
}

// newPanel returns an empty plot in the style of all figures.
func newPanel(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.White
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font = sans(11)
	p.Title.Padding = vg.Points(4)
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = sans(10)
		a.Tick.Label.Font = sans(9)
		a.LineStyle.Color, a.Tick.LineStyle.Color = grey, grey
		a.Padding = vg.Points(3)
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = faint, faint
	p.Add(grid)
	return p
}

// shares sets an axis to [0, 1] with a tick every fifth.
func shares(a *plot.Axis) {
	a.Min, a.Max = 0, 1
	a.Tick.Marker = ticks(0, .2, .4, .6, .8, 1)
}

func ticks(values ...float64) plot.ConstantTicks {
	var t plot.ConstantTicks
	for _, v := range values {
		t = append(t, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', -1, 64)})
	}
	return t
}

// names sets an axis to one tick for each name, at 0, 1, 2 and so on.
func names(a *plot.Axis, list []string) {
	var t plot.ConstantTicks
	for i, n := range list {
		t = append(t, plot.Tick{Value: float64(i), Label: n})
	}
	a.Tick.Marker, a.Tick.LineStyle.Width = t, 0 // the length keeps names off the axis
	a.Min, a.Max = -.6, float64(len(list))-.4
}

// point is a measured value with its interval.
type point struct{ x, y, low, high float64 }

// XY, Len and YError make points what gonum's plotters take.
type points []point

func (p points) Len() int                       { return len(p) }
func (p points) XY(i int) (x, y float64)        { return p[i].x, p[i].y }
func (p points) YError(i int) (low, up float64) { return p[i].y - p[i].low, p[i].high - p[i].y }

// flipped are points whose value runs along x.
type flipped []point

// XY and Len make flipped what gonum's plotters take.
func (p flipped) Len() int                { return len(p) }
func (p flipped) XY(i int) (x, y float64) { return p[i].y, p[i].x }

func glyphs(data plotter.XYer, l look) *plotter.Scatter {
	s := check(plotter.NewScatter(data))
	s.GlyphStyle = draw.GlyphStyle{Color: l.color, Radius: vg.Points(2.6), Shape: l.shape}
	return s
}

func line(data plotter.XYer, c color.Color, width float64) *plotter.Line {
	l := check(plotter.NewLine(data))
	l.LineStyle = draw.LineStyle{Color: c, Width: vg.Points(width)}
	return l
}

// addMeasured draws points with error bars, joined by a thin line if joined.
func addMeasured(p *plot.Plot, data points, l look, joined bool) []plot.Thumbnailer {
	if len(data) == 0 {
		return nil
	}
	bars := check(plotter.NewYErrorBars(data))
	bars.LineStyle = draw.LineStyle{Color: l.color, Width: vg.Points(.9)}
	bars.CapWidth = vg.Points(4)
	dots := glyphs(data, l)
	thumbs := []plot.Thumbnailer{dots}
	if joined {
		thin := line(data, l.color, .9)
		p.Add(thin)
		thumbs = append(thumbs, thin)
	}
	p.Add(bars, dots)
	return thumbs
}

// check panics on an error of gonum's constructors, which reject NaN and
// infinite values: there are none in measured shares.
func check[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("accuracy: cannot be drawn: %v", err))
	}
	return v
}

// key is an entry of a figure's legend.
type key struct {
	name   string
	thumbs []plot.Thumbnailer
}

// figure is panels in rows, with one legend below for all of them. A nil panel
// is left blank.
type figure struct {
	panels        [][]*plot.Plot
	keys          []key
	width, height float64 // in points
}

func (f *figure) addKey(name string, thumbs ...plot.Thumbnailer) {
	for _, k := range f.keys {
		if k.name == name {
			return
		}
	}
	if len(thumbs) > 0 {
		f.keys = append(f.keys, key{name, thumbs})
	}
}

var dashes = []vg.Length{vg.Points(4), vg.Points(3)}

const legendHeight = 22 // points

// write draws the figure to an SVG file. The same figure gives the same bytes.
func (f *figure) write(path string) error {
	canvas := &fitting{Canvas: vgsvg.New(vg.Points(f.width), vg.Points(f.height))}
	all := draw.New(canvas)
	all.FillPolygon(color.White, []vg.Point{{X: all.Min.X, Y: all.Min.Y}, {X: all.Min.X, Y: all.Max.Y}, {X: all.Max.X, Y: all.Max.Y}, {X: all.Max.X, Y: all.Min.Y}})
	bottom := vg.Length(0)
	if len(f.keys) > 0 {
		bottom = vg.Points(legendHeight)
	}
	pad := vg.Points(6)
	tiles := draw.Tiles{Rows: len(f.panels), Cols: len(f.panels[0]), PadX: vg.Points(10), PadY: vg.Points(10),
		PadTop: pad, PadLeft: pad, PadRight: vg.Points(12), PadBottom: pad}
	cells := plot.Align(f.panels, tiles, draw.Crop(all, 0, 0, bottom, 0))
	for i, row := range f.panels {
		for j, p := range row {
			if p != nil {
				p.Draw(cells[i][j])
			}
		}
	}
	f.drawLegend(all)
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	return os.WriteFile(filepath.Clean(path), canvas.fit(b.Bytes()), 0o644)
}

// fitting is a canvas that remembers how wide its texts are meant to be.
type fitting struct {
	*vgsvg.Canvas
	widths []vg.Length
}

// FillString is called for every text drawn.
func (c *fitting) FillString(f font.Face, at vg.Point, text string) {
	c.widths = append(c.widths, f.Width(text))
	c.Canvas.FillString(f, at, text)
}

// fit tells a viewer without the Liberation fonts to take another one without
// serifs and to set each text as wide as it was laid out.
func (c *fitting) fit(svg []byte) []byte {
	const style = "font-family:Liberation Sans;font-variant:normal;font-weight:normal;font-style:normal;"
	svg = bytes.ReplaceAll(svg, []byte("\n\tstyle=\""+style), []byte(` style="`))
	svg = bytes.Replace(svg, []byte("<svg "), []byte(`<svg font-family="Liberation Sans, Arial, Helvetica, sans-serif" `), 1)
	var out bytes.Buffer
	for i, part := range bytes.Split(svg, []byte("<text ")) {
		if i > 0 {
			fmt.Fprintf(&out, `<text textLength="%.5g" lengthAdjust="spacingAndGlyphs" `, c.widths[i-1].Points())
		}
		out.Write(part)
	}
	return out.Bytes()
}

// drawLegend puts the entries side by side, centred at the lower edge.
func (f *figure) drawLegend(all draw.Canvas) {
	gap, total := vg.Points(16), vg.Length(0)
	legends, widths := make([]plot.Legend, len(f.keys)), make([]vg.Length, len(f.keys))
	for i, k := range f.keys {
		l := plot.NewLegend()
		l.TextStyle.Font, l.Left, l.ThumbnailWidth = sans(10), true, vg.Points(18)
		l.Add(k.name, k.thumbs...)
		size := l.Rectangle(all).Size()
		legends[i], widths[i] = l, size.X+gap
		total += widths[i]
	}
	x := all.Min.X + (all.Max.X-all.Min.X-total+gap)/2
	for i := range legends {
		c := all
		c.Min.X, c.Max.X = x, x+widths[i]
		c.Min.Y += vg.Points(6)
		legends[i].Draw(c)
		x += widths[i]
	}
}
