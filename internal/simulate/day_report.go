package simulate

import (
	"context"
	"time"

	"clubos/internal/simulate/vendor"
)

// dayReport is something that happens on the first day without anybody writing.
type dayReport struct {
	at   time.Duration
	what string // for the line that is told
	do   func(ctx context.Context) (where string, err error)
}

// reports are what a day shows of doors and bookings: somebody who is denied again and again while they have
// a booking, a booking that another system has sold twice, and a door that is propped open and shut again. A
// day that begins anew has none, so that a club that is left running stays calm.
func (d *day) reports() []dayReport {
	places := d.w.Club.Locations
	door := func(r vendor.DoorReport) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) {
			l := places[len(places)-1]
			return l.Name + ", " + l.Door.Name, d.w.ReportDoor(ctx, l, r)
		}
	}
	at := func(percent int) time.Duration { return d.cfg.Length * time.Duration(percent) / 100 }
	return []dayReport{
		{at(20), "denies access", door(vendor.DoorDenied)},
		{at(21), "denies access again", door(vendor.DoorDenied)},
		{at(22), "denies access again", door(vendor.DoorDenied)},
		{at(40), "a booking of a bay is sold twice", d.sellTwice},
		{at(60), "is held open", door(vendor.DoorHeldOpen)},
		{at(70), "is shut again", door(vendor.DoorClosed)},
	}
}

// sellTwice books somebody else into a booking that is still to come.
func (d *day) sellTwice(ctx context.Context) (string, error) {
	for i, b := range d.w.Club.Bookings {
		if b.Cancelled || b.Start.Before(d.w.now().Add(time.Hour)) {
			continue
		}
		return b.Location, d.w.bookBeside(ctx, Player{Booking: &d.w.Club.Bookings[i]})
	}
	return "no booking", nil
}

// report does what is due by then.
func (d *day) report(ctx context.Context, due []dayReport, by time.Duration) []dayReport {
	for len(due) > 0 && due[0].at <= by {
		where, err := due[0].do(ctx)
		what := due[0].what
		if err != nil {
			what += ", but the report was not acknowledged"
		}
		if ctx.Err() == nil {
			d.tell("reported", where, what)
		}
		due = due[1:]
	}
	return due
}
