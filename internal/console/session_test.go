package console_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault/vaulttest"
)

func TestPersonSignsInWithAPasswordAndReturnsWhereTheyWere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.user("Olu", club.RoleOperator)
	b := h.browser()
	b.get("/c/fairway/tickets?view=list").want(http.StatusOK)
	if !strings.HasPrefix(b.path, "/c/fairway/sign-in?") {
		t.Fatalf("led to %s", b.path)
	}
	b.submit("/sign-in", "email", "olu@example.com", "password", "wrong-horse-7").want(http.StatusUnauthorized, "The e-mail address or the password is not right.")
	if got := valuesOf(b.form("/sign-in")); got.Get("email") != "olu@example.com" || got.Get("password") != "" || got.Get("next") != "/c/fairway/tickets?view=list" {
		t.Errorf("the form comes back as %v", got)
	}
	b.submit("/sign-in", "password", password).want(http.StatusOK)
	if b.path != "/c/fairway/tickets?view=list" {
		t.Errorf("after signing in at %s", b.path)
	}
	b.get("/c/fairway/account").submit("/sign-out").want(http.StatusOK, "You have been signed out.")
	if b.get("/c/fairway/inbox"); !strings.HasPrefix(b.path, "/c/fairway/sign-in?") {
		t.Errorf("still in after signing out: %s", b.path)
	}
}

func TestTooManyWrongPasswordsAreMadeToWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.browser()
	for range 12 {
		b.post("/c/fairway/sign-in", "email", "x@example.com", "password", "nope")
		if b.status == http.StatusTooManyRequests {
			b.want(http.StatusTooManyRequests, "too many attempts")
			return
		}
	}
	t.Errorf("never throttled: %d", b.status)
}

func TestNextLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, next := range []string{"https://evil.example/", "//evil.example/", "/\\evil.example", "/c/other/inbox", "javascript:alert(1)", "/c/fairway/../../evil", "/c/fairway/\nx", "/c/fairway/sign-in", "", "/c/fairway"} {
		b := h.browser()
		b.get("/c/fairway/sign-in?next=" + strings.NewReplacer("\n", "%0A", "\\", "%5C").Replace(next))
		if got := valuesOf(b.form("/sign-in")).Get("next"); got != "/c/fairway/inbox" {
			t.Errorf("next %q became %q", next, got)
		}
	}
}

func TestSignInLinkWorksOnceAndLeadsToAPassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	u, err := h.dir.CreateUser(t.Context(), identity.System("fairway", "test"), identity.NewUser{Email: "new@example.com", Name: "Nia", Role: club.RoleOperator})
	if err != nil {
		t.Fatal(err)
	}
	token, err := h.dir.CreateSignInLink(t.Context(), identity.System("fairway", "test"), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	b := h.browser()
	b.get("/c/fairway/sign-in/link").want(http.StatusOK)
	if len(find(b.doc, "form[data-controller=link] input[name=code]")) != 1 {
		t.Error("no script fills in the code")
	}
	b.submit("/sign-in/link", "code", token).want(http.StatusOK, "Welcome, Nia")
	if strings.Contains(b.path, token) || strings.Contains(b.body, token) {
		t.Error("the code shows in an address or a page")
	}
	if len(find(b.doc, "input[name=current]")) != 0 {
		t.Error("asks for a password that is not there")
	}
	b.get("/c/fairway/members").want(http.StatusOK, "Choose a password") // nothing else before
	b.post("/c/fairway/sops/new", "source", "x").want(http.StatusForbidden, "choose a password first")
	b.get("/c/fairway/password").submit("/password", "password", "short", "again", "short").want(http.StatusUnprocessableEntity, "12")
	b.submit("/password", "password", password, "again", password+"x").want(http.StatusUnprocessableEntity, "The two do not agree.")
	b.submit("/password", "password", password, "again", password).want(http.StatusOK, "Your password has been saved.")
	other := h.browser()
	other.post("/c/fairway/sign-in/link", "code", token).want(http.StatusUnauthorized, "used already")
}

func TestSessionOfAnotherClubIsNoSessionHere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	vaulttest.AddTenant(t, h.cluster, "smash")
	b := h.as(club.RoleOwner)
	b.get("/c/smash/inbox").want(http.StatusOK)
	if !strings.HasPrefix(b.path, "/c/smash/sign-in?") {
		t.Errorf("led to %s", b.path)
	}
	b.post("/c/smash/settings", "group", "club").want(http.StatusUnauthorized)
}

func TestStartLeadsToTheOnlyClubAndNamesNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.browser()
	if b.get("/"); !strings.HasPrefix(b.path, "/c/fairway/sign-in") {
		t.Errorf("led to %s", b.path)
	}
	storetest.AddTenant(t, h.cluster, "smash")
	b.get("/").want(http.StatusOK, "Short name")
	for _, name := range []string{"fairway", "smash"} {
		if strings.Contains(b.body, name) {
			t.Errorf("the start page names %s", name)
		}
	}
	b.get("/?club=nowhere").want(http.StatusNotFound, "There is no club of that name here.")
	b.get("/?club=%22%3E%3Cscript%3E").want(http.StatusNotFound)
	if len(find(b.doc, "script")) != 1 {
		t.Error("the typed name is a script")
	}
	if b.get("/?club=fairway"); !strings.HasPrefix(b.path, "/c/fairway/sign-in") {
		t.Errorf("led to %s", b.path)
	}
	for _, path := range []string{"/c/nowhere/inbox", "/c/X/inbox", "/c/nowhere/sign-in", "/nothing", "/c/fairway/nothing", "/c/fairway/threads/x/y/z"} {
		b.get(path).want(http.StatusNotFound)
	}
}

func TestStartLeadsWhoHasSignedInToTheirClub(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOperator)
	vaulttest.AddTenant(t, h.cluster, "links")
	if b.get("/c/"); b.path != "/c/fairway/inbox" {
		t.Errorf("led to %s", b.path)
	}
	b.get("/?choose=1").want(http.StatusOK, "Short name", "stands in the address")
	b.get("/c/fairway/nothing").want(http.StatusNotFound, "quote")
}

func TestEachOwnsTheirAccount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	u := h.user("Olu", club.RoleViewer)
	b, phone, third := h.signIn(u), h.signIn(u), h.signIn(u)
	b.get("/c/fairway/account").want(http.StatusOK, "This one")
	if b.submit("/account/theme", "theme", "dark"); b.see("html") == "" || attr(find(b.doc, "html")[0], "data-theme") != "dark" {
		t.Error("the theme did not stay")
	}
	b.get("/c/fairway/account")
	for _, f := range find(b.doc, "form") {
		if a := attr(f, "action"); strings.Contains(a, "/account/sessions/ses_") {
			b.post(a).follow().want(http.StatusOK, "The session has ended.")
			break
		}
	}
	b.submit("/account/sessions/others").want(http.StatusOK, "All your other sessions have ended.")
	for _, other := range []*browser{phone, third} {
		if other.get("/c/fairway/inbox"); !strings.Contains(other.path, "/sign-in") {
			t.Error("another session lives on")
		}
	}
	b.get("/c/fairway/account").submit("/account/password", "current", "x", "password", password, "again", password).want(http.StatusUnprocessableEntity, "not right")
	h.clock.Advance(9 * time.Hour)
	if b.get("/c/fairway/account"); !strings.Contains(b.path, "/sign-in") {
		t.Error("a session of 9 hours lives")
	}
}

func TestASuspendedClubSaysSoOnEveryPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOwner)
	b.get("/c/fairway/inbox").want(http.StatusOK)
	set := func(status string) {
		t.Helper()
		if err := h.cluster.SetTenantStatus(t.Context(), "fairway", status); err != nil {
			t.Fatal(err)
		}
	}
	set(store.StatusSuspended)
	for _, path := range []string{"/", "/?club=fairway", "/c/fairway/inbox", "/c/fairway/sign-in", "/c/fairway/account"} {
		b.get(path).want(http.StatusForbidden, "This club is suspended", "Members' texts are kept")
	}
	b.post("/c/fairway/sign-out").want(http.StatusForbidden, "This club is suspended")
	set(store.StatusActive)
	b.get("/c/fairway/inbox").want(http.StatusOK)
}
