package setting_test

import (
	"testing"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

func TestNothingIsPermittedUnaskedUntilActionAndPlaceAre(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	cat, err := catalogue.Load()
	if err != nil {
		t.Fatal(err)
	}
	at := club.NewLocationID(storetest.Start)
	if err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		return tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: at, Slug: "north", Name: "Northside", TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now})
	}); err != nil {
		t.Fatal(err)
	}
	why := func(location club.LocationID, names ...club.ActionName) (why string) {
		t.Helper()
		var actions []catalogue.Action
		for _, name := range names {
			a, ok := cat.Find(name)
			if !ok {
				t.Fatalf("no action %s", name)
			}
			actions = append(actions, a)
		}
		if err := tenant.Read(t.Context(), func(tx *store.Tx) error {
			s, err := setting.Load(t.Context(), tx)
			if err == nil {
				why, err = s.Unasked(t.Context(), tx, actions, location)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return why
	}
	for _, step := range []struct {
		key, value string
		device     string // why a restart at the place waits, "" if it does not
		words      string
	}{
		{"club.name", `"Fairway"`, "automatic execution is off", "automatic execution is off"},
		{"actions.auto_execution", `true`, "restart trackman is not permitted unasked", "replies are not permitted unasked"},
		{"autonomy.actions", `["device"]`, "nothing is permitted unasked at Northside", "replies are not permitted unasked"},
		{"autonomy.places", `["north"]`, "", "replies are not permitted unasked"},
		{"autonomy.actions", `["restart_trackman","words"]`, "", ""},
		{"actions.auto_execution", `false`, "automatic execution is off", "automatic execution is off"},
	} {
		if err := put(t, tenant, step.key, step.value); err != nil {
			t.Fatal(err)
		}
		if got := why(at, "restart_trackman"); got != step.device {
			t.Errorf("after %s = %s a restart: %q, want %q", step.key, step.value, got, step.device)
		}
		if got := why(at); got != step.words {
			t.Errorf("after %s = %s a reply: %q, want %q", step.key, step.value, got, step.words)
		}
	}
	if err := put(t, tenant, "actions.auto_execution", "true"); err != nil {
		t.Fatal(err)
	}
	if got := why(at, "restart_trackman", "reboot_pc"); got != "reboot pc is not permitted unasked" {
		t.Errorf("one permitted and one not: %q", got)
	}
	if got := why("", "restart_trackman"); got != "the location is not known" {
		t.Errorf("nowhere: %q", got)
	}
	if err := put(t, tenant, "autonomy.places", `["all"]`); err != nil {
		t.Fatal(err)
	}
	if got := why("", "restart_trackman"); got != "" {
		t.Errorf("nowhere, where every place is permitted: %q", got)
	}
	if got := why(at, "unlock_door"); got != "unlock door cannot be undone" {
		t.Errorf("what cannot be undone: %q", got)
	}
}

func TestAPermissionThatPermitsNothingIsRefused(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	for key, values := range map[string][]string{
		"autonomy.actions": {`["unlock_door"]`, `["door"]`, `["desk"]`, `["create_ticket"]`, `["send_reply"]`, `[""]`, `"device"`},
		"autonomy.places":  {`["nowhere"]`, `[""]`, `"all"`},
	} {
		for _, value := range values {
			if err := put(t, tenant, key, value); club.CodeOf(err) != club.CodeInvalid {
				t.Errorf("%s = %s was taken: %v", key, value, err)
			}
		}
	}
}
