package page

import (
	"fmt"
	"strings"
	"time"

	"clubos/internal/club"
)

// ResultsPage shows how far the machine keeps what it promises.
type ResultsPage struct {
	Shell
	Days      Choices
	Locations Choices
	Figures   []Figure
	Weeks     []WeekRow
	Repeat    RepeatRow
	Rates     []RateRow // match accuracy and the like
	Claims    []RateRow // by tier: what it claims and what came true
	Bins      []BinRow
	Would     WouldPanel
	Waiting   int // reviews
}

// Figure is one of the large figures at the top.
type Figure struct {
	Label  string
	Value  string // "–": nothing to count
	Change string // against the time before; "" not known
	Tone   Tone   // of the change
	About  string // how it is counted
}

// WeekRow is one week of the trend.
type WeekRow struct {
	From, To      time.Time
	Matters       int
	Share         float64
	Per100        float64
	Interventions int
}

// RepeatRow is how long repeated issues take, against the first times.
type RepeatRow struct {
	Patterns, Cases, PerPattern int
	First, Later                time.Duration
	Change                      float64
}

// RateRow is a share with its interval.
type RateRow struct {
	Label     string
	Claims    float64 // 0: nothing is claimed
	Value     float64
	Low, High float64
	N         int // 0: nothing is known
	About     string
}

// BinRow is the matches of which about the same was claimed.
type BinRow struct {
	From, To, Claimed float64
	Value, Low, High  float64
	N                 int
}

// WouldPanel is what would have been done alone, against what people did.
type WouldPanel struct {
	Days                         int
	Decisions, Agreed, Disagreed int
	Groups                       []WouldGroup
	List                         []WouldRow // where people did something else, the newest first
}

// WouldGroup is one way to divide it.
type WouldGroup struct {
	Title string
	Rows  []WouldCount
}

// WouldCount is a part of it.
type WouldCount struct {
	Label                        string
	URL                          string
	Decisions, Agreed, Disagreed int
}

// WouldRow is a decision in whose place a person did something else.
type WouldRow struct {
	Decision club.DecisionID
	Title    string
	Because  string
	Place    string
	At       time.Time
}

// wouldStory is the panel in one sentence.
func wouldStory(p WouldPanel) string {
	known := p.Agreed + p.Disagreed
	out := fmt.Sprintf("Would have executed: %d in %d days. ", p.Decisions, p.Days)
	if known == 0 {
		return out + "Of none of them is it known yet what people did."
	}
	out += fmt.Sprintf("Of %d of them it is known what people did: %d agreed (%s), %d did something else.", known, p.Agreed, percent(ratio(p.Agreed, known)), p.Disagreed)
	return out
}

func interval(low, high float64) string { return fmt.Sprintf("%.1f–%.1f %%", 100*low, 100*high) }

func rate(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }

// The calibration chart is a square of 220; shares run from the lower left to the upper right.
const (
	squareSize   = 220
	squareMargin = 10
)

func squareX(share float64) float64 { return squareMargin + (squareSize-2*squareMargin)*share }
func squareY(share float64) float64 { return squareSize - squareX(share) }

// barPath is the interval of a bin as a line.
func barPath(b BinRow) string {
	return fmt.Sprintf("M%.1f %.1fV%.1f", squareX(b.Claimed), squareY(b.Low), squareY(b.High))
}

func diagonal() string {
	return fmt.Sprintf("M%.1f %.1fL%.1f %.1f", squareX(0), squareY(0), squareX(1), squareY(1))
}

func squareFrame() string {
	return fmt.Sprintf("M%.1f %.1fV%.1fH%.1f", squareX(0), squareY(1), squareY(0), squareX(1))
}

// calibrationStory says in one sentence what the chart shows.
func calibrationStory(bins []BinRow) string {
	within, n := 0, 0
	for _, b := range bins {
		n += b.N
		if b.Claimed >= b.Low && b.Claimed <= b.High {
			within++
		}
	}
	return fmt.Sprintf("Of %s of claims, %d agree with what came true, by %s.", plural(len(bins), "range", "ranges"), within, plural(n, "decision", "decisions"))
}

// weekPath draws a share over the weeks.
func weekPath(weeks []WeekRow, of func(WeekRow) float64) string {
	var b strings.Builder
	op := "M"
	for i, w := range weeks {
		if w.Matters == 0 {
			op = "M" // nothing to draw, and nothing to join
			continue
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", op, chartX(i, len(weeks)), chartY(of(w)))
		op = "L"
	}
	return b.String()
}

func weekShare(w WeekRow) float64 { return w.Share }

// weekTouch is the interventions per matter, at most one.
func weekTouch(w WeekRow) float64 { return w.Per100 / 100 }

// trendStory says in one sentence what the trend shows.
func trendStory(weeks []WeekRow) string {
	first, last := -1, -1
	for i, w := range weeks {
		if w.Matters > 0 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return "No matters in these weeks."
	}
	return fmt.Sprintf("Automated: %s in the first week and %s in the last one; interventions per 100 matters: %.0f and %.0f.",
		percent(weeks[first].Share), percent(weeks[last].Share), weeks[first].Per100, weeks[last].Per100)
}

func anyMatters(weeks []WeekRow) bool {
	for _, w := range weeks {
		if w.Matters > 0 {
			return true
		}
	}
	return false
}

// changeWords is a change of a duration for people: "71 % sooner". Of what took no time before there is none.
func changeWords(r RepeatRow) string {
	switch {
	case r.First <= 0:
		return "–"
	case r.Change <= 0:
		return fmt.Sprintf("%.0f %% sooner", -100*r.Change)
	}
	return fmt.Sprintf("%.0f %% later", 100*r.Change)
}

// spell shows a duration with seconds below two minutes.
func spell(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return Span(d)
}
