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
