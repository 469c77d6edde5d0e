package simulate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/simulate/vendor"
)

var scenarioName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// checker collects what is wrong with a scenario.
type checker struct {
	s     Scenario
	at    string // where in the scenario
	wrong []string
}

func (s Scenario) check() []string {
	k := &checker{s: s}
	k.that(scenarioName.MatchString(s.Name), "the name has lower-case words with hyphens")
	k.that(strings.TrimSpace(s.Title) != "", "a title is needed")
	k.that(len(s.Steps) > 0, "steps are needed")
	for _, name := range slices.Sorted(maps.Keys(s.Cast)) {
		k.pick(name, s.Cast[name])
	}
	for key := range s.Settings {
		_, ok := setting.Find(key)
		k.that(ok, "there is no setting %q", key)
	}
	used := map[string]bool{}
	for i, st := range s.Steps {
		k.step(i+1, st, used)
	}
	for name := range s.Cast {
		k.that(used[name], "%s does nothing", name)
	}
	if n := len(s.Steps); n > 0 {
		k.that(s.Steps[n-1].Expect != nil, "the last step must expect something")
	}
	return k.wrong
}

func (k *checker) that(ok bool, format string, args ...any) {
	if !ok {
		k.wrong = append(k.wrong, k.at+fmt.Sprintf(format, args...))
	}
}

func (k *checker) pick(name string, p Pick) {
	k.that(slices.Contains(bookingPicks(), p.Booking), "%s: unknown booking %q", name, p.Booking)
	k.that(!p.Unknown || p.Booking == BookingAny && p.Bay == 0, "%s: an unknown number has no booking", name)
	k.that(p.Bay == 0 || p.Booking != BookingAny && p.Booking != BookingNone, "%s: a bay goes with a booking", name)
	if p.Repeat != "" {
		_, ok := k.s.Cast[p.Repeat]
		k.that(ok && p.Repeat != name && k.s.Cast[p.Repeat].Repeat == "", "%s: there is no %q to share a location with", name, p.Repeat)
	}
}

func (k *checker) step(n int, st Step, used map[string]bool) {
	k.at = fmt.Sprintf("step %d: ", n)
	defer func() { k.at = "" }()
	who := func(name string) {
		_, ok := k.s.Cast[name]
		k.that(ok, "nobody is called %q", name)
		used[name] = true
	}
	kinds := 0
	for _, set := range []bool{st.Text != nil, st.Fault != nil, st.Act != nil, st.Answer != nil, st.Booking != nil, st.Door != nil, st.Wait > 0, st.Expect != nil} {
		if set {
			kinds++
		}
	}
	k.that(kinds == 1, "a step is exactly one of text, fault, act, answer, booking, door, wait and expect")
	switch {
	case st.Text != nil:
		who(st.Text.From)
		k.text(*st.Text)
	case st.Fault != nil:
		rule, ok := findFault(st.Fault.What)
		k.that(ok, "unknown fault %q", st.Fault.What)
		k.that(!ok || (st.Fault.At != "") == rule.placed, "%s: at is for faults of a place, and they need it", st.Fault.What)
		if st.Fault.At != "" {
			who(st.Fault.At)
		}
	case st.Act != nil:
		who(st.Act.Of)
		k.act(*st.Act)
	case st.Answer != nil:
		who(st.Answer.Of)
		k.member(st.Answer.By)
		k.that(st.Answer.Say != "", "an answer needs words")
	case st.Booking != nil:
		if st.Booking.Beside != "" {
			who(st.Booking.Beside)
			k.that(st.Booking.Of == "" && !st.Booking.Cancel && st.Booking.In == 0, "a booking beside another one is nobody's and at its time")
			return
		}
		who(st.Booking.Of)
		k.that(st.Booking.Cancel != (st.Booking.In != 0 || st.Booking.Last != 0), "a booking is cancelled or moved")
	case st.Door != nil:
		who(st.Door.At)
		k.that(slices.Contains(vendor.DoorReports(), st.Door.Report), "unknown report %q", st.Door.Report)
		k.that(st.Door.Times >= 0 && st.Door.Before >= 0, "a number is out of range")
	case st.Expect != nil:
		if st.Expect.Of != "" {
			who(st.Expect.Of)
		}
		k.expect(*st.Expect, who)
	}
}

func (k *checker) text(t Text) {
	forms := 0
	for _, set := range []bool{t.Say != "", len(t.Burst) > 0, t.Edge != ""} {
		if set {
			forms++
		}
	}
	k.that(forms <= 1, "say, burst and edge exclude each other")
	if t.Edge != "" {
		_, ok := FindEdgeText(t.Edge)
		k.that(ok, "unknown edge text %q", t.Edge)
	}
	k.that(slices.Contains(spoils(), t.Spoil), "unknown spoil %q", t.Spoil)
	k.that(t.Wire == "" || t.Wire == string(vendor.OpenPhoneLegacy), "unknown wire %q", t.Wire)
	k.that(t.Times >= 0 && t.Media >= 0 && t.Media <= 10, "a number is out of range")
}

func (k *checker) act(a Act) {
	k.that(slices.Contains(dos(), a.Do), "unknown act %q", a.Do)
	k.member(a.By)
	k.that(a.Do != DoRaise || a.About == "" && a.Via == "", "raise is of a booking, on its page")
	_, err := regexp.Compile(a.About)
	k.that(err == nil, "%q is not a regular expression", a.About)
	k.that(a.Via == "" || a.Via == "api" || a.Via == "slack", "unknown way %q", a.Via)
	k.that(a.Via != "slack" || a.Do == DoApprove || a.Do == DoReject || a.Do == DoClaim, "%s has no button in Slack", a.Do)
	k.that(a.Say != "" || a.Do != DoReply && a.Do != DoEdit, "%s needs words", a.Do)
	k.that(a.Code == "" || slices.Contains(club.Codes(), a.Code), "unknown code %q", a.Code)
}

// member checks that somebody works at the club.
func (k *checker) member(by string) {
	role := strings.TrimSuffix(by, "2")
	_, err := club.ParseRole(role)
	k.that(by == onCallNow || err == nil && (role == by || role == string(club.RoleOperator)), "nobody of the staff is %q", by)
}

func (k *checker) expect(e Expect, who func(string)) {
	for _, re := range append([]string{e.Reply, e.NeverSaid, e.Escalation, e.Proposal, e.Fact, e.Ticket, e.Posted, e.Paged, e.Taken}, e.Said...) {
		_, err := regexp.Compile(re)
		k.that(err == nil, "%q is not a regular expression", re)
	}
	for _, c := range e.Called {
		k.member(c.Who)
		for _, re := range []string{c.Text, c.Mail} {
			_, err := regexp.Compile(re)
			k.that(err == nil, "%q is not a regular expression", re)
		}
	}
	for _, s := range e.Status {
		k.that(slices.Contains(club.ThreadStatuses(), s), "unknown status %q", s)
	}
	k.that(e.Priority == "" || slices.Contains(club.Priorities(), e.Priority), "unknown priority %q", e.Priority)
	cat, err := catalogue.Load()
	k.that(err == nil, "the catalogue cannot be read")
	if err != nil {
		return
	}
	for action, outcome := range e.Outcomes {
		_, ok := cat.Find(action)
		k.that(ok, "unknown action %q", action)
		k.that(slices.Contains(club.Outcomes(), outcome), "unknown outcome %q", outcome)
	}
	for _, c := range e.Effects {
		_, script := cat.Find(club.ActionName(c.Op))
		k.that(script || slices.Contains([]string{"reboot", "unlock", "send", "post"}, c.Op), "unknown effect %q", c.Op)
		if c.At != "" {
			who(c.At)
		}
	}
	if r := e.Reported; r != nil {
		for _, re := range []string{r.Title, r.Proposal, r.Ticket, r.Note} {
			_, err := regexp.Compile(re)
			k.that(err == nil, "%q is not a regular expression", re)
		}
		k.that(r.Title != "", "which situation is it? a title is needed")
	}
	k.that(e.Of != "" || e.onlyPlaces(), "whose is it? of is needed")
}

// onlyPlaces reports whether an expectation is about vendors alone.
func (e Expect) onlyPlaces() bool {
	return len(e.Status) == 0 && e.Priority == "" && e.Replies == nil && e.Reply == "" && len(e.Said) == 0 && e.NeverSaid == "" && e.Texts == nil && e.Threads == nil &&
		e.Member == nil && e.Escalation == "" && e.Proposal == "" && e.Ticket == "" && e.Rule == "" && e.Fact == "" && e.Consent == "" && len(e.Outcomes) == 0 && e.Reported == nil && e.Taken == "" && e.Locked == nil
}
