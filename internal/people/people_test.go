package people_test

import (
	"bytes"
	"testing"

	"clubos/internal/club"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

var admin = club.Actor{Kind: club.ActorUser, ID: "usr_1"}

func TestMemberIsFoundByNameNumberAndAddressAndReadBack(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	keys := vaulttest.Tenant(t, tenant.Slug)
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		m, err := people.Create(t.Context(), tx, keys, admin, people.NewMember{Name: " Zoë  Van Dyke ", Phone: "(415) 555-2671", Email: "Zoe@Example.com", Region: "US"})
		if err != nil {
			return err
		}
		for _, q := range []string{"zoë", "van dyke", "+1 415 555 2671", "zoe@example.com", "ZOË DYKE"} {
			found, err := people.Search(t.Context(), tx, keys, q, "US")
			if err != nil || len(found) != 1 || found[0].ID != m.ID {
				t.Errorf("search %q: %d members, %v", q, len(found), err)
			}
		}
		for _, q := range []string{"", "dyk", "zoë smith", "+14155550000", "other@example.com"} {
			if found, err := people.Search(t.Context(), tx, keys, q, "US"); err != nil || len(found) != 0 {
				t.Errorf("search %q: %d members, %v", q, len(found), err)
			}
		}
		p, err := people.Find(t.Context(), tx, keys, m.SubjectID)
		if err != nil || p.Name != "Zoë Van Dyke" || p.Phone != "+14155552671" || p.Email != "zoe@example.com" || p.FirstName() != "Zoë" || !p.Known() {
			t.Errorf("person %+v, %v", p, err)
		}
		_, err = people.Create(t.Context(), tx, keys, admin, people.NewMember{Name: "Other", Phone: "+14155552671"})
		if club.CodeOf(err) != club.CodeConflict {
			t.Errorf("second member of a number: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := storetest.Count(t, tenant, "SELECT COUNT(*) FROM members"); n != 1 {
		t.Fatalf("%d members", n)
	}
}

func TestUnknownSenderIsOneSubjectHoweverOftenSeen(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	keys := vaulttest.Tenant(t, tenant.Slug)
	var ids [3]club.SubjectID
	for i := range ids {
		err := tenant.Write(t.Context(), func(tx *store.Tx) error {
			s, err := people.Subject(t.Context(), tx, keys, "+14155552671")
			ids[i] = s.ID
			if bytes.Contains(s.Phone, []byte("4155552671")) {
				t.Error("the number stands in plain text")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if ids[0] != ids[1] || ids[1] != ids[2] {
		t.Errorf("one number is %v", ids)
	}
}

func TestErasedPersonStaysEmpty(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	keys := vaulttest.Tenant(t, tenant.Slug)
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		s, err := people.Subject(t.Context(), tx, keys, "+14155552671")
		if err != nil {
			return err
		}
		sealed, err := people.Seal(keys, s, people.ColumnMessage, "msg_1", "hello")
		if err != nil {
			return err
		}
		if got, err := people.Open(keys, s, people.ColumnMessage, "msg_1", sealed); got != "hello" || err != nil {
			t.Errorf("opened %q, %v", got, err)
		}
		if _, err := people.Open(keys, s, people.ColumnMessage, "msg_2", sealed); err == nil {
			t.Error("a body moved to another row opened")
		}
		s.WrappedKey = nil
		if got, err := people.Open(keys, s, people.ColumnMessage, "msg_1", sealed); got != people.Erased || err != nil {
			t.Errorf("after erasure %q, %v", got, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMemberIsUpdatedAndFoundByTheNewNameOnly(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	keys := vaulttest.Tenant(t, tenant.Slug)
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		m, err := people.Create(t.Context(), tx, keys, admin, people.NewMember{Name: "Ann Old", Phone: "+14155552671"})
		if err != nil {
			return err
		}
		name, email := "Ann New", ""
		if _, err := people.Update(t.Context(), tx, keys, admin, m.ID, people.Change{Name: &name, Email: &email}); err != nil {
			return err
		}
		if found, _ := people.Search(t.Context(), tx, keys, "old", "US"); len(found) != 0 {
			t.Error("found by the old name")
		}
		if found, _ := people.Search(t.Context(), tx, keys, "new", "US"); len(found) != 1 {
			t.Error("not found by the new name")
		}
		empty := " "
		if _, err := people.Update(t.Context(), tx, keys, admin, m.ID, people.Change{Name: &empty}); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("empty name: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestConsentIsRecordedEachTimeItIsGiven(t *testing.T) {
	t.Parallel()
	tenant, _ := storetest.Tenant(t)
	keys := vaulttest.Tenant(t, tenant.Slug)
	err := tenant.Write(t.Context(), func(tx *store.Tx) error {
		s, err := people.Subject(t.Context(), tx, keys, "+14155552671")
		if err != nil {
			return err
		}
		for i, want := range []bool{true, false} {
			changed, err := people.SetConsent(t.Context(), tx, club.System("decide"), s.ID, club.ConsentWithdrawn, "text STOP")
			if err != nil || changed != want {
				t.Errorf("STOP number %d changed %v, %v", i+1, changed, err)
			}
		}
		rows, err := tx.FindConsents(t.Context(), s.ID)
		if len(rows) != 2 {
			t.Errorf("%d consent rows", len(rows))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
