package oncall_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/oncall"
	"clubos/internal/rota"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

// house is a club with two places and people who work there.
type house struct {
	*testing.T
	tenant                         *store.Tenant
	keys                           *vault.Tenant
	clock                          *club.ManualClock
	a, b                           club.LocationID
	owner, opal, olu, vera, nobody identity.Principal
}

func newHouse(t *testing.T) *house {
	t.Helper()
	c, clock := storetest.Cluster(t)
	h := &house{T: t, clock: clock}
	h.tenant, h.keys = vaulttest.AddTenant(t, c, "aa")
	h.write(func(tx *store.Tx) error {
		h.a, h.b = club.NewLocationID(tx.Now), club.NewLocationID(tx.Now)
		for i, id := range []club.LocationID{h.a, h.b} {
			if err := tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: id, Slug: []string{"a", "b"}[i], Name: []string{"A", "B"}[i], TimeZone: []string{"America/New_York", "Nowhere/At_all"}[i], Details: "{}", CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		return tx.PutLine(t.Context(), store.PutLineParams{Number: "+14155550100", Provider: "twilio", CreatedAt: tx.Now})
	})
	h.owner, h.opal, h.vera = h.user("Olive", club.RoleOwner), h.user("Opal", club.RoleOperator), h.user("Vera", club.RoleViewer)
	h.olu = h.user("Olu", club.RoleOperator, h.a)
	h.nobody = identity.Principal{Tenant: "other", Actor: club.System("x")}
	return h
}

func (h *house) user(name string, role club.Role, at ...club.LocationID) identity.Principal {
	h.Helper()
	id := club.NewUserID(h.clock.Now())
	h.write(func(tx *store.Tx) error {
		email, err := h.keys.SealSecret("users.email/"+id.String(), []byte(strings.ToLower(name)+"@club.example"))
		if err != nil {
			return err
		}
		sealed, err := h.keys.SealSecret("users.name/"+id.String(), []byte(name))
		if err != nil {
			return err
		}
		if err := tx.CreateUser(h.Context(), store.CreateUserParams{ID: id, EmailIndex: name, Email: email, Name: sealed, Role: role, Status: "active", CreatedAt: tx.Now, UpdatedAt: tx.Now}); err != nil {
			return err
		}
		for _, l := range at {
			if err := tx.AddUserLocation(h.Context(), store.AddUserLocationParams{UserID: id, LocationID: l}); err != nil {
				return err
			}
		}
		return nil
	})
	return identity.Principal{Tenant: "aa", Actor: club.Actor{Kind: club.ActorUser, ID: id.String(), Name: name}, Role: role, UserID: id, Locations: at}
}

func (h *house) try(fn func(context.Context, *store.Tx) error) error {
	return h.tenant.Write(h.Context(), func(tx *store.Tx) error { return fn(h.Context(), tx) })
}

func (h *house) write(fn func(*store.Tx) error) {
	h.Helper()
	if err := h.tenant.Write(h.Context(), fn); err != nil {
		h.Fatal(err)
	}
}

func (h *house) want(what string, code club.Code, fn func(context.Context, *store.Tx) error) {
	h.Helper()
	if err := h.try(fn); club.CodeOf(err) != code {
		h.Errorf("%s: %v, want %q", what, err, code)
	}
}

func (h *house) shift(p identity.Principal, s rota.Shift) func(context.Context, *store.Tx) error {
	if s.Days == 0 {
		s.Days = rota.EveryDay
	}
	return func(ctx context.Context, tx *store.Tx) error {
		_, err := oncall.CreateShift(ctx, tx, p, s)
		return err
	}
}

func TestShiftsAndCoversSayWhoIsOnCall(t *testing.T) {
	t.Parallel()
	h := newHouse(t) // 14:00 UTC, 09:00 in New York
	day := rota.Shift{User: h.opal.UserID, From: 8 * 60, Until: 16 * 60}
	for range 2 { // pressed twice
		h.want("shift", "", h.shift(h.opal, day))
	}
	start := h.clock.Now().Add(time.Hour)
	cover := rota.Cover{User: h.owner.UserID, InsteadOf: h.opal.UserID, Start: start, End: start.Add(time.Hour)}
	for range 2 {
		h.want("cover", "", func(ctx context.Context, tx *store.Tx) error {
			_, err := oncall.CreateCover(ctx, tx, h.opal, cover)
			return err
		})
	}
	var shifts []rota.Shift
	var covers []rota.Cover
	h.write(func(tx *store.Tx) error {
		r, err := oncall.Load(t.Context(), tx, tx.Now)
		if err != nil {
			return err
		}
		for at, want := range map[time.Duration]club.UserID{0: h.opal.UserID, time.Hour: h.owner.UserID, 2 * time.Hour: h.opal.UserID} {
			for _, place := range []club.LocationID{h.a, h.b} { // B's zone is unknown: the club's counts
				if got := r.OnCall(tx.Now.Add(at), place); !slices.Equal(got, []club.UserID{want}) {
					t.Errorf("in %s: %v, want %s", at, got, want)
				}
			}
		}
		if shifts, err = oncall.FindShifts(t.Context(), tx, h.vera); err != nil {
			return err
		}
		covers, err = oncall.FindCovers(t.Context(), tx, h.vera)
		return err
	})
	if len(shifts) != 1 || len(covers) != 1 {
		t.Fatalf("%d shifts, %d covers", len(shifts), len(covers))
	}
	h.want("another's removal", club.CodeForbidden, func(ctx context.Context, tx *store.Tx) error { return oncall.DeleteShift(ctx, tx, h.olu, shifts[0].ID) })
	h.want("another's cover", club.CodeForbidden, func(ctx context.Context, tx *store.Tx) error { return oncall.DeleteCover(ctx, tx, h.olu, covers[0].ID) })
	for _, code := range []club.Code{"", club.CodeNotFound} {
		h.want("removal", code, func(ctx context.Context, tx *store.Tx) error {
			return oncall.DeleteShift(ctx, tx, h.opal, shifts[0].ID)
		})
		h.want("removal of a cover", code, func(ctx context.Context, tx *store.Tx) error {
			return oncall.DeleteCover(ctx, tx, h.opal, covers[0].ID)
		})
	}
	for _, action := range []string{"shift.created", "shift.removed", "cover.created", "cover.removed"} {
		if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = $1", action); n != 1 {
			t.Errorf("%d entries of %s", n, action)
		}
	}
}

func TestNobodyIsPutOnCallWhoCannotOrMayNot(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := h.clock.Now()
	for what, c := range map[string]struct {
		code club.Code
		fn   func(context.Context, *store.Tx) error
	}{
		"by a viewer":                {club.CodeForbidden, h.shift(h.vera, rota.Shift{User: h.opal.UserID})},
		"by nobody of the club":      {club.CodeForbidden, h.shift(h.nobody, rota.Shift{User: h.opal.UserID})},
		"a viewer":                   {club.CodeInvalid, h.shift(h.opal, rota.Shift{User: h.vera.UserID})},
		"a stranger":                 {club.CodeInvalid, h.shift(h.opal, rota.Shift{User: "usr_none"})},
		"at a place of another":      {club.CodeInvalid, h.shift(h.opal, rota.Shift{User: h.olu.UserID, Location: h.b})},
		"everywhere, who works at A": {club.CodeInvalid, h.shift(h.opal, rota.Shift{User: h.olu.UserID})},
		"at no place":                {club.CodeInvalid, h.shift(h.opal, rota.Shift{User: h.opal.UserID, Location: "loc_none"})},
		"everywhere by one of A":     {club.CodeForbidden, h.shift(h.olu, rota.Shift{User: h.opal.UserID})},
		"at B by one of A":           {club.CodeNotFound, h.shift(h.olu, rota.Shift{User: h.opal.UserID, Location: h.b})},
		"at A by one of A":           {"", h.shift(h.olu, rota.Shift{User: h.olu.UserID, Location: h.a})},
		"at no time":                 {club.CodeInvalid, h.shift(h.opal, rota.Shift{User: h.opal.UserID, From: 2000})},
	} {
		h.want(what, c.code, c.fn)
	}
	for what, c := range map[string]rota.Cover{
		"ends before it begins": {User: h.opal.UserID, Start: now.Add(time.Hour), End: now},
		"over":                  {User: h.opal.UserID, Start: now.Add(-2 * time.Hour), End: now.Add(-time.Hour)},
		"too long":              {User: h.opal.UserID, Start: now, End: now.AddDate(1, 0, 0)},
		"for themselves":        {User: h.opal.UserID, InsteadOf: h.opal.UserID, Start: now, End: now.Add(time.Hour)},
		"for a stranger":        {User: h.opal.UserID, InsteadOf: "usr_none", Start: now, End: now.Add(time.Hour)},
	} {
		h.want(what, club.CodeInvalid, func(ctx context.Context, tx *store.Tx) error {
			_, err := oncall.CreateCover(ctx, tx, h.opal, c)
			return err
		})
	}
}

func (h *house) save(by, of identity.Principal, e oncall.ContactEdit) (c oncall.Contact, err error) {
	err = h.try(func(ctx context.Context, tx *store.Tx) error {
		c, err = oncall.SaveContact(ctx, tx, h.keys, by, of.UserID, e)
		return err
	})
	return c, err
}

func TestContactIsSealedAuditedAndFoundByItsNumber(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.write(func(tx *store.Tx) error {
		c, err := oncall.Reach(t.Context(), tx, h.keys, h.opal.UserID)
		if err != nil || c.Email != "opal@club.example" || !slices.Equal(c.Ways(), []string{"email"}) {
			t.Errorf("whoever has said nothing: %+v, %v", c, err)
		}
		return nil
	})
	c, err := h.save(h.opal, h.opal, oncall.ContactEdit{Phone: "(415) 555-2671", BySMS: true, Email: "me@opal.example", ByEmail: true, QuietFrom: "22:00", QuietUntil: "07:00"})
	if err != nil || c.Phone != "+14155552671" || c.Email != "me@opal.example" || !c.Own || c.Quiet.Zone != "America/New_York" || !slices.Equal(c.Ways(), []string{"sms", "email"}) {
		t.Fatalf("%+v, %v", c, err)
	}
	if c.Quiet.Now(h.clock.Now()) || !c.Quiet.Now(h.clock.Now().Add(14*time.Hour)) {
		t.Error("quiet hours are not read in New York")
	}
	for _, secret := range []string{"2671", "opal.example"} {
		if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM audit_entries WHERE CAST(detail AS TEXT) LIKE '%"+secret+"%'"); n != 0 {
			t.Errorf("the log tells %q", secret)
		}
	}
	h.write(func(tx *store.Tx) error {
		all, err := oncall.Numbers(t.Context(), tx)
		if err != nil || all[h.keys.Index(vault.IndexPhone, "+14155552671")] != h.opal.UserID {
			t.Errorf("numbers %v, %v", all, err)
		}
		return oncall.StopTexts(t.Context(), tx, h.opal)
	})
	h.write(func(tx *store.Tx) error {
		got, err := oncall.FindContact(t.Context(), tx, h.keys, h.owner, h.opal.UserID)
		if err != nil || got.BySMS || got.Phone != "+14155552671" {
			t.Errorf("after STOP: %+v, %v", got, err)
		}
		return oncall.StopTexts(t.Context(), tx, h.vera) // who never had a number
	})
	if _, err := h.save(h.owner, h.owner, oncall.ContactEdit{Phone: "+14155552671"}); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("a colleague's number: %v", err)
	}
	if c, err := h.save(h.owner, h.opal, oncall.ContactEdit{ByEmail: true}); err != nil || c.Phone != "" || c.Own || c.Quiet != nil {
		t.Errorf("emptied: %+v, %v", c, err)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM audit_entries WHERE action = 'contact.changed'"); n != 3 {
		t.Errorf("%d entries", n)
	}
}

func TestContactThatCannotBeReachedIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for what, e := range map[string]oncall.ContactEdit{
		"no number": {BySMS: true}, "number": {Phone: "12"}, "the club's own": {Phone: "+14155550100"}, "address": {Email: "me"}, "half quiet": {QuietFrom: "22:00"},
		"never loud": {QuietFrom: "22:00", QuietUntil: "22:00"}, "zone": {QuietFrom: "22:00", QuietUntil: "23:00", Zone: "Mars/North"}, "no time": {QuietFrom: "25:00", QuietUntil: "1:00"},
	} {
		if _, err := h.save(h.opal, h.opal, e); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, c := range map[string]struct {
		by, of identity.Principal
		code   club.Code
	}{
		"a colleague's": {h.opal, h.olu, club.CodeForbidden}, "another club's": {h.nobody, h.opal, club.CodeForbidden}, "nobody's": {h.owner, identity.Principal{UserID: "usr_x"}, club.CodeNotFound},
		"an owner's by an admin": {h.user("Adam", club.RoleAdmin), h.owner, club.CodeForbidden}, "elsewhere's": {h.user("Ada", club.RoleAdmin, h.b), h.olu, club.CodeNotFound},
	} {
		if _, err := h.save(c.by, c.of, oncall.ContactEdit{}); club.CodeOf(err) != c.code {
			t.Errorf("%s: %v", what, err)
		}
	}
}
