package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// Lesson 34: a bay was missing from the control page, because places were written in the page. Here a
// place that is added, whatever it is called, is on every page that names places, and each of its bays
// has its machine's buttons.
func TestLesson34PlaceThatIsAddedIsOnEveryPageAndEachOfItsBaysHasItsButtons(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(ada, "quixotic zeppelins harmonise")
	where, bays := club.NewLocationID(h.clock.Now()), map[string]club.BayID{}
	h.write(func(tx *store.Tx) error {
		if err := tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: where, Slug: "quokka", Name: "Quokka Point <&> ü", TimeZone: "Australia/Perth", Details: "{}", CreatedAt: tx.Now}); err != nil {
			return err
		}
		for n := 1; n <= 11; n++ {
			name, bay := fmt.Sprintf("Kabine %d½", n*7), club.NewBayID(tx.Now)
			bays[name] = bay
			if err := tx.CreateBay(t.Context(), store.CreateBayParams{ID: bay, LocationID: where, Number: int64(n * 7), Name: name, Status: "active", CreatedAt: tx.Now}); err != nil {
				return err
			}
			if err := tx.CreateDevice(t.Context(), store.CreateDeviceParams{ID: club.NewDeviceID(tx.Now), LocationID: where, BayID: bay, Kind: club.DevicePC, Name: name + " Rechner", Vendor: "test", VendorRef: "q" + name, CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		return tx.CreateDevice(t.Context(), store.CreateDeviceParams{ID: club.NewDeviceID(tx.Now), LocationID: where, Kind: club.DeviceDoor, Name: "Garden gate", Vendor: "test", VendorRef: "gate", CreatedAt: tx.Now})
	})
	b, filters := h.as(club.RoleOwner), 0
	for _, path := range []string{"/inbox", "/tickets", "/bookings", "/places", "/members", "/sops", "/decisions", "/users"} {
		if b.get("/c/fairway" + path); b.status != http.StatusOK {
			t.Fatalf("%s answers %d", path, b.status)
		}
		for _, filter := range find(b.doc, "select[name=location]") {
			filters++
			if !strings.Contains(text(filter), "Quokka Point") || !strings.Contains(text(filter), "Harbour") {
				t.Errorf("%s offers the places %s", path, text(filter))
			}
		}
	}
	if filters < 4 {
		t.Errorf("only %d pages let one choose a place", filters)
	}
	b.get("/c/fairway/places").want(http.StatusOK, "Quokka Point", "Garden gate")
	for name := range bays {
		b.want(http.StatusOK, name, name+" Rechner")
	}
	for name, bay := range bays {
		storetest.Exec(t, h.tenant, "UPDATE threads SET location_id = $1, bay_id = $2 WHERE id = $3", where.String(), bay.String(), id.String())
		b.get("/c/fairway/threads/"+id.String()).want(http.StatusOK, name+" · Quokka Point")
		for _, action := range []string{"restart_trackman", "reboot_pc", "unlock_door"} {
			if !offers(b, action) {
				t.Errorf("%s has no button for %s", name, action)
			}
		}
	}
}

// offers reports whether the page has a form that asks for an action on something.
func offers(b *browser, action string) bool {
	for _, f := range find(b.doc, "form[method=post]") {
		if v := valuesOf(f); v.Get("action") == action && v.Get("target") != "" {
			return true
		}
	}
	return false
}

func TestADevicesPageSaysAndSetsHowOftenItIsLookedAt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleAdmin)
	var d store.Device
	h.write(func(tx *store.Tx) error {
		list, err := tx.FindDevices(t.Context())
		if err != nil {
			return err
		}
		d = list[0]
		_, err = tx.UpdateDeviceState(t.Context(), store.UpdateDeviceStateParams{ID: d.ID, Online: true, SeenAt: &tx.Now})
		return err
	})
	page := "/c/fairway/devices/" + d.ID.String()
	b.get(page).want(http.StatusOK, "Looked at", "Last seen", "online since")
	b.submit("/devices/"+d.ID.String(), "watch", "5m0s").want(http.StatusOK, "Saved.")
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM device_watches WHERE device_id = $1 AND seconds = 300 AND NOT off", d.ID.String()); n != 1 {
		t.Error("the interval is not stored")
	}
	b.get(page).submit("/devices/"+d.ID.String(), "watch", "off").want(http.StatusOK, "Saved.")
	b.get("/c/fairway/places").want(http.StatusOK, "Not looked at")
}

func TestPlacesShowsWhatGoesOnWithItsConversation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(ada, "quixotic zeppelins harmonise")
	var bay store.Bay
	h.write(func(tx *store.Tx) error {
		bays, err := tx.FindBays(t.Context())
		if err != nil {
			return err
		}
		bay = bays[0]
		s, open := club.NewSituationID(tx.Now), "offline"
		if err := tx.CreateSituation(t.Context(), store.CreateSituationParams{ID: s, Domain: "error", Code: club.EventDeviceOffline, ThreadID: id, LocationID: bay.LocationID, BayID: bay.ID,
			Title: "Its computer went offline", Context: "{}", Bays: 1, OpenedAt: tx.Now, CorrelationID: tx.Correlation}); err != nil {
			return err
		}
		e := club.NewEventID(tx.Now)
		if _, err := tx.CreateEvent(t.Context(), store.CreateEventParams{ID: e, Vendor: "test", EventKey: "1", Code: club.EventDeviceOffline, LocationID: bay.LocationID, BayID: bay.ID, OpenKey: &open, At: tx.Now, ReceivedAt: tx.Now, CorrelationID: tx.Correlation}); err != nil {
			return err
		}
		_, err = tx.GatherEvent(t.Context(), store.GatherEventParams{ID: e, SituationID: s, GatheredAt: &tx.Now})
		return err
	})
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/places").want(http.StatusOK, "Its computer went offline")
	if !strings.Contains(b.body, "/c/fairway/threads/"+id.String()) {
		t.Error("its conversation is not linked")
	}
	storetest.Exec(t, h.tenant, "UPDATE events SET open_key = NULL, cleared_at = received_at")
	b.get("/c/fairway/places").without("Its computer went offline")
}
