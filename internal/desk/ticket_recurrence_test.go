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
	"clubos/internal/setting"
	"clubos/internal/store"
)

const day = 24 * time.Hour

func TestRuleOfRecurringFaults(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	ago := func(days ...int) (out []time.Time) {
		for _, d := range days {
			out = append(out, now.Add(-time.Duration(d)*day))
		}
		return out
	}
	root := func(s club.TicketStatus, resolved ...int) *store.Ticket {
		k := &store.Ticket{Status: s}
		for _, at := range ago(resolved...) {
			k.ResolvedAt = &at
		}
		return k
	}
	for name, c := range map[string]struct {
		tickets int
		seen    []time.Time
		root    *store.Ticket
		want    string
	}{
		"the first":                                     {3, ago(0), nil, "nothing"},
		"the second":                                    {3, ago(0, 2), nil, "nothing"},
		"the third":                                     {3, ago(0, 2, 9), nil, "open"},
		"the third at the window's edge":                {3, ago(0, 2, 14), nil, "open"},
		"the third too long after the first":            {3, ago(0, 2, 15), nil, "nothing"},
		"more than needed":                              {3, ago(0, 1, 2, 3, 4), nil, "open"},
		"switched off":                                  {0, ago(0, 1, 2, 3, 4), nil, "nothing"},
		"one is enough":                                 {1, ago(0), nil, "open"},
		"the cause is being looked for":                 {3, ago(0), root(club.TicketInProgress), "join"},
		"the cause waits":                               {3, ago(0), root(club.TicketWaiting), "join"},
		"the cause was resolved yesterday":              {3, ago(0), root(club.TicketResolved, 1), "reopen"},
		"the cause was closed at the window's edge":     {3, ago(0), root(club.TicketClosed, 14), "reopen"},
		"the cause was resolved long ago":               {3, ago(0), root(club.TicketResolved, 15), "nothing"},
		"the cause was resolved long ago and is back":   {3, ago(0, 5, 10), root(club.TicketClosed, 20), "open"},
		"the cause is looked for though switched off":   {0, ago(0), root(club.TicketOpen), "nothing"},
		"what came before the window counts for nought": {2, ago(0, 30, 40), nil, "nothing"},
	} {
		if got := desk.Judge(c.tickets, 14*day, now, c.seen, c.root); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestRootCauseIsOneStepMorePressingThanItsTicketsAndNeverAnEmergency(t *testing.T) {
	t.Parallel()
	for theirs, want := range map[club.Priority]club.Priority{club.PriorityLow: club.PriorityNormal, club.PriorityNormal: club.PriorityHigh, club.PriorityHigh: club.PriorityHigh, club.PriorityEmergency: club.PriorityHigh} {
		if got := desk.Raised([]store.Ticket{{Priority: club.PriorityLow}, {Priority: theirs}}); got != want {
			t.Errorf("of %s: %s, want %s", theirs, got, want)
		}
	}
}

func TestCountsInTitlesAreKeptRight(t *testing.T) {
	t.Parallel()
	if got := desk.Recounted("Recurring: Freeze in Bay 3 (3 times in 14 days)", 5, 7*day); got != "Recurring: Freeze in Bay 3 (5 times in 7 days)" {
		t.Error(got)
	}
	if got := desk.Recounted("The hub behind the screen", 5, 14*day); got != "The hub behind the screen" {
		t.Errorf("a person's title became %q", got)
	}
}

// fault makes a ticket of a fault in a bay.
func (h *house) fault() store.Ticket {
	h.t.Helper()
	return h.ticket(desk.NewTicket{Template: "equipment_fault", Title: "TrackMan frozen", Priority: club.PriorityNormal, Bay: h.bay})
}

func (h *house) roots() (out []store.Ticket) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		rows, _, err := h.desk.FindTickets(h.t.Context(), tx, h.ann, desk.TicketFilter{Query: "Recurring:"})
		out = rows
		return err
	})
	return out
}

func (h *house) relations(id club.TicketID) (out []string) {
	h.t.Helper()
	h.read(func(tx *store.Tx) error {
		rows, err := h.desk.FindTicketRelations(h.t.Context(), tx, h.ann, id)
		for _, r := range rows {
			out = append(out, fmt.Sprintf("%s #%d", r.Kind, r.Ticket.Number))
		}
		return err
	})
	return out
}

func TestThirdFailureOfABayOpensARootCauseTicketWithItsStory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.fault()
	h.clock.Advance(2 * time.Hour)
	if err := h.desk.CommentTicket(t.Context(), h.tenant, h.ann, first.ID, "swapped the\ncable, call "+memberPhone); err != nil {
		t.Fatal(err)
	}
	h.set(first.ID, club.TicketResolved)
	h.clock.Advance(3 * day)
	th := h.thread(h.a, "bay 3 froze")
	h.execution(th, club.OutcomeFailed, "")
	h.ticket(desk.NewTicket{Template: "equipment_fault", Title: "Screen is green", Thread: th.ID, Priority: club.PriorityLow, Location: h.a, Bay: h.bay})
	if n := len(h.roots()); n != 0 {
		t.Fatalf("%d root-cause tickets after two", n)
	}
	h.clock.Advance(day)
	h.fault()
	roots := h.roots()
	if len(roots) != 1 {
		t.Fatalf("%d root-cause tickets", len(roots))
	}
	root := roots[0]
	if root.Number != 4 || root.Title != "Recurring: TrackMan frozen in Bay 3 (3 times in 14 days)" || root.Priority != club.PriorityHigh || root.Template != "root_cause" || root.BayID != h.bay || root.CreatedBy != "system:desk" {
		t.Errorf("root %+v", root)
	}
	d := h.detail(root.ID)
	for _, want := range []string{"3 times in 14 days, Northside, Bay 3", "#1, Thu 26 Nov 14:00: TrackMan frozen\nNoted: swapped the cable, call", "Resolved after 2 h", "#2, Sun 29 Nov", "3 days 2 h after #1\nTried: reboot pc, failed\nNot taken up yet", "- [ ] "} {
		if !strings.Contains(d.Description, want) {
			t.Errorf("the body lacks %q:\n%s", want, d.Description)
		}
	}
	if strings.Contains(d.Description, memberPhone) {
		t.Error("the body shows a number")
	}
	if got, want := h.relations(root.ID), []string{"cause_of #1", "cause_of #2", "cause_of #3"}; !slices.Equal(got, want) {
		t.Errorf("relations %v", got)
	}
	if n := h.count("SELECT COUNT(*) FROM notifications WHERE ref = $1", root.ID.String()); n != 1 {
		t.Errorf("%d calls", n)
	}
	if got := kinds(h.detail(first.ID)); !slices.Contains(got, "related") {
		t.Errorf("the first one's history %v", got)
	}
}

func TestLaterFailuresJoinTheRootCauseAndReopenIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 4 {
		h.fault()
		h.clock.Advance(time.Hour)
	}
	root := h.roots()[0]
	if !strings.Contains(root.Title, "(4 times in 14 days)") || len(h.relations(root.ID)) != 4 {
		t.Errorf("root %q with %v", root.Title, h.relations(root.ID))
	}
	d := h.detail(root.ID)
	if last := d.Events[len(d.Events)-2]; last.Kind != "recurred" || !strings.HasPrefix(last.Text, "#5 TrackMan frozen, 1 h after #3") {
		t.Errorf("history %+v", d.Events)
	}
	h.set(root.ID, club.TicketResolved)
	calls := h.count("SELECT COUNT(*) FROM notifications WHERE ref = $1", root.ID.String())
	h.clock.Advance(10 * day)
	h.fault()
	back := h.detail(root.ID).Ticket
	if back.Status != club.TicketOpen || back.ResolvedAt != nil || back.PausedAt != nil || len(h.roots()) != 1 || len(h.relations(root.ID)) != 5 {
		t.Errorf("after another failure %+v, %v", back, h.relations(root.ID))
	}
	if n := h.count("SELECT COUNT(*) FROM notifications WHERE ref = $1", root.ID.String()); n != calls+1 {
		t.Errorf("%d calls after it came back, %d before", n, calls)
	}
	// Long after it was resolved, the fault must show itself again, and then it has a cause of its own.
	h.set(root.ID, club.TicketClosed)
	h.clock.Advance(20 * day)
	h.fault()
	h.fault()
	if n := len(h.roots()); n != 1 {
		t.Fatalf("%d root-cause tickets", n)
	}
	h.fault()
	if roots := h.roots(); len(roots) != 2 || h.detail(root.ID).Ticket.Status != club.TicketClosed {
		t.Errorf("%d root-cause tickets, the first is %s", len(roots), h.detail(root.ID).Ticket.Status)
	}
}

func TestOnlyTheSameFaultAtTheSamePlaceRecurs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	door := club.NewDeviceID(h.clock.Now())
	sop := club.NewSOPID(h.clock.Now())
	h.write(func(tx *store.Tx) error {
		return tx.CreateDevice(t.Context(), store.CreateDeviceParams{ID: door, LocationID: h.a, Kind: club.DeviceDoor, Name: "Front door", Vendor: "unifi", VendorRef: "1", CreatedAt: tx.Now})
	})
	machine := func(n desk.NewTicket) {
		h.write(func(tx *store.Tx) error {
			_, _, err := h.desk.OpenTicket(t.Context(), tx, club.System("act"), n)
			return err
		})
	}
	for i := range 3 { // none of these is the same fault thrice
		h.ticket(desk.NewTicket{Template: "equipment_fault"})                                                // nowhere
		h.ticket(desk.NewTicket{Location: h.a})                                                              // says nothing
		h.ticket(desk.NewTicket{Location: h.a, Template: "cleaning"})                                        // is work, not a fault
		h.ticket(desk.NewTicket{Location: h.a, Title: fmt.Sprint("Thing ", i)})                              // differs
		h.ticket(desk.NewTicket{Location: h.a, Template: "root_cause"})                                      // is a cause
		machine(desk.NewTicket{Location: h.a, Title: "x", SOP: club.NewSOPID(h.clock.Now()), DedupKey: "k"}) // one occasion
	}
	if n := len(h.roots()); n != 0 {
		t.Fatalf("%d root-cause tickets: %+v", n, h.roots())
	}
	for i := range 3 {
		h.ticket(desk.NewTicket{Location: h.b, Title: []string{"Gate stuck", "GATE  stuck!", "gate: stuck"}[i]})
		h.ticket(desk.NewTicket{Device: door, Template: "access", Title: fmt.Sprint("Lock ", i)})
		machine(desk.NewTicket{Location: h.a, Bay: h.bay, Title: fmt.Sprint("Frozen ", i), SOP: sop})
		machine(desk.NewTicket{Location: h.a, Bay: h.bay, Title: fmt.Sprint("No reboot ", i), Action: "reboot_pc"})
	}
	var titles []string
	for _, r := range h.roots() {
		titles = append(titles, r.Title)
	}
	slices.Sort(titles)
	if want := []string{"Recurring: Frozen 2 in Bay 3 (3 times in 14 days)", "Recurring: Lock 2 at Front door (3 times in 14 days)", "Recurring: No reboot 2 in Bay 3 (3 times in 14 days)", "Recurring: gate: stuck at Harbour (3 times in 14 days)"}; !slices.Equal(titles, want) {
		t.Errorf("root-cause tickets %q", titles)
	}
}

func TestDuplicatesAndTicketsMovedAwayDoNotCount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := h.fault(), h.fault()
	if _, err := h.desk.RelateTickets(t.Context(), h.tenant, h.ann, b.ID, club.RelationDuplicateOf, a.ID); err != nil {
		t.Fatal(err)
	}
	c := h.fault()
	if _, err := h.desk.UpdateTicket(t.Context(), h.tenant, h.ann, c.ID, desk.TicketChange{Location: &h.b}); err != nil {
		t.Fatal(err)
	}
	h.fault()
	if n := len(h.roots()); n != 0 {
		t.Errorf("%d root-cause tickets", n)
	}
	h.read(func(tx *store.Tx) error {
		r, err := h.desk.FindTicketRecurrence(t.Context(), tx, h.ann, c.ID)
		if err != nil || r.Nth != 1 || r.At != "location" {
			t.Errorf("the moved one: %+v, %v", r, err)
		}
		return nil
	})
	h.fault()
	if n := len(h.roots()); n != 1 {
		t.Errorf("%d root-cause tickets", n)
	}
}

func TestLimitAndWindowAreTheClubsToSet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	set := func(key, value string) {
		h.write(func(tx *store.Tx) error { return setting.Put(t.Context(), tx, club.System("test"), key, []byte(value)) })
	}
	set("recurrence.tickets", "0")
	for range 4 {
		h.fault()
	}
	if n := len(h.roots()); n != 0 {
		t.Errorf("%d root-cause tickets though none are wanted", n)
	}
	set("recurrence.tickets", "2")
	set("recurrence.window", `"24h"`)
	h.clock.Advance(25 * time.Hour)
	h.fault()
	if n := len(h.roots()); n != 0 {
		t.Errorf("%d root-cause tickets after one in the window", n)
	}
	h.fault()
	if r := h.roots(); len(r) != 1 || !strings.HasSuffix(r[0].Title, "(2 times in 1 day)") {
		t.Errorf("root-cause tickets %+v", r)
	}
}

func TestTwoProcessesAtOnceOpenOneRootCauseTicket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	twin := h.twin()
	const each = 4
	errs := make([]error, 2*each)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			at := []*house{h, twin}[i%2]
			_, errs[i] = at.desk.CreateTicket(t.Context(), at.tenant, at.ann, desk.NewTicket{Template: "equipment_fault", Title: "TrackMan frozen", Bay: h.bay})
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	roots := h.roots()
	if len(roots) != 1 || len(h.relations(roots[0].ID)) != 2*each || !strings.Contains(roots[0].Title, "(8 times") {
		t.Fatalf("root-cause tickets %+v", roots)
	}
	if n := h.count("SELECT COUNT(*) FROM notifications WHERE ref = $1", roots[0].ID.String()); n != 1 {
		t.Errorf("%d calls", n)
	}
	h.set(roots[0].ID, club.TicketResolved)
	for i := range errs {
		wg.Go(func() {
			at := []*house{h, twin}[i%2]
			_, errs[i] = at.desk.CreateTicket(t.Context(), at.tenant, at.ann, desk.NewTicket{Template: "equipment_fault", Title: "TrackMan frozen", Bay: h.bay})
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if back := h.detail(roots[0].ID); len(h.roots()) != 1 || back.Ticket.Status != club.TicketOpen || len(h.relations(roots[0].ID)) != 4*each {
		t.Errorf("after it came back: %+v", back.Ticket)
	}
}

func TestTicketSaysHowOftenItsFaultHasCome(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	old := h.fault()
	h.clock.Advance(20 * day)
	second := h.fault()
	h.clock.Advance(15 * day)
	third := h.fault()
	fourth := h.fault() // with the second it is the third in 30 days; the first is older
	h.read(func(tx *store.Tx) error {
		rows, err := h.desk.FindTicketMarks(t.Context(), tx, []store.Ticket{old, second, third, fourth})
		if err != nil || rows[old.ID].Nth != 0 || rows[second.ID].Nth != 2 || rows[third.ID].Nth != 2 || rows[fourth.ID].Nth != 3 {
			t.Errorf("marks %+v, %v", rows, err)
		}
		if none, err := h.desk.FindTicketMarks(t.Context(), tx, nil); err != nil || len(none) != 0 {
			t.Errorf("marks of nothing %v, %v", none, err)
		}
		r, err := h.desk.FindTicketRecurrence(t.Context(), tx, h.viewer, fourth.ID)
		if err != nil || r.Nth != 3 || r.At != "bay" || len(r.Earlier) != 2 || r.Earlier[0].ID != third.ID || r.Root != nil {
			t.Errorf("recurrence %+v, %v", r, err)
		}
		_, err = h.desk.FindTicketRecurrence(t.Context(), tx, h.viewer, "tkt_none")
		want(t, err, club.CodeNotFound)
		return nil
	})
	h.fault()
	root := h.roots()[0]
	h.read(func(tx *store.Tx) error {
		r, err := h.desk.FindTicketRecurrence(t.Context(), tx, h.ann, root.ID)
		if err != nil || r.Nth != 4 || r.Root != nil {
			t.Errorf("of the root-cause ticket %+v, %v", r, err)
		}
		r, err = h.desk.FindTicketRecurrence(t.Context(), tx, h.ann, fourth.ID)
		if err != nil || r.Root == nil || r.Root.ID != root.ID {
			t.Errorf("of a ticket %+v, %v", r, err)
		}
		return nil
	})
}
