package bench

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"clubos/internal/club"
)

func TestFigureIsHeldToItsBounds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   Measure
		want Verdict
	}{
		"information":               {Measure{Value: 5}, ""},
		"enough":                    {Measure{Value: 2000, Better: More, Floor: bound(2000)}, Pass},
		"too little":                {Measure{Value: 1999, Better: More, Floor: bound(2000)}, Fail},
		"soon enough":               {Measure{Value: 200, Better: Less, Floor: bound(200)}, Pass},
		"too late":                  {Measure{Value: 201, Better: Less, Floor: bound(200)}, Fail},
		"none as it must be":        {Measure{Value: 0, Better: Less, Floor: bound(0)}, Pass},
		"one where none may":        {Measure{Value: 1, Better: Less, Floor: bound(0)}, Fail},
		"floor kept, target missed": {Measure{Value: 9000, Better: More, Floor: bound(8000), Target: bound(12000)}, Floor},
		"both":                      {Measure{Value: 12000, Better: More, Floor: bound(8000), Target: bound(12000)}, Pass},
		"target missed, no floor":   {Measure{Value: 11, Better: Less, Target: bound(10)}, Short},
	} {
		if got := c.in.judge(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// measured is a report with a figure of each verdict.
func measured() Report {
	r := newReport(Config{})
	r.scenario = Ceiling
	r.add(Measure{Name: "start", Title: "start to ready", Value: 312.4, Unit: "ms", Better: Less, Floor: bound(1000), Target: bound(300)},
		Measure{Name: "rate", Title: "most <acknowledged>", Value: 1500, Unit: "/s", Better: More, Floor: bound(2000)},
		Measure{Name: "ratio", Title: "a text", Value: 3.14159, Unit: "×", Better: Less, Floor: bound(4), Steady: true},
		Measure{Name: "lost", Title: "lost", Value: 0, Better: Less, Floor: bound(0)},
		Measure{Name: "limiter", Title: "a limit", Value: 160, Unit: "ns", Better: Less, Target: bound(150)})
	l := &Load{Scenario: Ceiling, Name: "ceiling", Title: "texts & more", RatePerS: 1500, RSS: 90, Statuses: map[int]int{}, Errors: map[string]int{},
		Curve: []Point{{0, 0}, {50, 0}, {99, 0}, {100, 0}}}
	var waits []time.Duration
	for i := 200; i > 0; i-- {
		waits = append(waits, time.Duration(i)*time.Millisecond)
	}
	l.lie(waits)
	r.Loads = append(r.Loads, l)
	return r
}

func TestPercentileIsAValueThatThatManyDoNotExceed(t *testing.T) {
	t.Parallel()
	l := measured().Loads[0]
	if l.P50 != 100 || l.P90 != 180 || l.P99 != 198 || l.Max != 200 {
		t.Errorf("%+v", l)
	}
	if diff := cmp.Diff([]Point{{0, 1}, {50, 100}, {99, 198}, {100, 200}}, l.Curve); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if l.lie(nil); l.Max != 0 {
		t.Error("nothing has a latency")
	}
}

func TestTableSaysWhatFails(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := measured().WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"on sqlite", "312 ms", "≤ 1000 ms", "floor", "1500/s", "≥ 2000/s", "FAIL", "3.1×", "pass", "short"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, b.String())
		}
	}
	if measured().Passed() {
		t.Error("the report passes though a figure misses its floor")
	}
}

func TestReportReadsBackFromJSON(t *testing.T) {
	t.Parallel()
	want := measured()
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"rate_per_s", "p50_ms", "p95_ms", "p99_ms", "rss_mb", "engine", "cores"} {
		if !bytes.Contains(b, []byte(`"`+field+`"`)) {
			t.Errorf("no field %s", field)
		}
	}
	got, err := ParseReport(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Report{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := ParseReport([]byte(`{"some":"thing"}`)); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("something else: %v", err)
	}
}

func TestPageWithChartsStandsAlone(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := measured().WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"<polyline", "most &lt;acknowledged&gt;", "texts &amp; more", "≥ 2000/s", `class="FAIL"`, "prefers-color-scheme: dark", "1500/s"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, foreign := range []string{"<script", "http://", "https://", "src=", "<link", "NaN", "Inf"} {
		if strings.Contains(page, foreign) {
			t.Errorf("the page holds %q", foreign)
		}
	}
	d := xml.NewDecoder(strings.NewReader(page[strings.Index(page, "<svg") : strings.Index(page, "</svg>")+len("</svg>")]))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the charts are not well-formed: %v", err)
		}
	}
	var empty bytes.Buffer
	if err := newReport(Config{}).WriteHTML(&empty); err != nil || strings.Contains(empty.String(), "<polyline") {
		t.Errorf("a report of nothing: %v", err)
	}
}

func TestRegressionIsAFigureThatIsWorseAndCounts(t *testing.T) {
	t.Parallel()
	old, late := measured(), measured()
	set := func(name string, v float64) {
		for i := range late.Measures {
			if late.Measures[i].Name == name {
				late.Measures[i].Value = v
			}
		}
	}
	regressions := func(absolute bool) int {
		t.Helper()
		c, err := Compare(old, late, 0.15, absolute)
		if err != nil {
			t.Fatal(err)
		}
		return c.Regressions()
	}
	if n := regressions(true); n != 0 {
		t.Errorf("%d regressions between equals", n)
	}
	set("rate", 1000)
	if regressions(false) != 0 || regressions(true) != 1 {
		t.Error("a rate counts only when it is asked for")
	}
	set("ratio", 3.3)
	if regressions(false) != 0 {
		t.Error("a ratio within the tolerance counts")
	}
	set("ratio", 4)
	set("start", 1)
	if regressions(false) != 1 {
		t.Error("a ratio beyond the tolerance does not count, or what is better does")
	}
	set("lost", 1)
	if regressions(false) != 2 {
		t.Error("what must not happen at all may")
	}
	late.Engine = "postgres"
	if _, err := Compare(old, late, 0.15, false); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("two engines: %v", err)
	}
}

func TestComparisonShowsRatiosFirst(t *testing.T) {
	t.Parallel()
	old, late := measured(), measured()
	late.Measures[2].Value, late.Machine.Cores, late.Measures[0].Name = 6.3, 96, "begin"
	c, err := Compare(old, late, 0.15, false)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	out := b.String()
	if strings.Index(out, "ratio:") > strings.Index(out, "rate:") || !strings.Contains(out, "+101%") || !strings.Contains(out, "WORSE") || !strings.Contains(out, "machines differ") || !strings.Contains(out, "In one report only: start to ready; start to ready") {
		t.Errorf("%s", out)
	}
}

func TestToleranceIsAShare(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]float64{"15%": 0.15, "0.15": 0.15, " 0% ": 0} {
		if got, err := ParseTolerance(in); err != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("%q: %f, %v", in, got, err)
		}
	}
	for _, bad := range []string{"", "much", "-1%", "NaN", "5000%"} {
		if _, err := ParseTolerance(bad); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
