package outbox

import (
	"errors"
	"strings"
	"testing"
	"time"

	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
	"clubos/internal/thread"
)

// about opens a thread of a situation: of a booking, or of a bay where somebody has booked.
func (h *harness) about(s store.CreateSituationParams) (th store.Thread) {
	h.t.Helper()
	h.write(func(tx *store.Tx) error {
		subject, err := people.Subject(h.t.Context(), tx, h.keys, event.Reporter)
		if err != nil {
			return err
		}
		id := club.NewThreadID(tx.Now)
		if err := tx.CreateThread(h.t.Context(), store.CreateThreadParams{ID: id, SubjectID: subject.ID, LocationID: s.LocationID, Provider: club.EventProvider,
			Status: club.ThreadAwaitingAI, Priority: club.PriorityNormal, CorrelationID: tx.Correlation, Now: tx.Now}); err != nil {
			return err
		}
		s.ID, s.ThreadID, s.Domain, s.Title, s.Context, s.Bays, s.OpenedAt, s.CorrelationID = club.NewSituationID(tx.Now), id, "booking", "x", "{}", 1, tx.Now, tx.Correlation
		if err := tx.CreateSituation(h.t.Context(), s); err != nil {
			return err
		}
		th, err = thread.Find(h.t.Context(), tx, id)
		return err
	})
	return th
}

func TestWhatWasReportedIsToldToWhoeverHasBookedByTheNumberThatTheyKnow(t *testing.T) {
	t.Parallel()
	h := start(t)
	var north, south club.LocationID
	var bay club.BayID
	bookings := map[string]club.BookingID{}
	h.write(func(tx *store.Tx) error {
		ctx := t.Context()
		north, south, bay = club.NewLocationID(tx.Now), club.NewLocationID(tx.Now), club.NewBayID(tx.Now)
		for id, slug := range map[club.LocationID]string{north: "north", south: "south"} {
			if err := tx.CreateLocation(ctx, store.CreateLocationParams{ID: id, Slug: slug, Name: slug, TimeZone: "UTC", Details: "{}", CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		if err := tx.CreateBay(ctx, store.CreateBayParams{ID: bay, LocationID: north, Number: 1, Name: "Bay 1", Status: "active", CreatedAt: tx.Now}); err != nil {
			return err
		}
		for number, at := range map[string]club.LocationID{"+15550001": north, "+15550002": south} {
			if err := tx.PutLine(ctx, store.PutLineParams{Number: number, Provider: "twilio", LocationID: at, CreatedAt: tx.Now}); err != nil {
				return err
			}
		}
		for name, phone := range map[string]string{"ada": "+14155552671", "bob": "+14155552672", "nobody": ""} {
			b := store.PutBookingParams{ID: club.NewBookingID(tx.Now), Source: "test", ExternalID: name, LocationID: north, StartsAt: tx.Now.Add(-time.Minute), EndsAt: tx.Now.Add(time.Hour), Status: club.BookingConfirmed, Now: tx.Now}
			if name == "bob" {
				b.BayID = bay
			}
			if phone != "" {
				s, err := people.Subject(ctx, tx, h.keys, phone)
				if err != nil {
					return err
				}
				b.SubjectID = s.ID
			}
			if _, err := tx.PutBooking(ctx, b); err != nil {
				return err
			}
			bookings[name] = b.ID
		}
		return nil
	})
	to := func(th store.Thread, key string) (m store.Message, in store.Thread, err error) {
		r := h.reply(key, "we moved you")
		r.Thread = th
		err = h.tenant.Write(t.Context(), func(tx *store.Tx) error {
			for range 2 { // one cause, one text
				id, _, err := Queue(t.Context(), tx, h.keys, r)
				if err != nil {
					return err
				}
				if m, err = tx.FindMessage(t.Context(), id); err != nil {
					return err
				}
			}
			in, err = thread.Find(t.Context(), tx, m.ThreadID)
			return err
		})
		return m, in, err
	}
	about := h.about(store.CreateSituationParams{Code: club.EventBookingChanged, LocationID: north, BookingID: bookings["ada"]})
	if _, in, err := to(about, "a"); err != nil || in.ID != h.thread.ID {
		t.Errorf("the conversation that goes on: %+v, %v", in, err)
	}
	inBay := h.about(store.CreateSituationParams{Code: club.EventDeviceFault, LocationID: north, BayID: bay})
	if _, in, err := to(inBay, "b"); err != nil || in.ID == h.thread.ID || in.Line != "+15550001" || in.Status != club.ThreadAIResolved || in.LocationID != north {
		t.Errorf("whoever is in the bay: %+v, %v", in, err)
	}
	if _, _, err := to(h.about(store.CreateSituationParams{Code: club.EventBookingChanged, LocationID: north, BookingID: bookings["nobody"]}), "c"); !errors.Is(err, ErrNobody) {
		t.Errorf("a booking of nobody: %v", err)
	}
	h.write(func(tx *store.Tx) error {
		_, err := people.SetConsent(t.Context(), tx, club.System("test"), h.thread.SubjectID, club.ConsentWithdrawn, "text")
		return err
	})
	if _, _, err := to(about, "d"); !errors.Is(err, ErrOptedOut) {
		t.Errorf("who has opted out: %v", err)
	}
	h.drain()
	var sent []string
	for _, s := range h.carrier.sent {
		sent = append(sent, s.From+" "+s.To)
	}
	if got := strings.Join(sent, ", "); got != "+15550001 +14155552672" { // ada had said STOP by then
		t.Errorf("sent %s", got)
	}
	if n := storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM messages WHERE direction = 'note'"); n != 2 || storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM threads") != 5 {
		t.Errorf("%d notes, %d threads", n, storetest.Count(t, h.tenant, "SELECT COUNT(*) FROM threads"))
	}
}
