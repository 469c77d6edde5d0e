package console_test

import (
	"net/http"
	"testing"

	"clubos/internal/club"
)

func TestOnePressStopsAPlaceAndABannerSaysSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book()
	b := h.as(club.RoleAdmin)
	b.get("/c/fairway/autonomy").want(http.StatusOK, "Everything", "Northside", "Doors")
	for range 2 { // twice is once
		b.post("/c/fairway/autonomy", "switch", "location:north", "to", "off").want(http.StatusSeeOther)
	}
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'setting.changed'"); n != 1 {
		t.Errorf("one switch is written down %d times", n)
	}
	b.get("/c/fairway/inbox").want(http.StatusOK, "Limited", "location:north", "Switches")
	if th := h.thread(h.hear(ada, "the screen is frozen")); th.Status != club.ThreadEscalated {
		t.Errorf("at a location that is switched off a thread is %s", th.Status)
	}
	b.post("/c/fairway/autonomy", "switch", "location:north", "to", "on").want(http.StatusSeeOther)
	b.get("/c/fairway/inbox").without("location:north")
	b.post("/c/fairway/autonomy", "switch", "coffee", "to", "off").want(http.StatusBadRequest)
	h.as(club.RoleOperator).get("/c/fairway/autonomy").want(http.StatusForbidden)
	h.as(club.RoleAdmin, h.north).post("/c/fairway/autonomy", "switch", "all", "to", "off").want(http.StatusForbidden)
}
