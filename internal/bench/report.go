package bench

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"text/tabwriter"
	"time"

	"clubos/internal/app"
	"clubos/internal/simulate"
)

// Measure is one figure, with the floor that it is held to.
type Measure struct {
	Name    string  `json:"name"`
	Title   string  `json:"title"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit,omitempty"`
	AtLeast float64 `json:"at_least,omitempty"` // 0: no lower bound
	AtMost  float64 `json:"at_most,omitempty"`  // 0: no upper bound, unless Judged
	Judged  bool    `json:"judged"`             // whether a bound applies
	Passed  bool    `json:"passed"`             // true also when no bound applies
}

// Load is what came of a load, for machines.
type Load struct {
	Planned  int            `json:"planned"`
	Sent     int            `json:"sent"`
	Acked    int            `json:"acked"`
	Failed   int            `json:"failed"`
	Unsent   int            `json:"unsent"`
	Statuses map[int]int    `json:"statuses"`
	Errors   map[string]int `json:"errors"`
	Elapsed  time.Duration  `json:"elapsed_ns"`
	RatePerS float64        `json:"rate_per_s"`
	P50      time.Duration  `json:"p50_ns"`
	P95      time.Duration  `json:"p95_ns"`
	P99      time.Duration  `json:"p99_ns"`
	P999     time.Duration  `json:"p999_ns"`
	Max      time.Duration  `json:"max_ns"`
}

// Report is what was measured.
type Report struct {
	Version  string    `json:"version"`
	Engine   string    `json:"engine"`
	CPUs     int       `json:"cpus"`
	System   string    `json:"system"`
	Measures []Measure `json:"measures"`
	Steady   *Load     `json:"steady,omitempty"`
	Ceiling  *Load     `json:"ceiling,omitempty"`
	Overload *Load     `json:"overload,omitempty"`
	Decide   *Spread   `json:"decide,omitempty"`
	Reads    []ReadsOf `json:"reads,omitempty"`
}

func newReport(cfg Config) Report {
	r := Report{Version: app.Version, Engine: "sqlite", CPUs: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Measures: []Measure{}}
	if cfg.DatabaseURL != "" {
		r.Engine = "postgres"
	}
	return r
}

func (r *Report) add(all ...Measure) {
	for _, m := range all {
		m.Value = math.Round(m.Value*100) / 100
		r.Measures = append(r.Measures, judge(m))
	}
}

// judge holds a figure to its bounds.
func judge(m Measure) Measure {
	m.Judged = m.Judged || m.AtLeast > 0 || m.AtMost > 0
	m.Passed = m.Value >= m.AtLeast && (m.Value <= m.AtMost || m.AtMost == 0 && (!m.Judged || m.AtLeast > 0))
	return m
}

// Passed reports whether every figure keeps its floor.
func (r Report) Passed() bool {
	for _, m := range r.Measures {
		if !m.Passed {
			return false
		}
	}
	return true
}

// WriteTable writes the report for people.
func (r Report) WriteTable(w io.Writer) error {
	fmt.Fprintf(w, "ClubOS %s on %s, %d CPUs shared with the load, %s\n\n", r.Version, r.Engine, r.CPUs, r.System)
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "MEASURE\tVALUE\tFLOOR\t")
	for _, m := range r.Measures {
		floor, verdict := "", ""
		switch {
		case m.AtLeast > 0:
			floor = "≥ " + amount(m.AtLeast, m.Unit)
		case m.Judged:
			floor = "≤ " + amount(m.AtMost, m.Unit)
		}
		if m.Judged {
			verdict = "pass"
			if !m.Passed {
				verdict = "FAIL"
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", m.Title, amount(m.Value, m.Unit), floor, verdict)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return r.writeReads(w)
}

// amount writes a figure with as many digits as mean something.
func amount(v float64, unit string) string {
	digits := 0
	if v < 100 && v != math.Trunc(v) {
		digits = 1
	}
	s := fmt.Sprintf("%.*f", digits, v)
	switch unit {
	case "":
		return s
	case "/s":
		return s + unit
	}
	return s + " " + unit
}

func summary(r simulate.Report) *Load {
	return &Load{Planned: r.Planned, Sent: r.Sent, Acked: r.Acked, Failed: r.Failed, Unsent: r.Unsent, Statuses: r.Statuses, Errors: r.Errors,
		Elapsed: r.Elapsed, RatePerS: r.RatePerS, P50: r.P50, P95: r.P95, P99: r.P99, P999: r.P999, Max: r.Max}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func mib(bytes int64) float64    { return float64(bytes) / (1 << 20) }
