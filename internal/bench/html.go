package bench

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
)

//go:embed report.html
var reportHTML string

// WriteHTML writes the report as one file for a browser: with charts, without scripts, asking nobody for anything.
func (r Report) WriteHTML(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"amount":  amount,
		"bounded": Measure.bounded,
	}).Parse(reportHTML)
	if err != nil {
		return fmt.Errorf("BUG: the report's page: %w", err)
	}
	page := struct {
		Report
		Latency       *curves
		Rates, Memory []bar
	}{Report: r, Latency: drawCurves(r.Loads)}
	page.Rates = drawBars(r.Loads, "/s", func(l *Load) float64 { return l.RatePerS })
	page.Memory = drawBars(r.Loads, "MiB", func(l *Load) float64 { return l.RSS })
	return t.Execute(w, page)
}

// Sizes of the charts, in SVG's units.
const (
	chartWidth  = 760
	chartHeight = 300
	chartLeft   = 60
	chartBottom = 40
	chartTop    = 12
	barWidth    = 360
	hues        = 8 // colours of lines that the page knows
)

// curves is the chart of latencies: parts of the requests to the right, each nine as wide as the one before, and
// time upwards by powers of ten.
type curves struct {
	Width, Height, Left, Right, Top, Bottom float64
	Lines                                   []line
	Across, Up                              []tick
}

type line struct {
	Hue    int
	Title  string
	Points string // of an SVG polyline
}

type tick struct {
	At    float64
	Label string
}

type bar struct {
	Hue   int
	Title string
	Width float64
	Label string
}

// nines is how many nines a part of the requests is written with: 90 % is 1, 99 % is 2.
func nines(percent float64) float64 { return -math.Log10(1 - min(percent, 99.99)/100) }

// drawCurves returns nil when nothing has a latency.
func drawCurves(loads []*Load) *curves {
	least, most := math.Inf(1), math.Inf(-1)
	for _, l := range loads {
		for _, p := range l.Curve {
			if p.Latency > 0 {
				least, most = min(least, p.Latency), max(most, p.Latency)
			}
		}
	}
	if math.IsInf(least, 1) {
		return nil
	}
	low, high := math.Floor(math.Log10(least)), math.Ceil(math.Log10(most))
	if high == low {
		high++
	}
	c := &curves{Width: chartWidth, Height: chartHeight, Left: chartLeft, Right: chartWidth - 10, Top: chartTop, Bottom: chartHeight - chartBottom}
	x := func(percent float64) float64 { return c.Left + (c.Right-c.Left)*nines(percent)/nines(99.99) }
	y := func(latency float64) float64 {
		return c.Bottom - (c.Bottom-c.Top)*(math.Log10(max(latency, math.Pow(10, low)))-low)/(high-low)
	}
	for _, p := range []float64{0, 50, 90, 95, 99, 99.9, 99.99} {
		label := fmt.Sprintf("%g %%", p)
		if p == 99.99 {
			label = "all"
		}
		c.Across = append(c.Across, tick{x(p), label})
	}
	for e := low; e <= high; e++ {
		c.Up = append(c.Up, tick{y(math.Pow(10, e)), power(int(e))})
	}
	for i, l := range loads {
		var points strings.Builder
		for _, p := range l.Curve {
			fmt.Fprintf(&points, "%.1f,%.1f ", x(p.Percent), y(p.Latency))
		}
		if points.Len() > 0 {
			c.Lines = append(c.Lines, line{Hue: i % hues, Title: l.Title, Points: strings.TrimSpace(points.String())})
		}
	}
	return c
}

// power writes a power of ten of milliseconds.
func power(e int) string {
	switch {
	case e < 0:
		return fmt.Sprintf("%g µs", math.Pow10(e+3))
	case e < 3:
		return fmt.Sprintf("%g ms", math.Pow10(e))
	}
	return fmt.Sprintf("%g s", math.Pow10(e-3))
}

// drawBars leaves out loads of which the figure is not known.
func drawBars(loads []*Load, unit string, figure func(*Load) float64) []bar {
	most := 0.0
	for _, l := range loads {
		most = max(most, figure(l))
	}
	var out []bar
	for i, l := range loads {
		if v := figure(l); v > 0 {
			out = append(out, bar{Hue: i % hues, Title: l.Title, Width: math.Round(10*barWidth*v/most) / 10, Label: amount(rounded(v), unit)})
		}
	}
	return out
}
