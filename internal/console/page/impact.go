package page

import (
	"fmt"
	"strings"
	"time"

	"clubos/internal/club"
)

// ImpactPage asks whether a change is to be made, and says what it would have done to the last month.
type ImpactPage struct {
	Shell
	Heading string
	About   string
	Yes     string // label of the button
	Danger  bool
	Action  string
	Back    string
	Fields  []HiddenField
	Impact  Impact
}

// HiddenField is a field of a form that is posted again.
type HiddenField struct{ Name, Value string }

// Impact is what a change would have done to the decisions of some days.
type Impact struct {
	Days        int
	Was, Would  Spread
	Fewer, More Share
	Other       int
	Unknown     int
	Rivals      int
	Wait        time.Duration
	Waits       int
	Differ      int
	List        []ImpactRow // the newest of those that differ
	Evidence    []EvidenceRow
	Truncated   bool
}

// Spread is how decisions went out.
type Spread struct{ Alone, Announced, Asked, Called int }

// Sum is how many there were.
func (s Spread) Sum() int { return s.Alone + s.Announced + s.Asked + s.Called }

// Share is a number of decisions with what is known of them.
type Share struct{ N, Right, Wrong int }

// ImpactRow is a decision that would have gone otherwise.
type ImpactRow struct {
	Decision   club.DecisionID
	Title      string // masked
	Place      string
	Was, Would club.Tier
	Other      bool // something else would have been said or done
	Known      bool
	Right      bool
	At         time.Time
}

// EvidenceRow is what stands behind a pattern, before and after.
type EvidenceRow struct {
	Pattern              club.PatternID
	Title                string
	Made, Gone           bool
	Situations, Outcomes [2]int
	Uses                 int
	Stop                 [2]Stop
}

// Stop is what keeps a pattern from doing what its record has earned.
type Stop struct {
	Paused, Retired, Merged bool
	Ceiling                 club.Tier // "": none
	Broken                  bool
}

// stops says what would stop a pattern, and what would stop it no more.
func (r EvidenceRow) stops() []string {
	was, would := r.Stop[0], r.Stop[1]
	if r.Gone {
		return nil
	}
	if would.Merged {
		return []string{"Would be a part of the other one"}
	}
	out := append(stays(was.Paused, would.Paused, "paused"), stays(was.Retired, would.Retired, "retired")...)
	switch {
	case was.Ceiling == would.Ceiling && would.Ceiling != "":
		out = append(out, "Stays limited: "+strings.ToLower(TierWord(would.Ceiling).Label))
	case would.Ceiling != "":
		out = append(out, "Would be limited: "+strings.ToLower(TierWord(would.Ceiling).Label))
	case was.Ceiling != "":
		out = append(out, "Would have no limit")
	}
	return append(out, stays(was.Broken, would.Broken, "stopped by its breaker")...)
}

func stays(was, would bool, what string) []string {
	switch {
	case was && would:
		return []string{"Stays " + what}
	case would:
		return []string{"Would be " + what}
	case was:
		return []string{"Would no longer be " + what}
	}
	return nil
}

// spreadRow is a line of the table that sets what was against what would have been.
type spreadRow struct {
	Tier       club.Tier
	Label      string
	Was, Would int
}

func spreadRows(e Impact) []spreadRow {
	return []spreadRow{
		{club.TierAuto, "Done alone", e.Was.Alone, e.Would.Alone},
		{club.TierSuggest, "Announced", e.Was.Announced, e.Would.Announced},
		{club.TierApprove, "Asked first", e.Was.Asked, e.Would.Asked},
		{club.TierEscalate, "Given to a person", e.Was.Called, e.Would.Called},
	}
}

// impactStory says in a few sentences what would have been.
func impactStory(e Impact) []string {
	n := e.Was.Sum()
	if n == 0 {
		return []string{fmt.Sprintf("Nothing that this is about was decided in the last %d days, so nothing would have been different.", e.Days)}
	}
	if e.Differ == 0 && e.Unknown == 0 {
		return []string{fmt.Sprintf("Nothing would have been different: of %s in the last %d days, every one would have gone as it did.", plural(n, "decision", "decisions"), e.Days)}
	}
	out := []string{fmt.Sprintf("Of %s in the last %d days, %d would have gone otherwise.", plural(n, "decision", "decisions"), e.Days, e.Differ)}
	if e.Fewer.N > 0 {
		out = append(out, fmt.Sprintf("%d would have done less unasked%s.", e.Fewer.N, known(e.Fewer)))
	}
	if e.More.N > 0 {
		out = append(out, fmt.Sprintf("%d would have done more unasked%s.", e.More.N, known(e.More)))
	}
	if more := e.Would.Asked - e.Was.Asked; more > 0 && e.Waits > 0 {
		out = append(out, fmt.Sprintf("%s more would have waited for a person’s word, which took %s in these days (the median of %d).", plural(more, "member", "members"), club.Span(e.Wait), e.Waits))
	} else if more < 0 && e.Waits > 0 && e.Would.Called <= e.Was.Called {
		out = append(out, fmt.Sprintf("%s fewer would have waited for a person’s word, which took %s in these days (the median of %d).", plural(-more, "member", "members"), club.Span(e.Wait), e.Waits))
	}
	if more := e.Would.Called - e.Was.Called; more > 0 {
		out = append(out, fmt.Sprintf("A person would have been called to %d more.", more))
	}
	if e.Other > 0 && e.Would.Called < n {
		out = append(out, fmt.Sprintf("In %d something else would have been said or done.", e.Other))
	}
	if e.Rivals > 0 {
		out = append(out, fmt.Sprintf("In %d of them another known situation was likely enough to be followed instead.", e.Rivals))
	}
	return out
}

// known says of how many it is known that they were right.
func known(s Share) string {
	switch {
	case s.Right+s.Wrong == 0:
		return ", of none of which it is known whether it was right"
	case s.Wrong == 0 && s.Right == s.N:
		return ", all of which were right"
	case s.Right+s.Wrong == s.N:
		return fmt.Sprintf(": %d right, %d wrong", s.Right, s.Wrong)
	}
	return fmt.Sprintf(": %d right, %d wrong, as far as it is known", s.Right, s.Wrong)
}

// SwitchStory says in one sentence what a switch would have done; "" nothing.
func SwitchStory(e Impact, off bool) string {
	var parts []string
	for _, r := range spreadRows(e) {
		if d := r.Was - r.Would; !off && d > 0 && r.Tier != club.TierEscalate {
			parts = append(parts, fmt.Sprintf("%d %s", d, strings.ToLower(r.Label)))
		}
		if d := r.Would - r.Was; off && d > 0 && r.Tier != club.TierEscalate {
			parts = append(parts, fmt.Sprintf("%d %s", d, strings.ToLower(r.Label)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	if off {
		return "Without it the last month had had " + strings.Join(parts, ", ") + "."
	}
	return "It would have stopped, in the last month: " + strings.Join(parts, ", ") + "."
}

// verdictOf says whether a decision was right, as far as it is known.
func verdictOf(r ImpactRow) Word {
	switch {
	case r.Known && r.Right:
		return Word{"Right", ToneOK, "What came of it speaks for it."}
	case r.Known:
		return Word{"Wrong", ToneDanger, "What came of it speaks against it."}
	}
	return Word{"Not known", ToneQuiet, "Nothing is known yet of what came of it."}
}
