package learn_test

import (
	"context"
	"testing"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/learn"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// adminOf may change the memory.
func adminOf(id string) identity.Principal {
	p := operator(id)
	p.Role = club.RoleAdmin
	return p
}

// setOscarAside has two people agree and a third contradict them.
func (h *house) setOscarAside() {
	h.T.Helper()
	h.answersAll("usr_opal", 2, 0)
	h.answersAll("usr_tess", 2, 0)
	h.answersAll("usr_oscar", 2, 3)
	if err := h.compareOne("usr_oscar"); err != nil {
		h.T.Fatal(err)
	}
	if got := h.aside(); len(got) != 1 {
		h.T.Fatalf("set aside are %v", got)
	}
}

func (h *house) apart(by identity.Principal) (list []learn.Apart, err error) {
	h.Read(func(tx *store.Tx) error {
		list, err = h.Memory.SetAside(h.T.Context(), tx, h.Keys, by)
		return nil
	})
	return list, err
}

func (h *house) takeBack(by identity.Principal, who, reason string) error {
	return h.Tenant.Write(h.T.Context(), func(tx *store.Tx) error {
		return h.Memory.TakeBack(h.T.Context(), tx, by, who, reason)
	})
}

func (h *house) situations() (n int) {
	h.T.Helper()
	h.Read(func(tx *store.Tx) error {
		l, err := h.Memory.Learned(h.T.Context(), tx, h.Keys)
		if err == nil {
			n = len(l.Precedents)
		}
		return err
	})
	return n
}

func TestWhoIsSetAsideIsListedWithWhatTheyAnsweredAgainstWhom(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if list, err := h.apart(adminOf("usr_ada")); err != nil || list != nil {
		t.Errorf("before anybody is: %v, %v", list, err)
	}
	h.setOscarAside()
	list, err := h.apart(adminOf("usr_ada"))
	if err != nil || len(list) != 1 {
		t.Fatalf("listed are %v, %v", list, err)
	}
	a := list[0]
	if a.Actor != "user:usr_oscar" || a.Since.IsZero() || a.Mine != (learn.Agreement{Compared: 12}) || a.Theirs != (learn.Agreement{Compared: 24, Agreed: 24}) || len(a.Against) != 12 {
		t.Fatalf("listed is %+v with %d answers", a, len(a.Against))
	}
	for _, c := range a.Against {
		if c.One.By != a.Actor || c.Other.By == a.Actor || c.One.Text == "" || c.Other.Text == "" || c.One.Words == "" || c.One.Words == c.Other.Words {
			t.Errorf("contradiction %+v", c)
		}
	}
	if _, err := h.apart(operator("usr_opal")); club.CodeOf(err) != club.CodeForbidden {
		t.Errorf("an operator reads who is set aside: %v", err)
	}
}

func TestWhoeverIsTakenBackInTeachesAndIsComparedByWhatTheyAnswerFromThenOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.setOscarAside()
	for name, c := range map[string]struct {
		by   identity.Principal
		who  string
		want club.Code
	}{
		"an operator":          {operator("usr_opal"), "user:usr_oscar", club.CodeForbidden},
		"themselves":           {adminOf("usr_oscar"), "user:usr_oscar", club.CodeForbidden},
		"who is not set aside": {adminOf("usr_ada"), "user:usr_opal", club.CodeConflict},
	} {
		if err := h.takeBack(c.by, c.who, ""); club.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := h.situations(); n != 24 {
		t.Fatalf("%d situations are learned from, want 24", n)
	}
	if err := h.takeBack(adminOf("usr_ada"), "user:usr_oscar", "was new, call 415 555 2671"); err != nil {
		t.Fatal(err)
	}
	if got := h.aside(); len(got) != 0 || h.Audited("person.trusted") != 1 || h.situations() != 36 {
		t.Errorf("set aside are %v, %d entries, %d situations", got, h.Audited("person.trusted"), h.situations())
	}
	if n := storetest.Count(t, h.Tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'person.trusted' AND CAST(detail AS TEXT) LIKE '%2671%'"); n != 0 {
		t.Error("a number stands in the audit log")
	}
	if err := h.compareOne("usr_oscar"); err != nil || len(h.aside()) != 0 {
		t.Errorf("what they answered before is held against them again: %v, %v", h.aside(), err)
	}
	h.answersAll("usr_oscar", 2, 3)
	if err := h.compareOne("usr_oscar"); err != nil || len(h.aside()) != 1 {
		t.Errorf("who goes on is not set aside again: %v, %v", h.aside(), err)
	}
}

func TestSwitchedOffNobodyIsSetAsideAnyMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.setOscarAside()
	h.Write(func(tx *store.Tx) error {
		return setting.PutValue(t.Context(), tx, club.System("test"), "memory.set_aside", false)
	})
	if n := h.situations(); n != 36 {
		t.Errorf("%d situations are learned from, want all 36", n)
	}
	if list, err := h.apart(adminOf("usr_ada")); err != nil || len(list) != 0 {
		t.Errorf("listed are %v, %v", list, err)
	}
}

func TestNoFailureOfTheDatabaseIsKeptQuietWhenSomebodyIsTakenBackIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.setOscarAside()
	storetest.EachFailureOf(t, func(ctx context.Context) error {
		return h.Tenant.Write(ctx, func(tx *store.Tx) error {
			if _, err := h.Memory.SetAside(ctx, tx, h.Keys, adminOf("usr_ada")); err != nil {
				return err
			}
			return h.Memory.TakeBack(ctx, tx, adminOf("usr_ada"), "user:usr_oscar", "")
		})
	}, func() {})
	if got := h.aside(); len(got) != 0 {
		t.Errorf("set aside are %v", got)
	}
}
