package console_test

import (
	"net/http"
	"testing"
	"time"

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

func TestWhatRunsUnaskedIsTickedOnOnePage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleAdmin)
	b.get("/c/fairway/autonomy").want(http.StatusOK, "Act unasked", "Restart TrackMan", "Northside", "Unlock the door: always asks").without("checked")
	b.submit("/c/fairway/autonomy/permits", "on", "true", "action", "restart_trackman", "place", "north").want(http.StatusOK, "Allow this unasked?")
	if s := h.settings(); s.AutoExecution {
		t.Error("asking has allowed it")
	}
	b.submit("/c/fairway/autonomy/permits").want(http.StatusOK, "Saved; it counts at once.")
	if s := h.settings(); !s.AutoExecution || len(s.AutoActions) != 1 || s.AutoActions[0] != "restart_trackman" || len(s.AutoPlaces) != 1 || s.AutoPlaces[0] != "north" {
		t.Errorf("settings %+v", s)
	}
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'setting.changed'"); n != 3 {
		t.Errorf("%d audit entries of three settings", n)
	}
	b.submit("/c/fairway/autonomy/permits").want(http.StatusOK, "so nothing would have been different").submit("/c/fairway/autonomy/permits").want(http.StatusOK, "Nothing was changed.")
	b.submit("/c/fairway/autonomy/permits", "action", "unlock_door").want(http.StatusOK, "cannot be undone")
	b.get("/c/fairway/autonomy")
	h.clock.Advance(time.Second)
	h.as(club.RoleAdmin).post("/c/fairway/autonomy", "switch", "device", "to", "off")
	b.submit("/c/fairway/autonomy/permits", "action", "device").want(http.StatusOK, "Somebody else has changed")
	if s := h.settings(); len(s.AutoActions) != 1 {
		t.Errorf("a page that was out of date changed what is permitted: %q", s.AutoActions)
	}
	h.as(club.RoleOperator).post("/c/fairway/autonomy/permits", "on", "true").want(http.StatusForbidden)
	h.as(club.RoleAdmin, h.north).post("/c/fairway/autonomy/permits", "on", "true").want(http.StatusForbidden)
}

func TestASwitchSaysWhatItWouldHaveStopped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleAdmin)
	b.get("/c/fairway/autonomy").want(http.StatusOK).without("in the last month: ")
	h.book()
	h.hear(ada, "the screen is frozen")
	b.get("/c/fairway/autonomy").want(http.StatusOK, "in the last month: 1 asked first.", "Which ones?")
	b.post("/c/fairway/autonomy", "switch", "device", "try", "off").want(http.StatusOK, "Stop Devices?", "the screen is frozen", "Of 1 decision in the last 30 days, 1 would have gone otherwise.")
	if len(h.settings().SwitchedOff) != 0 {
		t.Error("asking has stopped it")
	}
	b.submit("/c/fairway/autonomy").want(http.StatusOK, "Stopped. It counts at once.")
	if off := h.settings().SwitchedOff; len(off) != 1 || off[0] != "device" {
		t.Errorf("stopped are %q", off)
	}
}

func TestThresholdsSayWhatTheyWouldHaveDone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book()
	h.hear(ada, "the screen is frozen")
	b := h.as(club.RoleOwner)
	form := b.get("/c/fairway/settings").group("autonomy")
	for key, value := range map[string]string{"confidence.high": "0.99", "confidence.medium": "0.98", "confidence.low": "0.97"} {
		form.Set(key, value)
	}
	b.postForm("/c/fairway/settings", form).want(http.StatusOK, "Of 1 decision in the last 30 days, 1 would have gone otherwise.", "A person would have been called to 1 more.")
	form.Set("confidence.low", "2")
	b.postForm("/c/fairway/settings", form).want(http.StatusBadRequest, "Nothing was saved")
}
