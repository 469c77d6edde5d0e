package page_test

import (
	"testing"
	"time"

	"clubos/internal/club"
	. "clubos/internal/console/page"
)

func TestEveryStateHasItsOwnWord(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	once := func(kind, state string, w Word) {
		if w.Label == "" || w.Label == state || w.Tone == "" {
			t.Errorf("%s %s has no word: %+v", kind, state, w)
		}
		if other, ok := seen[kind+w.Label]; ok {
			t.Errorf("%s: %s and %s are both %q", kind, state, other, w.Label)
		}
		seen[kind+w.Label] = state
	}
	for _, s := range club.ThreadStatuses() {
		once("thread", string(s), ThreadWord(s))
	}
	for _, o := range club.Outcomes() {
		once("outcome", string(o), OutcomeWord(o))
	}
	for _, x := range club.Tiers() {
		once("tier", string(x), TierWord(x))
	}
	for _, p := range club.Priorities() {
		once("priority", string(p), PriorityWord(p))
	}
	for _, s := range club.TicketStatuses() {
		once("ticket", string(s), TicketWord(s))
	}
}

func TestTimesAreSaidAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	s := shell("", "", "")
	for d, want := range map[time.Duration]string{
		0: "just now", 59 * time.Second: "just now", time.Minute: "1 min", 59 * time.Minute: "59 min", time.Hour: "1 h", 47 * time.Hour: "47 h", 48 * time.Hour: "2 d",
		-90 * time.Second: "in 1 min",
	} {
		if got := s.Ago(now.Add(-d)); got != want {
			t.Errorf("%s ago is %q, want %q", d, got, want)
		}
	}
	for at, want := range map[time.Time]string{now: "21:14", now.Add(-24 * time.Hour): "24 Nov 21:14", now.Add(-366 * 24 * time.Hour): "24 Nov 2025 21:14", {}: "–"} {
		if got := s.Clock(at); got != want {
			t.Errorf("clock %q, want %q", got, want)
		}
	}
	if s.Day(now) != "Today" || s.Day(now.Add(-24*time.Hour)) != "Yesterday" || s.Day(now.Add(-48*time.Hour)) != "Monday 23 November" {
		t.Error(s.Day(now), s.Day(now.Add(-24*time.Hour)), s.Day(now.Add(-48*time.Hour)))
	}
}

func TestAddressesAreEscaped(t *testing.T) {
	t.Parallel()
	s := shell("", "", "")
	if got := s.At("sops", "a/b?c"); got != "/c/fairway/sops/a%2Fb%3Fc" {
		t.Error(got)
	}
	if got := s.Query("sops/wifi", "q", "a&b=c", "empty", ""); got != "/c/fairway/sops/wifi?q=a%26b%3Dc" {
		t.Error(got)
	}
}

func TestInitialsFitAnAvatar(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"Marcus Oyelaran": "MO", "Cher": "C", "+1 ••• 4471": "#", "": "#", "Émile de la Tour": "ÉT", "王 小明": "王小"} {
		if got := Initials(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
