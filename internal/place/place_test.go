package place_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/place"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func root() identity.Principal { return identity.System("test", "test") }

func write(t *testing.T, tenant *store.Tenant, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := tenant.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, tenant *store.Tenant, code club.Code, what string, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := tenant.Write(t.Context(), fn); club.CodeOf(err) != code {
		t.Errorf("%s: %v, want %q", what, err, code)
	}
}

func TestPlacesAreCheckedAndAudited(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	ctx := t.Context()
	var l store.Location
	var b store.Bay
	write(t, tenant, func(tx *store.Tx) (err error) {
		if l, err = place.CreateLocation(ctx, tx, root(), place.NewLocation{Slug: "north-side", Name: " Northside ", TimeZone: "America/New_York", Details: map[string]string{"wifi_name": "Guests"}}); err != nil {
			return err
		}
		if b, err = place.CreateBay(ctx, tx, root(), place.NewBay{Location: l.ID, Number: 3}); err != nil {
			return err
		}
		_, err = place.CreateDevice(ctx, tx, root(), place.NewDevice{Location: l.ID, Bay: b.ID, Kind: club.DevicePC, Name: "PC", Vendor: "ninjaone", VendorRef: "7"})
		return err
	})
	if l.Name != "Northside" || b.Name != "Bay 3" || place.Details(l)["wifi_name"] != "Guests" {
		t.Errorf("%+v %+v", l, b)
	}
	for _, slug := range []string{"", "North", "-a", "a-", "a b", strings.Repeat("a", 41)} {
		wants(t, tenant, club.CodeInvalid, "slug "+slug, func(tx *store.Tx) error {
			_, err := place.CreateLocation(ctx, tx, root(), place.NewLocation{Slug: slug, Name: "x", TimeZone: "UTC"})
			return err
		})
	}
	for _, zone := range []string{"", "Local", "EST", "+02:00", "Europe/Nowhere", "../etc/passwd", "/etc/localtime"} {
		wants(t, tenant, club.CodeInvalid, "zone "+zone, func(tx *store.Tx) error {
			_, err := place.CreateLocation(ctx, tx, root(), place.NewLocation{Slug: "x", Name: "x", TimeZone: zone})
			return err
		})
	}
	wants(t, tenant, club.CodeConflict, "taken slug", func(tx *store.Tx) error {
		_, err := place.CreateLocation(ctx, tx, root(), place.NewLocation{Slug: "north-side", Name: "x", TimeZone: "UTC"})
		return err
	})
	wants(t, tenant, club.CodeInvalid, "odd detail", func(tx *store.Tx) error {
		_, err := place.UpdateLocation(ctx, tx, root(), l.ID, place.LocationEdit{Details: map[string]string{"Wifi Name": "x"}})
		return err
	})
	for number, code := range map[int64]club.Code{0: club.CodeInvalid, -1: club.CodeInvalid, 1000: club.CodeInvalid, 3: club.CodeConflict} {
		wants(t, tenant, code, "bay", func(tx *store.Tx) error {
			_, err := place.CreateBay(ctx, tx, root(), place.NewBay{Location: l.ID, Number: number})
			return err
		})
	}
	for what, n := range map[string]place.NewDevice{
		"kind": {Location: l.ID, Kind: "toaster", Name: "x", Vendor: "v", VendorRef: "1"}, "ref": {Location: l.ID, Kind: club.DevicePC, Name: "x", Vendor: "v"},
		"bay": {Location: l.ID, Bay: "bay_nothing", Kind: club.DevicePC, Name: "x", Vendor: "v", VendorRef: "1"},
	} {
		wants(t, tenant, club.CodeInvalid, what, func(tx *store.Tx) error { _, err := place.CreateDevice(ctx, tx, root(), n); return err })
	}
	wants(t, tenant, club.CodeConflict, "taken vendor's id", func(tx *store.Tx) error {
		_, err := place.CreateDevice(ctx, tx, root(), place.NewDevice{Location: l.ID, Kind: club.DevicePC, Name: "x", Vendor: "ninjaone", VendorRef: "7"})
		return err
	})
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM audit_entries WHERE action IN ('location.created', 'bay.created', 'device.created')"); n != 3 {
		t.Errorf("%d audit entries of 3 changes", n)
	}
}

func TestOfTwoEditsOfOneVersionOneCounts(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	ctx := t.Context()
	var l store.Location
	write(t, tenant, func(tx *store.Tx) (err error) {
		l, err = place.CreateLocation(ctx, tx, root(), place.NewLocation{Slug: "a", Name: "A", TimeZone: "UTC"})
		return err
	})
	results := make(chan error, 8)
	for i := range 8 {
		go func() {
			name := strings.Repeat("x", i+1)
			results <- tenant.Write(ctx, func(tx *store.Tx) error {
				_, err := place.UpdateLocation(ctx, tx, root(), l.ID, place.LocationEdit{Name: &name, IfUpdatedAt: l.UpdatedAt})
				return err
			})
		}()
	}
	won := 0
	for range 8 {
		switch err := <-results; {
		case err == nil:
			won++
		case !errors.Is(err, place.ErrChanged) || club.CodeOf(err) != club.CodeConflict:
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d edits of one version counted", won)
	}
	write(t, tenant, func(tx *store.Tx) error {
		now, err := place.FindLocation(ctx, tx, root(), l.ID)
		if err == nil && now.UpdatedAt.Sub(l.UpdatedAt) != time.Microsecond { // the test's clock stands still
			t.Errorf("version %v after %v", now.UpdatedAt, l.UpdatedAt)
		}
		return err
	})
}

func TestPlacesOfOthersDoNotExist(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	ctx := t.Context()
	var a, b store.Location
	var bay store.Bay
	var dev store.Device
	write(t, tenant, func(tx *store.Tx) (err error) {
		if a, err = place.CreateLocation(ctx, tx, root(), place.NewLocation{Slug: "a", Name: "A", TimeZone: "UTC"}); err != nil {
			return err
		}
		if b, err = place.CreateLocation(ctx, tx, root(), place.NewLocation{Slug: "b", Name: "B", TimeZone: "UTC"}); err != nil {
			return err
		}
		if bay, err = place.CreateBay(ctx, tx, root(), place.NewBay{Location: b.ID, Number: 1}); err != nil {
			return err
		}
		dev, err = place.CreateDevice(ctx, tx, root(), place.NewDevice{Location: b.ID, Kind: club.DeviceDoor, Name: "Door", Vendor: "unifi", VendorRef: "1"})
		return err
	})
	only := identity.Principal{Tenant: "test", Actor: club.Actor{Kind: club.ActorAPIKey, ID: "key_x"}, Scopes: identity.Permissions(), Locations: []club.LocationID{a.ID}}
	name := "mine"
	for what, fn := range map[string]func(tx *store.Tx) error{
		"find location": func(tx *store.Tx) error { _, err := place.FindLocation(ctx, tx, only, b.ID); return err },
		"edit location": func(tx *store.Tx) error {
			_, err := place.UpdateLocation(ctx, tx, only, b.ID, place.LocationEdit{Name: &name})
			return err
		},
		"find bay": func(tx *store.Tx) error { _, err := place.FindBay(ctx, tx, only, bay.ID); return err },
		"edit bay": func(tx *store.Tx) error {
			_, err := place.UpdateBay(ctx, tx, only, bay.ID, place.BayEdit{Name: &name})
			return err
		},
		"new bay": func(tx *store.Tx) error {
			_, err := place.CreateBay(ctx, tx, only, place.NewBay{Location: b.ID, Number: 2})
			return err
		},
		"find device": func(tx *store.Tx) error { _, err := place.FindDevice(ctx, tx, only, dev.ID); return err },
		"edit device": func(tx *store.Tx) error {
			_, err := place.UpdateDevice(ctx, tx, only, dev.ID, place.DeviceEdit{Name: &name})
			return err
		},
		"no such place":  func(tx *store.Tx) error { _, err := place.FindLocation(ctx, tx, root(), "loc_nothing"); return err },
		"nameless place": func(tx *store.Tx) error { _, err := place.FindLocation(ctx, tx, root(), ""); return err },
		"bay of no place": func(tx *store.Tx) error {
			_, err := place.CreateBay(ctx, tx, root(), place.NewBay{Number: 2})
			return err
		},
	} {
		wants(t, tenant, club.CodeNotFound, what, fn)
	}
	for what, fn := range map[string]func(tx *store.Tx) error{
		"new location": func(tx *store.Tx) error {
			_, err := place.CreateLocation(ctx, tx, only, place.NewLocation{Slug: "c", Name: "C", TimeZone: "UTC"})
			return err
		},
		"line": func(tx *store.Tx) error {
			_, err := place.PutLine(ctx, tx, only, place.Line{Number: "+14155550100", Provider: "twilio"})
			return err
		},
		"another club": func(tx *store.Tx) error {
			_, err := place.FindLocations(ctx, tx, identity.System("other", "test"))
			return err
		},
		"no permission": func(tx *store.Tx) error {
			p := only
			p.Scopes = nil
			_, err := place.FindLocations(ctx, tx, p)
			return err
		},
	} {
		wants(t, tenant, club.CodeForbidden, what, fn)
	}
	write(t, tenant, func(tx *store.Tx) error {
		if _, err := place.PutLine(ctx, tx, root(), place.Line{Number: "+1 415 555 0100", Provider: "twilio", Location: b.ID}); err != nil {
			return err
		}
		lines, err := place.FindLines(ctx, tx, only)
		if err != nil || len(lines) != 0 {
			t.Errorf("lines %v, %v", lines, err)
		}
		found, err := place.FindLocations(ctx, tx, only)
		if !slices.ContainsFunc(found, func(l store.Location) bool { return l.ID == a.ID }) || len(found) != 1 {
			t.Errorf("locations %v", found)
		}
		return err
	})
}
