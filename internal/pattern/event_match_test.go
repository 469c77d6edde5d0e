package pattern

import "testing"

func fault(code, device, hour string) Event {
	return Event{Domain: DomainError, Text: "a computer went offline", Tags: map[string]string{"code": code, "device": device, "hour": hour, "booking": "active"}}
}

var eventTriggers = []Trigger{
	{Label: "frozen-screen", Text: "the simulator froze"}, {Label: "frozen-screen", Text: "device.fault", Mode: Report},
	{Label: "device-offline", Text: "device.offline", Mode: Report}, {Label: "projector-off", Text: "device.offline device=display", Mode: Report},
	{Label: "projector-off", Text: "the projector is black"}, {Label: "wifi", Text: "what is the wifi password"},
}

func TestAnEventFollowsTheTriggerThatAsksForMost(t *testing.T) {
	t.Parallel()
	m := Train(eventTriggers)
	for _, tc := range []struct {
		event Event
		want  string
	}{
		{fault("device.offline", "pc", "night"), "device-offline"}, {fault("device.offline", "display", "night"), "projector-off"},
		{fault("device.fault", "pc", "night"), "frozen-screen"},
	} {
		r := m.MatchEvent(tc.event, 5)
		if r.None || r.Candidates[0].Label != tc.want || r.Candidates[0].Confidence != MaxConfidence {
			t.Errorf("%v: %+v", tc.event.Tags, r.Candidates)
		}
	}
	if r := m.MatchEvent(fault("action.failed", "pc", "night"), 5); !r.None || len(r.Candidates) != 0 {
		t.Errorf("an event that nothing names: %+v", r.Candidates)
	}
}

func TestTriggersOfEventsSayNothingOfTexts(t *testing.T) {
	t.Parallel()
	m := Train(eventTriggers)
	without := Train([]Trigger{eventTriggers[0], eventTriggers[4], eventTriggers[5]})
	for _, text := range []string{"the simulator froze", "device.offline", "is the wifi down", "projector dead"} {
		a, b := m.Match(text, 5), without.Match(text, 5)
		if len(a.Candidates) != len(b.Candidates) {
			t.Fatalf("%q: %+v and without %+v", text, a.Candidates, b.Candidates)
		}
		for i := range a.Candidates {
			if a.Candidates[i] != b.Candidates[i] {
				t.Errorf("%q: %+v and without %+v", text, a.Candidates[i], b.Candidates[i])
			}
		}
	}
	if m.Version() == without.Version() {
		t.Error("another matcher has the same version")
	}
}

func TestCircumstancesAreLearnedFromPrecedents(t *testing.T) {
	t.Parallel()
	triggers := append([]Trigger(nil), eventTriggers...)
	for range 6 {
		triggers = append(triggers,
			Trigger{Label: "ignore-at-night", Mode: Precedent, Text: fault("device.rest", "pc", "night").Encode()},
			Trigger{Label: "restart-by-day", Mode: Precedent, Text: fault("device.rest", "pc", "afternoon").Encode()})
	}
	m := Train(triggers)
	for hour, want := range map[string]string{"night": "ignore-at-night", "afternoon": "restart-by-day"} {
		r := m.MatchEvent(fault("device.rest", "pc", hour), 5)
		if len(r.Candidates) == 0 || r.Candidates[0].Label != want {
			t.Errorf("%s: %+v", hour, r.Candidates)
		}
	}
	more := Train(eventTriggers).With(triggers[len(eventTriggers):])
	if r := more.MatchEvent(fault("device.rest", "pc", "night"), 5); len(r.Candidates) == 0 || r.Candidates[0].Label != "ignore-at-night" {
		t.Errorf("precedents that came after the training: %+v", r.Candidates)
	}
	t.Logf("%+v", m.MatchEvent(fault("device.rest", "pc", "night"), 5).Candidates)
}

// precedents are n events that people decided on, each of an hour of its own.
func precedents(n int) (out []Trigger) {
	for i := range n {
		label, at := "ignore-at-night", "night"
		if i%2 == 1 {
			label, at = "restart-by-day", "afternoon"
		}
		e := fault("device.rest", "pc", at)
		e.Numbers = map[string]float64{"times": float64(int(1) << i)}
		out = append(out, Trigger{Label: label, Mode: Precedent, Text: e.Encode()})
	}
	return out
}

func TestWhatWasLearnedOfEventsIsTrainedSeldomAndCountsAtOnce(t *testing.T) {
	t.Parallel()
	known := Train(eventTriggers).With(precedents(fewReports))
	more := known.With([]Trigger{{Label: "tell-the-owner", Mode: Precedent, Text: fault("device.hot", "pc", "noon").Encode()}})
	if more.reports.trained != known.reports.trained || more.reports.settled != fewReports {
		t.Errorf("one more precedent trained again, on %d", more.reports.settled)
	}
	r := more.MatchEvent(fault("device.hot", "pc", "noon"), 5)
	if len(r.Candidates) == 0 || r.Candidates[0].Label != "tell-the-owner" {
		t.Errorf("it is not found: %+v", r.Candidates)
	}
	if r := more.MatchEvent(fault("device.rest", "pc", "afternoon"), 5); len(r.Candidates) == 0 || r.Candidates[0].Label != "restart-by-day" {
		t.Errorf("what was known before: %+v", r.Candidates)
	}
	again := more.Of(append(append([]Trigger(nil), eventTriggers...), Trigger{Label: "frozen-screen", Text: "the picture stands still"}))
	if again.reports.model != nil {
		t.Error("precedents that were taken away are still known")
	}
	grown := known.With(precedents(fewReports + fewReports/4)[fewReports:])
	if grown.reports.trained == known.reports.trained || grown.reports.settled != fewReports+fewReports/4 {
		t.Errorf("a quarter more did not train, %d are settled", grown.reports.settled)
	}
}
