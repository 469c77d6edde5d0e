package console_test

import (
	"net/http"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/console"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/people"
	"clubos/internal/store"
)

// nasty are words that break careless software.
var nasty = []string{
	`<script>alert("x")</script>`, `"><img src=x onerror=alert(1)>`, `</textarea></div><svg onload=alert(1)>`, `{{.}} ${7*7} {{7*7}} <%= 1 %>`,
	"tabs\tand\nlines\n\nkept  two", "مرحبا بالعالم 👩‍👩‍👧‍👦 \u202egnp.exe", "'; DROP TABLE threads;--", "javascript:alert(1)", "a\u00a0b\u2028c", strings.Repeat("long ", 200),
}

// busy fills a club with something on every page, and returns the addresses of all pages.
func (h *house) busy() []string {
	h.t.Helper()
	h.book()
	id := h.hear(ada, "bay 3 froze")
	h.hear(bob, "what's the wifi password")
	h.hear(bob, "quixotic zeppelins harmonise")
	owner := identity.System("fairway", "test")
	ticket, err := h.desk.CreateTicket(h.t.Context(), h.tenant, owner, desk.NewTicket{Title: nasty[0], Description: nasty[4], Location: h.north, Bay: h.bay, Thread: id})
	if err != nil {
		h.t.Fatal(err)
	}
	if _, _, err := h.dir.CreateAPIKey(h.t.Context(), h.signedIn("Kim"), identity.NewAPIKey{Name: nasty[1], Scopes: []identity.Permission{identity.ThreadsRead}}); err != nil {
		h.t.Fatal(err)
	}
	var sop club.SOPID
	h.write(func(tx *store.Tx) error {
		list, err := h.library.FindBySlug(h.t.Context(), tx, "frozen")
		if err == nil {
			sop = list[0].ID
		}
		return err
	})
	var out []string
	for _, p := range []string{"inbox", "inbox?status=all", "inbox?status=needs&mine=1", "inbox?status=answered&location=" + h.north.String(), "inbox?q=froze", "inbox?part=list", "threads/" + id.String(), "threads/" + id.String() + "?part=thread",
		"tickets", "tickets?view=list&status=open&assignee=me", "tickets/" + ticket.ID.String(), "sops", "sops?scope=location&status=live&q=frozen", "sops/" + sop.String(), "sops/frozen", "sops/" + sop.String() + "?v=1", "sops/" + sop.String() + "/edit", "sops/new",
		"places", "places?location=" + h.north.String(), "bookings", "bookings?day=2026-11-20&location=" + h.sea.String(), "members", "members?q=Ada", "members/" + h.member.ID.String(), "decisions", "decisions?tier=approve&result=open&q=frozen",
		"decisions/" + h.proposal(id).DecisionID.String(), "audit", "audit?kind=thread&actor=system", "audit?q=" + id.String(), "health", "settings", "users", "keys", "account"} {
		out = append(out, "/c/fairway/"+p)
	}
	return out
}

// signedIn is the principal of a fresh owner's session.
func (h *house) signedIn(name string) identity.Principal {
	h.t.Helper()
	b := h.signIn(h.user(name, club.RoleOwner))
	p, err := h.dir.Authenticate(h.t.Context(), b.cookies["clubos"])
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func TestEveryPageOpensAndItsFormsLeadSomewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pages := h.busy()
	for _, role := range club.Roles() {
		b := h.as(role)
		for _, path := range pages {
			b.get(path)
			if b.status == http.StatusForbidden && role != club.RoleOwner {
				continue
			}
			b.want(http.StatusOK)
			if n := len(find(b.doc, "h1")); n != 1 && !strings.Contains(path, "part=") {
				t.Errorf("%s has %d headings of level 1", path, n)
			}
			for _, f := range find(b.doc, "form") {
				if attr(f, "method") != "dialog" {
					leadsSomewhere(t, h, path, strings.ToUpper(attr(f, "method")), attr(f, "action"))
				}
				for _, button := range find(f, "button[formaction]") {
					leadsSomewhere(t, h, path, http.MethodPost, attr(button, "formaction"))
				}
			}
			for _, a := range find(b.doc, "a[href]") {
				if href := attr(a, "href"); strings.HasPrefix(href, "/") {
					leadsSomewhere(t, h, path, http.MethodGet, href)
				}
			}
		}
	}
}

func leadsSomewhere(t *testing.T, h *house, page, method, to string) {
	t.Helper()
	if pattern := console.MatchForTest(h.handler, method, to); pattern == "/" || pattern == "" || to == "" {
		t.Errorf("%s: %s %q leads nowhere", page, method, to)
	}
}

func TestLinksOfEveryPageOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	todo, seen := h.busy(), map[string]bool{}
	b := h.as(club.RoleOwner)
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if seen[path] || strings.HasSuffix(path, "/export") {
			continue
		}
		seen[path] = true
		if len(seen) > 400 {
			break
		}
		b.get(path).want(http.StatusOK)
		for _, a := range find(b.doc, "a[href]") {
			if href, _, _ := strings.Cut(attr(a, "href"), "#"); strings.HasPrefix(href, "/c/fairway/") {
				todo = append(todo, href)
			}
		}
	}
	if len(seen) < 50 {
		t.Errorf("only %d pages are linked", len(seen))
	}
}

func TestWordsOfMembersAreInertAndShownAsWritten(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var id club.ThreadID
	for _, words := range nasty {
		id = h.say(bob, words)
	}
	h.settle()
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/threads/" + id.String()).want(http.StatusOK)
	var shown []string
	for _, n := range find(b.doc, "article[data-author=member] .bubble") {
		shown = append(shown, text(n))
	}
	if len(shown) != len(nasty) {
		t.Fatalf("%d of %d texts are shown", len(shown), len(nasty))
	}
	for i, words := range nasty {
		if shown[i] != words {
			t.Errorf("shown as %q, written %q", shown[i], words)
		}
	}
	for _, path := range []string{"/threads/" + id.String(), "/inbox", "/decisions", "/decisions?q=%3Cscript%3E", "/inbox?status=all&q=%22%3E%3Cimg"} {
		b.get("/c/fairway" + path).want(http.StatusOK)
		if n := len(find(b.doc, "script")); n != 1 || attr(find(b.doc, "script")[0], "src") == "" {
			t.Errorf("%s has %d scripts", path, n)
		}
		for _, bad := range []string{"img[onerror]", "svg[onload]", "img[src=x]"} {
			if len(find(b.doc, bad)) > 0 {
				t.Errorf("%s has an %s", path, bad)
			}
		}
	}
	b.get("/c/fairway/threads/"+id.String()).submit("/reply", "text", nasty[4]+"\n"+nasty[5]).want(http.StatusOK)
	b.get("/c/fairway/threads/" + id.String())
	if own := find(b.doc, "article[data-author=operator] .bubble"); len(own) != 1 || text(own[0]) != nasty[4]+"\n"+nasty[5] {
		t.Errorf("the reply is shown as %q", text(own[0]))
	}
}

func TestNamesAndNumbersAreForThoseWhoMaySeeMembers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book()
	id := h.hear(ada, "bay 3 froze")
	h.say(ada, "call me on 415-555-0111. Ada Byron")
	pages := []string{"/threads/" + id.String(), "/inbox", "/bookings", "/tickets", "/decisions", "/decisions/" + h.proposal(id).DecisionID.String()}
	for _, role := range []club.Role{club.RoleViewer, club.RoleTech} {
		b := h.as(role)
		for _, path := range pages {
			b.get("/c/fairway" + path).want(http.StatusOK)
			for _, secret := range []string{"Byron", ada, "555-0111", "ada@example.com"} {
				if strings.Contains(b.body, secret) {
					t.Errorf("%s: %s shows %q", role, path, secret)
				}
			}
		}
		b.get("/c/fairway/members").want(http.StatusForbidden)
	}
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/threads/"+id.String()).want(http.StatusOK, "Ada Byron", ada)
	b.get("/c/fairway/members/"+h.member.ID.String()).want(http.StatusOK, "Ada Byron", ada, "ada@example.com")
	if b.get("/c/fairway/inbox"); strings.Contains(b.body, ada) {
		t.Error("the list shows a number in full")
	}
}

func TestErasedMemberHasNoNameAnywhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book()
	id := h.hear(ada, "bay 3 froze")
	if err := store.ExecForTest(t.Context(), h.tenant, "UPDATE subjects SET wrapped_key = NULL, erased_at = $1 WHERE id = $2", h.clock.Now(), h.member.SubjectID.String()); err != nil {
		t.Fatal(err)
	}
	b := h.as(club.RoleOwner)
	for _, path := range []string{"/threads/" + id.String(), "/inbox?status=all", "/bookings", "/members", "/members/" + h.member.ID.String(), "/decisions/" + h.proposal(id).DecisionID.String()} {
		b.get("/c/fairway" + path).want(http.StatusOK)
		if strings.Contains(b.body, "Byron") {
			t.Errorf("%s names the erased", path)
		}
	}
	b.get("/c/fairway/threads/"+id.String()).want(http.StatusOK, people.Erased, "has been erased")
}

func TestMemberIsFoundByNameNumberAndAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOperator)
	for _, q := range []string{"byron", "415-555-0111", "ada@example.com"} {
		b.get("/c/fairway/members").want(http.StatusOK)
		b.get("/c/fairway/members?q="+q).want(http.StatusOK, "Ada Byron")
	}
	b.get("/c/fairway/members?q=nobody").want(http.StatusOK, "Nobody found")
}
