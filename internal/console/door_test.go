package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/console"
	"clubos/internal/desk"
	"clubos/internal/identity"
)

// concrete fills a route's pattern with ids that name nothing.
func concrete(path string, now club.ThreadID) string {
	return strings.NewReplacer("{tenant}", "fairway", "{id}", now.String(), "{message}", "msg_x", "{n}", "0", "{$}", "").Replace(path)
}

func TestNoRouteServesAStranger(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := club.NewThreadID(h.clock.Now())
	open := 0
	for _, rt := range console.RoutesForTest(h.handler) {
		if rt.Permission == console.PublicForTest {
			open++
			continue
		}
		b := h.browser()
		b.send(httptest.NewRequest(rt.Method, concrete(rt.Path, id), nil))
		switch {
		case rt.Method == http.MethodPost || strings.HasSuffix(rt.Path, "/live"):
			if b.status != http.StatusUnauthorized {
				t.Errorf("%s %s answered %d", rt.Method, rt.Path, b.status)
			}
		case b.status != http.StatusSeeOther || !strings.HasPrefix(b.header.Get("Location"), "/c/fairway/sign-in?next="):
			t.Errorf("%s %s answered %d, led to %q", rt.Method, rt.Path, b.status, b.header.Get("Location"))
		}
	}
	if open > 7 {
		t.Errorf("%d public routes; each must be worth it", open)
	}
}

func TestViewerChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleViewer)
	own := map[string]bool{"/sign-out": true, "/password": true, "/account/password": true, "/account/theme": true, "/oncall/contact": true, "/account/sessions/others": true, "/account/sessions/{id}": true, "/sign-in": true, "/sign-in/link": true}
	for _, rt := range console.RoutesForTest(h.handler) {
		if rt.Method != http.MethodPost || own[strings.TrimPrefix(rt.Path, "/c/{tenant}")] {
			continue
		}
		if b.post(concrete(rt.Path, club.NewThreadID(h.clock.Now()))); b.status != http.StatusForbidden {
			t.Errorf("a viewer's POST %s answered %d", rt.Path, b.status)
		}
	}
}

func TestEveryRouteAsksForItsPermission(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, role := range []club.Role{club.RoleTech, club.RoleOperator} {
		b := h.as(role)
		may := identity.RolePermissions(role)
		for _, rt := range console.RoutesForTest(h.handler) {
			if rt.Permission == console.PublicForTest || rt.Permission == console.SignedInForTest || strings.HasSuffix(rt.Path, "/live") {
				continue
			}
			b.send(httptest.NewRequest(rt.Method, concrete(rt.Path, club.NewThreadID(h.clock.Now())), nil))
			allowed := false
			for _, p := range may {
				allowed = allowed || p == rt.Permission
			}
			if (b.status == http.StatusForbidden) == allowed {
				t.Errorf("%s: %s %s (%s) answered %d", role, rt.Method, rt.Path, rt.Permission, b.status)
			}
		}
	}
}

func TestOperatorOfOnePlaceKnowsNothingOfAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(ada, "bay 3 froze")
	if th := h.thread(id); th.LocationID != h.north {
		t.Fatalf("the thread is at %q", th.LocationID)
	}
	owner := identity.System("fairway", "test")
	ticket, err := h.desk.CreateTicket(t.Context(), h.tenant, owner, desk.NewTicket{Title: "Projector is dim", Location: h.north, Bay: h.bay})
	if err != nil {
		t.Fatal(err)
	}
	p := h.proposal(id)
	b := h.as(club.RoleOperator, h.sea)
	for _, path := range []string{"/threads/" + id.String(), "/threads/" + id.String() + "?part=thread", "/tickets/" + ticket.ID.String(), "/decisions/" + p.DecisionID.String(), "/members/" + h.member.ID.String()} {
		b.get("/c/fairway" + path).want(http.StatusNotFound)
	}
	for _, path := range []string{"/threads/%/reply", "/threads/%/note", "/threads/%/read", "/threads/%/claim", "/threads/%/handback", "/threads/%/resolve", "/threads/%/escalate", "/threads/%/ticket", "/threads/%/action"} {
		b.post("/c/fairway"+strings.Replace(path, "%", id.String(), 1), "text", "x", "key", "k", "reason", "r", "title", "t", "action", "reboot_pc").want(http.StatusNotFound)
	}
	for _, path := range []string{"/proposals/" + p.ID.String() + "/approve", "/proposals/" + p.ID.String() + "/reject", "/tickets/" + ticket.ID.String() + "/comment", "/tickets/" + ticket.ID.String() + "/status"} {
		b.post("/c/fairway"+path, "text", "x", "status", "resolved", "version", "1").want(http.StatusNotFound)
	}
	for _, path := range []string{"/inbox?status=all", "/tickets", "/tickets?view=list", "/decisions", "/members", "/bookings", "/places", "/health"} {
		b.get("/c/fairway" + path).want(http.StatusOK)
		for _, secret := range []string{"bay 3 froze", "Projector is dim", "Ada Byron", "Northside"} {
			if strings.Contains(text(b.doc), secret) {
				t.Errorf("%s shows %q", path, secret)
			}
		}
	}
}

func TestForgedPostIsRefusedWhateverItsCookie(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOwner)
	for _, origin := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}} {
		r := httptest.NewRequest(http.MethodPost, "/c/fairway/sign-out", nil)
		for k, v := range origin {
			r.Header.Set(k, v)
		}
		b.send(r)
		b.want(http.StatusForbidden, "sent from another site")
	}
	b.get("/c/fairway/inbox").want(http.StatusOK, "Inbox")
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOwner)
	for _, path := range []string{"/", "/c/fairway/sign-in", "/c/fairway/inbox", "/c/fairway/nothing", "/c/fairway/sops/new"} {
		b.get(path)
		csp := b.header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: the policy lacks %s", path, part)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") {
			t.Errorf("%s: the policy is loose: %s", path, csp)
		}
		for k, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store", "X-Frame-Options": "DENY"} {
			if got := b.header.Get(k); got != want {
				t.Errorf("%s: %s is %q", path, k, got)
			}
		}
	}
}

func TestFormThatIsTooLargeOrBrokenIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOwner)
	b.postForm("/c/fairway/sops/new", url.Values{"source": {strings.Repeat("x", 600<<10)}}).want(http.StatusRequestEntityTooLarge)
	b.postForm("/c/fairway/tickets", url.Values{"title": {"a\x00b"}}).want(http.StatusBadRequest, "cannot be stored")
	b.postForm("/c/fairway/tickets", url.Values{"title": {"\xff\xfe"}}).want(http.StatusBadRequest, "cannot be stored")
	for _, q := range []string{"%00", "%ff", "'%20OR%201=1--", "%25_%5C", strings.Repeat("x", 5000)} {
		for _, path := range []string{"/inbox?q=", "/inbox?cursor=", "/inbox?location=", "/tickets?q=", "/members?q=", "/decisions?q=", "/audit?q=", "/sops?q=", "/bookings?day=", "/threads/", "/sops/", "/tickets/"} {
			if b.get("/c/fairway" + path + q); b.status >= 500 {
				t.Errorf("%s%.20s answered %d", path, q, b.status)
			}
		}
	}
}

func TestDatabaseThatIsGoneIsSaidPlainly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOwner)
	if err := h.cluster.Close(); err != nil {
		t.Fatal(err)
	}
	b.get("/c/fairway/inbox")
	if b.status < 500 || strings.Contains(b.body, "sql") {
		t.Errorf("answered %d: %s", b.status, clipText(text(b.doc)))
	}
	if b.see("code") == "" {
		t.Error("no id to quote")
	}
}
