package place_test

import (
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/place"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

const sheet = `
locations:
  - name: Old Mill
    time_zone: America/Chicago
    details: {wifi_name: Mill}
    lines: [{number: "+14155552671", provider: twilio}]
    devices: [{kind: door, name: Front door, vendor: unifi, ref: d1}]
    bays:
      - number: 2
        devices: [{kind: pc, name: Bay 2 PC, vendor: ninjaone, ref: "4211"}]
`

func TestFileOfPlacesIsImportedOnceHoweverOftenItIsRead(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	f, err := place.ReadFile(strings.NewReader(sheet))
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		var done place.Imported
		err := tenant.Write(t.Context(), func(tx *store.Tx) (err error) {
			done, err = place.Import(t.Context(), tx, identity.System(tenant.Slug, "test"), f)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := []int{4, 0}[round]; done.Created != want {
			t.Errorf("round %d created %d, want %d", round, done.Created, want)
		}
	}
	for table, want := range map[string]int{"locations": 1, "bays": 1, "devices": 2, "lines": 1} {
		if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM "+table); n != want {
			t.Errorf("%d %s, want %d", n, table, want)
		}
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM devices WHERE bay_id IS NOT NULL AND vendor_ref = '4211'"); n != 1 {
		t.Error("the PC is not in its bay")
	}
}

func TestFileWithAnUnknownKeyOrZoneChangesNothing(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	if _, err := place.ReadFile(strings.NewReader("locations: [{name: X, colour: red}]")); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("unknown key: %v", err)
	}
	if _, err := place.ReadFile(strings.NewReader("")); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("empty file: %v", err)
	}
	f, err := place.ReadFile(strings.NewReader(strings.ReplaceAll(sheet, "America/Chicago", "Mars/Olympus")))
	if err != nil {
		t.Fatal(err)
	}
	err = tenant.Write(t.Context(), func(tx *store.Tx) error {
		_, err := place.Import(t.Context(), tx, identity.System(tenant.Slug, "test"), f)
		return err
	})
	if club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("unknown zone: %v", err)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM locations"); n != 0 {
		t.Errorf("%d locations after a failed import", n)
	}
}
