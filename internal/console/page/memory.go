package page

import (
	"fmt"
	"strings"
	"time"

	"clubos/internal/club"
)

// MemoryPage lists patterns: known situations with what is done in them.
type MemoryPage struct {
	Shell
	Search   string
	Kind     Choices
	Mode     Choices
	Domain   Choices
	Place    Choices
	Narrowed bool // a search or filter is set
	Rows     []PatternRow
	Breakers []BreakerRow
	Apart    []ApartRow // for those who may change the memory
	Manage   bool
	Pager    Pager
}

// PatternRow is a pattern in the list.
type PatternRow struct {
	ID         club.PatternID
	Title      string // masked
	Kind       string // "SOP" or "Learned"
	Domain     string
	Place      string
	Precedents int
	Outcomes   int
	Confidence float64
	Tier       club.Tier // that the record earned
	Mode       Word
}

// BreakerRow is a breaker that has tripped.
type BreakerRow struct {
	Kind    string // "pattern", "action", "club"
	Scope   string
	What    string
	Reason  string
	At      time.Time
	Good    int // good outcomes in a row since
	Needed  int
	Pattern club.PatternID // of its own page; zero: none
}

// ApartRow is somebody who is set aside: what they teach trains nothing.
type ApartRow struct {
	Actor   string
	Name    string
	Why     string
	Since   time.Time
	Own     bool // the reader themselves: somebody else has to take them back in
	Against []ContradictionRow
}

// ContradictionRow is what somebody and another person answered to nearly the same text.
type ContradictionRow struct {
	Text, OtherText   string // masked
	Thread            club.ThreadID
	Words, OtherWords string
	Pattern           club.PatternID
	OtherPattern      club.PatternID
	OtherBy           string
	At                time.Time
}

// PatternPage shows one pattern with its record, and what may be done to it.
type PatternPage struct {
	Shell
	Row        PatternRow
	Version    int64
	SOP        Link // of the procedure whose record this is; no label: learned
	MergedInto club.PatternID
	Story      string // "Decided so 7 times by 3 people; 7 good; last in Bay 2, Tuesday 14:10."
	Steps      []SOPStep
	Limits     []string
	Ceiling    club.Tier
	Bounds     []BoundRow
	Next       string
	Points     []ChartPoint
	Known      []PrecedentRow
	Record     []PatternOutcomeRow
	Notes      []PatternNote
	Uses       []PatternUse
	Breaker    *BreakerRow
	Manage     bool
	Paused     bool
	Retired    bool
	Learned    bool
	Words      string // of a learned pattern
	Actions    []PatternAction
	Others     Choices // learned patterns that it may be merged into
	Tiers      Choices
}

// BoundRow is what a record proves for one tier.
type BoundRow struct {
	Tier        club.Tier
	Bound, Asks float64
}

// ChartPoint is what the record proved after one outcome.
type ChartPoint struct {
	At                     time.Time
	Outcome                Word
	Count                  int
	Auto, Suggest, Approve float64
}

// PrecedentRow is a situation in which people decided so.
type PrecedentRow struct {
	ID     club.PrecedentID
	Thread club.ThreadID
	Text   string // masked
	By     string
	Place  string
	At     time.Time
}

// PatternOutcomeRow is what came of one decision.
type PatternOutcomeRow struct {
	Decision club.DecisionID
	Outcome  Word
	By       string // who judged it; "" nobody did
	Place    string
	At       time.Time
	Earlier  bool // of an earlier epoch: counts no more
}

// PatternUse is a decision that followed the pattern or taught it.
type PatternUse struct {
	Decision   club.DecisionID
	Thread     club.ThreadID
	Taught     bool
	Tier       club.Tier
	Confidence float64
	Place      string
	At         time.Time
}

// PatternNote is what a person said of a proposal that they changed or declined.
type PatternNote struct {
	Decision                club.DecisionID
	Rejected                bool
	Reason, Text, By, Place string
	At                      time.Time
}

// noteLine says whose note it is, why, and where.
func noteLine(n PatternNote) string {
	var parts []string
	for _, s := range []string{n.Reason, n.By, n.Place} {
		if s != "" {
			parts = append(parts, strings.TrimSuffix(s, "."))
		}
	}
	return strings.Join(parts, " · ")
}

// PatternAction is an action that a learned pattern may do.
type PatternAction struct {
	Name  club.ActionName
	Title string
	Done  bool
}

// claim is what a record proves; without outcomes it proves nothing.
func claim(r PatternRow) string {
	if r.Outcomes == 0 {
		return "–"
	}
	return percent(r.Confidence)
}

// AskingWord names a pattern's mode in a club in which nothing runs unasked: what would act asks.
func AskingWord(w Word, mode string) Word {
	switch mode {
	case "suggest":
		return Word{"Asks", ToneInfo, "A person decides, because acting unasked is off. If it were on, this would be announced, and done unless somebody objects."}
	case "auto":
		return Word{"Asks", ToneInfo, "A person decides, because acting unasked is off. If it were on, this could act alone."}
	}
	return w
}

// PatternWord names a pattern's mode.
func PatternWord(mode string) Word {
	switch mode {
	case "quarantine":
		return Word{"Quarantine", ToneQuiet, "People taught it; it is not proposed before enough outcomes stand behind it."}
	case "learning":
		return Word{"Learning", ToneInfo, "It is proposed, and a person decides every time."}
	case "suggest":
		return Word{"Announces", ToneMachine, "It is announced, and done unless somebody objects, where the club allows that."}
	case "auto":
		return Word{"Acts alone", ToneOK, "Its record is good enough to act alone, where the club allows that."}
	case "paused":
		return Word{"Paused", ToneWarn, "People decide until somebody resumes it."}
	case "retired":
		return Word{"Retired", ToneQuiet, "Out of use."}
	}
	return Word{mode, ToneQuiet, ""}
}

// OutcomeSourceWord names how an outcome became known.
func OutcomeSourceWord(source string) Word {
	switch source {
	case "verified":
		return Word{"Verified", ToneOK, "The device was seen to be well afterwards."}
	case "reviewed":
		return Word{"Reviewed: right", ToneOK, "A person looked at what was done alone and found it right."}
	case "helped":
		return Word{"Done by hand: it helped", ToneOK, "A person did so unasked, and what was reported was over soon after."}
	case "decided":
		return Word{"Decided by hand", ToneOK, "A person decided so unasked."}
	case "approved":
		return Word{"Approved", ToneOK, "A person approved what was proposed."}
	case "edited":
		return Word{"Approved in other words", ToneOK, ""}
	case "silent":
		return Word{"Nobody came back", ToneQuiet, "Done alone, and no complaint within a day."}
	case "reopened":
		return Word{"Came back", ToneDanger, "The member came back: it had not helped, or was not so."}
	case "rejected":
		return Word{"Rejected", ToneDanger, "A person declined what was proposed."}
	case "corrected":
		return Word{"Decided otherwise", ToneDanger, "A person did something else."}
	case "refuted":
		return Word{"Reviewed: wrong", ToneDanger, "A person looked at what was done and found it wrong."}
	case "failed":
		return Word{"Did not work", ToneDanger, "The second look failed."}
	}
	return Word{source, ToneQuiet, ""}
}

// The chart of bounds is drawn on 600 by 180; rates run from the bottom to the top.
const (
	chartWidth, chartHeight = 600, 180
	chartTop, chartFoot     = 10, 170
)

func chartX(i, n int) float64 {
	if n < 2 {
		return chartWidth / 2
	}
	return 8 + (chartWidth-16)*float64(i)/float64(n-1)
}

func chartY(rate float64) float64 {
	return chartFoot - (chartFoot-chartTop)*min(max(rate, 0), 1)
}

// pointX is where a point stands: by its time between the first and the last.
func pointX(points []ChartPoint, i int) float64 {
	span := points[len(points)-1].At.Sub(points[0].At)
	if span <= 0 {
		return chartX(i, len(points))
	}
	return 8 + (chartWidth-16)*float64(points[i].At.Sub(points[0].At))/float64(span)
}

// boundPath draws one bound over the points.
func boundPath(points []ChartPoint, of func(ChartPoint) float64) string {
	var b strings.Builder
	for i, p := range points {
		op := "L"
		if i == 0 {
			op = "M"
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", op, pointX(points, i), chartY(of(p)))
	}
	return b.String()
}

func autoBound(p ChartPoint) float64    { return p.Auto }
func suggestBound(p ChartPoint) float64 { return p.Suggest }

// chartStory says in one sentence what the chart shows.
func chartStory(points []ChartPoint) string {
	last := points[len(points)-1]
	return fmt.Sprintf("After %s the record proves %s for acting alone and %s for announcing.", plural(last.Count, "outcome", "outcomes"), percent(last.Auto), percent(last.Suggest))
}
