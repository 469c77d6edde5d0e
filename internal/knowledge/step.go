package knowledge

import (
	"clubos/internal/club"
)

// When binds a step to the outcome of the last action that ran.
type When string

// The outcomes a step can wait for. The empty When stands for success, and for no action so far.
const (
	WhenSuccess     When = "success"
	WhenFailed      When = "failed"      // it did nothing: refused, rejected, or not reached
	WhenUnconfirmed When = "unconfirmed" // it may have done something, and nobody can say
	WhenAlways      When = "always"
)

// Whens lists every outcome a step can name.
func Whens() []When { return []When{WhenSuccess, WhenFailed, WhenUnconfirmed, WhenAlways} }

// WhenOf reads an execution's final outcome. A timeout is unconfirmed: the vendor may have acted.
func WhenOf(o club.Outcome) When {
	switch o {
	case club.OutcomeSuccess:
		return WhenSuccess
	case club.OutcomeFailed, club.OutcomeRefused:
		return WhenFailed
	}
	return WhenUnconfirmed
}

// Expect is how the answer to a question is read.
type Expect string

// The kinds of answers.
const (
	ExpectBay   Expect = "bay"
	ExpectYesNo Expect = "yes_no"
	ExpectText  Expect = "text"
)

// Expects lists every kind of answer.
func Expects() []Expect { return []Expect{ExpectBay, ExpectYesNo, ExpectText} }

// StepKind says which of its forms a step has.
type StepKind string

// The kinds of steps.
const (
	StepReply    StepKind = "reply"
	StepAction   StepKind = "action"
	StepAsk      StepKind = "ask"
	StepTicket   StepKind = "ticket"
	StepEscalate StepKind = "escalate"
	StepNote     StepKind = "note"
)

// Step is one thing to do: exactly one of Reply, Action, Ask, Ticket, Escalate and Note is set. Reply, Ask,
// Ticket, Detail, Escalate and Note are templates.
type Step struct {
	Reply  string          `json:"reply,omitempty"`  // what the member reads
	Action club.ActionName `json:"action,omitempty"` // a physical action of the catalogue
	Params map[string]any  `json:"params,omitempty"` // of the action
	Ask    string          `json:"ask,omitempty"`    // a question the member reads
	Expect Expect          `json:"expect,omitempty"` // of the question

	Ticket   string `json:"ticket,omitempty"`   // a ticket's title
	Detail   string `json:"detail,omitempty"`   // the ticket's text
	Escalate string `json:"escalate,omitempty"` // why a person must look
	Note     string `json:"note,omitempty"`     // what colleagues read in the conversation; nobody is called

	Priority club.Priority `json:"priority,omitempty"` // of a ticket (normal) or an escalation (high)
	When     When          `json:"when,omitempty"`
	Safe     bool          `json:"safe,omitempty"` // a reply of plain information that may be sent without asking anybody
}

// Kinds lists the forms that are set; a sound step has exactly one.
func (s Step) Kinds() []StepKind {
	var out []StepKind
	for _, f := range []struct {
		kind StepKind
		set  bool
	}{{StepReply, s.Reply != ""}, {StepAction, s.Action != ""}, {StepAsk, s.Ask != ""}, {StepTicket, s.Ticket != ""}, {StepEscalate, s.Escalate != ""}, {StepNote, s.Note != ""}} {
		if f.set {
			out = append(out, f.kind)
		}
	}
	return out
}

// Kind returns the step's form, "" when it has none or several.
func (s Step) Kind() StepKind {
	if k := s.Kinds(); len(k) == 1 {
		return k[0]
	}
	return ""
}

// Runs reports whether the step runs after an action with the outcome last; "" when no action has
// run yet.
func (s Step) Runs(last When) bool {
	switch s.When {
	case WhenAlways:
		return true
	case "":
		return last == "" || last == WhenSuccess
	}
	return s.When == last
}

// Handles reports whether one of the steps behind an action runs when it ends so. Where none does, the
// fallback takes over after a failure, and a person after an unconfirmed outcome.
func Handles(rest []Step, outcome When) bool {
	for _, s := range rest {
		if s.Runs(outcome) {
			return true
		}
	}
	return false
}

// Urgency returns the step's priority, or what its kind has where it names none.
func (s Step) Urgency() club.Priority {
	switch {
	case s.Priority != "":
		return s.Priority
	case s.Escalate != "":
		return club.PriorityHigh
	}
	return club.PriorityNormal
}
