package console_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/health"
	"clubos/internal/integration"
	"clubos/internal/store"
)

func TestHealthShowsWhichVendorsAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	state := map[string]health.Breaker{"openphone": {State: health.BreakerOpen, RetryIn: 20 * time.Second}, "slack": {State: health.BreakerClosed}}
	h.cfg.Breakers = func(club.Slug) map[string]health.Breaker { return state }
	h.open()
	h.write(func(tx *store.Tx) error {
		for vendor, f := range map[string]integration.Fields{"openphone": {"api_key": "x"}, "slack": {"bot_token": "x", "signing_secret": "y"}} {
			if err := integration.Put(t.Context(), tx, h.keys, club.System("test"), vendor, f); err != nil {
				return err
			}
		}
		return nil
	})
	b := h.as(club.RoleViewer)
	b.get("/c/fairway/health").want(http.StatusOK, "Does not answer", "The next try is in 20 s.", "Answers", "Not connected", "does not answer")
	if got := b.see(".pagehead .badge"); !strings.HasSuffix(got, "does not answer") {
		t.Errorf("on the whole: %q", got)
	}
	state = map[string]health.Breaker{"openphone": {State: health.BreakerHalfOpen}}
	b.get("/c/fairway/health").want(http.StatusOK, "Being tried", "All well")
}

func TestHealthSaysThatAWebhookDoesNotBringItsTexts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleViewer)
	b.get("/c/fairway/health").without("Webhook of")
	const number = "+15550100009"
	note := func(value string) {
		h.write(func(tx *store.Tx) error {
			return tx.PutSetting(t.Context(), store.PutSettingParams{Key: "state.mailbox." + number, Value: value, UpdatedAt: tx.Now, UpdatedBy: "test"})
		})
	}
	h.write(func(tx *store.Tx) error {
		if err := tx.PutLine(t.Context(), store.PutLineParams{Number: number, Provider: "twilio", LocationID: h.north, CreatedAt: tx.Now}); err != nil {
			return err
		}
		return integration.Put(t.Context(), tx, h.keys, club.System("test"), "twilio", integration.Fields{"account_sid": "AC1", "auth_token": "x"})
	})
	b.get("/c/fairway/health").want(http.StatusOK, "Webhook of "+number, "Not read yet")
	now := h.clock.Now().UTC()
	stamp := func(ago time.Duration) string { return now.Add(-ago).Format(time.RFC3339) }
	note(`{"until":"` + stamp(0) + `"}`)
	b.get("/c/fairway/health").want(http.StatusOK, "Brings all")
	note(`{"until":"` + stamp(0) + `","found":2,"found_at":"` + stamp(time.Hour) + `"}`)
	b.get("/c/fairway/health").want(http.StatusOK, "Missed some", "2 texts were found")
	note(`{"until":"` + stamp(0) + `","found":1,"found_at":"` + stamp(25*time.Hour) + `"}`)
	b.get("/c/fairway/health").want(http.StatusOK, "Brings all", "1 text was found")
}

func TestHealthShowsHowQuicklyTextsAreDecidedOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleViewer)
	b.get("/c/fairway/health").want(http.StatusOK, "Nothing was decided")
	h.hear(ada, "wifi?")
	b.get("/c/fairway/health").want(http.StatusOK, "95 % within", "Decisions")
}

func TestSettingsLeadToVendorsAndFeeds(t *testing.T) {
	t.Parallel()
	b := newHouse(t).as(club.RoleAdmin)
	b.get("/c/fairway/settings").want(http.StatusOK, "Vendors and calendar feeds")
	if len(find(b.doc, "a[href=/c/fairway/health#vendors]")) != 1 || len(find(b.doc, "a[href=/c/fairway/health#feeds]")) != 1 {
		t.Error("the settings do not lead to vendors and feeds")
	}
}

func TestHealthShowsPromisesToAllAndTheServerToThoseWhoLookAfterTheClub(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cfg.Process = func(context.Context) (health.Process, error) {
		return health.Process{Places: 128, Replicas: 3, Classes: []health.Admission{{Class: "emergency", Admitted: 2}, {Class: "bulk", Refused: 7}}, CPU: health.Use{Now: 0.3, Limit: 0.8}, Memory: health.Use{Now: 1 << 30, Limit: 1 << 29},
			Queues: []health.Queue{{Name: "default", Due: 4, Oldest: 10 * time.Minute}}, Pages: health.Percentiles{Count: 9, P90: 3 * time.Second}}, nil
	}
	h.open()
	h.write(func(tx *store.Tx) error {
		at := time.Date(2026, 2, 1, 12, 34, 0, 0, time.UTC)
		if err := tx.SeeAlarm(t.Context(), store.SeeAlarmParams{Name: "page", Node: "a", Since: at}); err != nil {
			return err
		}
		_, err := tx.TellAlarm(t.Context(), store.TellAlarmParams{Name: "page", Node: "a", Now: &at})
		return err
	})
	h.as(club.RoleAdmin).get("/c/fairway/health").want(http.StatusOK, "Texts decided on", "Pages shown", "Missed", "Texts that speak of danger", "Waits too long", "Above its limit", "1024 MiB of 512 MiB", "3, this one among them", "People were told at 12:34 UTC")
	b := h.as(club.RoleViewer)
	b.get("/c/fairway/health").want(http.StatusOK, "Texts decided on", "Nothing measured")
	if len(find(b.doc, "#server")) != 0 || len(find(b.doc, "#promises")) != 1 {
		t.Error("a viewer sees the server, or no promises")
	}
}
