package identity_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store/storetest"
)

func TestNobodyComesInWhileTheDatabaseIsAway(t *testing.T) {
	f := setUp(t)
	u := f.user("ada", club.RoleOwner)
	s := f.signIn(u)
	k, key, err := f.CreateAPIKey(t.Context(), s.Principal, identity.NewAPIKey{Name: "k", Scopes: []identity.Permission{identity.TicketsRead}})
	if err != nil {
		t.Fatal(err)
	}
	link, err := f.CreateSignInLink(t.Context(), f.root, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for what, try := range map[string]func() error{
		"sign in":        func() error { _, err := f.SignIn(ctx, attempt("ada", goodPassword)); return err },
		"link":           func() error { _, err := f.SignInByLink(ctx, link, netip.Addr{}, ""); return err },
		"session":        func() error { _, err := f.Authenticate(ctx, s.Token); return err },
		"key":            func() error { _, err := f.AuthenticateKey(ctx, key); return err },
		"slack":          func() error { _, err := f.FindPrincipalBySlackID(ctx, "U1"); return err },
		"find users":     func() error { _, err := f.FindUsers(ctx, f.root); return err },
		"find user":      func() error { _, err := f.FindUser(ctx, f.root, u.ID); return err },
		"find by e-mail": func() error { _, err := f.FindUserIDByEmail(ctx, f.root, "ada@example.com"); return err },
		"update": func() error {
			_, err := f.UpdateUser(ctx, f.root, u.ID, identity.UserChange{Name: ptr("A")})
			return err
		},
		"change password":  func() error { return f.ChangePassword(ctx, s.Principal, goodPassword, "another-horse-8") },
		"set password":     func() error { return f.SetPassword(ctx, f.root, u.ID, "another-horse-8") },
		"reset password":   func() error { _, err := f.ResetPassword(ctx, f.root, u.ID); return err },
		"create link":      func() error { _, err := f.CreateSignInLink(ctx, f.root, u.ID); return err },
		"sessions":         func() error { _, err := f.FindSessions(ctx, f.root, u.ID); return err },
		"revoke a session": func() error { return f.RevokeSession(ctx, f.root, s.Principal.SessionID) },
		"sign out":         func() error { return f.SignOut(ctx, s.Principal) },
		"find keys":        func() error { _, err := f.FindAPIKeys(ctx, f.root); return err },
		"revoke a key":     func() error { return f.RevokeAPIKey(ctx, f.root, k.ID) },
		"sweep":            func() error { return f.Sweep(ctx) },
	} {
		if err := try(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := f.Authenticate(t.Context(), s.Token); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if _, err := f.SignInByLink(t.Context(), link, netip.Addr{}, ""); err != nil {
		t.Errorf("the link was used up by the failure: %v", err)
	}
}

func TestRowsThatWereTamperedWithAreRefused(t *testing.T) {
	f := setUp(t)
	ctx := t.Context()
	ada, bob := f.user("ada", club.RoleOwner), f.user("bob", club.RoleViewer)
	s := f.signIn(bob)
	storetest.Exec(t, f.db, "UPDATE users SET name = (SELECT u.name FROM users AS u WHERE u.id = $1) WHERE id = $2", ada.ID.String(), bob.ID.String())
	_, err := f.Authenticate(ctx, s.Token)
	wantCode(t, "session under another's name", err, club.CodeInternal)
	_, err = f.FindUsers(ctx, f.root)
	wantCode(t, "list with a moved name", err, club.CodeInternal)
	_, key, err := f.CreateAPIKey(ctx, f.root, identity.NewAPIKey{Name: "k", Scopes: []identity.Permission{identity.TicketsRead}})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Exec(t, f.db, "UPDATE api_keys SET scopes = $1", `{"all": true}`)
	_, err = f.AuthenticateKey(ctx, key)
	wantCode(t, "key with scopes that are no list", err, club.CodeInternal)
}

func TestAgentIsKeptShortAndPlain(t *testing.T) {
	f := setUp(t)
	u := f.user("ada", club.RoleOwner)
	token, err := f.CreateSignInLink(t.Context(), f.root, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.SignInByLink(t.Context(), token, netip.Addr{}, "a\x00b\xff"+strings.Repeat("é", 300)); err != nil {
		t.Fatal(err)
	}
	list, err := f.FindSessions(t.Context(), f.root, u.ID)
	if err != nil || len(list) != 1 || len(list[0].Agent) > 200 || !strings.HasPrefix(list[0].Agent, "abé") || list[0].Address != "" {
		t.Errorf("%+v, %v", list, err)
	}
}
