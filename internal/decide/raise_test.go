package decide_test

import (
	"context"
	"testing"

	"clubos/internal/club"
	"clubos/internal/event"
	"clubos/internal/identity"
	"clubos/internal/store"
	"clubos/internal/store/storetest"
)

// onlyKept reports something of ada's booking that nobody has to act on, so that it is kept and no more.
func (h *house) onlyKept() (id club.EventID) {
	h.t.Helper()
	h.book("Bay 2")
	h.write(func(tx *store.Tx) error {
		list, err := tx.FindBookingsUnderWay(h.t.Context(), store.FindBookingsUnderWayParams{LocationID: h.location, At: tx.Now, Since: tx.Now.Add(-club.BookingReach)})
		if err != nil {
			return err
		}
		_, err = event.Take(h.t.Context(), tx, event.Report{Code: club.EventBookingChanged, Vendor: "test", Key: "changed", Location: h.location, Bay: h.bays[2], Booking: list[0].ID})
		if err != nil {
			return err
		}
		kept, err := tx.FindEventsOfBooking(h.t.Context(), store.FindEventsOfBookingParams{BookingID: list[0].ID, Limit: 1})
		if err == nil {
			id = kept[0].ID
		}
		return err
	})
	return id
}

func TestAReportThatAPersonRaisesIsDecidedOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.onlyKept()
	opal := operator("usr_opal")
	raise := func(ctx context.Context, p identity.Principal, id club.EventID) (club.ThreadID, error) {
		return h.decider.Raise(ctx, h.tenant, p, id)
	}
	if _, err := raise(t.Context(), opal, id); club.CodeOf(err) != club.CodeConflict {
		t.Errorf("one that is still looked at: %v", err)
	}
	h.gather(h.room())
	if n := h.count("situations"); n != 0 {
		t.Fatalf("%d situations of what is only kept", n)
	}
	viewer, elsewhere := opal, opal
	viewer.Role, elsewhere.Locations = club.RoleViewer, []club.LocationID{club.NewLocationID(h.clock.Now())}
	for name, tc := range map[string]struct {
		by   identity.Principal
		id   club.EventID
		want club.Code
	}{
		"who may not write":        {viewer, id, club.CodeForbidden},
		"of another location":      {elsewhere, id, club.CodeNotFound},
		"of what was not reported": {opal, club.NewEventID(h.clock.Now()), club.CodeNotFound},
	} {
		if _, err := raise(t.Context(), tc.by, tc.id); club.CodeOf(err) != tc.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	storetest.EachFailureOf(t, func(ctx context.Context) error {
		_, err := raise(ctx, opal, id)
		return err
	}, func() {
		if n := h.count("situations") + h.count("audit_entries WHERE action = 'situation.raised'"); n != 0 {
			t.Fatalf("%d traces of what failed", n)
		}
	})
	th, err := raise(t.Context(), opal, id)
	if err != nil || h.count("decisions WHERE thread_id = $1", th) != 1 || h.count("audit_entries WHERE action = 'situation.raised'") != 1 {
		t.Errorf("raised twice it is one matter: %v", err)
	}
}

func TestAProcedureOfReportsIsRememberedUnderWhatItIsAbout(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.learn(asks)
	h.aboutBooking(club.EventAccessDenied, 2)
	h.hear(ada, "what's the wifi password")
	for domain, want := range map[string]int{"access": 1, "decision": 1} {
		if n := h.count("decision_patterns WHERE domain = $1 AND sop_id IS NOT NULL", domain); n != want {
			t.Errorf("%d procedures of the domain %s, want %d", n, domain, want)
		}
	}
}
