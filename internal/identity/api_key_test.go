package identity_test

import (
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store/storetest"
)

func TestKeyIsShownOnceAndDoesWhatItsScopesSay(t *testing.T) {
	f := setUp(t)
	ctx := t.Context()
	k, token, err := f.CreateAPIKey(ctx, f.root, identity.NewAPIKey{Name: "booking sync", Scopes: []identity.Permission{identity.BookingsRead, identity.BookingsWrite}, Locations: []club.LocationID{f.a}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(token, "clubos_test_"+k.ID.String()[4:]+"_") || !strings.HasPrefix(token, k.Prefix) {
		t.Errorf("token %s, prefix %s", token, k.Prefix)
	}
	p, err := f.AuthenticateKey(ctx, token)
	if err != nil || !p.Can(identity.BookingsWrite) || p.Can(identity.ThreadsRead) || p.AllowsLocation(f.b) || p.KeyID != k.ID || p.Actor.Kind != club.ActorAPIKey || p.Actor.Name != "booking sync" {
		t.Errorf("principal %+v, %v", p, err)
	}
	if n := storetest.Count(t, f.db, "SELECT COUNT(*) FROM api_keys WHERE hash = $1 OR prefix = $1 OR name = $1", token); n != 0 {
		t.Error("the key itself is stored")
	}
	_, err = f.AuthenticateKey(ctx, token[:len(token)-1]+"~")
	wantCode(t, "one letter changed", err, club.CodeUnauthenticated)
	keys, err := f.FindAPIKeys(ctx, f.root)
	if err != nil || len(keys) != 1 || keys[0].LastUsedAt == nil || !keys[0].LastUsedAt.Equal(storetest.Start) || len(keys[0].Scopes) != 2 {
		t.Errorf("keys %+v, %v", keys, err)
	}
	if f.audited("key.created") != 1 {
		t.Error("not audited")
	}
}

func TestKeyEndsWhenRevokedOrExpired(t *testing.T) {
	f := setUp(t)
	ctx := t.Context()
	scopes := []identity.Permission{identity.TicketsRead}
	_, short, err := f.CreateAPIKey(ctx, f.root, identity.NewAPIKey{Name: "short", Scopes: scopes, ExpiresAt: f.clock.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	k, long, err := f.CreateAPIKey(ctx, f.root, identity.NewAPIKey{Name: "long", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.AuthenticateKey(ctx, short); err != nil {
		t.Error(err)
	}
	f.clock.Advance(time.Hour)
	_, err = f.AuthenticateKey(ctx, short)
	wantCode(t, "expired", err, club.CodeUnauthenticated)
	if _, err := f.AuthenticateKey(ctx, long); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := f.RevokeAPIKey(ctx, f.root, k.ID); err != nil {
			t.Error(err)
		}
	}
	_, err = f.AuthenticateKey(ctx, long)
	wantCode(t, "revoked", err, club.CodeUnauthenticated)
	if n := f.audited("key.revoked"); n != 1 {
		t.Errorf("%d audit entries of one revocation", n)
	}
	wantCode(t, "unknown", f.RevokeAPIKey(ctx, f.root, "key_x"), club.CodeNotFound)
	keys, _ := f.FindAPIKeys(ctx, f.root)
	for _, k := range keys {
		if k.Active(f.clock.Now()) {
			t.Errorf("%s is active", k.Name)
		}
	}
}

func TestKeyCarriesNoMoreThanItsMakerMayDo(t *testing.T) {
	f := setUp(t)
	ctx := t.Context()
	operator := f.signIn(f.user("operator", club.RoleOperator)).Principal
	local := f.signIn(f.user("local", club.RoleAdmin, f.a)).Principal
	_, token, err := f.CreateAPIKey(ctx, f.root, identity.NewAPIKey{Name: "wide", Scopes: identity.Permissions()})
	if err != nil {
		t.Fatal(err)
	}
	key, err := f.AuthenticateKey(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	tickets := []identity.Permission{identity.TicketsRead}
	for what, tt := range map[string]struct {
		by   identity.Principal
		n    identity.NewAPIKey
		want club.Code
	}{
		"operator":                 {operator, identity.NewAPIKey{Name: "k", Scopes: tickets}, club.CodeForbidden},
		"a key":                    {key, identity.NewAPIKey{Name: "k", Scopes: tickets}, club.CodeForbidden},
		"local admin, everywhere":  {local, identity.NewAPIKey{Name: "k", Scopes: tickets}, club.CodeForbidden},
		"local admin, elsewhere":   {local, identity.NewAPIKey{Name: "k", Scopes: tickets, Locations: []club.LocationID{f.a, f.b}}, club.CodeForbidden},
		"local admin, at home":     {local, identity.NewAPIKey{Name: "k", Scopes: tickets, Locations: []club.LocationID{f.a}}, ""},
		"no scope":                 {f.root, identity.NewAPIKey{Name: "k"}, club.CodeInvalid},
		"unknown scope":            {f.root, identity.NewAPIKey{Name: "k", Scopes: []identity.Permission{"all"}}, club.CodeInvalid},
		"scope twice":              {f.root, identity.NewAPIKey{Name: "k", Scopes: append(tickets, tickets...)}, club.CodeInvalid},
		"no name":                  {f.root, identity.NewAPIKey{Scopes: tickets}, club.CodeInvalid},
		"expired":                  {f.root, identity.NewAPIKey{Name: "k", Scopes: tickets, ExpiresAt: storetest.Start}, club.CodeInvalid},
		"location that is not one": {f.root, identity.NewAPIKey{Name: "k", Scopes: tickets, Locations: []club.LocationID{"loc_x"}}, club.CodeInvalid},
	} {
		_, _, err := f.CreateAPIKey(ctx, tt.by, tt.n)
		wantCode(t, what, err, tt.want)
	}
	_, err = f.CreateUser(ctx, key, identity.NewUser{Email: "o@example.com", Name: "O", Role: club.RoleOwner})
	wantCode(t, "a key makes an owner", err, club.CodeForbidden)
	keys, err := f.FindAPIKeys(ctx, local)
	if err != nil || len(keys) != 1 || len(keys[0].Locations) != 1 {
		t.Errorf("a local admin sees %+v, %v", keys, err)
	}
	wantCode(t, "local admin revokes the wide key", f.RevokeAPIKey(ctx, local, key.KeyID), club.CodeNotFound)
	_, err = f.FindAPIKeys(ctx, operator)
	wantCode(t, "operator lists keys", err, club.CodeForbidden)
}

func TestKeyMayDoNoMoreThanItsMakerMayAtPresent(t *testing.T) {
	f := setUp(t)
	ctx := t.Context()
	u := f.user("maker", club.RoleAdmin)
	maker, session := u.ID, f.signIn(u).Principal
	scopes := []identity.Permission{identity.ThreadsRead, identity.UsersWrite}
	_, everywhere, err := f.CreateAPIKey(ctx, session, identity.NewAPIKey{Name: "everywhere", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	_, atB, err := f.CreateAPIKey(ctx, session, identity.NewAPIKey{Name: "at b", Scopes: scopes, Locations: []club.LocationID{f.b}})
	if err != nil {
		t.Fatal(err)
	}
	_, admin, err := f.CreateAPIKey(ctx, session, identity.NewAPIKey{Name: "admin", Scopes: []identity.Permission{identity.UsersWrite}})
	if err != nil {
		t.Fatal(err)
	}
	change := func(c identity.UserChange) {
		t.Helper()
		if _, err := f.UpdateUser(ctx, f.root, maker, c); err != nil {
			t.Fatal(err)
		}
	}
	stopped := func(what, token, why string) {
		t.Helper()
		_, err := f.AuthenticateKey(ctx, token)
		wantCode(t, what, err, club.CodeUnauthenticated)
		if err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", what, err)
		}
	}
	viewer, at := club.RoleViewer, []club.LocationID{f.a}
	change(identity.UserChange{Role: &viewer, Locations: &at})
	p, err := f.AuthenticateKey(ctx, everywhere)
	if err != nil || p.Can(identity.UsersWrite) || !p.Can(identity.ThreadsRead) || p.AllowsLocation(f.b) || !p.AllowsLocation(f.a) {
		t.Errorf("key of a viewer at a: %+v, %v", p, err)
	}
	stopped("no common place", atB, "locations")
	stopped("no scope left", admin, "none of it")

	disabled, active := identity.UserDisabled, identity.UserActive
	change(identity.UserChange{Status: &disabled})
	stopped("disabled", everywhere, "disabled")
	keys, err := f.FindAPIKeys(ctx, f.root)
	if err != nil || len(keys) != 3 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	for _, k := range keys {
		if k.Stopped != "its maker is disabled" || k.Active(f.clock.Now()) {
			t.Errorf("%s: stopped %q", k.Name, k.Stopped)
		}
	}
	change(identity.UserChange{Status: &active})
	if _, err := f.AuthenticateKey(ctx, everywhere); err != nil {
		t.Errorf("after the maker came back: %v", err)
	}
	if s, l, r := f.audited("key.stopped"), f.audited("key.changed"), f.audited("key.resumed"); s != 3 || l != 1 || r != 1 {
		t.Errorf("audited: %d stopped, %d changed, %d resumed", s, l, r)
	}
	storetest.Exec(t, f.db, "UPDATE api_keys SET created_by = 'user:usr_gone'")
	stopped("no account", everywhere, "no account")
}
