package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
)

// some makes tickets without a place.
func (h *house) some(n int) (out []store.Ticket) {
	for i := range n {
		out = append(out, h.ticket(desk.NewTicket{Title: fmt.Sprint("thing ", i+1)}))
	}
	return out
}

func (h *house) relate(a store.Ticket, kind club.Relation, b store.Ticket) error {
	_, err := h.desk.RelateTickets(h.t.Context(), h.tenant, h.ann, a.ID, kind, b.ID)
	return err
}

func TestRelationIsStoredOnceAndSeenFromBothSides(t *testing.T) {
	t.Parallel()
	for _, kind := range club.Relations() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			k := h.some(2)
			r, err := h.desk.RelateTickets(t.Context(), h.tenant, h.ann, k[0].ID, kind, k[1].ID)
			if err != nil || r.Kind != kind || r.Ticket.ID != k[1].ID || r.By != h.ann.Actor.String() {
				t.Fatalf("related %+v, %v", r, err)
			}
			again, err := h.desk.RelateTickets(t.Context(), h.tenant, h.bob, k[1].ID, kind.Inverse(), k[0].ID) // the same said from the other side
			if err != nil || again.ID != r.ID {
				t.Errorf("again %+v, %v", again, err)
			}
			if n := h.count("SELECT COUNT(*) FROM ticket_relations"); n != 1 {
				t.Errorf("%d rows", n)
			}
			if got := h.relations(k[0].ID); !slices.Equal(got, []string{string(kind) + " #2"}) {
				t.Errorf("the first shows %v", got)
			}
			if got := h.relations(k[1].ID); !slices.Equal(got, []string{string(kind.Inverse()) + " #1"}) {
				t.Errorf("the second shows %v", got)
			}
			for i, want := range []string{kind.Words() + " #2", kind.Inverse().Words() + " #1"} {
				e := h.detail(k[i].ID).Events[1]
				if e.Kind != "related" || e.Text != want {
					t.Errorf("history %+v, want %q", e, want)
				}
			}
			for range 2 { // a double tap
				if err := h.desk.UnrelateTickets(t.Context(), h.tenant, h.ann, k[1].ID, r.ID); err != nil && club.CodeOf(err) != club.CodeNotFound {
					t.Error(err)
				}
			}
			if n := h.count("SELECT COUNT(*) FROM ticket_events WHERE kind = 'unrelated'"); n != 2 || len(h.relations(k[0].ID)) != 0 {
				t.Errorf("%d traces of its end", n)
			}
			if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action IN ('ticket.related', 'ticket.unrelated')"); n != 4 {
				t.Errorf("%d audit entries", n)
			}
		})
	}
}

func TestRelationsThatGoInACircleAreRefusedWithTheWay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.some(4)
	want(t, h.relate(k[0], club.RelationRelatedTo, k[0]), club.CodeInvalid)
	want(t, h.relate(k[0], "enemy_of", k[1]), club.CodeInvalid)
	for i := range 3 {
		if err := errors.Join(h.relate(k[i], club.RelationBlocks, k[i+1]), h.relate(k[i+1], club.RelationCauseOf, k[i])); err != nil {
			t.Fatal(err)
		}
	}
	err := h.relate(k[3], club.RelationBlocks, k[0])
	want(t, err, club.CodeConflict)
	if msg := club.MessageOf(err); !strings.Contains(msg, "#1 blocks #2 blocks #3 blocks #4, so it cannot be that #4 blocks #1") {
		t.Errorf("it says %q", msg)
	}
	err = h.relate(k[0], club.RelationCauseOf, k[3])
	want(t, err, club.CodeConflict)
	if msg := club.MessageOf(err); !strings.Contains(msg, "#1 is caused by #2 is caused by #3 is caused by #4") {
		t.Errorf("it says %q", msg)
	}
	if err := errors.Join(h.relate(k[3], club.RelationRelatedTo, k[0]), h.relate(k[0], club.RelationRelatedTo, k[3])); err != nil {
		t.Errorf("related tickets may stand in a circle: %v", err)
	}
	if n := h.count("SELECT COUNT(*) FROM ticket_relations"); n != 7 {
		t.Errorf("%d relations", n)
	}
}

func TestNoCircleIsClosedByManyAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	twin := h.twin()
	const n = 5
	k := h.some(n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			at := []*house{h, twin}[i%2]
			_, errs[i] = at.desk.RelateTickets(t.Context(), at.tenant, at.ann, k[i].ID, club.RelationBlocks, k[(i+1)%n].ID)
		})
	}
	wg.Wait()
	refused := 0
	for _, err := range errs {
		if err != nil {
			refused++
			want(t, err, club.CodeConflict)
		}
	}
	if rows := h.count("SELECT COUNT(*) FROM ticket_relations"); refused != 1 || rows != n-1 {
		t.Errorf("%d refused, %d relations", refused, rows)
	}
}

func TestBothTicketsOfARelationMustBeVisible(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mine, far, common := h.ticket(desk.NewTicket{Location: h.a, Title: "a"}), h.ticket(desk.NewTicket{Location: h.b, Title: "b"}), h.ticket(desk.NewTicket{Title: "c"})
	for _, ends := range [][2]store.Ticket{{mine, far}, {far, mine}} {
		_, err := h.desk.RelateTickets(t.Context(), h.tenant, h.only, ends[0].ID, club.RelationBlocks, ends[1].ID)
		want(t, err, club.CodeNotFound)
	}
	_, err := h.desk.RelateTickets(t.Context(), h.tenant, h.viewer, mine.ID, club.RelationBlocks, common.ID)
	want(t, err, club.CodeForbidden)
	if err := errors.Join(h.relate(far, club.RelationBlocks, mine), h.relate(common, club.RelationBlocks, far)); err != nil {
		t.Fatal(err)
	}
	var id club.RelationID
	h.read(func(tx *store.Tx) error {
		rows, err := h.desk.FindTicketRelations(t.Context(), tx, h.only, mine.ID)
		if err != nil || len(rows) != 0 {
			t.Errorf("who sees only one end sees %v, %v", rows, err)
		}
		rows, err = h.desk.FindTicketRelations(t.Context(), tx, h.ann, mine.ID)
		if err == nil {
			id = rows[0].ID
		}
		_, hidden := h.desk.FindTicketRelations(t.Context(), tx, h.only, far.ID)
		want(t, hidden, club.CodeNotFound)
		return err
	})
	want(t, h.desk.UnrelateTickets(t.Context(), h.tenant, h.only, mine.ID, id), club.CodeNotFound)
	want(t, h.desk.UnrelateTickets(t.Context(), h.tenant, h.ann, common.ID, id), club.CodeNotFound)
	want(t, h.desk.UnrelateTickets(t.Context(), h.tenant, h.ann, "tkt_none", id), club.CodeNotFound)
	// A circle over a ticket elsewhere does not tell its number.
	_, err = h.desk.RelateTickets(t.Context(), h.tenant, h.only, mine.ID, club.RelationBlocks, common.ID)
	want(t, err, club.CodeConflict)
	if msg := club.MessageOf(err); !strings.Contains(msg, "#3 blocks a ticket elsewhere blocks #1") {
		t.Errorf("it says %q", msg)
	}
}

func TestDuplicateIsClosedAndItsClockStops(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.some(3)
	h.clock.Advance(time.Hour)
	if err := h.relate(k[0], club.RelationHasDuplicate, k[1]); err != nil {
		t.Fatal(err)
	}
	if d := h.detail(k[1].ID); d.Ticket.Status != club.TicketClosed || d.Ticket.PausedAt == nil || !slices.Equal(kinds(d), []string{"created", "related", "status"}) {
		t.Errorf("duplicate %+v, %v", d.Ticket, kinds(d))
	}
	if h.detail(k[0].ID).Ticket.Status != club.TicketOpen {
		t.Error("the original is not open")
	}
	err := h.relate(k[1], club.RelationDuplicateOf, k[2])
	want(t, err, club.CodeConflict)
	if !strings.Contains(club.MessageOf(err), "#2 is a duplicate of another ticket already") {
		t.Errorf("it says %q", club.MessageOf(err))
	}
	h.clock.Advance(100 * time.Hour)
	jobstest.Work(t, h.cluster, h.tenant, h.desk.Warn)
	if n := h.count("SELECT COUNT(*) FROM ticket_events WHERE kind = 'warning' AND ticket_id = $1", k[1].ID.String()); n != 0 {
		t.Errorf("%d warnings of a closed duplicate", n)
	}
}

func TestTicketIsBlockedUntilWhatBlocksItIsDone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.some(2)
	if err := h.relate(k[1], club.RelationBlockedBy, k[0]); err != nil {
		t.Fatal(err)
	}
	blocked := func() (out bool) {
		h.read(func(tx *store.Tx) error {
			marks, err := h.desk.FindTicketMarks(t.Context(), tx, k)
			if marks[k[0].ID].Blocked {
				t.Error("what blocks is blocked")
			}
			out = marks[k[1].ID].Blocked
			return err
		})
		return out
	}
	if !blocked() {
		t.Error("not blocked")
	}
	if h.set(k[0].ID, club.TicketResolved); blocked() {
		t.Error("still blocked")
	}
}

func TestResolvedCauseResolvesItsTicketsOnRequest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.some(4)
	elsewhere := h.ticket(desk.NewTicket{Location: h.b, Title: "far"})
	for _, effect := range append(k[1:], elsewhere) {
		if err := h.relate(k[0], club.RelationCauseOf, effect); err != nil {
			t.Fatal(err)
		}
	}
	h.set(k[3].ID, club.TicketClosed)
	_, err := h.desk.ResolveCaused(t.Context(), h.tenant, h.only, k[0].ID)
	want(t, err, club.CodeConflict)
	h.set(k[0].ID, club.TicketResolved)
	if h.detail(k[1].ID).Ticket.Status != club.TicketOpen {
		t.Error("resolved unasked")
	}
	for _, want := range []int{2, 0} {
		if n, err := h.desk.ResolveCaused(t.Context(), h.tenant, h.only, k[0].ID); err != nil || n != want {
			t.Errorf("%d resolved, want %d, %v", n, want, err)
		}
	}
	d := h.detail(k[1].ID)
	if last := d.Events[len(d.Events)-1]; d.Ticket.Status != club.TicketResolved || last.Kind != "cause_resolved" || last.Text != "#1" {
		t.Errorf("%s, history %v", d.Ticket.Status, kinds(d))
	}
	if h.detail(elsewhere.ID).Ticket.Status != club.TicketOpen || h.detail(k[3].ID).Ticket.Status != club.TicketClosed {
		t.Error("one out of sight, or one that was closed, has changed")
	}
	_, err = h.desk.ResolveCaused(t.Context(), h.tenant, h.ann, "tkt_none")
	want(t, err, club.CodeNotFound)
}
