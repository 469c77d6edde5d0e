package identity_test

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
)

const goodPassword = "correct-horse-7"

// sharedHasher is one for all tests: its dummy hash costs 40 ms to make.
var sharedHasher = sync.OnceValue(func() *identity.Hasher {
	h, err := identity.NewHasher(2)
	if err != nil {
		panic(err)
	}
	return h
})

// fixture is a club with a directory, and two locations.
type fixture struct {
	*identity.Directory
	t     *testing.T
	db    *store.Tenant
	clock *club.ManualClock
	root  identity.Principal
	a, b  club.LocationID
}

func setUp(t *testing.T) *fixture {
	t.Helper()
	t.Parallel()
	c, clock := storetest.Cluster(t)
	return addClub(t, c, clock, "test")
}

func addClub(t *testing.T, c *store.Cluster, clock *club.ManualClock, slug club.Slug) *fixture {
	t.Helper()
	db := storetest.AddTenant(t, c, slug)
	v, err := vault.Open(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := v.NewTenantKeyset(slug)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := v.OpenTenant(wrapped, slug)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{
		Directory: identity.NewDirectory(identity.Config{DB: db, Vault: keys, Hasher: sharedHasher(), Log: slog.New(slog.DiscardHandler)}),
		t:         t, db: db, clock: clock, root: identity.System(slug, "test"),
		a: club.NewLocationID(clock.Now()), b: club.NewLocationID(clock.Now()),
	}
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		for name, id := range map[string]club.LocationID{"alpha": f.a, "beta": f.b} {
			if err := tx.CreateLocation(t.Context(), store.CreateLocationParams{ID: id, Slug: name, Name: name, TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// user adds an active user with goodPassword.
func (f *fixture) user(name string, r club.Role, at ...club.LocationID) identity.User {
	f.t.Helper()
	u, err := f.CreateUser(f.t.Context(), f.root, identity.NewUser{Email: name + "@example.com", Name: name, Role: r, Locations: at, Password: goodPassword})
	if err != nil {
		f.t.Fatalf("create %s: %v", name, err)
	}
	return u
}

func attempt(name, password string) identity.SignIn {
	return identity.SignIn{Email: name + "@example.com", Password: password, Addr: netip.MustParseAddr("203.0.113.9"), Agent: "test"}
}

// signIn signs a user in by a link, which spares the 40 ms of the password.
func (f *fixture) signIn(u identity.User) identity.Session {
	f.t.Helper()
	token, err := f.CreateSignInLink(f.t.Context(), f.root, u.ID)
	if err != nil {
		f.t.Fatal(err)
	}
	s, err := f.SignInByLink(f.t.Context(), token, netip.MustParseAddr("203.0.113.9"), "test")
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

func (f *fixture) audited(action string) int {
	f.t.Helper()
	return storetest.Count(f.t, f.db, "SELECT COUNT(*) FROM audit_entries WHERE action = $1", action)
}

func wantCode(t *testing.T, what string, err error, code club.Code) {
	t.Helper()
	if club.CodeOf(err) != code {
		t.Errorf("%s: %v, want %q", what, err, code)
	}
}

func ptr[T any](v T) *T { return &v }

func TestUserIsStoredSealedAndFoundAgain(t *testing.T) {
	f := setUp(t)
	u, err := f.CreateUser(t.Context(), f.root, identity.NewUser{Email: " Ada.Lovelace@Example.com ", Name: " Ada   Lovelace ", Role: club.RoleOperator, Locations: []club.LocationID{f.b, f.a, f.a}, Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.FindUser(t.Context(), f.root, u.ID)
	if err != nil || got.Email != "ada.lovelace@example.com" || got.Name != "Ada Lovelace" || len(got.Locations) != 2 || got.Status != identity.UserActive || !got.HasPassword || got.PasswordDue {
		t.Errorf("found %+v, %v", got, err)
	}
	if id, err := f.FindUserIDByEmail(t.Context(), f.root, "ADA.lovelace@example.com"); id != u.ID || err != nil {
		t.Errorf("by e-mail: %s, %v", id, err)
	}
	_, err = f.FindUserIDByEmail(t.Context(), f.root, "nobody@example.com")
	wantCode(t, "by an unknown e-mail", err, club.CodeNotFound)
	var row store.User
	_ = f.db.Read(t.Context(), func(tx *store.Tx) (err error) { row, err = tx.FindUser(t.Context(), u.ID); return err })
	if strings.Contains(string(row.Email)+string(row.Name)+row.EmailIndex, "ove") || !strings.HasPrefix(row.PasswordHash, "$argon2id$") {
		t.Error("the row shows who it is")
	}
	if f.audited("user.created") != 1 {
		t.Error("not audited")
	}
	if n := storetest.Count(t, f.db, "SELECT COUNT(*) FROM audit_entries WHERE CAST(detail AS TEXT) LIKE '%ovelace%'"); n != 0 {
		t.Error("the audit entry holds the user's name or address")
	}
}

func TestUserThatBreaksARuleIsNotCreated(t *testing.T) {
	f := setUp(t)
	f.user("ada", club.RoleOwner)
	ok := identity.NewUser{Email: "x@example.com", Name: "X", Role: club.RoleViewer}
	for name, tt := range map[string]struct {
		edit func(*identity.NewUser)
		code club.Code
	}{
		"no address":         {func(n *identity.NewUser) { n.Email = "x" }, club.CodeInvalid},
		"named address":      {func(n *identity.NewUser) { n.Email = "X <x@example.com>" }, club.CodeInvalid},
		"taken address":      {func(n *identity.NewUser) { n.Email = "ADA@example.com" }, club.CodeConflict},
		"no name":            {func(n *identity.NewUser) { n.Name = "  " }, club.CodeInvalid},
		"unknown role":       {func(n *identity.NewUser) { n.Role = "root" }, club.CodeInvalid},
		"unknown location":   {func(n *identity.NewUser) { n.Locations = []club.LocationID{"loc_x"} }, club.CodeInvalid},
		"weak password":      {func(n *identity.NewUser) { n.Password = "short" }, club.CodeInvalid},
		"owner of one place": {func(n *identity.NewUser) { n.Role, n.Locations = club.RoleOwner, []club.LocationID{f.a} }, club.CodeInvalid},
	} {
		n := ok
		tt.edit(&n)
		_, err := f.CreateUser(t.Context(), f.root, n)
		wantCode(t, name, err, tt.code)
	}
	if n := storetest.Count(t, f.db, "SELECT COUNT(*) FROM users"); n != 1 {
		t.Errorf("%d users", n)
	}
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	f := setUp(t)
	owner := f.user("owner", club.RoleOwner)
	local := f.user("local", club.RoleAdmin, f.a)
	far := f.user("far", club.RoleOperator, f.b)
	admin := f.signIn(f.user("admin", club.RoleAdmin)).Principal
	localAdmin := f.signIn(local).Principal
	operator := f.signIn(f.user("operator", club.RoleOperator)).Principal
	create := func(by identity.Principal, r club.Role, at ...club.LocationID) error {
		_, err := f.CreateUser(t.Context(), by, identity.NewUser{Email: "n" + string(r) + by.UserID.String() + "@example.com", Name: "N", Role: r, Locations: at})
		return err
	}
	update := func(by identity.Principal, id club.UserID, c identity.UserChange) error {
		_, err := f.UpdateUser(t.Context(), by, id, c)
		return err
	}
	link := func(by identity.Principal, id club.UserID) error {
		_, err := f.CreateSignInLink(t.Context(), by, id)
		return err
	}
	for what, tt := range map[string]struct {
		err  error
		want club.Code
	}{
		"operator creates":                   {create(operator, club.RoleViewer), club.CodeForbidden},
		"admin creates an owner":             {create(admin, club.RoleOwner), club.CodeForbidden},
		"admin creates an admin":             {create(admin, club.RoleAdmin), ""},
		"local admin creates beyond":         {create(localAdmin, club.RoleViewer, f.b), club.CodeForbidden},
		"local admin creates everywhere":     {create(localAdmin, club.RoleViewer), club.CodeForbidden},
		"local admin creates at home":        {create(localAdmin, club.RoleViewer, f.a), ""},
		"local admin changes a far user":     {update(localAdmin, far.ID, identity.UserChange{Role: ptr(club.RoleViewer)}), club.CodeNotFound},
		"local admin widens itself":          {update(localAdmin, local.ID, identity.UserChange{Locations: ptr([]club.LocationID{})}), club.CodeForbidden},
		"admin disables an owner":            {update(admin, owner.ID, identity.UserChange{Status: ptr(identity.UserDisabled)}), club.CodeForbidden},
		"admin becomes an owner":             {update(admin, admin.UserID, identity.UserChange{Role: ptr(club.RoleOwner)}), club.CodeForbidden},
		"admin signs in as an owner":         {link(admin, owner.ID), club.CodeForbidden},
		"local admin signs in as a far user": {link(localAdmin, far.ID), club.CodeNotFound},
		"operator promotes itself":           {update(operator, operator.UserID, identity.UserChange{Role: ptr(club.RoleOwner)}), club.CodeForbidden},
		"operator renames another":           {update(operator, far.ID, identity.UserChange{Name: ptr("Y")}), club.CodeForbidden},
		"operator renames itself":            {update(operator, operator.UserID, identity.UserChange{Name: ptr("Y")}), ""},
	} {
		wantCode(t, what, tt.err, tt.want)
	}
	users, err := f.FindUsers(t.Context(), localAdmin)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		if u.ID == far.ID {
			t.Error("a local admin sees the staff of another place")
		}
	}
	if _, err := f.FindUser(t.Context(), localAdmin, far.ID); club.CodeOf(err) != club.CodeNotFound {
		t.Errorf("a local admin finds a far user: %v", err)
	}
}

func TestPrincipalOfOneClubIsNobodyInAnother(t *testing.T) {
	t.Parallel()
	c, clock := storetest.Cluster(t)
	north, south := addClub(t, c, clock, "north"), addClub(t, c, clock, "south")
	owner := north.user("owner", club.RoleOwner)
	victim := south.user("victim", club.RoleOwner)
	s := north.signIn(owner)
	ctx := t.Context()
	_, err := south.FindUsers(ctx, s.Principal)
	wantCode(t, "list", err, club.CodeUnauthenticated)
	_, err = south.CreateSignInLink(ctx, s.Principal, victim.ID)
	wantCode(t, "link", err, club.CodeUnauthenticated)
	_, _, err = south.CreateAPIKey(ctx, s.Principal, identity.NewAPIKey{Name: "k", Scopes: []identity.Permission{identity.TicketsRead}})
	wantCode(t, "key", err, club.CodeUnauthenticated)
	_, err = south.FindUser(ctx, identity.Principal{Tenant: "north", Actor: s.Principal.Actor, UserID: victim.ID}, victim.ID)
	wantCode(t, "self elsewhere", err, club.CodeUnauthenticated)
	_, err = south.Authenticate(ctx, s.Token)
	wantCode(t, "session", err, club.CodeUnauthenticated)
	_, err = south.Authenticate(ctx, "south"+strings.TrimPrefix(s.Token, "north"))
	wantCode(t, "session with its tenant rewritten", err, club.CodeUnauthenticated)
	_, key, err := north.CreateAPIKey(ctx, s.Principal, identity.NewAPIKey{Name: "k", Scopes: []identity.Permission{identity.TicketsRead}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = south.AuthenticateKey(ctx, key)
	wantCode(t, "key", err, club.CodeUnauthenticated)
	_, err = south.AuthenticateKey(ctx, strings.Replace(key, "north", "south", 1))
	wantCode(t, "key with its tenant rewritten", err, club.CodeUnauthenticated)
	if _, err := north.Authenticate(ctx, s.Token); err != nil {
		t.Errorf("at home: %v", err)
	}
}

func TestLastOwnerStays(t *testing.T) {
	f := setUp(t)
	one := f.user("one", club.RoleOwner)
	for what, c := range map[string]identity.UserChange{"disabled": {Status: ptr(identity.UserDisabled)}, "made admin": {Role: ptr(club.RoleAdmin)}} {
		_, err := f.UpdateUser(t.Context(), f.root, one.ID, c)
		wantCode(t, "last owner "+what, err, club.CodeConflict)
	}
	if _, err := f.CreateUser(t.Context(), f.root, identity.NewUser{Email: "invited@example.com", Name: "I", Role: club.RoleOwner}); err != nil {
		t.Fatal(err)
	}
	_, err := f.UpdateUser(t.Context(), f.root, one.ID, identity.UserChange{Role: ptr(club.RoleAdmin)})
	wantCode(t, "an owner who never came does not count", err, club.CodeConflict)
}

func TestOwnersWhoRemoveEachOtherAtOnceLeaveOne(t *testing.T) {
	f := setUp(t)
	owners := []identity.User{f.user("one", club.RoleOwner), f.user("two", club.RoleOwner), f.user("three", club.RoleOwner)}
	var wg sync.WaitGroup
	for _, u := range owners {
		wg.Go(func() {
			if _, err := f.UpdateUser(context.Background(), f.root, u.ID, identity.UserChange{Status: ptr(identity.UserDisabled)}); err != nil && club.CodeOf(err) != club.CodeConflict {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := storetest.Count(t, f.db, "SELECT COUNT(*) FROM users WHERE role = 'owner' AND status = 'active'"); n != 1 {
		t.Errorf("%d owners are left", n)
	}
}

func TestChangeMadeOnAnOldViewIsRefused(t *testing.T) {
	f := setUp(t)
	u := f.user("ada", club.RoleViewer)
	seen := u.UpdatedAt
	if _, err := f.UpdateUser(t.Context(), f.root, u.ID, identity.UserChange{Role: ptr(club.RoleTech), IfUpdatedAt: seen}); err != nil {
		t.Fatal(err)
	}
	_, err := f.UpdateUser(t.Context(), f.root, u.ID, identity.UserChange{Role: ptr(club.RoleAdmin), IfUpdatedAt: seen})
	wantCode(t, "second change", err, club.CodeConflict)
	_, err = f.UpdateUser(t.Context(), f.root, u.ID, identity.UserChange{Status: ptr(identity.UserInvited)})
	wantCode(t, "back to invited", err, club.CodeInvalid)
	_, err = f.UpdateUser(t.Context(), f.root, club.NewUserID(time.Now()), identity.UserChange{Name: ptr("X")})
	wantCode(t, "nobody", err, club.CodeNotFound)
	got, _ := f.FindUser(t.Context(), f.root, u.ID)
	if got.Role != club.RoleTech || !got.UpdatedAt.After(seen) {
		t.Errorf("%+v", got)
	}
}

func TestSlackAccountStandsForItsUserOnly(t *testing.T) {
	f := setUp(t)
	u, other := f.user("ada", club.RoleOperator, f.a), f.user("bob", club.RoleViewer)
	ctx := t.Context()
	if _, err := f.UpdateUser(ctx, f.root, u.ID, identity.UserChange{SlackUserID: ptr("U123")}); err != nil {
		t.Fatal(err)
	}
	_, err := f.UpdateUser(ctx, f.root, other.ID, identity.UserChange{SlackUserID: ptr("U123")})
	wantCode(t, "linked twice", err, club.CodeConflict)
	p, err := f.FindPrincipalBySlackID(ctx, "U123")
	if err != nil || p.UserID != u.ID || !p.Can(identity.ProposalsDecide) || p.AllowsLocation(f.b) || p.Tenant != "test" {
		t.Errorf("principal %+v, %v", p, err)
	}
	for _, id := range []string{"", "U999"} {
		_, err := f.FindPrincipalBySlackID(ctx, id)
		wantCode(t, "slack "+id, err, club.CodeForbidden)
	}
	if _, err := f.UpdateUser(ctx, f.root, u.ID, identity.UserChange{Status: ptr(identity.UserDisabled)}); err != nil {
		t.Fatal(err)
	}
	_, err = f.FindPrincipalBySlackID(ctx, "U123")
	wantCode(t, "disabled", err, club.CodeForbidden)
}

func TestLocationScopeNarrowsRowsInSQLAsItDoesInGo(t *testing.T) {
	f := setUp(t)
	const query = "SELECT COUNT(*) FROM (SELECT id AS location_id FROM locations UNION ALL SELECT NULL) AS r WHERE $1 = '' OR location_id IS NULL OR $1 LIKE '%,' || location_id || ',%'"
	for want, at := range map[int][]club.LocationID{3: nil, 2: {f.b}, 1: {"loc_elsewhere"}} {
		p := identity.Principal{Locations: at}
		if n := storetest.Count(t, f.db, query, p.LocationScope()); n != want {
			t.Errorf("scope %q sees %d rows, want %d", p.LocationScope(), n, want)
		}
	}
}
