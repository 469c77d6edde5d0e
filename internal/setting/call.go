package setting

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"clubos/internal/club"
)

// Callee says who is called.
type Callee string

// The callees. Those of a role are the active users who have it and may work at the place in question.
const (
	CallSlack     Callee = "slack"     // the club's channel
	CallPagerDuty Callee = "pagerduty" // whoever is on call there
	CallOnCall    Callee = "on-call"
	CallTechs     Callee = "techs"
	CallOperators Callee = "operators"
	CallAdmins    Callee = "admins"
	CallOwners    Callee = "owners"
	CallEveryone  Callee = "everyone" // techs, operators, admins and owners
)

func callees() []Callee {
	return []Callee{CallSlack, CallPagerDuty, CallOnCall, CallTechs, CallOperators, CallAdmins, CallOwners, CallEveryone}
}

// Person reports whether people are called by their own numbers and addresses.
func (c Callee) Person() bool { return c != CallSlack && c != CallPagerDuty }

// The ways to a person.
const (
	BySMS   = "sms"
	ByEmail = "email"
)

// Call is one call of a step.
type Call struct {
	To          Callee
	By          []string // of a person: the ways, in this order
	UnlessQuiet bool     // quiet hours count even for who is on call
}

// CallStep is what happens after a time in which nobody has acknowledged an escalation.
type CallStep struct {
	After time.Duration
	AtSLA bool // instead of After: when the time to acknowledge is over
	Calls []Call
}

// CallPlan says who is called to an escalation and when.
type CallPlan struct {
	Text  string // as people write it
	Steps []CallStep
}

// Due is when a step's time has come, counted from the first call.
func (s CallStep) Due(sla time.Duration) time.Duration {
	if s.AtSLA {
		return sla
	}
	return s.After
}

const (
	maxPlan      = 600 // characters
	maxCallSteps = 8
	maxCallAfter = 24 * time.Hour
)

// ParseCallPlan reads a plan such as
//
//	now: slack, pagerduty, on-call by sms+email; 2m: operators by sms; sla: owners by sms+email unless quiet
//
// Steps are separated by semicolons. A step is a time (now, a duration, or sla, which is the time to
// acknowledge), a colon, and calls separated by commas. The error says what is wrong in words.
func ParseCallPlan(text string) (CallPlan, error) {
	p := CallPlan{Text: strings.Join(strings.Fields(text), " ")}
	if len(p.Text) > maxPlan {
		return p, fmt.Errorf("must have at most %d characters", maxPlan)
	}
	last := time.Duration(0)
	for part := range strings.SplitSeq(p.Text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		s, err := parseStep(part)
		if err != nil {
			return p, err
		}
		if !s.AtSLA && s.After < last {
			return p, fmt.Errorf("the step %q comes before the one in front of it", strings.TrimSpace(part))
		}
		last = max(last, s.After)
		p.Steps = append(p.Steps, s)
	}
	switch {
	case len(p.Steps) == 0:
		return p, fmt.Errorf("must call somebody, like %q", "now: slack")
	case len(p.Steps) > maxCallSteps:
		return p, fmt.Errorf("must have at most %d steps", maxCallSteps)
	}
	return p, nil
}

func parseStep(text string) (CallStep, error) {
	when, calls, ok := strings.Cut(text, ":")
	when = strings.TrimSpace(when)
	if !ok {
		return CallStep{}, fmt.Errorf("%.40q has no colon after its time; write it like %q", strings.TrimSpace(text), "2m: operators by sms")
	}
	var s CallStep
	switch when {
	case "now":
	case "sla":
		s.AtSLA = true
	default:
		d, err := time.ParseDuration(when)
		if err != nil || d < 0 || d > maxCallAfter {
			return s, fmt.Errorf("%.20q is not a time; write now, sla, or a duration such as 2m, at most 24h", when)
		}
		s.After = d
	}
	for part := range strings.SplitSeq(calls, ",") {
		c, err := parseCall(strings.Fields(part))
		if err != nil {
			return s, err
		}
		s.Calls = append(s.Calls, c)
	}
	return s, nil
}

func parseCall(words []string) (Call, error) {
	if len(words) == 0 {
		return Call{}, fmt.Errorf("a call names nobody; write one of %s", names(callees()))
	}
	c := Call{To: Callee(words[0])}
	if !slices.Contains(callees(), c.To) {
		return c, fmt.Errorf("%.20q cannot be called; write one of %s", words[0], names(callees()))
	}
	words = words[1:]
	if len(words) >= 2 && words[0] == "by" {
		for way := range strings.SplitSeq(words[1], "+") {
			if way != BySMS && way != ByEmail || slices.Contains(c.By, way) {
				return c, fmt.Errorf("%.20q is no way to call a person; write sms, email or sms+email", way)
			}
			c.By = append(c.By, way)
		}
		words = words[2:]
	}
	if len(words) == 2 && words[0] == "unless" && words[1] == "quiet" {
		c.UnlessQuiet, words = true, nil
	}
	switch {
	case len(words) > 0:
		return c, fmt.Errorf("%.40q is not understood after %s", strings.Join(words, " "), c.To)
	case c.To.Person() && len(c.By) == 0:
		return c, fmt.Errorf("say how: %s by sms, by email or by sms+email", c.To)
	case !c.To.Person() && (len(c.By) > 0 || c.UnlessQuiet):
		return c, fmt.Errorf("%s is no person: write it alone", c.To)
	}
	return c, nil
}

func names[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}

type planField struct {
	of func(*Settings) *map[club.Priority]CallPlan
	p  club.Priority
}

func calls(p club.Priority) planField {
	return planField{func(s *Settings) *map[club.Priority]CallPlan { return &s.Calls }, p}
}

const planHelp = "Steps separated by semicolons: a time (now, 2m, or sla for the time to acknowledge), a colon, and who is called: slack, pagerduty, or on-call, techs, operators, admins, owners or everyone " +
	"“by sms”, “by email” or “by sms+email”, with “unless quiet” where quiet hours are to count for whoever is on call too. A step that reaches nobody goes on to the next at once."

// plan makes the spec of a call plan, which people write as text.
func plan(key, title, def string, f planField) Spec {
	put := func(s *Settings, text string) error {
		p, err := ParseCallPlan(text)
		if err != nil {
			return err
		}
		m := map[club.Priority]CallPlan{} // a copy: the map may be shared with another Settings value
		for k, v := range *f.of(s) {
			m[k] = v
		}
		m[f.p] = p
		*f.of(s) = m
		return nil
	}
	return textFunc(key, "Calls", title, planHelp, def, put, func(s Settings) string { return (*f.of(&s))[f.p].Text })
}
