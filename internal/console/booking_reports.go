package console

import (
	"fmt"

	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/event"
	"clubos/internal/identity"
	"clubos/internal/store"
)

// reportsShown bounds what the page of a booking lists of what was reported.
const reportsShown = 10

// bookingReports lists what was reported of a booking, for those who may see conversations.
func (v *visit) bookingReports(tx *store.Tx, b store.Booking) (out []page.BookingReport, err error) {
	if !v.p.Can(identity.ThreadsRead) {
		return nil, nil
	}
	list, err := tx.FindEventsOfBooking(v.r.Context(), store.FindEventsOfBookingParams{BookingID: b.ID, Limit: reportsShown})
	if err != nil {
		return nil, fmt.Errorf("find reports: %w", err)
	}
	for _, e := range list {
		r := page.BookingReport{ID: e.ID, What: capital(event.Words(e.Code)), At: e.At, May: v.p.Can(identity.ThreadsWrite) && event.Answerable(e)}
		if e.Code.Door() {
			r.What = "The door " + event.Words(e.Code)
		}
		if !e.SituationID.IsZero() {
			s, err := tx.FindSituation(v.r.Context(), e.SituationID)
			if err != nil {
				return nil, fmt.Errorf("find situation: %w", err)
			}
			r.Thread = s.ThreadID
		}
		out = append(out, r)
	}
	return out, nil
}

// answerReport opens the conversation of something that was reported of a booking, where whoever has booked can
// be told.
func answerReport(v *visit) error {
	id, err := pathID[club.BookingID](v)
	if err == nil {
		err = v.parse()
	}
	if err != nil {
		return err
	}
	th, err := v.c.Decider.Raise(v.r.Context(), v.tenant, v.p, idOf[club.EventID](v.field("report")))
	switch club.CodeOf(err) {
	case "":
		return v.done(v.at("threads", th.String()), "Write to whoever has booked here.")
	case club.CodeConflict:
		return v.warn(v.at("bookings", id.String()), sentence(club.MessageOf(err)))
	}
	return err
}
