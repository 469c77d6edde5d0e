package place_test

import (
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/place"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// oneBay makes a location with a bay and its PC.
func oneBay(t *testing.T, tenant *store.Tenant) (l store.Location, b store.Bay, d store.Device) {
	t.Helper()
	ctx := t.Context()
	write(t, tenant, func(tx *store.Tx) (err error) {
		if l, err = place.CreateLocation(ctx, tx, root(), place.NewLocation{Slug: "north", Name: "North", TimeZone: "UTC"}); err != nil {
			return err
		}
		if b, err = place.CreateBay(ctx, tx, root(), place.NewBay{Location: l.ID, Number: 1}); err != nil {
			return err
		}
		d, err = place.CreateDevice(ctx, tx, root(), place.NewDevice{Location: l.ID, Bay: b.ID, Kind: club.DevicePC, Name: "PC", Vendor: "ninjaone", VendorRef: "7"})
		return err
	})
	return l, b, d
}

func TestPlannedOutageBeginsAndEndsByItself(t *testing.T) {
	t.Parallel()
	tenant, clock := storetest.Tenant(t)
	ctx := t.Context()
	_, b, d := oneBay(t, tenant)
	status := func() (s string) {
		write(t, tenant, func(tx *store.Tx) error {
			x, err := tx.FindBay(ctx, b.ID)
			s = x.Status
			return err
		})
		return s
	}
	from := clock.Now().Add(time.Hour)
	write(t, tenant, func(tx *store.Tx) error {
		if err := place.SetDeviceOutage(ctx, tx, root(), d.ID, place.Outage{Reason: "new screen", Start: from, End: from.Add(time.Hour)}); err != nil {
			return err
		}
		return place.SetBayOutage(ctx, tx, root(), b.ID, place.Outage{Reason: "new carpet", Start: from, End: from.Add(time.Hour)})
	})
	for i, want := range []string{place.BayActive, place.BayOutOfService, place.BayActive} {
		if err := place.KeepOutages(ctx, tenant); err != nil || status() != want {
			t.Errorf("step %d: %s, want %s, %v", i, status(), want, err)
		}
		clock.Advance(time.Hour + time.Second)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM outages"); n != 0 {
		t.Errorf("%d outages left", n)
	}
	write(t, tenant, func(tx *store.Tx) error {
		return place.SetBayOutage(ctx, tx, root(), b.ID, place.Outage{Reason: "leak"})
	})
	if status() != place.BayOutOfService {
		t.Error("an outage at once waits")
	}
	write(t, tenant, func(tx *store.Tx) error { return place.EndBayOutage(ctx, tx, root(), b.ID) })
	if status() != place.BayActive || storetest.Count(t, tenant, "SELECT COUNT(*) FROM audit_entries WHERE action IN ('bay.out_of_use', 'bay.in_use_again')") != 4 {
		t.Error("the outage does not end, or nobody is told")
	}
	for name, bad := range map[string]place.Outage{"no reason": {Reason: " "}, "ends first": {Reason: "x", Start: from.Add(time.Hour), End: from}, "over already": {Reason: "x", Start: clock.Now().Add(-2 * time.Hour), End: clock.Now().Add(-time.Hour)}} {
		wants(t, tenant, club.CodeInvalid, name, func(tx *store.Tx) error { return place.SetBayOutage(ctx, tx, root(), b.ID, bad) })
	}
}

func TestArchivedPlacesLeaveListsAndComeBack(t *testing.T) {
	t.Parallel()
	tenant, clock := storetest.Tenant(t)
	ctx := t.Context()
	l, b, d := oneBay(t, tenant)
	lists := func() (n int) {
		write(t, tenant, func(tx *store.Tx) error {
			ls, err := tx.FindLocations(ctx)
			if err != nil {
				return err
			}
			bs, err := tx.FindBays(ctx)
			if err != nil {
				return err
			}
			ds, err := tx.FindDevicesOfBay(ctx, b.ID)
			n = 100*len(ls) + 10*len(bs) + len(ds)
			return err
		})
		return n
	}
	storetest.Exec(t, tenant, "INSERT INTO bookings (id, source, external_id, location_id, bay_id, starts_at, ends_at, status, sequence, created_at, updated_at) VALUES ('bkg_1', 'hand', 'x', $1, $2, $3, $4, 'confirmed', 1, $3, $3)",
		l.ID.String(), b.ID.String(), clock.Now().Add(time.Hour), clock.Now().Add(2*time.Hour))
	wants(t, tenant, club.CodeConflict, "a bay that is booked", func(tx *store.Tx) error { return place.ArchiveBay(ctx, tx, root(), b.ID) })
	storetest.Exec(t, tenant, "UPDATE bookings SET status = 'cancelled'")
	for _, step := range []struct {
		name string
		do   func(*store.Tx) error
		want int
	}{
		{"device", func(tx *store.Tx) error { return place.ArchiveDevice(ctx, tx, root(), d.ID) }, 110},
		{"again", func(tx *store.Tx) error { return place.ArchiveDevice(ctx, tx, root(), d.ID) }, 110},
		{"bay", func(tx *store.Tx) error { return place.ArchiveBay(ctx, tx, root(), b.ID) }, 100},
		{"location", func(tx *store.Tx) error { return place.ArchiveLocation(ctx, tx, root(), l.ID) }, 0},
		{"location back", func(tx *store.Tx) error { return place.Restore(ctx, tx, root(), l.ID.String()) }, 100},
		{"bay back", func(tx *store.Tx) error { return place.Restore(ctx, tx, root(), b.ID.String()) }, 110},
		{"device back", func(tx *store.Tx) error { return place.Restore(ctx, tx, root(), d.ID.String()) }, 111},
	} {
		write(t, tenant, step.do)
		if n := lists(); n != step.want {
			t.Errorf("%s: %03d, want %03d", step.name, n, step.want)
		}
	}
	wants(t, tenant, club.CodeNotFound, "what is not archived", func(tx *store.Tx) error { return place.Restore(ctx, tx, root(), b.ID.String()) })
	only := root()
	only.Locations = []club.LocationID{club.NewLocationID(clock.Now())}
	wants(t, tenant, club.CodeNotFound, "of another place", func(tx *store.Tx) error { return place.ArchiveBay(ctx, tx, only, b.ID) })
	wants(t, tenant, club.CodeForbidden, "all places", func(tx *store.Tx) error { return place.ArchiveLocation(ctx, tx, only, l.ID) })
}
