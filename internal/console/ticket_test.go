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
