package integration_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clubos/internal/club"
	"clubos/internal/integration"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

var admin = club.Actor{Kind: club.ActorUser, ID: "usr_1"}

func TestSecretsAreReadBackAndNeverStoredOrAuditedInPlainText(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "aa")
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		if err := integration.Put(t.Context(), tx, keys, admin, "twilio", integration.Fields{"account_sid": "AC1", "auth_token": "hunter2-token"}); err != nil {
			return err
		}
		if err := integration.Put(t.Context(), tx, keys, admin, "twilio", integration.Fields{"base_url": "http://127.0.0.1:1", "account_sid": " AC2 "}); err != nil {
			return err
		}
		got, err := integration.Load(t.Context(), tx, keys)
		want := map[string]integration.Fields{"twilio": {"account_sid": "AC2", "auth_token": "hunter2-token", "base_url": "http://127.0.0.1:1"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"settings WHERE value", "audit_entries WHERE CAST(detail AS TEXT)"} {
		if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM "+table+" LIKE '%hunter2%'"); n != 0 {
			t.Errorf("the token stands in %s", table)
		}
	}
}

func TestIncompleteOrUnknownVendorIsRefused(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "aa")
	put := func(name string, f integration.Fields) error {
		return tenant.Write(t.Context(), func(tx *store.Tx) error { return integration.Put(t.Context(), tx, keys, admin, name, f) })
	}
	if err := put("acme", nil); club.CodeOf(err) != club.CodeNotFound || !strings.Contains(err.Error(), "openphone") {
		t.Errorf("unknown vendor: %v", err)
	}
	if err := put("slack", integration.Fields{"signing_secret": "x"}); club.CodeOf(err) != club.CodeInvalid || !strings.Contains(err.Error(), "bot_token") {
		t.Errorf("missing field: %v", err)
	}
	if err := put("slack", integration.Fields{"bot_token": "x", "colour": "red"}); club.CodeOf(err) != club.CodeInvalid {
		t.Errorf("unknown field: %v", err)
	}
}

func TestDescribeTellsWhatIsSetAndRemoveDisconnects(t *testing.T) {
	t.Parallel()
	c, _ := storetest.Cluster(t)
	tenant, keys := vaulttest.AddTenant(t, c, "aa")
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		if err := integration.Put(t.Context(), tx, keys, admin, "slack", integration.Fields{"bot_token": "xoxb-1"}); err != nil {
			return err
		}
		list, err := integration.Describe(t.Context(), tx, keys)
		if err != nil || len(list) != len(integration.Vendors()) {
			t.Errorf("%d vendors, %v", len(list), err)
		}
		for _, s := range list {
			if want := s.Vendor.Name == "slack"; s.Connected != want || want && !cmp.Equal(s.Set, []string{"bot_token"}) {
				t.Errorf("%s: %+v", s.Vendor.Name, s)
			}
		}
		if err := integration.Remove(t.Context(), tx, admin, "slack"); err != nil {
			return err
		}
		if err := integration.Remove(t.Context(), tx, admin, "slack"); club.CodeOf(err) != club.CodeNotFound {
			t.Errorf("second removal: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
