package decide

import (
	"slices"
	"testing"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/knowledge"
	"clubos/internal/setting"
	"clubos/internal/store"
)

func TestOneLooksAfterAClubsMatcherAtATimeAndAsksForATrainingOnce(t *testing.T) {
	t.Parallel()
	c := NewMatchers(true, 0)
	if !c.beginLoad("a") || c.beginLoad("a") || !c.beginLoad("b") {
		t.Error("two look after one club, or one club holds up another")
	}
	c.endLoad("a")
	if !c.beginLoad("a") {
		t.Error("nobody may look after it again")
	}
	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	for i, x := range []struct {
		version string
		after   time.Duration
		want    bool
	}{{"v", 0, true}, {"v", time.Second, false}, {"w", time.Second, true}, {"w", time.Second + askAgain, true}} {
		if got := c.mayAsk("a", x.version, now.Add(x.after)); got != x.want {
			t.Errorf("%d: asks for %s after %v: %t", i, x.version, x.after, got)
		}
	}
}

func TestWhatAProcedureAsksForIsSaidOnceAndOnlyWhereRowsCanTell(t *testing.T) {
	t.Parallel()
	all := []catalogue.Prerequisite{{Kind: catalogue.MemberKnown}, {Kind: catalogue.BookingActive}, {Kind: catalogue.MemberIsBooker}, {Kind: catalogue.WithinTimeWindow},
		{Kind: catalogue.DoorKnown}, {Kind: catalogue.BayKnown}, {Kind: catalogue.DeviceOnline}, {Kind: catalogue.NoRecentAction}}
	stranger := &matter{}
	if got := stranger.unmet(all); !slices.Equal(got, []string{"the number belongs to no member", "no booking of this number is current", "the location is not known"}) {
		t.Errorf("of somebody whom nobody knows: %q", got)
	}
	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	m := &matter{location: store.Location{ID: "loc_1"}, booking: store.Booking{ID: "bkg_1", StartsAt: now.Add(time.Hour), EndsAt: now.Add(2 * time.Hour)}, texts: []text{{row: store.Message{CreatedAt: now}}}}
	window := []catalogue.Prerequisite{{Kind: catalogue.WithinTimeWindow, Before: 10 * time.Minute, After: 10 * time.Minute}, {Kind: catalogue.DoorKnown}}
	if got := m.unmet(window); len(got) != 1 {
		t.Errorf("an hour before the booking: %q", got)
	}
	m.texts[0].row.CreatedAt = now.Add(55 * time.Minute)
	if got := m.unmet(window); len(got) != 0 {
		t.Errorf("five minutes before it: %q", got)
	}
	m.texts[0].row.CreatedAt = now.Add(3 * time.Hour)
	if got := m.unmet(window); len(got) != 1 {
		t.Errorf("an hour after it: %q", got)
	}
}

func TestTheSurerAnAnnouncementTheShorterItWaitsForAnObjection(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	whole := setting.Settings{SuggestDeadline: time.Minute, Thresholds: club.DefaultThresholds()}
	flat := setting.Settings{SuggestDeadline: time.Minute, Thresholds: club.Thresholds{High: 0.8, Medium: 0.8, Low: 0.5}}
	for name, x := range map[string]struct {
		p        plan
		settings setting.Settings
		want     time.Duration // 0: it does not run by itself
	}{
		"just sure enough":               {plan{tier: club.TierSuggest, earned: club.TierSuggest, confidence: 0.75}, whole, time.Minute},
		"surer":                          {plan{tier: club.TierSuggest, earned: club.TierSuggest, confidence: 0.80}, whole, 45 * time.Second},
		"nearly sure enough to act":      {plan{tier: club.TierSuggest, earned: club.TierSuggest, confidence: 0.9499}, whole, 30 * time.Second},
		"sure, and held back":            {plan{tier: club.TierSuggest, earned: club.TierAuto, confidence: 0.99}, whole, time.Minute},
		"nothing between the thresholds": {plan{tier: club.TierSuggest, earned: club.TierSuggest, confidence: 0.8}, flat, time.Minute},
		"for people":                     {plan{tier: club.TierApprove, earned: club.TierSuggest, confidence: 0.8}, whole, 0},
	} {
		got := x.p.deadline(now, x.settings)
		if x.want == 0 && got != nil || x.want > 0 && (got == nil || got.Sub(now) != x.want) {
			t.Errorf("%s: runs at %v", name, got)
		}
	}
}

func TestAReportIsRelatedToProceduresByTriggerOrByDomain(t *testing.T) {
	t.Parallel()
	of := func(c knowledge.Category, triggers ...knowledge.Trigger) knowledge.Document {
		return knowledge.Document{Category: c, Triggers: triggers}
	}
	for _, c := range []struct {
		doc  knowledge.Document
		code club.EventCode
		want bool
	}{
		{of(knowledge.CategoryEquipment), club.EventDeviceFault, true},
		{of(knowledge.CategoryAccess), club.EventDeviceFault, false},
		{of(knowledge.CategoryAccess), club.EventAccessDenied, true},
		{of(knowledge.CategoryBooking), club.EventBookingOverlap, true},
		{of(knowledge.CategoryBooking), club.EventDoorForced, false},
		{of(knowledge.CategoryBooking), "text", false},
		{of(knowledge.CategoryInformation, knowledge.Trigger{Mode: knowledge.TriggerEvent, Text: "device.fault device=pc"}), club.EventDeviceFault, true},
		{of(knowledge.CategoryInformation, knowledge.Trigger{Mode: "similar", Text: "device.fault"}), club.EventDeviceFault, false},
	} {
		if got := relates(c.doc, c.code); got != c.want {
			t.Errorf("%s and %s: %t", c.doc.Category, c.code, got)
		}
	}
}

func TestAnActThatNoCatalogueHasIsUnknownWhereverItStands(t *testing.T) {
	t.Parallel()
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	known := []knowledge.Step{{Reply: "x"}, {Action: "restart_trackman"}, {Escalate: "y"}}
	if why := unknownAct(known, cat); why != "" {
		t.Error(why)
	}
	for at := range len(known) + 1 {
		steps := slices.Insert(slices.Clone(known), at, knowledge.Step{Action: "juggle_balls", When: knowledge.WhenFailed})
		if why := unknownAct(steps, cat); why != "juggle balls is not in the action catalogue any more" {
			t.Errorf("at %d: %q", at, why)
		}
	}
}
