package console_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/store"
)

// typed lists what stands in the page's inputs of a name.
func (b *browser) typed(name string) (out []string) {
	for _, n := range find(b.doc, "input") {
		if attr(n, "name") == name {
			out = append(out, attr(n, "value"))
		}
	}
	return out
}

func TestOnCallPageShowsTheWeekAndKeepsShiftsAndCovers(t *testing.T) {
	t.Parallel()
	h := newHouse(t) // Thursday 26 November 2026, 09:00 in New York
	const at = "/c/fairway/oncall"
	opal, adam := h.user("Opal", club.RoleOperator), h.user("Adam", club.RoleAdmin)
	b := h.signIn(opal)
	b.get(at).want(http.StatusOK, "Nobody on call", "23–29 Nov", "Thu 26", "1 gap this week", "No shifts")
	me := opal.ID.String()
	b.postForm(at+"/shifts", url.Values{"user": {me}, "location": {h.north.String()}, "day": {"thu", "fri"}, "from": {"08:00"}, "until": {"02:00"}}).follow().
		want(http.StatusOK, "08:00–02:00", "Thu, Fri", "Opal on call", "at this moment")
	b.postForm(at+"/covers", url.Values{"user": {adam.ID.String()}, "for": {me}, "location": {h.north.String()}, "start": {"2026-11-26T08:30"}, "end": {"2026-11-26T12:00"}}).follow().
		want(http.StatusOK, "Thu 26 Nov 08:30 – Thu 26 Nov 12:00", "08:30–12:00", "Adam on call")
	b.postForm(at+"/shifts", url.Values{"user": {me}, "from": {"08:00"}, "until": {"9"}, "day": {"mon"}}).want(http.StatusBadRequest, "is not a time of day")
	if !slices.Contains(b.typed("from"), "08:00") {
		t.Error("what was typed is gone")
	}
	b.postForm(at+"/covers", url.Values{"user": {me}, "start": {"soon"}, "end": {"2026-11-27T12:00"}}).want(http.StatusBadRequest, "is not a date and a time")
	b.get(at+"?week=1").want(http.StatusOK, "30 Nov – 6 Dec")
	b.get(at)
	var removals []string
	for _, f := range find(b.doc, "form") {
		if strings.HasSuffix(attr(f, "action"), "/remove") {
			removals = append(removals, attr(f, "action"))
		}
	}
	if len(removals) != 2 {
		t.Fatalf("the page offers to remove %q", removals)
	}
	for _, r := range removals {
		b.postForm(r, url.Values{}).follow().want(http.StatusOK)
	}
	b.get(at).want(http.StatusOK, "No shifts", "No covers")
	v := h.as(club.RoleViewer).get(at).want(http.StatusOK, "Nobody on call")
	if strings.Contains(text(v.doc), "Add shift") {
		t.Error("a viewer is offered a form")
	}
}

func TestEverybodySaysHowTheyAreCalledAndAdminsForOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const at = "/c/fairway/oncall"
	other := h.user("Tess", club.RoleTech).ID.String()
	b := h.as(club.RoleOperator)
	b.postForm(at+"/contact", url.Values{"phone": {"(212) 555-0188"}, "by_sms": {"yes"}, "quiet_from": {"22:00"}, "quiet_until": {"07:00"}}).follow().want(http.StatusOK, "Text")
	if !slices.Contains(b.typed("phone"), "+12125550188") || !slices.Contains(b.typed("quiet_from"), "22:00") {
		t.Errorf("stored: %q", b.typed("phone"))
	}
	b.postForm(at+"/contact", url.Values{"by_sms": {"yes"}}).want(http.StatusBadRequest, "Texts need a number.")
	b.postForm(at+"/contacts/"+other, url.Values{"by_email": {"yes"}}).want(http.StatusForbidden)
	a := h.as(club.RoleAdmin)
	a.get(at).want(http.StatusOK)
	if !slices.Contains(a.typed("phone"), "+12125550188") {
		t.Error("an admin does not see the number")
	}
	a.postForm(at+"/contacts/"+other, url.Values{"phone": {"+12125550188"}, "by_sms": {"yes"}}).want(http.StatusConflict, "A colleague has this number.")
	if v := h.as(club.RoleViewer).get(at); slices.Contains(v.typed("phone"), "+12125550188") {
		t.Error("everybody sees the number")
	}
}

func TestHealthSaysThatSomebodyCouldNotBeCalled(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.as(club.RoleAdmin)
	a.get("/c/fairway/health").want(http.StatusOK, "Calls to people", "could be")
	th := h.thread(h.say(ada, "help"))
	high := club.PriorityHigh
	h.write(func(tx *store.Tx) error {
		_, err := h.desk.Escalate(t.Context(), tx, th, desk.Reason{Text: "x", Priority: &high})
		return err
	})
	a.get("/c/fairway/health").want(http.StatusOK, "People cannot be called", "nobody is on call")
}
