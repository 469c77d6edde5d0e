package bench

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
)

// WriteTable writes the report for people.
func (r Report) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "ClubOS %s on %s, %s; the load shares the processors with the server", r.Version, r.Engine, r.Machine)
	if r.Sync > 0 {
		fmt.Fprintf(w, "; a sync of the disk takes %g ms", r.Sync)
	}
	fmt.Fprint(w, "\n\n")
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "SCENARIO\tMEASURE\tVALUE\tFLOOR\tTARGET\tVERDICT")
	last := Scenario("")
	for _, m := range r.Measures {
		scenario := m.Scenario
		if scenario == last {
			scenario = ""
		}
		last = m.Scenario
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", scenario, m.Title, amount(m.Value, m.Unit), m.bounded(m.Floor), m.bounded(m.Target), m.Verdict)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return r.writeReads(w)
}

// bounded writes a bound of the figure, or nothing.
func (m Measure) bounded(at *float64) string {
	switch {
	case at == nil:
		return ""
	case m.Better == More:
		return "≥ " + amount(*at, m.Unit)
	}
	return "≤ " + amount(*at, m.Unit)
}

// amount writes a figure with as many digits as mean something.
func amount(v float64, unit string) string {
	digits := 0
	switch {
	case v == math.Trunc(v):
	case math.Abs(v) < 1:
		digits = 3
	case math.Abs(v) < 100:
		digits = 1
	}
	s := fmt.Sprintf("%.*f", digits, v)
	switch unit {
	case "":
		return s
	case "/s", "×":
		return s + unit
	}
	return s + " " + unit
}
