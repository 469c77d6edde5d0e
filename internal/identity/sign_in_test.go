package identity_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store/storetest"
)

func TestSignInOpensASessionForTheRightPasswordOnly(t *testing.T) {
	f := setUp(t)
	u := f.user("ada", club.RoleOperator, f.a)
	gone := f.user("gone", club.RoleOperator)
	ctx := t.Context()
	if _, err := f.UpdateUser(ctx, f.root, gone.ID, identity.UserChange{Status: ptr(identity.UserDisabled)}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.CreateUser(ctx, f.root, identity.NewUser{Email: "invited@example.com", Name: "I", Role: club.RoleViewer}); err != nil {
		t.Fatal(err)
	}
	s, err := f.SignIn(ctx, attempt("ADA", goodPassword))
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Authenticate(ctx, s.Token)
	if err != nil || p.UserID != u.ID || p.Role != club.RoleOperator || p.Actor.Name != "ada" || p.SessionID.IsZero() || p.PasswordDue || p.AllowsLocation(f.b) || !p.AuthenticatedAt.Equal(storetest.Start) {
		t.Errorf("principal %+v, %v", p, err)
	}
	messages := map[string]bool{}
	for what, in := range map[string]identity.SignIn{
		"wrong password": attempt("ada", "wrong-horse-77"), "unknown account": attempt("nobody", goodPassword),
		"disabled account": attempt("gone", goodPassword), "invited account": attempt("invited", ""), "nothing": {},
	} {
		_, err := f.SignIn(ctx, in)
		wantCode(t, what, err, club.CodeUnauthenticated)
		messages[club.MessageOf(err)] = true
	}
	if len(messages) != 1 {
		t.Errorf("the answer tells why: %v", messages)
	}
	if n := storetest.Count(t, f.db, "SELECT COUNT(*) FROM sessions WHERE token_hash = $1", s.Token); n != 0 {
		t.Error("the token itself is stored")
	}
	if f.audited("session.started") != 1 {
		t.Error("the sign-in is not audited")
	}
}

func TestSignInSlowsDownAfterFiveTries(t *testing.T) {
	f := setUp(t)
	f.user("ada", club.RoleOperator)
	ctx := t.Context()
	for range 5 {
		_, err := f.SignIn(ctx, attempt("ada", "wrong-horse-77"))
		wantCode(t, "wrong password", err, club.CodeUnauthenticated)
	}
	_, err := f.SignIn(ctx, attempt("ada", goodPassword))
	wantCode(t, "sixth try", err, club.CodeLimited)
	if !strings.Contains(club.MessageOf(err), "wait 3s") {
		t.Errorf("the answer does not say how long: %v", err)
	}
	elsewhere := attempt("ada", goodPassword)
	elsewhere.Addr = netip.MustParseAddr("198.51.100.7")
	if _, err := f.SignIn(ctx, elsewhere); err != nil {
		t.Errorf("the owner is locked out by a stranger: %v", err)
	}
	f.clock.Advance(2*time.Second + time.Microsecond)
	_, err = f.SignIn(ctx, attempt("ada", "wrong-horse-77"))
	wantCode(t, "after the wait", err, club.CodeUnauthenticated)
	f.clock.Advance(3 * time.Second)
	_, err = f.SignIn(ctx, attempt("ada", goodPassword))
	wantCode(t, "the wait doubles", err, club.CodeLimited)
	f.clock.Advance(time.Second)
	if _, err := f.SignIn(ctx, attempt("ada", goodPassword)); err != nil {
		t.Errorf("after the doubled wait: %v", err)
	}
	_, err = f.SignIn(ctx, attempt("ada", "wrong-horse-77"))
	wantCode(t, "a success starts the count anew", err, club.CodeUnauthenticated)
}

func TestParallelGuessesAreCountedBeforeTheyAreTried(t *testing.T) {
	f := setUp(t)
	f.user("ada", club.RoleOperator)
	var tried, limited atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			switch _, err := f.SignIn(context.Background(), attempt("ada", "wrong-horse-77")); club.CodeOf(err) {
			case club.CodeUnauthenticated:
				tried.Add(1)
			case club.CodeLimited:
				limited.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if tried.Load() != 5 || limited.Load() != 11 {
		t.Errorf("%d tried, %d limited; want 5 and 11", tried.Load(), limited.Load())
	}
}

func TestSessionEndsAfterEightHoursOrTwoIdle(t *testing.T) {
	f := setUp(t)
	u := f.user("ada", club.RoleOperator)
	ctx := t.Context()
	idle, busy := f.signIn(u), f.signIn(u)
	for range 7 {
		f.clock.Advance(time.Hour)
		if _, err := f.Authenticate(ctx, busy.Token); err != nil {
			t.Fatalf("in use: %v", err)
		}
	}
	_, err := f.Authenticate(ctx, idle.Token)
	wantCode(t, "idle", err, club.CodeUnauthenticated)
	if list, _ := f.FindSessions(ctx, f.root, u.ID); len(list) != 1 || list[0].ID != busy.Principal.SessionID || list[0].Address != "203.0.113.9" || list[0].Agent != "test" {
		t.Errorf("sessions %+v", list)
	}
	f.clock.Advance(time.Hour)
	_, err = f.Authenticate(ctx, busy.Token)
	wantCode(t, "after eight hours", err, club.CodeUnauthenticated)
	if err := f.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if n := storetest.Count(t, f.db, "SELECT COUNT(*) FROM sessions"); n != 0 {
		t.Errorf("%d sessions survive the sweep", n)
	}
}

func TestEachRequestReadsTheUserAfresh(t *testing.T) {
	f := setUp(t)
	u := f.user("ada", club.RoleOperator)
	s := f.signIn(u)
	ctx := t.Context()
	if _, err := f.UpdateUser(ctx, f.root, u.ID, identity.UserChange{Role: ptr(club.RoleViewer), Locations: ptr([]club.LocationID{f.a})}); err != nil {
		t.Fatal(err)
	}
	p, err := f.Authenticate(ctx, s.Token)
	if err != nil || p.Can(identity.ThreadsWrite) || p.AllowsLocation(f.b) {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := f.UpdateUser(ctx, f.root, u.ID, identity.UserChange{Status: ptr(identity.UserDisabled)}); err != nil {
		t.Fatal(err)
	}
	_, err = f.Authenticate(ctx, s.Token)
	wantCode(t, "disabled", err, club.CodeUnauthenticated)
	if _, err := f.UpdateUser(ctx, f.root, u.ID, identity.UserChange{Status: ptr(identity.UserActive)}); err != nil {
		t.Fatal(err)
	}
	_, err = f.Authenticate(ctx, s.Token)
	wantCode(t, "enabled again: the old session stays dead", err, club.CodeUnauthenticated)
	if f.audited("user.disabled") != 1 || f.audited("user.enabled") != 1 || f.audited("user.changed") != 1 {
		t.Error("a change is not audited")
	}
}

func TestForeignTokensAreRefused(t *testing.T) {
	f := setUp(t)
	good := f.signIn(f.user("ada", club.RoleOwner)).Token
	for _, token := range []string{"", "x", "test.", good[:len(good)-1] + "~", good + "x", strings.ToUpper(good), "test." + strings.Repeat("A", 43)} {
		_, err := f.Authenticate(t.Context(), token)
		wantCode(t, token, err, club.CodeUnauthenticated)
		_, err = f.AuthenticateKey(t.Context(), token)
		wantCode(t, token, err, club.CodeUnauthenticated)
		_, err = f.SignInByLink(t.Context(), token, netip.Addr{}, "")
		wantCode(t, token, err, club.CodeUnauthenticated)
	}
	_, err := f.SignInByLink(t.Context(), good, netip.Addr{}, "")
	wantCode(t, "a session's token as a link", err, club.CodeUnauthenticated)
}

func TestNewPasswordEndsTheOtherSessions(t *testing.T) {
	f := setUp(t)
	u := f.user("ada", club.RoleOperator)
	here, there := f.signIn(u), f.signIn(u)
	link, err := f.CreateSignInLink(t.Context(), f.root, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	wantCode(t, "wrong present", f.ChangePassword(ctx, here.Principal, "wrong-horse-77", "another-horse-8"), club.CodeForbidden)
	wantCode(t, "weak", f.ChangePassword(ctx, here.Principal, goodPassword, "weak"), club.CodeInvalid)
	wantCode(t, "the same", f.ChangePassword(ctx, here.Principal, goodPassword, goodPassword), club.CodeInvalid)
	wantCode(t, "without a session", f.ChangePassword(ctx, f.root, "", "another-horse-8"), club.CodeUnauthenticated)
	if err := f.ChangePassword(ctx, here.Principal, goodPassword, "another-horse-8"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Authenticate(ctx, here.Token); err != nil {
		t.Errorf("the session that changed it: %v", err)
	}
	_, err = f.Authenticate(ctx, there.Token)
	wantCode(t, "the other session", err, club.CodeUnauthenticated)
	_, err = f.SignInByLink(ctx, link, netip.Addr{}, "")
	wantCode(t, "an unused link", err, club.CodeUnauthenticated)
	_, err = f.SignIn(ctx, attempt("ada", goodPassword))
	wantCode(t, "the old password", err, club.CodeUnauthenticated)
	if _, err := f.SignIn(ctx, attempt("ada", "another-horse-8")); err != nil {
		t.Errorf("the new password: %v", err)
	}
	f.clock.Advance(91 * 24 * time.Hour)
	if s, err := f.SignIn(ctx, attempt("ada", "another-horse-8")); err != nil || !s.Principal.PasswordDue {
		t.Errorf("after 91 days: due %v, %v", s.Principal.PasswordDue, err)
	}
	if f.audited("user.password_changed") != 1 {
		t.Error("not audited")
	}
}

func TestStolenSessionCannotGuessThePassword(t *testing.T) {
	f := setUp(t)
	s := f.signIn(f.user("ada", club.RoleOperator))
	for range 5 {
		wantCode(t, "guess", f.ChangePassword(t.Context(), s.Principal, "wrong-horse-77", "another-horse-8"), club.CodeForbidden)
	}
	wantCode(t, "sixth guess", f.ChangePassword(t.Context(), s.Principal, goodPassword, "another-horse-8"), club.CodeLimited)
}

func TestSignInLinkWorksOnceAndSoon(t *testing.T) {
	f := setUp(t)
	ctx := t.Context()
	u, err := f.CreateUser(ctx, f.root, identity.NewUser{Email: "ada@example.com", Name: "Ada", Role: club.RoleOperator})
	if err != nil || u.Status != identity.UserInvited {
		t.Fatalf("%+v, %v", u, err)
	}
	link, err := f.CreateSignInLink(ctx, f.root, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	var won atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := f.SignInByLink(context.Background(), link, netip.Addr{}, "phone")
			if err == nil {
				won.Add(1)
				if !s.Principal.PasswordDue || s.Principal.UserID != u.ID {
					t.Errorf("principal %+v", s.Principal)
				}
				return
			}
			wantCode(t, "used link", err, club.CodeUnauthenticated)
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("the link worked %d times", won.Load())
	}
	if got, _ := f.FindUser(ctx, f.root, u.ID); got.Status != identity.UserActive || f.audited("user.activated") != 1 {
		t.Errorf("the invited user is %s", got.Status)
	}
	late, err := f.CreateSignInLink(ctx, f.root, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	f.clock.Advance(identity.LinkMaxAge)
	_, err = f.SignInByLink(ctx, late, netip.Addr{}, "")
	wantCode(t, "after 15 minutes", err, club.CodeUnauthenticated)
}

func TestResetPasswordLeadsInByLinkToAnotherOne(t *testing.T) {
	f := setUp(t)
	u := f.user("ada", club.RoleOperator)
	ctx := t.Context()
	old := f.signIn(u)
	link, err := f.ResetPassword(ctx, f.root, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Authenticate(ctx, old.Token)
	wantCode(t, "the old session", err, club.CodeUnauthenticated)
	_, err = f.SignIn(ctx, attempt("ada", goodPassword))
	wantCode(t, "the old password", err, club.CodeUnauthenticated)
	s, err := f.SignInByLink(ctx, link, netip.Addr{}, "")
	if err != nil || !s.Principal.PasswordDue {
		t.Fatalf("by link: %+v, %v", s.Principal, err)
	}
	if err := f.ChangePassword(ctx, s.Principal, "", "another-horse-8"); err != nil {
		t.Errorf("choosing another without a present one: %v", err)
	}
	if err := f.SetPassword(ctx, f.root, u.ID, "third-horse-99"); err != nil {
		t.Error(err)
	}
	_, err = f.Authenticate(ctx, s.Token)
	wantCode(t, "a session from before SetPassword", err, club.CodeUnauthenticated)
	if _, err := f.UpdateUser(ctx, f.root, u.ID, identity.UserChange{Status: ptr(identity.UserDisabled)}); err != nil {
		t.Fatal(err)
	}
	_, err = f.CreateSignInLink(ctx, f.root, u.ID)
	wantCode(t, "link for a disabled user", err, club.CodeConflict)
}

func TestSessionsAreEndedByTheirUserOrAnAdmin(t *testing.T) {
	f := setUp(t)
	u, other := f.user("ada", club.RoleOperator), f.user("bob", club.RoleOperator)
	ctx := t.Context()
	one, two, three := f.signIn(u), f.signIn(u), f.signIn(u)
	stranger := f.signIn(other).Principal
	wantCode(t, "stranger", f.RevokeSession(ctx, stranger, one.Principal.SessionID), club.CodeNotFound)
	_, err := f.FindSessions(ctx, stranger, u.ID)
	wantCode(t, "stranger lists", err, club.CodeForbidden)
	if list, err := f.FindSessions(ctx, one.Principal, u.ID); len(list) != 3 || err != nil {
		t.Errorf("%d sessions, %v", len(list), err)
	}
	for what, err := range map[string]error{
		"own": f.RevokeSession(ctx, one.Principal, two.Principal.SessionID), "by admin": f.RevokeSession(ctx, f.root, three.Principal.SessionID), "sign out": f.SignOut(ctx, one.Principal),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, s := range []identity.Session{one, two, three} {
		_, err := f.Authenticate(ctx, s.Token)
		wantCode(t, "ended", err, club.CodeUnauthenticated)
	}
	if f.SignOut(ctx, one.Principal) != nil || f.audited("session.ended") != 3 {
		t.Error("ending twice, or not audited")
	}
	wantCode(t, "unknown", f.RevokeSession(ctx, f.root, "ses_x"), club.CodeNotFound)
}

func TestNoSessionOutlivesADisablingThatRacesIt(t *testing.T) {
	f := setUp(t)
	u := f.user("ada", club.RoleOperator)
	links := make([]string, 6)
	for i := range links {
		var err error
		if links[i], err = f.CreateSignInLink(t.Context(), f.root, u.ID); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for i, link := range links {
		wg.Go(func() { _, _ = f.SignInByLink(context.Background(), link, netip.Addr{}, "") })
		if i == 2 {
			wg.Go(func() {
				// A sign-in that moves the row's version makes this a conflict; an admin would try again.
				for range 10 {
					_, err := f.UpdateUser(context.Background(), f.root, u.ID, identity.UserChange{Status: ptr(identity.UserDisabled)})
					if club.CodeOf(err) != club.CodeConflict {
						return
					}
				}
			})
		}
	}
	wg.Wait()
	if n := storetest.Count(t, f.db, "SELECT COUNT(*) FROM sessions"); n != 0 {
		t.Errorf("%d sessions of a disabled user", n)
	}
}

func TestWhatHasEndedGoesInBatches(t *testing.T) {
	for table, insert := range map[string]string{
		"sessions":         `(id, token_hash, user_id, address, agent, created_at, seen_at, expires_at) %s SELECT 's' || CAST(i AS TEXT), 'h' || CAST(i AS TEXT), $1, '', '', '2026-11-01 10:00:00+00:00', '2026-11-01 10:00:00+00:00', '2026-11-01 18:00:00+00:00' FROM n`,
		"sign_in_links":    `(token_hash, user_id, expires_at, used_at, created_at) %s SELECT 'h' || CAST(i AS TEXT), $1, '2026-11-01 18:00:00+00:00', NULL, '2026-11-01 10:00:00+00:00' FROM n`,
		"sign_in_attempts": `(key, failures, last_at, blocked_until) %s SELECT 'k' || CAST(i AS TEXT) || $1, 1, '2026-11-01 10:00:00+00:00', NULL FROM n`,
	} {
		t.Run(table, func(t *testing.T) {
			f := setUp(t)
			u := f.user("ada", club.RoleOperator)
			const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1507)`
			storetest.Exec(t, f.db, "DELETE FROM "+table)
			storetest.Exec(t, f.db, "INSERT INTO "+table+" "+fmt.Sprintf(insert, numbers), u.ID.String())
			storetest.InBatches(t, 1507, 500, func() int { return storetest.Count(t, f.db, "SELECT COUNT(*) FROM "+table) }, f.Sweep)
		})
	}
}
