package api

import (
	"slices"
	"strings"
	"testing"

	"clubos/internal/club"
	"clubos/internal/store/storetest"
)

// write makes a ticket by the API.
func (h *house) write(w *world, body object) Ticket {
	h.t.Helper()
	var out TicketDetail
	h.want(201, h.do(h.north.full, ask{method: "POST", path: w.at("/tickets"), body: body}), &out)
	return out.Ticket
}

func TestRelationIsMadeOnceShownFromBothTicketsAndTakenAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	a, b, c := h.write(w, object{"title": "a"}), h.write(w, object{"title": "b"}), h.write(w, object{"title": "c"})
	post := func(from, to Ticket, kind string) ask {
		return ask{method: "POST", path: w.at("/tickets/" + from.ID + "/relations"), body: object{"kind": kind, "ticket_id": to.ID}, headers: []string{"Idempotency-Key", from.ID + kind}}
	}
	var first, again TicketRelation
	res := h.do(h.north.full, post(a, b, "blocks"))
	h.want(201, res, &first)
	if at := res.Header().Get("Location"); at != w.at("/tickets/"+a.ID+"/relations/"+first.ID) || first.Kind != "blocks" || first.Ticket.ID != b.ID {
		t.Errorf("made %+v at %s", first, at)
	}
	h.want(201, h.do(h.north.full, post(a, b, "blocks")), &again) // the key answers
	if again.ID != first.ID {
		t.Errorf("again %+v", again)
	}
	var list Page[TicketRelation]
	h.want(200, h.do(h.north.full, ask{method: "GET", path: w.at("/tickets/" + b.ID + "/relations")}), &list)
	if len(list.Items) != 1 || list.Items[0].Kind != "blocked_by" || list.Items[0].Ticket.ID != a.ID || list.Items[0].ID != first.ID {
		t.Errorf("the other shows %+v", list)
	}
	h.want(201, h.do(h.north.full, post(b, c, "blocks")), nil)
	res = h.do(h.north.full, post(c, a, "blocks"))
	h.want(409, res, nil)
	if !strings.Contains(res.Body.String(), "blocks") {
		t.Errorf("the circle is not named: %s", res.Body)
	}
	h.want(422, h.do(h.north.full, post(a, a, "related_to")), nil)
	h.want(201, h.do(h.north.full, post(c, a, "duplicate_of")), &first)
	var closed TicketDetail
	h.want(200, h.do(h.north.full, ask{method: "GET", path: w.at("/tickets/" + c.ID)}), &closed)
	if closed.Ticket.Status != string(club.TicketClosed) || closed.Ticket.PausedAt == nil {
		t.Errorf("the duplicate is %+v", closed.Ticket)
	}
	gone := ask{method: "DELETE", path: w.at("/tickets/" + a.ID + "/relations/" + first.ID)}
	h.want(204, h.do(h.north.full, gone), nil)
	h.want(404, h.do(h.north.full, gone), nil)
}

func TestFaultThatComesBackShowsItsRootCause(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	var last Ticket
	for range 3 {
		last = h.write(w, object{"template": "equipment_fault", "title": "It froze", "bay_id": w.bay})
	}
	var r TicketRecurrence
	h.want(200, h.do(h.north.full, ask{method: "GET", path: w.at("/tickets/" + last.ID + "/recurrence")}), &r)
	if r.Nth != 3 || r.Days != 30 || r.At != "bay" || len(r.Earlier) != 2 || r.RootCause == nil || r.RootCause.Template != "root_cause" {
		t.Fatalf("recurrence %+v", r)
	}
	root := w.at("/tickets/" + r.RootCause.ID)
	h.want(409, h.do(h.north.full, ask{method: "POST", path: root + "/resolve-caused"}), nil)
	h.want(200, h.do(h.north.full, ask{method: "PATCH", path: root, body: object{"status": "resolved"}, headers: []string{"If-Match", "*"}}), nil)
	var n ResolvedTickets
	h.want(200, h.do(h.north.full, ask{method: "POST", path: root + "/resolve-caused"}), &n)
	if n.Resolved != 3 || storetest.Count(t, h.north.db, "SELECT COUNT(*) FROM tickets WHERE title = 'It froze' AND status = 'resolved'") != 3 {
		t.Errorf("%d resolved", n.Resolved)
	}
}

func TestChecklistIsTickedItemByItem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.north.world(h.north.alpha)
	k := h.write(w, object{"template": "cleaning", "title": "Dirt"})
	put := func(item, text string, done bool) ask {
		return ask{method: "PUT", path: w.at("/tickets/" + k.ID + "/checklist/" + item), body: object{"done": done, "text": text}}
	}
	var d TicketDetail
	h.want(200, h.do(h.north.full, put("2", "", true)), &d)
	if len(d.Checklist) != 3 || d.Checklist[0].Done || !d.Checklist[1].Done || d.Checklist[1].Item != 2 || !slices.ContainsFunc(d.Events, func(e TicketEvent) bool { return e.Kind == "ticked" }) {
		t.Errorf("after a tick %+v", d)
	}
	h.want(409, h.do(h.north.full, put("2", "something else", false)), nil)
	h.want(404, h.do(h.north.full, put("9", "", true)), nil)
	h.want(422, h.do(h.north.full, put("0", "", true)), nil)
	h.want(200, h.do(h.north.full, put("2", d.Checklist[1].Text, false)), &d)
	if d.Checklist[1].Done {
		t.Error("the tick is not taken back")
	}
}
