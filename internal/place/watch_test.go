package place_test

import (
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/place"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestHowADeviceIsWatchedIsCheckedAndAudited(t *testing.T) {
	t.Parallel()
	tenant, clock := storetest.Tenant(t)
	ctx := t.Context()
	var d store.Device
	write(t, tenant, func(tx *store.Tx) error {
		l, err := place.CreateLocation(ctx, tx, root(), place.NewLocation{Slug: "north", Name: "North", TimeZone: "UTC"})
		if err != nil {
			return err
		}
		d, err = place.CreateDevice(ctx, tx, root(), place.NewDevice{Location: l.ID, Kind: club.DevicePC, Name: "PC", Vendor: "ninjaone", VendorRef: "7"})
		return err
	})
	for _, bad := range []time.Duration{time.Second, -time.Minute, 25 * time.Hour, 15*time.Second + time.Millisecond} {
		wants(t, tenant, club.CodeInvalid, bad.String(), func(tx *store.Tx) error {
			_, err := place.UpdateDevice(ctx, tx, root(), d.ID, place.DeviceEdit{Watch: &place.Watch{Every: bad}})
			return err
		})
	}
	for _, w := range []place.Watch{{Every: 5 * time.Minute}, {Every: 5 * time.Minute}, {Off: true}, {}} {
		clock.Advance(time.Minute)
		write(t, tenant, func(tx *store.Tx) error {
			if _, err := place.UpdateDevice(ctx, tx, root(), d.ID, place.DeviceEdit{Watch: &w}); err != nil {
				return err
			}
			all, err := place.FindWatches(ctx, tx)
			if all[d.ID] != w {
				t.Errorf("watched %+v, want %+v", all[d.ID], w)
			}
			return err
		})
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'device.updated' AND CAST(detail AS TEXT) LIKE '%watch%'"); n != 3 {
		t.Errorf("%d changes are in the record, want 3", n)
	}
}

func TestALookAtADeviceTellsSinceWhenAndLeavesItsVersion(t *testing.T) {
	t.Parallel()
	tenant, clock := storetest.Tenant(t)
	ctx := t.Context()
	var d store.Device
	write(t, tenant, func(tx *store.Tx) error {
		l, err := place.CreateLocation(ctx, tx, root(), place.NewLocation{Slug: "north", Name: "North", TimeZone: "UTC"})
		if err != nil {
			return err
		}
		d, err = place.CreateDevice(ctx, tx, root(), place.NewDevice{Location: l.ID, Kind: club.DevicePC, Name: "PC", Vendor: "ninjaone", VendorRef: "7"})
		return err
	})
	var since time.Time
	for _, online := range []bool{true, true, false, false} {
		clock.Advance(time.Minute)
		write(t, tenant, func(tx *store.Tx) error {
			if _, err := tx.UpdateDeviceState(ctx, store.UpdateDeviceStateParams{ID: d.ID, Online: online, SeenAt: &tx.Now}); err != nil {
				return err
			}
			got, err := place.FindDevice(ctx, tx, root(), d.ID)
			if err != nil {
				return err
			}
			if changed := since.IsZero() || got.Online != d.Online; changed {
				since = tx.Now
			}
			if !got.UpdatedAt.Equal(d.UpdatedAt) || got.StateSince == nil || !got.StateSince.Equal(since) || !got.SeenAt.Equal(tx.Now) {
				t.Errorf("online %v: %+v, want since %s", online, got, since)
			}
			d.Online = got.Online
			return nil
		})
	}
}
