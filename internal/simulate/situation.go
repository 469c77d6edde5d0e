package simulate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/simulate/vendor"
	"clubos/internal/store"
)

// door posts what a door reports, or puts on record what it reported before.
func (p *play) door(ctx context.Context, r DoorReport) error {
	place := p.cast[r.At].Place
	if r.Before > 0 {
		return p.w.reportedBefore(ctx, place, r)
	}
	for i := range max(1, r.Times) {
		if i > 0 {
			if err := pause(ctx, 20*time.Millisecond); err != nil {
				return err
			}
		}
		if err := p.w.ReportDoor(ctx, place, r.Report); err != nil {
			return err
		}
	}
	return nil
}

// ReportDoor posts the signed webhook of what a location's door reports.
func (w *World) ReportDoor(ctx context.Context, l Location, r vendor.DoorReport) error {
	status, err := w.Vendors.Doors.Reporting(w.hook("unifi"), l.Door.Ref, r).Post(ctx)
	if err != nil {
		return fmt.Errorf("report a door: %w", err)
	}
	if status/100 != 2 {
		return fmt.Errorf("report a door: answered %d", status)
	}
	return nil
}

// reportedBefore puts on record what a door reported before the scenario: no controller tells of yesterday.
func (w *World) reportedBefore(ctx context.Context, l Location, r DoorReport) error {
	return w.Tenant.Write(ctx, func(tx *store.Tx) error {
		id, at := club.NewAccessEventID(tx.Now), tx.Now.Add(-r.Before)
		_, err := tx.CreateAccessEvent(ctx, store.CreateAccessEventParams{ID: id, Vendor: "unifi", EventKey: id.String(), Kind: club.AccessKind(r.Report), VendorType: "access.door.unlock",
			DoorRef: l.Door.Ref, DeviceID: l.Door.ID, LocationID: l.ID, At: at, ReceivedAt: at, CorrelationID: tx.Correlation})
		return err
	})
}

// atPlace checks what has come of a report at somebody's place.
func (p *play) atPlace(ctx context.Context, f *findings, want Reported, who Player, member View) error {
	return p.w.Tenant.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.FindSituationsAt(ctx, store.FindSituationsAtParams{LocationID: who.Place.ID, Since: p.began.Truncate(time.Second), Size: 50}) // controllers tell whole seconds
		if err != nil {
			return fmt.Errorf("find situations: %w", err)
		}
		title := regexp.MustCompile(want.Title) // checked when the scenario was read
		var titles []string
		for _, s := range list {
			titles = append(titles, s.Title)
			if want.Title != none && title.MatchString(s.Title) {
				return p.atSituation(ctx, tx, f, want, s, member)
			}
		}
		f.that(want.Title == none && len(list) == 0, "reported: nothing matches %q of %q", want.Title, titles)
		return nil
	})
}

func (p *play) atSituation(ctx context.Context, tx *store.Tx, f *findings, want Reported, s store.Situation, member View) error {
	var v View
	var err error
	if v.Thread, err = tx.FindThread(ctx, s.ThreadID); err != nil {
		return fmt.Errorf("find situation's thread: %w", err)
	}
	if err := v.fill(ctx, tx); err != nil {
		return err
	}
	proposal := none
	if v.Proposal != nil {
		proposal = v.Title
	}
	f.matches("proposal of what was reported", want.Proposal, proposal)
	if want.Ticket == none {
		f.that(len(v.Tickets) == 0, "tickets of what was reported: %q", v.Tickets)
	} else {
		f.matches("tickets of what was reported", want.Ticket, v.Tickets...)
	}
	if want.Note != "" {
		page, err := tx.FindMessagesPage(ctx, store.FindMessagesPageParams{ThreadID: s.ThreadID, Size: 50})
		if err != nil {
			return fmt.Errorf("find notes: %w", err)
		}
		var notes []string
		for _, m := range page {
			if m.Direction == club.DirectionNote {
				notes = append(notes, m.Masked)
			}
		}
		f.matches("notes", want.Note, notes...)
	}
	if want.Joined != nil {
		f.that((s.ThreadID == member.Thread.ID) == *want.Joined, "joined the member's conversation: %v, want %v", s.ThreadID == member.Thread.ID, *want.Joined)
	}
	if want.Over != nil {
		f.that((s.ClearedAt != nil) == *want.Over, "over: %v, want %v", s.ClearedAt != nil, *want.Over)
	}
	return nil
}

// about looks at the conversation of the newest situation at somebody's place whose title fits.
func (p *play) about(ctx context.Context, title string, who Player) (v View, err error) {
	re := regexp.MustCompile(title) // checked when the scenario was read
	err = p.w.Tenant.Read(ctx, func(tx *store.Tx) error {
		list, err := tx.FindSituationsAt(ctx, store.FindSituationsAtParams{LocationID: who.Place.ID, Since: p.began.Truncate(time.Second), Size: 50})
		if err != nil {
			return fmt.Errorf("find situations: %w", err)
		}
		i := slices.IndexFunc(list, func(s store.Situation) bool { return re.MatchString(s.Title) })
		if i < 0 {
			return fmt.Errorf("no situation at %s is about %q", who.Place.Name, title)
		}
		if v.Thread, err = tx.FindThread(ctx, list[i].ThreadID); err != nil {
			return fmt.Errorf("find situation's thread: %w", err)
		}
		return v.fill(ctx, tx)
	})
	return v, err
}

// report waits until a person can answer the newest thing that was reported of somebody's booking.
func (p *play) report(ctx context.Context, o *Operation, who Player) error {
	if who.Booking == nil {
		return fmt.Errorf("%s has no booking of which anything was reported", who.Name)
	}
	waiting, cancel := context.WithTimeout(ctx, defaultWithin)
	defer cancel()
	for {
		err := p.w.Tenant.Read(ctx, func(tx *store.Tx) error {
			b, err := tx.FindBookingByExternalID(ctx, store.FindBookingByExternalIDParams{Source: bookingSource, ExternalID: who.Booking.ExternalID})
			if err != nil {
				return fmt.Errorf("find booking: %w", err)
			}
			list, err := tx.FindEventsOfBooking(ctx, store.FindEventsOfBookingParams{BookingID: b.ID, Limit: 1})
			if err == nil && len(list) > 0 && list[0].GatheredAt != nil {
				o.Booking, o.Report = b.ID, list[0].ID
			}
			return err
		})
		if err != nil || !o.Report.IsZero() {
			return err
		}
		if err := pause(waiting, lookEvery); err != nil {
			return fmt.Errorf("nothing was reported of %s's booking: %w", who.Name, err)
		}
	}
}
