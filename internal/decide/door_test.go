package decide_test

import (
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// What a door reported stands in the evidence of who has a booking there, and decides nothing.
func TestReportOfADoorIsEvidenceAndNoMore(t *testing.T) {
	t.Parallel()
	for booked, want := range map[bool]string{true: "Front door access denied", false: ""} {
		h := newHouse(t)
		if booked {
			h.book("3")
		}
		h.write(func(tx *store.Tx) error {
			return tx.CreateDevice(t.Context(), store.CreateDeviceParams{ID: club.NewDeviceID(tx.Now), LocationID: h.location, Kind: club.DeviceDoor, Name: "Front door", Vendor: "unifi", VendorRef: "d1", CreatedAt: tx.Now})
		})
		at := h.clock.Now().Add(-2 * time.Minute)
		for _, e := range []club.DoorEvent{
			{Vendor: "unifi", ID: "1", Kind: club.AccessDenied, Door: "d1", At: at}, {Vendor: "unifi", ID: "2", Kind: club.AccessDenied, Door: "d1", At: at.Add(-time.Minute)}, {Vendor: "unifi", ID: "3", Kind: club.AccessForced, Door: "d1", At: at.Add(-time.Hour)},
		} {
			if _, err := h.inbox.DoorEvent(t.Context(), h.tenant, e); err != nil {
				t.Fatal(err)
			}
		}
		th := h.hear(ada, "please unlock the door")
		_, evidence := h.decision(th.ID)
		var got []string
		for _, f := range evidence.Facts {
			if f.Name == "door" {
				got = append(got, f.Value)
				if f.Source != "unifi" || !f.At.Equal(at) {
					t.Errorf("%+v", f)
				}
			}
		}
		if strings.Join(got, "; ") != want || h.runs() != 0 {
			t.Errorf("booked %t: evidence %q, %d runs", booked, got, h.runs())
		}
	}
}
