package learn

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/pattern/anomaly"
	"clubos/internal/pattern/reliability"
)

var update = flag.Bool("update", false, "write the computed parts of docs/decisions.md")

const decisionsDoc = "../../docs/decisions.md"

// computed is a part of the document between its marks.
var computed = regexp.MustCompile(`(?s)<!-- computed: (\w+) -->\n(.*?)<!-- end -->`)

func TestTheFiguresOfTheDocumentAreTheCodes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(decisionsDoc)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{"clean": cleanTable(), "worths": worthsTable(), "constants": constantsTable(t, "../pattern/reliability/policy.go", reliability.DefaultPolicy()),
		"unusual": constantsTable(t, "../pattern/anomaly/policy.go", anomaly.DefaultPolicy()), "breakers": breakersTable(), "burst": burstTable(), "example": exampleTable()}
	seen := 0
	want := computed.ReplaceAllStringFunc(string(text), func(part string) string {
		m := computed.FindStringSubmatch(part)
		seen++
		if m[2] != parts[m[1]] && !*update {
			t.Errorf("%s differs (go test ./internal/learn -run Document -update writes it):\n%s\nwant\n%s", m[1], m[2], parts[m[1]])
		}
		return "<!-- computed: " + m[1] + " -->\n" + parts[m[1]] + "<!-- end -->"
	})
	if seen != len(parts) {
		t.Errorf("%d computed parts, want %d", seen, len(parts))
	}
	if *update {
		if err := os.WriteFile(decisionsDoc, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, said := range []string{fmt.Sprintf("reliability were %.2f", publishedPrior), "| auto | 0.95 | 0.05 |", "| suggest | 0.75 | 0.10 |", "| approve | 0.50 | 0.25 |"} {
		if !strings.Contains(want, said) {
			t.Errorf("the document does not say %q", said)
		}
	}
}

// table writes rows as Markdown; the first is the head.
func table(rows ...[]any) string {
	var b strings.Builder
	for i, r := range rows {
		cells := make([]string, len(r))
		for j, c := range r {
			cells[j] = fmt.Sprint(c)
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", len(r)) + "\n")
		}
	}
	return b.String()
}

var somewhere = reliability.Place{Location: "loc", Bay: "bay"}

// verified is a record of outcomes that a device verified, good and bad, of situations that were known with a
// probability.
func verified(good, bad int, match float64) reliability.Record {
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	var r reliability.Record
	for range good {
		r, _ = r.Add(reliability.Outcome{Source: reliability.SourceVerified, Place: somewhere, At: at, Match: match})
	}
	for range bad {
		r, _ = r.Add(reliability.Outcome{Source: reliability.SourceFailed, Place: somewhere, At: at, Match: match})
	}
	return r
}

func assess(good, bad int, match, prior float64) reliability.Assessment {
	return verified(good, bad, match).Assess(somewhere, time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC), reliability.Prior{Rate: prior}, reliability.DefaultPolicy())
}

func cleanTable() string {
	p := reliability.DefaultPolicy()
	rows := [][]any{{"rate", "level", "outcomes"}}
	for _, c := range []struct{ rate, level float64 }{{p.Thresholds.High, p.Auto}, {p.Thresholds.Medium, p.Suggest}, {p.Thresholds.Low, p.Approve}} {
		n := 1
		for (reliability.Counts{Part: reliability.Part{Successes: float64(n)}}).LowerBound(c.level) < c.rate {
			n++
		}
		rows = append(rows, []any{fmt.Sprintf("%.2f", c.rate), fmt.Sprintf("%.2f", c.level), n})
	}
	for _, tier := range []struct {
		name  string
		rate  float64
		level string
		bound func(reliability.Assessment) float64
	}{{"to act (0.95)", p.Thresholds.High, "0.05, divided", func(a reliability.Assessment) float64 { return a.Auto }}, {"to announce (0.75)", p.Thresholds.Medium, "0.10, divided", func(a reliability.Assessment) float64 { return a.Suggest }},
		{"to be asked (0.50)", p.Thresholds.Low, "0.25", func(a reliability.Assessment) float64 { return a.Approve }}} {
		n := 1
		for tier.bound(assess(n, 0, 1, 0)) < tier.rate {
			n++
		}
		rows = append(rows, []any{tier.name, tier.level, n})
	}
	return table(rows...)
}

func worthsTable() string {
	rows := [][]any{{"outcome", "right", "counts", "one person's opinion", "because"}}
	all := reliability.Worths()
	var sources []reliability.Source
	for s := range all {
		sources = append(sources, s)
	}
	slices.SortFunc(sources, func(a, b reliability.Source) int { // the most telling first
		x, y := all[a], all[b]
		if c := y.Success*y.Weight - x.Success*x.Weight; c != 0 {
			return map[bool]int{true: 1, false: -1}[c > 0]
		}
		return strings.Compare(string(a), string(b))
	})
	for _, s := range sources {
		w := all[s]
		rows = append(rows, []any{s, w.Success, w.Weight, map[bool]string{true: "yes", false: "no"}[w.Judged], w.Why})
	}
	return table(rows...)
}

// constant is a line of the table above DefaultPolicy.
var constant = regexp.MustCompile(`(?m)^//\t(\w+) {2,}(.+?) {2,}(.+)$`)

// constantsTable reads the constants with their reasons from the comment, and checks their values.
func constantsTable(t *testing.T, file string, policy any) string {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := [][]any{{"constant", "value", "because"}}
	v := reflect.ValueOf(policy)
	for _, m := range constant.FindAllStringSubmatch(string(src), -1) {
		rows = append(rows, []any{m[1], m[2], m[3]})
		f := v.FieldByName(m[1])
		if !f.IsValid() {
			t.Errorf("%s explains %s, which is no constant", file, m[1])
			continue
		}
		if got := spell(f.Interface()); got != normal(m[2]) {
			t.Errorf("%s: %s is %s, the comment says %s", file, m[1], got, m[2])
		}
	}
	if len(rows)-1 != v.NumField() {
		t.Errorf("%s explains %d constants of %d", file, len(rows)-1, v.NumField())
	}
	return table(rows...)
}

// spell writes a constant as its comment does; normal makes two spellings of a number one.
func spell(v any) string {
	switch v := v.(type) {
	case time.Duration:
		if weeks := v.Hours() / (7 * 24); weeks >= 1 {
			return fmt.Sprintf("%g weeks", weeks)
		}
		return fmt.Sprintf("%g min", v.Minutes())
	case club.Thresholds:
		return fmt.Sprintf("%.2f, %.2f, %.2f", v.High, v.Medium, v.Low)
	}
	return normal(fmt.Sprint(v))
}

func normal(s string) string {
	if x, err := strconv.ParseFloat(s, 64); err == nil {
		return fmt.Sprint(x)
	}
	return s
}

func breakersTable() string {
	rows := [][]any{{"breaker", "outcomes to a false alarm, at least", "failures in a row until it trips, at a claim of 0.95", "at 0.75", "good outcomes in a row to close"}}
	for _, kind := range []string{BreakerPattern, BreakerAction, BreakerClub} {
		b := breakers[kind]
		failures := func(claim float64) int {
			d, statistic := reliability.Detector{Claim: claim, Threshold: b.threshold}, 0.0
			for n := 1; ; n++ {
				alarm := false
				if statistic, alarm = d.Next(statistic, 0); alarm {
					return n
				}
			}
		}
		rows = append(rows, []any{kind, b.threshold, failures(0.95), failures(0.75), b.recovery})
	}
	return table(rows...)
}

func burstTable() string {
	p, now := anomaly.DefaultPolicy(), time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	noticed := func(perHour float64, from time.Time) int {
		var events []anomaly.Event
		if perHour > 0 {
			gap := time.Duration(float64(time.Hour) / perHour)
			for at := from.Add(gap / 2); at.Before(now); at = at.Add(gap) {
				events = append(events, anomaly.Event{Matter: "m", Member: club.SubjectID(at.String()), At: at})
			}
		}
		h, n := anomaly.NewHistory(events, from, now, time.UTC), p.BurstMembers
		for h.Frequency(anomaly.Series{Matter: "m"}, n-1, p.BurstWindow, now, p).P > p.Burst {
			n++
		}
		return n
	}
	from := now.Add(-p.History)
	return table([]any{"usual at this hour", "members within ten minutes"}, []any{"none", noticed(0, from)}, []any{"1 in 4 days", noticed(0.25, from)}, []any{"1", noticed(1, from)}, []any{"3", noticed(3, from)},
		[]any{"not known yet", noticed(0, now)})
}

func exampleTable() string {
	p := reliability.DefaultPolicy()
	const match = 0.98
	rows := [][]any{{"verified outcomes", "failures", "proved for auto", "proved for suggest", "confidence", "tier"}}
	add := func(good, bad int) club.Tier {
		a := assess(good, bad, match, publishedPrior)
		c := a.Confidence(match, p, false)
		tier := p.Thresholds.Tier(c)
		rows = append(rows, []any{good, bad, fmt.Sprintf("%.3f", a.Auto), fmt.Sprintf("%.3f", a.Bound(club.TierSuggest)), fmt.Sprintf("%.3f", c), tier})
		return tier
	}
	for _, n := range []int{0, 20, 60} {
		add(n, 0)
	}
	auto := 60
	for p.Thresholds.Tier(assess(auto, 0, match, publishedPrior).Confidence(match, p, false)) != club.TierAuto {
		auto++
	}
	for bad := range 3 {
		add(auto, bad)
	}
	return table(rows...)
}
