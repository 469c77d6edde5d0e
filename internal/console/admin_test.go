package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/setting"
	"clubos/internal/store"
)

func (h *house) settings() (s setting.Settings) {
	h.t.Helper()
	err := h.tenant.Read(h.t.Context(), func(tx *store.Tx) (err error) { s, err = setting.Load(h.t.Context(), tx); return err })
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// group is the form of a group of settings.
func (b *browser) group(key string) url.Values {
	b.t.Helper()
	for _, f := range find(b.doc, "form") {
		if v := valuesOf(f); v.Get("group") == key {
			return v
		}
	}
	b.t.Fatalf("%s has no group %s", b.path, key)
	return nil
}

func TestSettingsAreSavedByGroupAndCountAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleAdmin)
	const at = "/c/fairway/settings"
	b.get(at).want(http.StatusOK, "Learning", "Kill switches")
	form := b.group("autonomy")
	form.Set("confidence.high", "0.99")
	form.Set("confidence.medium", "0.97")
	form.Set("actions.auto_execution", "true")
	form.Set("actions.off", "access, device")
	b.postForm(at, form).want(http.StatusOK, "Save these settings?", "nothing would have been different")
	if s := h.settings(); s.AutoExecution || len(s.SwitchedOff) != 0 {
		t.Errorf("asking has changed the settings: %+v", s)
	}
	b.submit("/settings").want(http.StatusOK, "Saved; it counts at once.", "Limited", "Switched off: access, device.")
	s := h.settings()
	if s.Thresholds != (club.Thresholds{High: .99, Medium: .97, Low: .5}) || !s.AutoExecution || len(s.SwitchedOff) != 2 {
		t.Errorf("settings are %+v", s)
	}
	form = b.group("autonomy")
	form.Set("confidence.high", "0.6")
	form.Set("confidence.medium", "0.55")
	form.Del("actions.auto_execution") // a switch that is off sends nothing
	form.Set("actions.off", "")
	form.Set("sure", "yes")
	b.postForm(at, form).follow().want(http.StatusOK, "Saved")
	if s := h.settings(); s.Thresholds.High != .6 || s.AutoExecution || len(s.SwitchedOff) != 0 {
		t.Errorf("settings are %+v", s)
	}
	b.postForm(at, b.group("autonomy")).follow().want(http.StatusOK, "Nothing was changed.")
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'setting.changed'"); n != 8 {
		t.Errorf("%d audit entries", n)
	}
}

func TestSettingsThatDoNotFitAreAllLeft(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.as(club.RoleAdmin), h.as(club.RoleAdmin)
	const at = "/c/fairway/settings"
	form := a.get(at).group("timing")
	form.Set("wait.suggest", "90s")
	form.Set("wait.burst", "forever")
	a.postForm(at, form).want(http.StatusBadRequest, "Nothing was saved")
	if got := a.group("timing"); got.Get("wait.burst") != "forever" || got.Get("wait.suggest") != "90s" || len(find(a.doc, "input[aria-invalid=true]")) != 1 {
		t.Errorf("the form holds %v", got)
	}
	if s := h.settings(); s.SuggestDeadline != time.Minute {
		t.Errorf("half of it was saved: %v", s.SuggestDeadline)
	}
	b.get(at)
	form.Set("wait.burst", "3s")
	a.postForm(at, form).follow().want(http.StatusOK, "Saved")
	late := b.group("timing")
	late.Set("wait.burst", "5s")
	h.clock.Advance(time.Second)
	b.postForm(at, late).want(http.StatusConflict, "Somebody else has changed")
	if got := b.group("timing").Get("wait.burst"); got != "5s" {
		t.Errorf("typed 5s, shows %s", got)
	}
	b.postForm(at, b.group("timing")).follow().want(http.StatusOK, "Saved")
	b.post(at, "group", "nonsense").want(http.StatusBadRequest, "no such group")
	h.as(club.RoleOperator).get(at).want(http.StatusForbidden)
}

func TestUserIsInvitedChangedAndDisabled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleAdmin)
	const at = "/c/fairway/users"
	b.get(at).want(http.StatusOK)
	for _, o := range find(b.form("/users"), "option") {
		if attr(o, "value") == "owner" {
			t.Error("an admin is offered to make owners")
		}
	}
	form := valuesOf(b.form("/users"))
	form.Set("name", "Nia")
	form.Set("email", "nia@example.com")
	form.Set("role", "operator")
	form.Set("scope", h.sea.String())
	b.postForm(at, form)
	if strings.Contains(b.header.Get("Location"), "#") || b.status != http.StatusSeeOther {
		t.Errorf("led to %q", b.header.Get("Location"))
	}
	b.follow().want(http.StatusOK, "Nia", "Harbour", "Invited")
	link := b.see("[data-secret]")
	_, token, _ := strings.Cut(link, "#")
	if !strings.HasPrefix(link, "http://example.com/c/fairway/sign-in/link#") {
		t.Fatalf("the link is %q", link)
	}
	b.get(at).want(http.StatusOK)
	if len(find(b.doc, "[data-secret]")) != 0 {
		t.Error("the link is shown twice")
	}
	nia := h.browser()
	nia.get("/c/fairway/sign-in/link").submit("/sign-in/link", "code", token).want(http.StatusOK, "Welcome, Nia")
	nia.submit("/password", "password", password, "again", password).want(http.StatusOK, "Inbox")
	b.postForm(at, form).want(http.StatusConflict, "has an account")
	if got := valuesOf(b.form("/users")); got.Get("name") != "Nia" || got.Get("email") != "nia@example.com" {
		t.Errorf("the form holds %v", got)
	}
	id := h.niaID(t)
	b.post(at+"/"+id.String(), "role", "viewer", "scope", h.north.String()).follow().want(http.StatusOK, "Changed", "Northside")
	nia.get("/c/fairway/inbox").want(http.StatusOK, "Viewer")
	b.post(at+"/"+id.String()+"/state", "disabled", "yes").follow().want(http.StatusOK, "Disabled")
	if nia.get("/c/fairway/inbox"); !strings.Contains(nia.path, "/sign-in") {
		t.Error("a disabled user is still in")
	}
	b.post(at+"/"+id.String()+"/state", "disabled", "no").follow().want(http.StatusOK, "Enabled")
	b.post(at+"/"+id.String()+"/link").follow().want(http.StatusOK, "A fresh sign-in link for Nia.")
	b.post(at+"/"+id.String(), "role", "owner").follow().want(http.StatusOK, "owner")
	b.post(at+"/"+id.String(), "role", "king").follow().want(http.StatusOK, "is not a role")
	b.post(at+"/"+id.String(), "role", "viewer", "scope", "nowhere").follow().want(http.StatusOK, "no such location")
	operator := h.as(club.RoleOperator).get(at).want(http.StatusOK, "Nia")
	if len(find(operator.doc, "form[method=post]")) > 2 {
		t.Error("an operator is offered to change users")
	}
}

func (h *house) niaID(t *testing.T) club.UserID {
	t.Helper()
	id, err := h.dir.FindUserIDByEmail(t.Context(), identity.System("fairway", "test"), "nia@example.com")
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestKeyIsShownOnceAndMadeOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleAdmin)
	const at = "/c/fairway/keys"
	form := valuesOf(b.get(at).want(http.StatusOK, "No keys").form("/keys"))
	form.Set("name", "Booking sync")
	form["scope"] = []string{"bookings.write", "bookings.read"}
	b.postForm(at, form).follow().want(http.StatusOK, "Booking sync", "never shown again")
	token := b.see("[data-secret]")
	if _, err := h.dir.AuthenticateKey(t.Context(), token); err != nil {
		t.Errorf("the key does not work: %v", err)
	}
	for _, value := range b.cookies {
		if strings.Contains(value, token) {
			t.Error("the key stands in a cookie as it is")
		}
	}
	if b.get(at); strings.Contains(b.body, token) {
		t.Error("the key is shown twice")
	}
	b.postForm(at, form).follow().want(http.StatusOK, "made already")
	if n := h.count("SELECT COUNT(*) FROM api_keys"); n != 1 {
		t.Errorf("%d keys", n)
	}
	b.submit("/revoke").want(http.StatusOK, "Revoked")
	if _, err := h.dir.AuthenticateKey(t.Context(), token); err == nil {
		t.Error("a revoked key works")
	}
	for name, c := range map[string]url.Values{
		"no scope": {"name": {"x"}, "days": {"90"}, "key": {"a"}}, "unknown scope": {"name": {"x"}, "scope": {"root"}, "days": {"90"}, "key": {"b"}},
		"no name": {"name": {""}, "scope": {"threads.read"}, "days": {"90"}, "key": {"c"}}, "for ever": {"name": {"x"}, "scope": {"threads.read"}, "days": {"9999"}, "key": {"d"}}, "no key": {"name": {"x"}, "scope": {"threads.read"}, "days": {"90"}},
	} {
		if b.postForm(at, c); b.status != http.StatusBadRequest {
			t.Errorf("%s answered %d", name, b.status)
		}
	}
}

func TestNoteOfOnePersonIsNotAnothers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.as(club.RoleAdmin), h.as(club.RoleAdmin)
	form := valuesOf(a.get("/c/fairway/keys").form("/keys"))
	form.Set("name", "x")
	form.Set("scope", "threads.read")
	a.postForm("/c/fairway/keys", form)
	b.cookies["clubos-note"] = a.cookies["clubos-note"]
	b.get("/c/fairway/keys").want(http.StatusOK)
	if len(find(b.doc, "[data-secret]")) != 0 {
		t.Error("another person's secret is shown")
	}
	b.cookies["clubos-note"] = "rubbish"
	b.get("/c/fairway/keys").want(http.StatusOK)
}

func TestPlacesBookingsAndHealthShowTheDay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book()
	h.hear(bob, "quixotic zeppelins harmonise")
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/places").want(http.StatusOK, "Bay 3", "Playing until 09:40", "Front door", "1 Fairway")
	b.get("/c/fairway/bookings?location="+h.north.String()).want(http.StatusOK, "Ada Byron", "08:40 – 09:40", "Playing")
	if len(find(b.doc, "svg.slot")) != 1 {
		t.Error("the day is not drawn")
	}
	b.get("/c/fairway/bookings?day=2026-11-25").want(http.StatusOK, "Nothing is booked")
	b.get("/c/fairway/health").want(http.StatusOK, "2 of 2 devices online", "1 thread", "Calls for a person", "Not connected")
	if err := store.ExecForTest(t.Context(), h.tenant, "UPDATE devices SET online = FALSE WHERE kind = 'pc'"); err != nil {
		t.Fatal(err)
	}
	b.get("/c/fairway/health").want(http.StatusOK, "Devices offline")
	b.get("/c/fairway/places").want(http.StatusOK, "Device offline")
	if got := b.see("nav [data-count=health]"); got != "1" {
		t.Errorf("the navigation counts %s", got)
	}
}

func TestBookingsAreMadeChangedAndCancelledByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/bookings/new?day=2026-11-27").want(http.StatusOK)
	form := valuesOf(b.form("/bookings"))
	form.Set("where", h.north.String()+"|"+h.bay.String())
	form.Set("start", "18:00")
	form.Set("end", "19:00")
	form.Set("holder", ada)
	b.postForm("/c/fairway/bookings", form)
	b.want(http.StatusSeeOther)
	to := b.header.Get("Location")
	b.get(to).want(http.StatusOK, "Ada Byron", "18:00 – 19:00 EST", "created it")
	b.postForm("/c/fairway/bookings", form)
	b.get(b.header.Get("Location")).want(http.StatusOK, "made already")
	form.Set("key", "another")
	b.postForm("/c/fairway/bookings", form)
	b.want(http.StatusConflict, "taken at that time", "both may stand")

	b.get(to)
	edit := valuesOf(b.form(to))
	edit.Set("end", "20:30")
	b.postForm(to, edit)
	b.get(to).want(http.StatusOK, "18:00 – 20:30 EST", "became 27 Nov 18:00 – 20:30 EST")
	b.postForm(to, edit)
	b.want(http.StatusConflict, "Somebody else changed")
	b.get(to).submit("/status", "status", "cancelled", "reason", "they are ill").want(http.StatusOK)
	b.get(to).want(http.StatusOK, "Cancelled", "They are ill", "Confirm it again")
	h.as(club.RoleViewer).get(to).want(http.StatusOK, "They are ill")
	h.as(club.RoleOperator, h.sea).get(to).want(http.StatusNotFound)
}

func TestAuditTellsWhoChangedWhat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.hear(bob, "quixotic zeppelins harmonise")
	h.as(club.RoleOperator).get("/c/fairway/threads/" + id.String()).submit("/claim")
	b := h.as(club.RoleAdmin)
	b.get("/c/fairway/audit?kind=thread&actor=user").want(http.StatusOK, "thread claimed", "from: escalated", "to: in_progress", "operator0", id.String())
	if n := len(find(b.doc, "tbody tr")); n != 1 {
		t.Errorf("%d entries", n)
	}
	b.get("/c/fairway/audit?q="+id.String()).want(http.StatusOK, "decision made")
	here, there := h.as(club.RoleAdmin, h.north), h.as(club.RoleAdmin, h.sea)
	here.get("/c/fairway/audit?kind=thread").want(http.StatusOK, id.String())
	if there.get("/c/fairway/audit"); strings.Contains(there.body, id.String()) {
		t.Error("an admin of another place sees the thread's entries")
	}
}
