package module_test

import (
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/pattern"
	"clubos/internal/pattern/module"
	"clubos/internal/pattern/reliability"
)

var evening = time.Date(2026, 11, 26, 20, 0, 0, 0, time.UTC)

func TestEveryCodeHasTheModuleOfItsDomain(t *testing.T) {
	t.Parallel()
	for code, want := range map[club.EventCode]pattern.Domain{
		club.EventDeviceOffline: pattern.DomainError, club.EventActionFailed: pattern.DomainError, club.EventAccessDenied: pattern.DomainAccess,
		club.EventDoorHeldOpen: pattern.DomainAccess, club.EventBookingOverlap: pattern.DomainBooking, club.EventBookingNoShow: pattern.DomainBooking,
	} {
		e := module.Of(code).Event(module.Circumstances{Code: code, Local: evening, Place: "north", Bays: 2, Occupied: true, Recent: "reboot_pc", Device: club.DevicePC})
		if e.Domain != want || e.Tags["code"] != string(code) || e.Tags["hour"] != "evening" || e.Tags["booking"] != "active" || e.Tags["recent"] != "reboot_pc" || e.Numbers["bays"] != 2 {
			t.Errorf("%s: %+v", code, e)
		}
	}
	if e := module.For(pattern.DomainDecision).Event(module.Circumstances{Words: "bay 2 froze", Local: evening}); e.Text != "bay 2 froze" || len(e.Tags) > 0 {
		t.Errorf("a text: %+v", e)
	}
}

func TestAModuleProposesOnlyWhatItsDomainIsAbout(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		domain   pattern.Domain
		category string
		want     bool
	}{
		{pattern.DomainError, "device", true}, {pattern.DomainError, "access", false}, {pattern.DomainBooking, "device", false},
		{pattern.DomainBooking, "access", false}, {pattern.DomainAccess, "access", true}, {pattern.DomainDecision, "access", true},
	} {
		if got := module.For(tc.domain).Proposes(tc.category); got != tc.want {
			t.Errorf("%s proposes %s: %v", tc.domain, tc.category, got)
		}
	}
}

func TestAnAftermathReadsAsAnOutcome(t *testing.T) {
	t.Parallel()
	m := module.For(pattern.DomainError)
	for _, tc := range []struct {
		a    module.Aftermath
		want reliability.Source
	}{
		{module.Aftermath{Acted: true, Cleared: true}, reliability.SourceVerified},
		{module.Aftermath{Acted: true, Cleared: true, Again: true}, reliability.SourceReopened},
		{module.Aftermath{Cleared: true}, ""}, // it went away by itself
		{module.Aftermath{Acted: true}, ""},
	} {
		if got := m.Read(tc.a); got != tc.want {
			t.Errorf("%+v reads as %q, want %q", tc.a, got, tc.want)
		}
	}
}

func TestAReportRaisesTheMatchOfItsMatterAndExperienceMovesIt(t *testing.T) {
	t.Parallel()
	prior := module.For(pattern.DomainError).Prior()
	fresh := module.Tell(0.6, module.Seen{}, module.Seen{}, prior)
	if fresh < 0.9 || fresh >= 1 {
		t.Errorf("before anything is known: %.3f", fresh)
	}
	chance := module.Tell(0.6, module.Seen{With: 100, Without: 900}, module.Seen{With: 100, Without: 900}, prior)
	if chance > 0.65 {
		t.Errorf("reports that stand beside everything say nothing: %.3f", chance)
	}
	if got := module.Tell(0, module.Seen{}, module.Seen{}, prior); got != 0 {
		t.Errorf("nothing is made of nothing: %.3f", got)
	}
}

func TestATriggerThatNamesAnEventIsChecked(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"device.offline", "device.offline device=pc", "access.denied booking=active hour=night"} {
		if why := module.CheckTrigger(good); why != "" {
			t.Errorf("%q: %s", good, why)
		}
	}
	for _, bad := range []string{"", "bay 2 froze", "device.exploded", "device.offline colour=red", "device=pc device.offline", "device.offline device="} {
		if module.CheckTrigger(bad) == "" {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestAnAftermathReadsAlikeInEveryReportedDomainAndSaysNothingOfTexts(t *testing.T) {
	t.Parallel()
	worked := module.Aftermath{Acted: true, Cleared: true}
	for domain, want := range map[pattern.Domain]reliability.Source{
		pattern.DomainError: reliability.SourceVerified, pattern.DomainBooking: reliability.SourceVerified, pattern.DomainAccess: reliability.SourceVerified, pattern.DomainDecision: "",
	} {
		if got := module.For(domain).Read(worked); got != want {
			t.Errorf("%s reads %q, want %q", domain, got, want)
		}
	}
}

func TestNoPriorReachesActingAloneAndAReportSpeaksForItsOwnMatter(t *testing.T) {
	t.Parallel()
	for _, domain := range []pattern.Domain{pattern.DomainDecision, pattern.DomainError, pattern.DomainBooking, pattern.DomainAccess} {
		p := module.For(domain).Prior()
		if p.Works <= 0.5 || p.Works >= club.DefaultThresholds().High || p.Tells < 1 || p.Worth <= 0 {
			t.Errorf("%s claims %+v before anything is known", domain, p)
		}
		if got := module.Tell(0.6, module.Seen{}, module.Seen{}, p); got < 0.5999 || got >= 1 || (domain == pattern.DomainDecision) != (got < 0.6001) {
			t.Errorf("a report of %s raises 0.6 to %.3f", domain, got)
		}
	}
}

func TestWhatIsOrdinaryIsSilentAndWhatIsDeniedTwiceInABookingIsNot(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		code             club.EventCode
		times            int
		booked           bool
		ordinary, silent bool
	}{
		{club.EventBookingCreated, 1, true, true, true},
		{club.EventBookingChanged, 1, true, true, true},
		{club.EventBookingCancelled, 1, false, true, true},
		{club.EventUnlockRequested, 1, false, true, true},
		{club.EventBookingNoShow, 1, true, false, true},
		{club.EventDoorHeldOpen, 1, false, false, true},
		{club.EventAccessDenied, 1, true, false, true},
		{club.EventAccessDenied, 2, false, false, true},
		{club.EventAccessDenied, 2, true, false, false},
		{club.EventDoorForced, 1, false, false, false},
		{club.EventBookingOverlap, 1, true, false, false},
		{club.EventDeviceOffline, 1, false, false, false},
		{club.EventDeviceFault, 1, false, false, false},
		{club.EventActionFailed, 1, false, false, false},
	} {
		e := module.Of(tc.code).Event(module.Circumstances{Code: tc.code, Times: tc.times, Occupied: tc.booked, Local: evening})
		if got := module.Silent(e); got != tc.silent {
			t.Errorf("%s, %d times, in a booking %v: silent %v", tc.code, tc.times, tc.booked, got)
		}
		if got := module.Ordinary(tc.code); got != tc.ordinary {
			t.Errorf("%s: ordinary %v", tc.code, got)
		}
	}
}

func TestOnlyStatesThatEndLast(t *testing.T) {
	t.Parallel()
	lasting := map[club.EventCode]bool{club.EventDeviceOffline: true, club.EventDoorHeldOpen: true, club.EventBookingOverlap: true}
	for _, code := range club.EventCodes() {
		if module.Lasts(code) != lasting[code] {
			t.Errorf("%s lasts: %v", code, module.Lasts(code))
		}
		if module.Lasts(code) && module.Ordinary(code) {
			t.Errorf("%s is ordinary, so nobody would see its end", code)
		}
	}
}

func TestCircumstancesAreToldByTheClockOfThePlace(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		at        time.Time
		hour, day string
	}{
		{time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), "night", "week"},
		{time.Date(2026, 11, 26, 5, 59, 59, 0, time.UTC), "night", "week"},
		{time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC), "morning", "week"},
		{time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), "afternoon", "weekend"},
		{time.Date(2026, 11, 29, 23, 0, 0, 0, time.UTC), "evening", "weekend"},
	} {
		e := module.Of(club.EventDoorForced).Event(module.Circumstances{Code: club.EventDoorForced, Local: tc.at})
		if e.Tags["hour"] != tc.hour || e.Tags["day"] != tc.day {
			t.Errorf("%s is %s of %s", tc.at, e.Tags["hour"], e.Tags["day"])
		}
	}
}

func TestWhatIsNotKnownIsNoFeature(t *testing.T) {
	t.Parallel()
	e := module.Of(club.EventDeviceOffline).Event(module.Circumstances{Code: club.EventDeviceOffline, Local: evening})
	for _, tag := range []string{"place", "device", "recent"} {
		if v, ok := e.Tags[tag]; ok {
			t.Errorf("%s is known to be %q", tag, v)
		}
	}
	if e.Numbers["bays"] != 1 || e.Tags["extent"] != "one" || e.Tags["booking"] != "none" {
		t.Errorf("%+v", e)
	}
}
