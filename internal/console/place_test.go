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
