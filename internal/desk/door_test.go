package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// door enters a door at place A.
func (h *house) door() (id club.DeviceID) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		id = club.NewDeviceID(tx.Now)
		return tx.CreateDevice(h.t.Context(), store.CreateDeviceParams{ID: id, LocationID: h.a, Kind: club.DeviceDoor, Name: "Front door", Vendor: "unifi", VendorRef: "d1", CreatedAt: tx.Now})
	})
	return id
}

func TestDoorAlarmMakesATicketByNightAndForAForcedDoorAlways(t *testing.T) {
	t.Parallel()
	day, night := time.Date(2026, 11, 26, 19, 0, 0, 0, time.UTC), time.Date(2026, 11, 27, 5, 0, 0, 0, time.UTC) // in New York 14:00 and 00:00
	for name, c := range map[string]struct {
		setting  string
		kind     club.AccessKind
		at       time.Time
		priority club.Priority // "" no ticket
	}{
		"held open by day":        {"ticket", club.AccessHeldOpen, day, ""},
		"held open at night":      {"ticket", club.AccessHeldOpen, night, club.PriorityHigh},
		"forced by day":           {"ticket", club.AccessForced, day, club.PriorityHigh},
		"pressing":                {"emergency", club.AccessForced, night, club.PriorityEmergency},
		"pressing, but by day":    {"emergency", club.AccessHeldOpen, day, ""},
		"only shown":              {"off", club.AccessForced, night, ""},
		"a door nobody entered":   {"ticket", club.AccessForced, day, club.PriorityHigh},
		"the same within an hour": {"ticket", club.AccessForced, day, club.PriorityHigh},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			storetest.Exec(t, h.tenant, "UPDATE locations SET time_zone = 'America/New_York'")
			e := store.AccessEvent{ID: club.NewAccessEventID(c.at), Vendor: "unifi", DoorRef: "d1", DeviceID: h.door(), LocationID: h.a, Kind: c.kind, At: c.at}
			if strings.Contains(name, "nobody") {
				e.DeviceID, e.LocationID = "", ""
			}
			h.write(func(tx *store.Tx) error {
				if err := setting.PutValue(t.Context(), tx, club.System("test"), "access.alarm", c.setting); err != nil {
					return err
				}
				for range 2 {
					if err := h.desk.DoorAlarm(t.Context(), tx, e); err != nil {
						return err
					}
				}
				return nil
			})
			want := 1
			if c.priority == "" {
				want = 0
			}
			if n := h.count("SELECT COUNT(*) FROM tickets"); n != want {
				t.Errorf("%d tickets, want %d", n, want)
			}
			if n := h.count("SELECT COUNT(*) FROM tickets WHERE priority = $1 AND title LIKE 'Door %: %'", string(c.priority)); n != want {
				t.Errorf("%d tickets of the priority", n)
			}
			if h.count("SELECT COUNT(*) FROM executions") != 0 {
				t.Error("something was done to a door")
			}
		})
	}
}

func TestThreadShowsWhatTheDoorsOfThePresentBookingReported(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	door, th, now := h.door(), h.thread(h.a, "i cannot get in"), h.clock.Now()
	report := func(kind club.AccessKind, at time.Time) {
		id := club.NewAccessEventID(at).String()
		storetest.Exec(t, h.tenant, `INSERT INTO access_events (id, vendor, event_key, kind, vendor_type, door_ref, device_id, location_id, at, received_at, correlation_id)
			VALUES ($1, 'unifi', $1, $2, 'x', 'd1', $3, $4, $5, $5, 'cor_1')`, id, string(kind), door.String(), h.a.String(), at)
	}
	report(club.AccessDenied, now.Add(-2*time.Minute))
	report(club.AccessForced, now.Add(-3*time.Hour))
	shown := func(p identity.Principal) (out string) {
		h.read(func(tx *store.Tx) error {
			d, err := h.desk.FindThreadDetail(t.Context(), tx, p, th.ID)
			for _, e := range d.Doors {
				out += fmt.Sprint(e.DoorName, " ", e.Kind, ";")
			}
			return err
		})
		return out
	}
	if got := shown(h.ann); got != "" {
		t.Errorf("without a booking: %s", got)
	}
	storetest.Exec(t, h.tenant, `INSERT INTO bookings (id, source, external_id, location_id, bay_id, subject_id, starts_at, ends_at, status, sequence, created_at, updated_at)
		VALUES ('bkg_1', 'test', '1', $1, $2, $3, $4, $5, 'confirmed', 1, $4, $4)`, h.a.String(), h.bay.String(), h.person.ID.String(), now.Add(-5*time.Minute), now.Add(time.Hour))
	if got := shown(h.ann); got != "Front door denied;" {
		t.Errorf("shown: %q", got)
	}
}
