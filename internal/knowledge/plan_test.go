package knowledge

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// play runs a plan with outcomes for its actions in turn (success when they run out) and lists what ran.
func play(t interface{ Fatalf(string, ...any) }, p Plan, at Position, outcomes ...When) (ran []string, person bool) {
	for range 100 {
		s, here, more := p.Next(at)
		if !more {
			return ran, false
		}
		name := map[StepKind]string{StepReply: s.Reply, StepAction: string(s.Action), StepAsk: "ask", StepTicket: "ticket", StepEscalate: "person"}[s.Kind()]
		ran = append(ran, name)
		if s.Action == "" {
			at = p.Passed(here)
			continue
		}
		o := WhenSuccess
		if len(outcomes) > 0 {
			o, outcomes = outcomes[0], outcomes[1:]
		}
		var ok bool
		if at, ok = p.Ended(here, o); !ok {
			return ran, true
		}
	}
	t.Fatalf("the run does not end: %v", ran)
	return nil, false
}

func TestPlansRunAsTheyRead(t *testing.T) {
	t.Parallel()
	p := Plan{
		Steps: []Step{{Reply: "on it"}, {Action: "restart"}, {Reply: "back"}, {Reply: "unsure", When: WhenUnconfirmed}, {Escalate: "x", When: WhenUnconfirmed}},
		Fallback: []Step{{Reply: "harder"}, {Action: "reboot"}, {Reply: "back after all"}, {Ticket: "x", When: WhenFailed}, {Escalate: "x", When: WhenFailed},
			{Reply: "bye", When: WhenAlways}},
	}
	for _, c := range []struct {
		name     string
		outcomes []When
		want     string
		person   bool
	}{
		{"it works", nil, "on it, restart, back", false},
		{"nobody can say", []When{WhenUnconfirmed}, "on it, restart, unsure, person", false},
		{"the second try works", []When{WhenFailed}, "on it, restart, harder, reboot, back after all, bye", false},
		{"nothing works", []When{WhenFailed, WhenFailed}, "on it, restart, harder, reboot, ticket, person, bye", false},
		{"the second try cannot be seen", []When{WhenFailed, WhenUnconfirmed}, "on it, restart, harder, reboot, bye", false},
	} {
		ran, person := play(t, p, Position{}, c.outcomes...)
		if got := strings.Join(ran, ", "); got != c.want || person != c.person {
			t.Errorf("%s: %s, person %v", c.name, got, person)
		}
	}
	at, none := p.FallbackStart()
	if ran, _ := play(t, p, at); none || strings.Join(ran, ", ") != "harder, reboot, back after all, bye" {
		t.Errorf("from the fallback: %v", ran)
	}
	if len(p.Flat()) != 11 {
		t.Error("Flat")
	}
}

func TestAnOutcomeThatNothingWaitsForGoesToAPerson(t *testing.T) {
	t.Parallel()
	bare := Plan{Steps: []Step{{Action: "restart"}, {Reply: "back"}}}
	withFallback := Plan{Steps: bare.Steps, Fallback: []Step{{Escalate: "x"}}}
	if ran, person := play(t, bare, Position{}, WhenFailed); !person || cmp.Diff([]string{"restart"}, ran) != "" {
		t.Errorf("failed without fallback: %v, %v", ran, person)
	}
	if ran, person := play(t, withFallback, Position{}, WhenUnconfirmed); !person || len(ran) != 1 {
		t.Errorf("unconfirmed went on: %v, %v", ran, person)
	}
	if _, done := bare.FallbackStart(); !done {
		t.Error("a plan without fallback has one")
	}
}

func TestNoSoundPlanEndsInSilenceOrRunsForEver(t *testing.T) {
	t.Parallel()
	cat := mustCatalogue(t)
	whens := rapid.SampledFrom([]When{"", WhenSuccess, WhenFailed, WhenUnconfirmed, WhenAlways})
	step := rapid.Custom(func(t *rapid.T) Step {
		s := Step{When: whens.Draw(t, "when")}
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			s.Reply = "x"
		case 1:
			s.Action = "reboot_pc"
		case 2:
			s.Ticket = "x"
		default:
			s.Escalate = "x"
		}
		return s
	})
	outcome := rapid.SampledFrom([]When{WhenSuccess, WhenFailed, WhenUnconfirmed})
	rapid.Check(t, func(t *rapid.T) {
		d := sound()
		d.Steps, d.Fallback = rapid.SliceOfN(step, 1, 6).Draw(t, "steps"), rapid.SliceOfN(step, 1, 5).Draw(t, "fallback")
		ran, person := play(t, d.Plan(), Position{}, rapid.SliceOfN(outcome, 11, 11).Draw(t, "outcomes")...)
		if Validate(d, cat) == nil && len(ran) == 0 && !person {
			t.Fatalf("nothing ran")
		}
	})
}

func TestNoStarterProcedureFailsWithoutWordOrPerson(t *testing.T) {
	t.Parallel()
	for _, d := range mustStarter(t) {
		for _, o := range []When{WhenSuccess, WhenFailed, WhenUnconfirmed} {
			for _, o2 := range []When{WhenSuccess, WhenFailed, WhenUnconfirmed} {
				ran, person := play(t, d.Plan(), Position{}, o, o2)
				heard := person || strings.Contains(strings.Join(ran, " "), "person") || strings.Contains(strings.Join(ran, " "), "ticket")
				if len(ran) == 0 || len(d.Actions()) > 0 && o != WhenSuccess && o2 != WhenSuccess && !heard {
					t.Errorf("%s after %s, %s: %v", d.Slug, o, o2, ran)
				}
			}
		}
	}
}
