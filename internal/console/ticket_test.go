package console_test

import (
	"net/http"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/identity"
)

func TestTicketGoesFromTheFormToTheEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleTech)
	b.get("/c/fairway/tickets").want(http.StatusOK, "None")
	b.submit("/tickets", "title", "Projector is dim", "text", "Since\nMonday", "bay", h.bay.String(), "priority", "high").want(http.StatusOK, "Ticket #1 has been made.", "Since\nMonday", "Northside, Bay 3", "made the ticket")
	at := b.path
	b.submit("/comment", "text", "lamp ordered").want(http.StatusOK, "lamp ordered")
	b.submit("/assign", "assignee", h.users["tech0"].ID.String()).want(http.StatusOK, "gave it to tech0")
	b.submit("/priority", "priority", "low").want(http.StatusOK, "set the priority to low")
	b.submit("/status", "version", valuesOf(b.form("/status")).Get("version"))
	form := valuesOf(b.form("/status"))
	form.Set("status", "waiting")
	b.postForm(at+"/status", form).follow().want(http.StatusOK, "moved it to waiting")
	b.postForm(at+"/status", form).want(http.StatusConflict, "has changed in the meantime")
	b.get("/c/fairway/tickets").want(http.StatusOK, "Projector is dim")
	b.get("/c/fairway/tickets?view=list&status=waiting&assignee=me&q=projector&location="+h.north.String()).want(http.StatusOK, "#1")
	if len(find(b.doc, "tbody tr")) != 1 {
		t.Error("the list does not show it")
	}
	b.get("/c/fairway/tickets?view=list&status=open").want(http.StatusOK, "No tickets")
	b.get("/c/fairway/places").want(http.StatusOK, "1 ticket")
}

func TestTicketThatDoesNotFitComesBackAsTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleOperator)
	long := strings.Repeat("x", 201)
	b.get("/c/fairway/tickets").submit("/tickets", "title", long, "text", "words", "priority", "high", "location", h.sea.String()).want(http.StatusBadRequest, "200")
	if got := valuesOf(b.form("/tickets")); got.Get("title") != long || got.Get("text") != "words" || got.Get("location") != h.sea.String() || got.Get("priority") != "high" {
		t.Errorf("the form holds %v", got)
	}
	if !has(find(b.doc, "details.menu")[0], "open") {
		t.Error("the form is closed")
	}
}

func TestCommentThatDoesNotFitComesBackAsTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k, err := h.desk.CreateTicket(t.Context(), h.tenant, identity.System("fairway", "test"), desk.NewTicket{Title: "x"})
	if err != nil {
		t.Fatal(err)
	}
	b := h.as(club.RoleOperator)
	long := strings.Repeat("y", 10_001)
	b.get("/c/fairway/tickets/"+k.ID.String()).submit("/comment", "text", long).want(http.StatusBadRequest, "10000")
	if got := valuesOf(b.form("/comment")).Get("text"); got != long {
		t.Errorf("%d characters are left", len(got))
	}
	for _, bad := range [][]string{{"/status", "status", "flying", "version", "1"}, {"/assign", "assignee", "nobody", "version", "1"}, {"/priority", "priority", "x", "version", "1"}, {"/status", "status", "closed"}} {
		b.post("/c/fairway/tickets/"+k.ID.String()+bad[0], bad[1:]...).want(http.StatusBadRequest)
	}
	b.get("/c/fairway/tickets/"+club.NewTicketID(h.clock.Now()).String()).want(http.StatusNotFound, "no such ticket")
}

func TestChecklistIsTickedWithoutAScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k, err := h.desk.CreateTicket(t.Context(), h.tenant, identity.System("fairway", "test"), desk.NewTicket{Title: "Mats", Description: "See <b>this</b>:\n- [ ] <i>one</i>\n- [ ] two\nThen:"})
	if err != nil {
		t.Fatal(err)
	}
	at := "/c/fairway/tickets/" + k.ID.String()
	b := h.as(club.RoleTech)
	b.get(at).want(http.StatusOK, "<b>this</b>", "<i>one</i>", "0 of 3 done")
	if strings.Contains(b.body, "- [ ]") || len(find(b.doc, ".checklist input[type=checkbox]")) != 3 {
		t.Error("the checklist is not shown as boxes")
	}
	b.submit("/tick", "item", "1", "seen", "<i>one</i>", "done", "1").want(http.StatusOK, "1 of 3 done", "ticked")
	if b.path != at {
		t.Errorf("came back to %s", b.path)
	}
	if boxes := find(b.doc, ".checklist input[type=checkbox]"); !has(boxes[0], "checked") || has(boxes[1], "checked") {
		t.Error("the tick does not show")
	}
	b.post(at+"/tick", "item", "1", "seen", "<i>one</i>").follow().want(http.StatusOK, "0 of 3 done", "took the tick away from")
	b.post(at+"/tick", "item", "1", "seen", "another", "done", "1").want(http.StatusConflict, "has changed in the meantime")
	b.post(at+"/tick", "item", "77", "done", "1").want(http.StatusNotFound)
	b.post(at+"/tick", "item", "x").want(http.StatusBadRequest)
	if v := h.as(club.RoleViewer).get(at).want(http.StatusOK, "0 of 3 done"); len(find(v.doc, ".checklist input[disabled]")) != 3 || len(find(v.doc, ".checklist form")) != 0 {
		t.Error("a viewer is offered to tick")
	}
}

func TestTicketsAreRelatedByNumberOrWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var at []string
	for _, title := range []string{"Projector dim", "Lamp of the projector", "Paint", "Lamp of the lobby"} {
		k, err := h.desk.CreateTicket(t.Context(), h.tenant, identity.System("fairway", "test"), desk.NewTicket{Title: title})
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, "/c/fairway/tickets/"+k.ID.String())
	}
	b := h.as(club.RoleTech)
	b.get(at[0]).submit("/relate", "kind", "blocked_by", "q", "3").want(http.StatusOK, "It is blocked by #3.", "noted that it is blocked by #3", "Blocked")
	b.get("/c/fairway/tickets").want(http.StatusOK, "Blocked")
	b.get(at[2]).want(http.StatusOK, "Blocks", "#1 Projector dim")
	b.submit("/relate", "kind", "blocked_by", "q", "#1").want(http.StatusConflict, "would be a circle: #3 blocks #1")
	if f := valuesOf(b.form("/relate")); f.Get("q") != "#1" {
		t.Errorf("the form holds %v", f)
	}
	b.get(at[0]).submit("/relate", "kind", "related_to", "q", "lamp").want(http.StatusOK, "Several fit", "Lamp of the lobby")
	pick := strings.TrimPrefix(at[1], "/c/fairway/tickets/")
	b.submit("/relate", "kind", "related_to", "other", pick).want(http.StatusOK, "It is related to #2.")
	for q, want := range map[string]string{"": "Say which ticket", "nonsense": "No other ticket fits", "77": "No other ticket fits", "#1": "cannot be related to itself"} {
		b.post(at[0]+"/relate", "kind", "related_to", "q", q).want(http.StatusBadRequest, want)
	}
	b.post(at[0]+"/relate", "kind", "enemy_of", "q", "2").want(http.StatusBadRequest, "not a way in which tickets are related")
	b.get(at[0]).submit("/unrelate", "relation", valuesOf(b.form("/unrelate")).Get("relation")).want(http.StatusOK, "took back that it is related to #2")
	b.post(at[0]+"/unrelate", "relation", "x").want(http.StatusBadRequest)
	b.get(at[3]).submit("/relate", "kind", "duplicate_of", "q", "2").want(http.StatusOK, "It is a duplicate of #2.", "moved it to closed")
	if v := h.as(club.RoleViewer).get(at[0]).want(http.StatusOK, "Is blocked by"); len(find(v.doc, "#relations form")) != 0 {
		t.Error("a viewer is offered to change relations")
	}
}

func TestFaultThatComesBackShowsOnTheTicketAndTheBoard(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(club.RoleTech)
	for range 3 {
		b.get("/c/fairway/tickets").submit("/tickets", "template", "equipment_fault", "title", "Frozen", "bay", h.bay.String()).want(http.StatusOK, "has been made")
	}
	b.want(http.StatusOK, "3rd time in this bay in 30 days", "Recurring: Frozen in Bay 3 (3 times in 14 days)")
	root := ""
	for _, a := range find(b.doc, ".note a") {
		root = attr(a, "href")
	}
	b.get("/c/fairway/tickets").want(http.StatusOK, "3rd time", "2nd time")
	b.get(root).want(http.StatusOK, "Is the cause of", "#1, ").submit("/status", "status", "resolved").want(http.StatusOK, "Resolve 3 tickets")
	b.submit("/resolve-caused").want(http.StatusOK, "Resolved.")
	if strings.Contains(b.body, "Resolve 3 tickets") {
		t.Error("it is offered again")
	}
	b.get("/c/fairway/tickets?view=list&status=resolved").want(http.StatusOK, "Frozen")
	if n := len(find(b.doc, "tbody tr")); n != 4 {
		t.Errorf("%d tickets are resolved", n)
	}
}
