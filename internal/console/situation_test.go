package console_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/inbox"
	"clubos/internal/jobs"
	"clubos/internal/jobs/jobstest"
	"clubos/internal/pattern"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/vault"
	"clubos/internal/vault/vaulttest"
)

// report takes in that something happened, gathers it and decides on it. It returns the thread.
func (h *house) report(r event.Report) (id club.ThreadID) {
	h.t.Helper()
	room := event.New(event.Config{Ring: vaulttest.Ring(h.t), Devices: func(club.Slug) map[string]event.Lister { return nil },
		Known: func(context.Context, *store.Tx, *vault.Tenant, store.Location, club.BayID, pattern.Event) (bool, error) {
			return true, nil
		},
		Over: func(context.Context, *store.Tx, *vault.Tenant, store.Situation) error { return nil },
		Advance: func(tx *store.Tx, th club.ThreadID) {
			id = th
			tx.Enqueue(inbox.AdvanceJob{Meta: jobs.For(tx), Thread: th}, nil)
		}})
	h.write(func(tx *store.Tx) error {
		r.Vendor, r.Key, r.Location = "test", string(r.Code)+tx.Now.String(), h.north
		_, err := event.Take(h.t.Context(), tx, r)
		return err
	})
	h.clock.Advance(61 * time.Second)
	jobstest.Work(h.t, h.cluster, h.tenant, room.Gather)
	h.settle()
	return id
}

func TestWhatWasReportedHasANameOfItsOwnAndNobodyToText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book()
	var booking club.BookingID
	h.write(func(tx *store.Tx) error {
		list, err := tx.FindBookingsUnderWay(t.Context(), store.FindBookingsUnderWayParams{LocationID: h.north, At: tx.Now, Since: tx.Now.Add(-club.BookingReach)})
		if err == nil {
			booking = list[0].ID
		}
		return err
	})
	threads := map[string]club.ThreadID{
		"Door":     h.report(event.Report{Code: club.EventDoorForced}),
		"Device":   h.report(event.Report{Code: club.EventDeviceFault, Bay: h.bay}),
		"Bookings": h.report(event.Report{Code: club.EventBookingOverlap, Bay: h.bay, Booking: booking}),
	}
	b := h.as(club.RoleOperator)
	b.get("/c/fairway/inbox?status=all").want(http.StatusOK)
	for want, id := range threads {
		row := find(b.doc, "a[data-thread="+id.String()+"]")
		if len(row) != 1 || !strings.Contains(text(find(row[0], ".name")[0]), want) || strings.Contains(text(row[0]), "ClubOS:") {
			t.Errorf("%s is not in the inbox by its name", want)
		}
	}
	for want, id := range threads {
		b.get("/c/fairway/threads/"+id.String()).want(http.StatusOK, "nobody has written here")
		if got := b.see("#thread-title"); got != want {
			t.Errorf("it is called %q, want %q", got, want)
		}
		if booked := want != "Door"; len(find(b.doc, "[data-send-button]")) != 0 != booked || strings.Contains(text(b.doc), "there is nobody to text") == booked {
			t.Errorf("%s: whether a text can be sent is wrong", want)
		}
	}
	b.get("/c/fairway/threads/" + threads["Bookings"].String()).want(http.StatusOK)
	if !slices.ContainsFunc(find(b.doc, "a"), func(a *html.Node) bool { return attr(a, "href") == "/c/fairway/bookings/"+booking.String() }) {
		t.Error("the booking that it is about is not there")
	}
	if strings.Contains(text(b.doc), "club:events") {
		t.Error("the address of nobody is shown")
	}
}

func TestWhatWasKeptOfABookingIsAnsweredFromItsPageAndReachesWhoeverHasBooked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book()
	var booking club.BookingID
	var kept club.EventID
	h.write(func(tx *store.Tx) error {
		list, err := tx.FindBookingsUnderWay(t.Context(), store.FindBookingsUnderWayParams{LocationID: h.north, At: tx.Now, Since: tx.Now.Add(-club.BookingReach)})
		if err != nil {
			return err
		}
		booking = list[0].ID
		_, err = event.Take(t.Context(), tx, event.Report{Code: club.EventBookingNoShow, Vendor: "doors", Key: "x", Location: h.north, Bay: h.bay, Booking: booking})
		if err != nil {
			return err
		}
		events, err := tx.FindEventsOfBooking(t.Context(), store.FindEventsOfBookingParams{BookingID: booking, Limit: 9})
		for _, e := range events {
			kept = e.ID
			if _, err := tx.GatherEvent(t.Context(), store.GatherEventParams{ID: e.ID, GatheredAt: &tx.Now}); err != nil {
				return err
			}
		}
		return err
	})
	b := h.as(club.RoleOperator)
	page := "/c/fairway/bookings/" + booking.String()
	b.get(page).want(http.StatusOK, "Nobody came to a booking", "Answer…")
	h.as(club.RoleOperator, h.sea).post(page+"/answer", "report", kept.String()).want(http.StatusNotFound)
	b.submit("/answer").want(http.StatusOK, "Text to Ada Byron, who has booked", "nobody has written here")
	b.submit("/reply", "text", "Hi Ada, we missed you. Write to us here.").want(http.StatusOK, "Texted to whoever has booked", "Open the conversation with whoever has booked")
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM messages m JOIN threads t ON t.id = m.thread_id WHERE m.direction = 'out' AND t.provider = 'twilio' AND m.author = 'operator'"); n != 1 {
		t.Errorf("%d texts to the member", n)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM precedents p JOIN decision_patterns d ON d.id = p.pattern_id WHERE d.domain = 'booking'"); n != 1 {
		t.Errorf("%d precedents", n)
	}
	b.get(page).want(http.StatusOK, "Open")
	if len(find(b.doc, `form[action$="/answer"]`)) > 1 {
		t.Error("what has a conversation can be answered anew")
	}
	viewer := h.as(club.RoleViewer)
	viewer.get(page)
	if len(find(viewer.doc, `form[action$="/answer"]`)) != 0 {
		t.Error("who may only look can answer")
	}
}
