package report

import (
	"bytes"
	"fmt"
	"html/template"
)

// A Bar is a named number.
type Bar struct {
	Name  string
	Value float64
	Text  string // beside the bar
}

// Bars draws numbers as bars from the left, one under the other, in the style of Curve.
func Bars(title, unit string, bars ...Bar) template.HTML {
	const row, names, texts = 30.0, 170.0, 90.0
	p := struct {
		Title, Unit         string
		Width, Height, Left float64
		Bars                []drawnBar
	}{Title: title, Unit: unit, Width: width, Height: top + row*float64(len(bars)) + 8, Left: names}
	most := 0.0
	for _, b := range bars {
		most = max(most, b.Value)
	}
	for i, b := range bars {
		d := drawnBar{Name: b.Name, Text: b.Text, Y: top + row*float64(i), Middle: top + row*float64(i) + row/2 - 3, High: row - 6}
		if most > 0 {
			d.Long = max(1, (width-names-texts)*b.Value/most)
		}
		d.End = names + d.Long
		p.Bars = append(p.Bars, d)
	}
	var b bytes.Buffer
	if err := barsTemplate.Execute(&b, p); err != nil {
		panic(fmt.Sprintf("report: bars: %v", err)) // a mistake in the template: it writes to memory
	}
	return template.HTML(b.String())
}

type drawnBar struct {
	Name, Text                 string
	Y, Middle, High, Long, End float64
}

var barsTemplate = template.Must(template.New("bars").Parse(
	`<svg viewBox="0 0 {{.Width}} {{.Height}}" role="img" aria-label="{{.Title}}">
<text class="title" x="4" y="20">{{.Title}}</text>
<text x="4" y="44">{{.Unit}}</text>
{{range .Bars}}<text class="y" x="{{$.Left}}" y="{{.Middle}}" dx="-8" dy=".35em">{{.Name}}</text><rect class="line1" x="{{$.Left}}" y="{{.Y}}" width="{{.Long}}" height="{{.High}}" rx="3"/><text x="{{.End}}" y="{{.Middle}}" dx="8" dy=".35em">{{.Text}}</text>
{{end}}</svg>`))
