package bench

import (
	"math"
	"slices"
	"time"

	"clubos/internal/app"
	"clubos/internal/simulate"
)

// Better is the direction in which a figure is better.
type Better string

// The directions; "" is for figures that are neither.
const (
	More Better = "more"
	Less Better = "less"
)

// Verdict is what a figure's bounds say of it.
type Verdict string

// The verdicts; "" is for figures without bounds.
const (
	Pass  Verdict = "pass"  // the target is reached, or the floor kept where there is no target
	Floor Verdict = "floor" // the floor is kept, the target not reached
	Short Verdict = "short" // the target is not reached, and there is no floor
	Fail  Verdict = "FAIL"  // the floor is missed
)

// Measure is one figure, with what it is held to.
type Measure struct {
	Scenario Scenario `json:"scenario"`
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Value    float64  `json:"value"`
	Unit     string   `json:"unit,omitempty"`
	Better   Better   `json:"better,omitempty"`
	// Floor is what it must not be worse than, Target what it is meant to reach.
	Floor  *float64 `json:"floor,omitempty"`
	Target *float64 `json:"target,omitempty"`
	// Steady says that the figure is about the same whatever else the machine does: a ratio to something
	// measured beside it, processor time, memory.
	Steady  bool    `json:"steady,omitempty"`
	Verdict Verdict `json:"verdict,omitempty"`
}

func bound(v float64) *float64 { return &v }

// meets reports whether the figure is no worse than a bound.
func (m Measure) meets(bound *float64) bool {
	return bound == nil || m.Better == More && m.Value >= *bound || m.Better == Less && m.Value <= *bound
}

// judge holds a figure to its bounds.
func (m Measure) judge() Verdict {
	switch {
	case m.Floor == nil && m.Target == nil:
		return ""
	case !m.meets(m.Floor):
		return Fail
	case m.meets(m.Target):
		return Pass
	case m.Floor == nil:
		return Short
	}
	return Floor
}

// Load is what came of a load. Times are in milliseconds, memory is in MiB.
type Load struct {
	Scenario Scenario       `json:"scenario"`
	Name     string         `json:"name"`
	Title    string         `json:"title"`
	Planned  int            `json:"planned"`
	Sent     int            `json:"sent"`
	Acked    int            `json:"acked"`
	Failed   int            `json:"failed"`
	Unsent   int            `json:"unsent"`
	Statuses map[int]int    `json:"statuses"`
	Errors   map[string]int `json:"errors"`
	Elapsed  float64        `json:"elapsed_s"`
	RatePerS float64        `json:"rate_per_s"`
	P50      float64        `json:"p50_ms"`
	P90      float64        `json:"p90_ms"`
	P95      float64        `json:"p95_ms"`
	P99      float64        `json:"p99_ms"`
	P999     float64        `json:"p999_ms"`
	Max      float64        `json:"max_ms"`
	RSS      float64        `json:"rss_mb"`                       // the server's at most; 0 where the system does not tell
	CPU      float64        `json:"cpu_us_per_request,omitempty"` // the server's
	Curve    []Point        `json:"curve"`
}

// Point says that Percent of the requests took no longer than Latency, in milliseconds.
type Point struct {
	Percent float64 `json:"percent"`
	Latency float64 `json:"ms"`
}

// Report is what was measured.
type Report struct {
	Version  string    `json:"version"`
	Engine   string    `json:"engine"`
	At       time.Time `json:"at"`
	Machine  Machine   `json:"machine"`
	Sync     float64   `json:"sync_ms,omitempty"` // a sync of the disk of temporary files, at the median; PostgreSQL's may be another
	Measures []Measure `json:"measures"`
	Loads    []*Load   `json:"loads"`
	Reads    []ReadsOf `json:"reads,omitempty"` // of Cache

	scenario Scenario // being measured
}

func newReport(cfg Config) Report {
	r := Report{Version: app.Version, Engine: "sqlite", At: time.Now().UTC().Truncate(time.Second), Measures: []Measure{}, Loads: []*Load{},
		Machine: thisMachine()}
	if took, err := timeSync(""); err == nil { // else there is nothing to say
		r.Sync = rounded(ms(took))
	}
	if cfg.DatabaseURL != "" {
		r.Engine = "postgres"
	}
	return r
}

func (r *Report) add(all ...Measure) {
	for _, m := range all {
		m.Scenario, m.Value = r.scenario, rounded(m.Value)
		m.Verdict = m.judge()
		r.Measures = append(r.Measures, m)
	}
}

// load adds what came of a load, with the memory that the server held at most.
func (r *Report) load(name, title string, got simulate.Report, c *child) *Load {
	l := &Load{Scenario: r.scenario, Name: name, Title: title, Planned: got.Planned, Sent: got.Sent, Acked: got.Acked, Failed: got.Failed, Unsent: got.Unsent,
		Statuses: got.Statuses, Errors: got.Errors, Elapsed: rounded(got.Elapsed.Seconds()), RatePerS: rounded(got.RatePerS),
		P50: ms(got.P50), P90: ms(got.P90), P95: ms(got.P95), P99: ms(got.P99), P999: ms(got.P999), Max: ms(got.Max), Curve: []Point{}}
	for _, q := range got.Curve {
		l.Curve = append(l.Curve, Point{q.Percent, ms(q.Latency)})
	}
	if b, ok := c.memory(); ok {
		l.RSS = rounded(mib(b.most))
	}
	r.Loads = append(r.Loads, l)
	return l
}

// lie replaces the latencies by others. A percentile is the smallest value that at least that part does not exceed.
func (l *Load) lie(all []time.Duration) {
	slices.Sort(all)
	at := func(percent float64) float64 {
		if len(all) == 0 {
			return 0
		}
		return ms(all[max(0, int(math.Ceil(float64(len(all))*percent/100))-1)])
	}
	l.P50, l.P90, l.P95, l.P99, l.P999, l.Max = at(50), at(90), at(95), at(99), at(99.9), at(100)
	for i, p := range l.Curve {
		l.Curve[i].Latency = at(p.Percent)
	}
}

// Passed reports whether no figure misses its floor.
func (r Report) Passed() bool {
	return !slices.ContainsFunc(r.Measures, func(m Measure) bool { return m.Verdict == Fail })
}

// rounded leaves as many digits as mean something.
func rounded(v float64) float64 {
	if v != 0 && math.Abs(v) < 1 {
		return math.Round(v*10_000) / 10_000
	}
	return math.Round(v*100) / 100
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
func mib(bytes int64) float64    { return float64(bytes) / (1 << 20) }
