package inbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/inbox"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

// doors is a club with a door, and an inbox that tells of alarms.
func doors(t *testing.T) (*inbox.Inbox, *store.Tenant, *club.ManualClock, *[]store.AccessEvent, *error) {
	t.Helper()
	c, clock := storetest.Cluster(t)
	tenant, _ := vaulttest.AddTenant(t, c, "test")
	var told []store.AccessEvent
	var fail error
	in := inbox.New(inbox.Config{Cluster: c, Ring: vaulttest.Ring(t), DoorAlarm: func(_ context.Context, tx *store.Tx, e store.AccessEvent) error {
		told = append(told, e)
		return fail
	}})
	t.Cleanup(in.Close)
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		at := club.NewLocationID(tx.Now)
		return errors.Join(tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: at, Slug: "north", Name: "North", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}),
			tx.CreateDevice(t.Context(), store.CreateDeviceParams{ID: club.NewDeviceID(tx.Now), LocationID: at, Kind: club.DeviceDoor, Name: "Front door", Vendor: "unifi", VendorRef: "door-1", CreatedAt: tx.Now}))
	})
	if err != nil {
		t.Fatal(err)
	}
	return in, tenant, clock, &told, &fail
}

func TestDoorEventIsStoredOnceWithItsPlace(t *testing.T) {
	t.Parallel()
	in, tenant, clock, told, _ := doors(t)
	e := club.DoorEvent{Vendor: "unifi", ID: "e1", Type: "access.door.unlock", Kind: club.AccessDenied, Door: "door-1", At: clock.Now()}
	for i := range 2 {
		r, err := in.DoorEvent(t.Context(), tenant, e)
		if err != nil || r.Duplicate != (i == 1) {
			t.Fatalf("delivery %d: %+v, %v", i, r, err)
		}
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM events e JOIN access_events a ON a.id = e.access_event_id WHERE e.code = 'access.denied' AND e.device_id = a.device_id"); n != 1 {
		t.Errorf("%d reports", n)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM access_events e JOIN devices d ON d.id = e.device_id WHERE e.location_id = d.location_id AND e.kind = 'denied'"); n != 1 || len(*told) != 0 {
		t.Errorf("%d stored with their place, %d alarms", n, len(*told))
	}
}

// Some reports say nothing of their time: the second honest one is not the first one again.
func TestTwoHonestDenialsAreTwoEvents(t *testing.T) {
	t.Parallel()
	in, tenant, clock, _, _ := doors(t)
	for range 2 {
		if _, err := in.DoorEvent(t.Context(), tenant, club.DoorEvent{Vendor: "unifi", ID: "same", Kind: club.AccessDenied, Door: "door-1", At: clock.Now()}); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Minute)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM access_events"); n != 2 {
		t.Errorf("%d stored", n)
	}
}

func TestDoorThatNobodyEnteredAndKindsThatNobodyKnowsAreKept(t *testing.T) {
	t.Parallel()
	in, tenant, clock, _, _ := doors(t)
	for _, e := range []club.DoorEvent{
		{Vendor: "unifi", ID: "a", Kind: club.AccessForced, Door: "unknown\x00door", At: clock.Now()}, {Vendor: "unifi", ID: "b", Kind: "strange", Key: "exe_none"},
	} {
		if _, err := in.DoorEvent(t.Context(), tenant, e); err != nil {
			t.Errorf("%+v: %v", e, err)
		}
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM access_events WHERE device_id IS NULL AND execution_id IS NULL AND kind IN ('forced', 'other')"); n != 2 {
		t.Errorf("%d stored", n)
	}
	if _, err := in.DoorEvent(t.Context(), tenant, club.DoorEvent{Vendor: "unifi"}); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("without an id: %v", err)
	}
}

// An event that people are to be told of is stored with the telling, or not at all: the vendor delivers it again.
func TestAlarmThatCannotBeToldIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	in, tenant, clock, told, fail := doors(t)
	e := club.DoorEvent{Vendor: "unifi", ID: "e1", Kind: club.AccessForced, Door: "door-1", At: clock.Now()}
	*fail = errors.New("no")
	if _, err := in.DoorEvent(t.Context(), tenant, e); err == nil {
		t.Error("acknowledged although nobody was told")
	}
	*fail = nil
	r, err := in.DoorEvent(t.Context(), tenant, e)
	if err != nil || r.Duplicate || len(*told) != 2 || (*told)[1].DeviceID.IsZero() {
		t.Errorf("%+v, %v, told %d times", r, err, len(*told))
	}
}

func TestWhatADoorReportedOutlivesItsRecord(t *testing.T) {
	t.Parallel()
	in, tenant, clock, _, _ := doors(t)
	if _, err := in.DoorEvent(t.Context(), tenant, club.DoorEvent{Vendor: "unifi", ID: "e1", Kind: club.AccessForced, Door: "door-1", At: clock.Now()}); err != nil {
		t.Fatal(err)
	}
	clock.Advance(366 * 24 * time.Hour)
	if err := in.Prune(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM events WHERE access_event_id IS NULL"); n != 1 || storetest.Count(t, tenant, "SELECT COUNT(*) FROM access_events") != 0 {
		t.Errorf("%d reports without a record", n)
	}
}

func TestOnlyWhatADoorReportsOfItsPlaceIsReported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		e    club.DoorEvent
		want int
	}{
		"somebody rang":          {club.DoorEvent{Kind: club.AccessOther, Rang: true, Door: "door-1"}, 1},
		"held open":              {club.DoorEvent{Kind: club.AccessHeldOpen, Door: "door-1"}, 1},
		"granted":                {club.DoorEvent{Kind: club.AccessGranted, Door: "door-1"}, 0},
		"something else":         {club.DoorEvent{Kind: club.AccessOther, Door: "door-1"}, 0},
		"a door nobody entered":  {club.DoorEvent{Kind: club.AccessForced, Door: "door-2"}, 0},
		"denied an hour ago":     {club.DoorEvent{Kind: club.AccessDenied, Door: "door-1", At: storetest.Start.Add(-time.Hour)}, 0},
		"forced open, told late": {club.DoorEvent{Kind: club.AccessForced, Door: "door-1", At: storetest.Start.Add(-time.Hour)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, tenant, _, _, _ := doors(t)
			c.e.Vendor, c.e.ID = "unifi", "e"
			if _, err := in.DoorEvent(t.Context(), tenant, c.e); err != nil {
				t.Fatal(err)
			}
			if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM events"); n != c.want {
				t.Errorf("%d reports", n)
			}
		})
	}
}
