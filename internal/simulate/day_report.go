package simulate

import (
	"context"
	"slices"
	"time"

	"clubos/internal/simulate/vendor"
)

// dayReport is something that happens on the first day without anybody writing.
type dayReport struct {
	at   time.Duration
	what string // for the line that is told
	do   func(ctx context.Context) (where string, err error)
}

// reports are what a day shows of doors and bookings: a booking to which nobody comes, somebody who is denied again
// and again while they have a booking, a booking that another system has sold twice, and a door that is propped open
// and shut again. A day that begins anew has none, so that a club that is left running stays calm.
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
		{at(5), "let somebody in an hour ago", d.cameBefore},
		{at(10), "a booking has begun and nobody is there", d.nobodyComes},
		{at(20), "denies access", door(vendor.DoorDenied)},
		{at(21), "denies access again", door(vendor.DoorDenied)},
		{at(22), "denies access again", door(vendor.DoorDenied)},
		{at(40), "a booking of a bay is sold twice", d.sellTwice},
		{at(60), "is held open", door(vendor.DoorHeldOpen)},
		{at(70), "is shut again", door(vendor.DoorClosed)},
	}
}

// cameBefore has the first place's door on record as one that reports entries. Whoever came to a booking that
// began half an hour ago or earlier has been let in.
func (d *day) cameBefore(ctx context.Context) (string, error) {
	l := d.w.Club.Locations[0]
	if d.w.Tenant == nil {
		return l.Name, nil
	}
	return l.Name + ", " + l.Door.Name, d.w.reportedBefore(ctx, l, DoorReport{Report: vendor.DoorGranted, Before: time.Hour})
}

// nobodyComes moves a booking of the first place that is still to come to where it began 25 minutes ago: of a bay
// that is free, and of somebody who does not write today.
func (d *day) nobodyComes(ctx context.Context) (string, error) {
	l, all := d.w.Club.Locations[0], d.w.Club.Bookings
	from := d.w.now().Add(-absent)
	until := from.Add(time.Hour)
	for i, b := range all {
		if b.Location != l.Name || b.Cancelled || b.Member < 0 || b.Start.Before(until) || d.writes[d.w.Club.Members[b.Member].Phone] {
			continue
		}
		taken := slices.ContainsFunc(all, func(o Booking) bool {
			return !o.Cancelled && o.Location == b.Location && (o.Bay == b.Bay || o.Member == b.Member) && o.ExternalID != b.ExternalID && o.Start.Before(until) && o.End.After(from)
		})
		if !taken {
			return l.Name, d.w.rebook(ctx, Player{Member: b.Member, Booking: &all[i]}, Rebooking{In: -absent})
		}
	}
	return "no booking", nil
}

// absent is how long ago the booking began to which nobody came: longer than a club waits for them, and shorter than
// what the door reported before lies back.
const absent = 25 * time.Minute

// comeIn has the first place's door let somebody in, as it does whenever members come.
func (d *day) comeIn(ctx context.Context) {
	if err := d.w.ReportDoor(ctx, d.w.Club.Locations[0], vendor.DoorGranted); err != nil && ctx.Err() == nil {
		d.tell("reported", d.w.Club.Locations[0].Name, "somebody came in, but the report was not acknowledged")
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
