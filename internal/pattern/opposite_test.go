package pattern

import (
	"slices"
	"testing"
)

func TestASituationAndItsOppositeAreToldApart(t *testing.T) {
	t.Parallel()
	pairs := []Trigger{
		{"unlock", "unlock the door", Similar}, {"unlock", "please open the door", Similar}, {"keep", "do not unlock the door", Similar}, {"keep", "please don't open the door", Similar},
		{"restart", "restart the simulator", Similar}, {"leave", "do not restart the simulator", Similar},
		{"cancel", "cancel my booking", Similar}, {"stay", "don't cancel my booking", Similar},
	}
	known := slices.DeleteFunc(clubExamples(), func(t Trigger) bool { return t.Label == "door_wont_open" }) // it has some of these
	all := slices.Concat(known, pairs)
	for name, m := range map[string]*Matcher{"trained": Train(all), "by likeness": Likeness(all).Matcher(all), "added": Train(known).With(pairs)} {
		for text, is := range map[string]struct{ want, never string }{
			"unlock the door":                     {"unlock", "keep"},
			"can you unlock the door please":      {"unlock", "keep"},
			"do not unlock the door":              {"keep", "unlock"},
			"please do not unlock the door":       {"keep", "unlock"},
			"restart the simulator":               {"restart", "leave"},
			"do not restart the simulator please": {"leave", "restart"},
			"don't cancel my booking":             {"stay", "cancel"},
		} {
			r := m.Match(text, 0)
			for _, c := range r.Candidates {
				if c.Label == is.never && c.Confidence >= NoneBelow {
					t.Errorf("%s: %q may be %s: %s", name, text, is.never, brief(r))
				}
			}
			if len(r.Candidates) == 0 || r.Candidates[0].Label != is.want {
				t.Errorf("%s: %q is not %s: %s", name, text, is.want, brief(r))
			}
		}
	}
}

func TestOneWordDoesNotDecideBetweenSituations(t *testing.T) {
	t.Parallel()
	triggers := []Trigger{{"unlock", "unlock the door", Similar}, {"keep", "do not unlock the door", Similar}, {"broken", "the door is broken", Similar}, {"wifi", "what is the wifi password", Similar}}
	for name, m := range map[string]*Matcher{"trained": Train(triggers), "by likeness": Likeness(triggers).Matcher(triggers)} {
		for _, text := range []string{"door", "the", "not", "do not", "unlock?", "purple", "DOOR DOOR DOOR"} {
			if r := m.Match(text, 1); len(r.Candidates) > 0 && r.Candidates[0].Confidence >= 0.75 {
				t.Errorf("%s: %q is sure: %s", name, text, brief(r))
			}
		}
	}
}
