package desk_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/desk"
	"clubos/internal/identity"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/store"
)

func (h *house) ticket(n desk.NewTicket) store.Ticket {
	h.t.Helper()
	tk, err := h.desk.CreateTicket(h.t.Context(), h.tenant, h.ann, n)
	if err != nil {
		h.t.Fatal(err)
	}
	return tk
}

func (h *house) set(id club.TicketID, status club.TicketStatus) store.Ticket {
	h.t.Helper()
	tk, err := h.desk.UpdateTicket(h.t.Context(), h.tenant, h.ann, id, desk.TicketChange{Status: &status})
	if err != nil {
		h.t.Fatalf("to %s: %v", status, err)
	}
	return tk
}

func (h *house) detail(id club.TicketID) (d desk.TicketDetail) {
	h.t.Helper()
	h.read(func(tx *store.Tx) (err error) {
		d, err = h.desk.FindTicketDetail(h.t.Context(), tx, h.ann, id)
		return err
	})
	return d
}

func kinds(d desk.TicketDetail) (out []string) {
	for _, e := range d.Events {
		out = append(out, e.Kind)
	}
	return out
}

func TestTicketTakesItsPlaceFromTheThreadAndItsWordsFromTheTemplate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	th := h.thread(h.a, "bay 3 froze")
	tk := h.ticket(desk.NewTicket{Template: "equipment_fault", Thread: th.ID, Description: "The screen is green."})
	if tk.Number != 1 || tk.LocationID != h.a || tk.Priority != club.PriorityHigh || tk.Title != "Equipment fault" || !tk.DueAt.Equal(h.clock.Now().Add(4*time.Hour)) {
		t.Errorf("ticket %+v", tk)
	}
	d := h.detail(tk.ID)
	if !strings.HasPrefix(d.Description, "The screen is green.\n\n- [ ] ") || d.Place != "Northside" || len(d.Events) != 1 {
		t.Errorf("detail %+v", d)
	}
	if h.count("SELECT COUNT(*) FROM notifications WHERE kind = 'ticket'") != 1 {
		t.Error("nobody is called to a pressing ticket")
	}
	if h.ticket(desk.NewTicket{}).Number != 2 || h.count("SELECT COUNT(*) FROM notifications") != 1 {
		t.Error("people are called to an ordinary ticket")
	}
}

func TestOneCauseMakesOneTicket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var made int
	var first club.TicketID
	for range 3 {
		h.write(func(tx *store.Tx) error {
			tk, created, err := h.desk.OpenTicket(t.Context(), tx, club.System("act"), desk.NewTicket{Template: "cleaning", Title: strings.Repeat("dirt ", 99), Description: strings.Repeat("dirt ", 9999), Location: h.a, DedupKey: "decision:1"})
			if created {
				made, first = made+1, tk.ID
			} else if tk.ID != first {
				t.Errorf("the cause's ticket is %s", tk.ID)
			}
			return err
		})
	}
	ids := make([]club.TicketID, 5)
	errs := atOnce(5, func(i int) error {
		tk, err := h.desk.CreateTicket(t.Context(), h.tenant, h.ann, desk.NewTicket{DedupKey: "form1"})
		ids[i] = tk.ID
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	if n := h.count("SELECT COUNT(*) FROM tickets"); made != 1 || len(slices.Compact(ids)) != 1 || n != 2 {
		t.Errorf("%d tickets, %v", n, ids)
	}
}

func TestNumbersAreUniqueUnderTwentyAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	numbers := make([]int64, 20)
	errs := atOnce(20, func(i int) error {
		tk, err := h.desk.CreateTicket(t.Context(), h.tenant, h.ann, desk.NewTicket{Title: fmt.Sprint("t", i)})
		numbers[i] = tk.Number
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != int64(i+1) {
			t.Fatalf("numbers %v", numbers)
		}
	}
}

func TestClockStandsStillWhileTheTicketWaits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tk := h.ticket(desk.NewTicket{}) // normal: 24 h
	due := tk.DueAt
	h.clock.Advance(time.Hour)
	if tk = h.set(tk.ID, club.TicketWaiting); !tk.DueAt.Equal(due) || tk.PausedAt == nil {
		t.Errorf("waiting: %+v", tk)
	}
	h.clock.Advance(30 * time.Hour)
	if n := jobstest.Work(t, h.cluster, h.tenant, h.desk.Warn); n != 1 || h.count("SELECT COUNT(*) FROM ticket_events WHERE kind = 'warning'") != 0 {
		t.Errorf("%d jobs; warned while the clock stood still", n)
	}
	tk = h.set(tk.ID, club.TicketInProgress)
	if !tk.DueAt.Equal(due.Add(30*time.Hour)) || tk.PausedAt != nil {
		t.Errorf("due %s, want %s", tk.DueAt, due.Add(30*time.Hour))
	}
	h.clock.Advance(time.Hour)
	tk = h.set(tk.ID, club.TicketResolved)
	if tk.ResolvedAt == nil {
		t.Error("resolved at no time")
	}
	h.clock.Advance(time.Hour)
	tk = h.set(tk.ID, club.TicketClosed) // still paused since it was resolved
	h.clock.Advance(time.Hour)
	tk = h.set(tk.ID, club.TicketOpen)
	if !tk.DueAt.Equal(due.Add(32*time.Hour)) || tk.ResolvedAt != nil {
		t.Errorf("after reopening due %s, want %s", tk.DueAt, due.Add(32*time.Hour))
	}
	// A changed priority counts from the clock's start, which has moved on likewise.
	high := club.PriorityHigh
	tk, err := h.desk.UpdateTicket(t.Context(), h.tenant, h.ann, tk.ID, desk.TicketChange{Priority: &high})
	if err != nil || !tk.DueAt.Equal(due.Add(32*time.Hour-20*time.Hour)) {
		t.Errorf("high is due %s, %v", tk.DueAt, err)
	}
}

func TestPeopleAreWarnedOnceAtEachPartOfTheTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tk := h.ticket(desk.NewTicket{Location: h.a})
	first := jobstest.Pending[desk.TicketSLA](t, h.cluster, h.tenant)[0]
	if err := h.desk.Warn(t.Context(), h.tenant, first); err == nil {
		t.Error("warned before its time")
	}
	for _, at := range []time.Duration{18 * time.Hour, 21*time.Hour + 36*time.Minute, 24 * time.Hour} {
		h.clock.Advance(tk.CreatedAt.Add(at).Sub(h.clock.Now()))
		if n := jobstest.Work(t, h.cluster, h.tenant, h.desk.Warn); n != 1 {
			t.Fatalf("%d jobs at %s", n, at)
		}
	}
	if err := h.desk.Warn(t.Context(), h.tenant, first); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, e := range h.detail(tk.ID).Events {
		if e.Kind == "warning" {
			texts = append(texts, e.Text)
		}
	}
	if want := []string{"75 % of the time is used", "90 % of the time is used", "the time is over"}; !slices.Equal(texts, want) {
		t.Errorf("warnings %q", texts)
	}
	if n := h.count("SELECT COUNT(*) FROM notifications WHERE kind = 'ticket'"); n != 3 {
		t.Errorf("%d calls", n)
	}
	if n := len(jobstest.Pending[desk.TicketSLA](t, h.cluster, h.tenant)); n != 0 {
		t.Errorf("%d jobs are left", n)
	}
}

func TestStatusThatMayNotFollowChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tk := h.set(h.ticket(desk.NewTicket{}).ID, club.TicketClosed)
	for _, bad := range []club.TicketStatus{club.TicketResolved, club.TicketWaiting, "bogus"} {
		_, err := h.desk.UpdateTicket(t.Context(), h.tenant, h.ann, tk.ID, desk.TicketChange{Status: &bad})
		want(t, err, club.CodeConflict)
	}
	if got := h.detail(tk.ID).Ticket; got.Version != tk.Version || got.Status != club.TicketClosed || got.ResolvedAt == nil {
		t.Errorf("ticket %+v", got)
	}
}

func TestEditOfAnOldVersionIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tk := h.ticket(desk.NewTicket{})
	title, other := "New mats", "Old mats"
	got, err := h.desk.UpdateTicket(t.Context(), h.tenant, h.ann, tk.ID, desk.TicketChange{Version: &tk.Version, Title: &title})
	if err != nil || got.Version != tk.Version+1 {
		t.Fatal(got.Version, err)
	}
	_, err = h.desk.UpdateTicket(t.Context(), h.tenant, h.bob, tk.ID, desk.TicketChange{Version: &tk.Version, Title: &other})
	want(t, err, club.CodeConflict)
	if got, err = h.desk.UpdateTicket(t.Context(), h.tenant, h.bob, tk.ID, desk.TicketChange{Title: &title}); err != nil || got.Version != tk.Version+1 {
		t.Errorf("an edit that changes nothing made version %d, %v", got.Version, err)
	}
	// Edits of different fields at once both count.
	high, bob := club.PriorityHigh, h.bob.UserID
	edits := []desk.TicketChange{{Priority: &high}, {AssignedTo: &bob}}
	errs := atOnce(2, func(i int) error {
		_, err := h.desk.UpdateTicket(t.Context(), h.tenant, h.ann, tk.ID, edits[i])
		return err
	})
	if got := h.detail(tk.ID).Ticket; errors.Join(errs...) != nil || got.Priority != high || got.AssignedTo != bob.String() {
		t.Errorf("ticket %+v, %v", got, errs)
	}
}

func TestHistoryTellsEveryChangeInOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tk := h.ticket(desk.NewTicket{Location: h.a, Bay: h.bay})
	text, words := "look behind the screen", "Projector"
	none := club.UserID("")
	for _, c := range []desk.TicketChange{{AssignedTo: &h.only.UserID}, {AssignedTo: &none}, {Location: &h.b}, {Description: &text, Title: &words}, {Description: &text}} {
		h.clock.Advance(time.Second)
		if _, err := h.desk.UpdateTicket(t.Context(), h.tenant, h.ann, tk.ID, c); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // a double tap
		h.clock.Advance(time.Second)
		if err := h.desk.CommentTicket(t.Context(), h.tenant, h.ann, tk.ID, "ordered a lamp"); err != nil {
			t.Fatal(err)
		}
	}
	d := h.detail(tk.ID)
	if want := []string{"created", "assigned", "assigned", "moved", "edited", "edited", "comment"}; !slices.Equal(kinds(d), want) {
		t.Errorf("history %v", kinds(d))
	}
	if d.Description != text || d.Ticket.LocationID != h.b || !d.Ticket.BayID.IsZero() || d.Ticket.Title != words || d.Events[6].Text != "ordered a lamp" || d.Place != "Harbour" {
		t.Errorf("detail %+v", d)
	}
	h.clock.Advance(time.Minute)
	if err := h.desk.CommentTicket(t.Context(), h.tenant, h.ann, tk.ID, "ordered a lamp"); err != nil || len(h.detail(tk.ID).Events) != 8 {
		t.Errorf("the same words a minute later are another comment: %v", err)
	}
	if n := h.count("SELECT COUNT(*) FROM audit_entries WHERE action LIKE 'ticket.%'"); n != 8 {
		t.Errorf("%d audit entries", n)
	}
}

func TestTicketsOfAnotherPlaceDoNotExist(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tk := h.ticket(desk.NewTicket{Location: h.b})
	high := club.PriorityHigh
	_, err := h.desk.UpdateTicket(t.Context(), h.tenant, h.only, tk.ID, desk.TicketChange{Priority: &high})
	want(t, err, club.CodeNotFound)
	want(t, h.desk.CommentTicket(t.Context(), h.tenant, h.only, tk.ID, "x"), club.CodeNotFound)
	_, err = h.desk.CreateTicket(t.Context(), h.tenant, h.only, desk.NewTicket{Location: h.b})
	want(t, err, club.CodeNotFound)
	mine := h.ticket(desk.NewTicket{Location: h.a})
	_, err = h.desk.UpdateTicket(t.Context(), h.tenant, h.only, mine.ID, desk.TicketChange{Location: &h.b})
	want(t, err, club.CodeNotFound)
	h.read(func(tx *store.Tx) error {
		_, err := h.desk.FindTicketDetail(t.Context(), tx, h.only, tk.ID)
		want(t, err, club.CodeNotFound)
		for _, q := range []string{"", "#1"} {
			rows, _, err := h.desk.FindTickets(t.Context(), tx, h.only, desk.TicketFilter{Query: q})
			if err != nil || slices.ContainsFunc(rows, func(r store.Ticket) bool { return r.ID == tk.ID }) {
				t.Errorf("query %q shows it, %v", q, err)
			}
		}
		return nil
	})
	_, err = h.desk.CreateTicket(t.Context(), h.tenant, h.viewer, desk.NewTicket{})
	want(t, err, club.CodeForbidden)
	_, err = h.desk.UpdateTicket(t.Context(), h.tenant, h.ann, "tkt_none", desk.TicketChange{Priority: &high})
	want(t, err, club.CodeNotFound)
}

func TestTicketWithThingsThatDoNotFitIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var dev club.DeviceID
	h.write(func(tx *store.Tx) error {
		dev = club.NewDeviceID(tx.Now)
		return tx.CreateDevice(t.Context(), store.CreateDeviceParams{ID: dev, LocationID: h.a, BayID: h.bay, Kind: club.DevicePC, Name: "pc", Vendor: "ninjaone", VendorRef: "1", CreatedAt: tx.Now})
	})
	if tk := h.ticket(desk.NewTicket{Device: dev}); tk.LocationID != h.a || tk.BayID != h.bay {
		t.Errorf("the device's place was not taken: %+v", tk)
	}
	for name, n := range map[string]desk.NewTicket{
		"template": {Template: "nonsense"}, "priority": {Priority: "soon"}, "bay elsewhere": {Location: h.b, Bay: h.bay}, "device elsewhere": {Location: h.b, Device: dev},
		"no such bay": {Bay: "bay_none"}, "no such device": {Device: "dev_none"}, "no such place": {Location: "loc_none"}, "viewer": {AssignedTo: h.viewer.UserID},
		"long": {Title: strings.Repeat("x", 201)}, "long text": {Description: strings.Repeat("x", 10_001)}} {
		if _, err := h.desk.CreateTicket(t.Context(), h.tenant, h.ann, n); club.CodeOf(err) != club.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	tk, bad, empty, none := h.ticket(desk.NewTicket{AssignedTo: h.ann.UserID}), club.Priority("soon"), " ", club.LocationID("loc_none")
	long := strings.Repeat("x", 10_001)
	for _, c := range []desk.TicketChange{{Priority: &bad}, {Title: &empty}, {Location: &none}, {AssignedTo: &h.viewer.UserID}, {Description: &long}} {
		_, err := h.desk.UpdateTicket(t.Context(), h.tenant, h.ann, tk.ID, c)
		want(t, err, club.CodeInvalid)
	}
	want(t, h.desk.CommentTicket(t.Context(), h.tenant, h.ann, tk.ID, " "), club.CodeInvalid)
	_, err := h.desk.CreateTicket(t.Context(), h.tenant, h.ann, desk.NewTicket{Thread: "thr_none"})
	want(t, err, club.CodeNotFound)
	if n := h.count("SELECT COUNT(*) FROM tickets"); n != 2 {
		t.Errorf("%d tickets", n)
	}
}

func TestListsAndBoardOfTicketsFollowTheirFilters(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var all []store.Ticket
	for i := range 24 {
		n := desk.NewTicket{Title: fmt.Sprintf("thing %d_%%", i), Priority: club.Priorities()[i%4], Location: []club.LocationID{"", h.a, h.b}[i%3]}
		if i%2 == 0 {
			n.AssignedTo = h.bob.UserID
		}
		tk := h.ticket(n)
		h.clock.Advance(time.Minute)
		if s := club.TicketStatuses()[i%5]; s != club.TicketOpen {
			tk = h.set(tk.ID, s)
		}
		all = append([]store.Ticket{tk}, all...)
	}
	h.clock.Advance(2 * time.Hour) // emergencies are overdue
	now := h.clock.Now()
	h.read(func(tx *store.Tx) error {
		for _, p := range []identity.Principal{h.ann, h.only} {
			for mask := range 64 {
				f := desk.TicketFilter{Size: 5, Overdue: mask&1 > 0}
				if mask&2 > 0 {
					f.Status = []club.TicketStatus{club.TicketOpen, club.TicketWaiting}
				}
				if mask&4 > 0 {
					f.Priority = []club.Priority{club.PriorityEmergency, club.PriorityLow}
				}
				if mask&8 > 0 {
					f.Location = h.a
				}
				if mask&16 > 0 {
					f.AssignedTo = h.bob.UserID
				}
				if mask&32 > 0 {
					f.Query = "1_%"
				}
				var want, got []int64
				for _, k := range all {
					if p.AllowsLocation(k.LocationID) && (!f.Overdue || k.PausedAt == nil && !k.DueAt.After(now)) && (f.Status == nil || slices.Contains(f.Status, k.Status)) &&
						(f.Priority == nil || slices.Contains(f.Priority, k.Priority)) && (f.Location == "" || f.Location == k.LocationID) &&
						(f.AssignedTo == "" || f.AssignedTo.String() == k.AssignedTo) && strings.Contains(k.Title, f.Query) {
						want = append(want, k.Number)
					}
				}
				for range 10 {
					rows, next, err := h.desk.FindTickets(t.Context(), tx, p, f)
					if err != nil {
						return err
					}
					for _, r := range rows {
						got = append(got, r.Number)
					}
					if f.Cursor = next; next == "" {
						break
					}
				}
				if !slices.Equal(want, got) {
					t.Errorf("%s %+v: %v, want %v", p.Actor.Name, f, got, want)
				}
			}
		}
		board, err := h.desk.FindTicketBoard(t.Context(), tx, h.ann, desk.TicketFilter{}, 2)
		if err != nil || len(board) != 5 || board[0].Status != club.TicketOpen || board[0].Total != 5 || len(board[0].Tickets) != 2 || board[0].Overdue == 0 || board[2].Overdue != 0 {
			t.Errorf("board %+v, %v", board, err)
		}
		rows, _, err := h.desk.FindTickets(t.Context(), tx, h.ann, desk.TicketFilter{Query: "#7"})
		if err != nil || len(rows) != 1 || rows[0].Number != 7 {
			t.Errorf("#7 is %v, %v", rows, err)
		}
		if rows, _, err = h.desk.FindTickets(t.Context(), tx, h.ann, desk.TicketFilter{Query: "#700"}); err != nil || len(rows) != 0 {
			t.Errorf("#700 is %v, %v", rows, err)
		}
		return nil
	})
}

func TestTemplatesAreReadAndChecked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if n := len(h.desk.TicketTemplates()); n < 7 {
		t.Errorf("%d templates", n)
	}
	for _, bad := range []string{"{", "- key: a\n  title: A\n  priority: soon\n", "- key: general\n  title: A\n  priority: low\n- key: general\n  title: B\n  priority: low\n",
		"- key: a\n  title: A\n  priority: low\n", "- kay: a\n"} {
		if _, err := desk.ReadTemplates([]byte(bad)); err == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}
