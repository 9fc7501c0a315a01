package report

import (
	"bytes"
	"fmt"
	"html/template"
	"math"
	"strconv"
)

// A Roof is what a machine can do in one way to compute: no more than its peak, and no more than
// its memory feeds.
type Roof struct {
	Name            string
	Peak, Bandwidth float64 // GFLOP/s, GB/s
	Points          []Point
}

// A Point is a measured computation under a roof: operations a byte of memory traffic, GFLOP/s.
type Point struct {
	Name         string
	Intensity, Y float64
}

// Roofline draws computations under what the machine can do, on logarithmic axes (Williams,
// Waterman and Patterson 2009, "Roofline: an insightful visual performance model"). A computation
// under the slope waits for memory, one under the flat part for the multiply-add units; what is
// above the slope has its numbers in a cache.
func Roofline(title string, roofs ...Roof) template.HTML {
	x, y := logAxis{math.Inf(1), math.Inf(-1)}, logAxis{math.Inf(1), math.Inf(-1)}
	for _, r := range roofs {
		x.include(r.Peak / r.Bandwidth)
		y.include(r.Peak)
		for _, p := range r.Points {
			x.include(p.Intensity)
			y.include(p.Y)
		}
	}
	x.round()
	y.round()
	across := func(v float64) float64 { return left + plotWidth*x.share(v) }
	upwards := func(v float64) float64 { return height - bottom - plotHeight*y.share(v) }
	c := curve{Title: title, XLabel: "operations a byte", YLabel: "GFLOP/s", Width: width, Height: height,
		Left: left, Right: width - right, Top: top, Bottom: height - bottom, Middle: left + plotWidth/2}
	for _, v := range x.ticks() {
		c.XTicks = append(c.XTicks, tick{across(v), strconv.FormatFloat(v, 'g', -1, 64)})
	}
	for _, v := range y.ticks() {
		c.YTicks = append(c.YTicks, tick{upwards(v), strconv.FormatFloat(v, 'g', -1, 64)})
	}
	for i, r := range roofs {
		d := drawn{Name: r.Name, Class: fmt.Sprintf("line%d", i%4)}
		begin := max(x.lo, y.lo/r.Bandwidth) // where the slope comes out of the floor
		for _, v := range []float64{begin, r.Peak / r.Bandwidth, x.hi} {
			d.Points += fmt.Sprintf("%.1f,%.1f ", across(v), upwards(min(v*r.Bandwidth, r.Peak)))
		}
		for _, p := range r.Points {
			d.Named = append(d.Named, namedDot{p.Name, across(p.Intensity), upwards(p.Y)})
		}
		c.Lines = append(c.Lines, d)
	}
	var b bytes.Buffer
	if err := curveTemplate.Execute(&b, c); err != nil {
		panic(err) // a mistake in the template: it writes to memory
	}
	return template.HTML(b.String())
}

// namedDot is a dot that tells its name when pointed at.
type namedDot struct {
	Name string
	X, Y float64
}

// A logAxis is a range of positive numbers, whole powers of ten.
type logAxis struct{ lo, hi float64 }

func (a *logAxis) include(v float64) {
	if v > 0 && !math.IsInf(v, 0) {
		a.lo, a.hi = min(a.lo, v), max(a.hi, v)
	}
}

func (a *logAxis) round() {
	if a.lo > a.hi {
		a.lo, a.hi = 1, 10
	}
	a.lo, a.hi = math.Pow(10, math.Floor(math.Log10(a.lo))), math.Pow(10, math.Ceil(math.Log10(a.hi)))
	if a.lo == a.hi {
		a.hi *= 10
	}
}

// share returns how far along the axis v is, from 0 to 1.
func (a *logAxis) share(v float64) float64 {
	return (math.Log10(min(max(v, a.lo), a.hi)) - math.Log10(a.lo)) / (math.Log10(a.hi) - math.Log10(a.lo))
}

func (a *logAxis) ticks() (t []float64) {
	for v := a.lo; v <= a.hi*1.001; v *= 10 {
		t = append(t, v)
	}
	return t
}
