package report

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A Line is a named curve of points (X[i], Y[i]).
type Line struct {
	Name string
	X, Y []float64
}

// colors tell curves apart, also for people who see few colours.
var colors = []color.RGBA{{0x1d, 0x4e, 0x89, 255}, {0xb3, 0x30, 0x1f, 255}, {0x2f, 0x6b, 0x3c, 255}, {0x8a, 0x5a, 0x00, 255}}

// Curve draws lines over a common axis as an SVG picture.
func Curve(title, xLabel, yLabel string, lines ...Line) (template.HTML, error) {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, xLabel, yLabel
	p.Legend.Top = true
	p.Legend.Padding = vg.Points(2)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{0xdd}, color.Gray{0xdd}
	p.Add(grid)
	for i, l := range lines {
		points := make(plotter.XYs, len(l.X))
		for k := range points {
			points[k] = plotter.XY{X: l.X[k], Y: l.Y[k]}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return "", fmt.Errorf("curve %q, line %q: %w", title, l.Name, err)
		}
		line.Color, line.Width = colors[i%len(colors)], vg.Points(1.4)
		p.Add(line)
		if len(lines) > 1 {
			p.Legend.Add(l.Name, line)
		}
	}
	canvas := vgsvg.New(6*vg.Inch, 3.4*vg.Inch)
	p.Draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return "", fmt.Errorf("curve %q: %w", title, err)
	}
	svg := b.Bytes()
	return template.HTML(svg[bytes.Index(svg, []byte("<svg")):]), nil // without the XML prologue
}
