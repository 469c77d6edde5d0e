package console_test

import (
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
