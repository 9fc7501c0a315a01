package report

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"strconv"
)

// A Line is a named curve of points (X[i], Y[i]).
type Line struct {
	Name string
	X, Y []float64
}

// The picture's measures, in the units of its view box.
const (
	width, height             = 600.0, 340.0
	left, right, top, bottom  = 66.0, 26.0, 58.0, 54.0
	plotWidth, plotHeight     = width - left - right, height - top - bottom
	ticksAcross, ticksUpwards = 6, 5
)

// Curve draws lines over a common axis as an SVG picture, which takes its colours and sizes of
// letters from the page. The row under the title has the unit and, if there are several lines,
// their names. (A plotting library would do; gonum's adds eight megabytes of fonts and file formats
// to the program.)
func Curve(title, xLabel, yLabel string, lines ...Line) template.HTML {
	c := curve{Title: title, XLabel: xLabel, YLabel: yLabel, Width: width, Height: height,
		Left: left, Right: width - right, Top: top, Bottom: height - bottom, Middle: left + plotWidth/2}
	x, y := newAxis(ticksAcross), newAxis(ticksUpwards)
	for _, l := range lines {
		x.include(l.X)
		y.include(l.Y)
	}
	x.round()
	y.round()
	across := func(v float64) float64 { return left + plotWidth*(v-x.lo)/(x.hi-x.lo) }
	upwards := func(v float64) float64 { return height - bottom - plotHeight*(v-y.lo)/(y.hi-y.lo) }
	for _, v := range x.ticks() {
		c.XTicks = append(c.XTicks, tick{across(v), x.label(v)})
	}
	for _, v := range y.ticks() {
		c.YTicks = append(c.YTicks, tick{upwards(v), y.label(v)})
	}
	for i, l := range lines {
		var points bytes.Buffer
		for k := range l.X {
			if v := l.Y[k]; !math.IsNaN(v) && !math.IsInf(v, 0) {
				fmt.Fprintf(&points, "%.1f,%.1f ", across(l.X[k]), upwards(v))
			}
		}
		d := drawn{Name: l.Name, Points: points.String(), Class: fmt.Sprintf("line%d", i%4)}
		if len(l.X) <= 30 { // few enough to tell apart
			for k := range l.X {
				d.Dots = append(d.Dots, [2]float64{across(l.X[k]), upwards(l.Y[k])})
			}
		}
		c.Lines = append(c.Lines, d)
	}
	var b bytes.Buffer
	if err := curveTemplate.Execute(&b, c); err != nil {
		panic(err) // a mistake in the template: it writes to memory
	}
	return template.HTML(b.String())
}

type curve struct {
	Title, XLabel, YLabel                           string
	Width, Height, Left, Right, Top, Bottom, Middle float64
	XTicks, YTicks                                  []tick
	Lines                                           []drawn
}

type tick struct {
	At   float64
	Text string
}

type drawn struct {
	Name, Points, Class string
	Dots                [][2]float64
	Named               []namedDot
}

var curveTemplate = template.Must(template.New("curve").Funcs(template.FuncMap{"more": func(l []drawn) bool { return len(l) > 1 }}).Parse(
	`<svg viewBox="0 0 {{.Width}} {{.Height}}" role="img" aria-label="{{.Title}}">
<text class="title" x="4" y="20">{{.Title}}</text>
<text x="4" y="44">{{.YLabel}}{{if more .Lines}}{{range .Lines}}<tspan class="{{.Class}}" dx="18">● {{.Name}}</tspan>{{end}}{{end}}</text>
{{range .YTicks}}<line class="grid" x1="{{$.Left}}" x2="{{$.Right}}" y1="{{.At}}" y2="{{.At}}"/><text class="y" x="{{$.Left}}" y="{{.At}}" dx="-6" dy=".35em">{{.Text}}</text>
{{end}}{{range .XTicks}}<line class="grid" x1="{{.At}}" x2="{{.At}}" y1="{{$.Top}}" y2="{{$.Bottom}}"/><text class="x" x="{{.At}}" y="{{$.Bottom}}" dy="1.2em">{{.Text}}</text>
{{end}}<text class="x" x="{{.Middle}}" y="{{.Bottom}}" dy="2.4em">{{.XLabel}}</text>
{{range .Lines}}<polyline class="{{.Class}}" points="{{.Points}}"/>{{$class := .Class}}{{range .Dots}}<circle class="{{$class}}" cx="{{index . 0}}" cy="{{index . 1}}" r="3"/>{{end}}{{range .Named}}<circle class="{{$class}}" cx="{{.X}}" cy="{{.Y}}" r="4"><title>{{.Name}}</title></circle>{{end}}
{{end}}</svg>`))

// An axis is a range of numbers with round steps.
type axis struct {
	lo, hi, step float64
	want         int // steps, about
}

func newAxis(want int) *axis { return &axis{lo: math.Inf(1), hi: math.Inf(-1), want: want} }

func (a *axis) include(values []float64) {
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			a.lo, a.hi = min(a.lo, v), max(a.hi, v)
		}
	}
}

// round widens the range to whole steps of 1, 2 or 5 times a power of ten.
func (a *axis) round() {
	if a.lo > a.hi {
		a.lo, a.hi = 0, 1
	}
	if a.lo == a.hi {
		a.hi = a.lo + 1
	}
	rough := (a.hi - a.lo) / float64(a.want)
	a.step = math.Pow(10, math.Floor(math.Log10(rough)))
	for _, f := range []float64{2, 2.5, 2} { // 1, 2, 5, 10
		if a.step < rough {
			a.step *= f
		}
	}
	a.lo, a.hi = a.step*math.Floor(a.lo/a.step), a.step*math.Ceil(a.hi/a.step)
}

func (a *axis) ticks() []float64 {
	var t []float64
	for i := 0; a.lo+float64(i)*a.step <= a.hi+a.step/2; i++ {
		t = append(t, a.lo+float64(i)*a.step)
	}
	return t
}

// label writes a number with the digits that its step needs.
func (a *axis) label(v float64) string {
	digits := max(0, -int(math.Floor(math.Log10(a.step)+1e-9)))
	return strconv.FormatFloat(v, 'f', digits, 64)
}
