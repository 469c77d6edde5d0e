package act

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/store"
)

// prerequisite returns the proof that p holds, or why it does not. All times are instants, so neither
// a time zone nor a change of the clocks comes into it.
func prerequisite(ctx context.Context, tx *store.Tx, p catalogue.Prerequisite, s *scene, seen sight) (club.Fact, string, error) {
	b := s.booking
	booked := func(value string) (club.Fact, string, error) {
		return club.Fact{Value: value, Source: "bookings", At: b.UpdatedAt}, "", nil
	}
	no := func(format string, args ...any) (club.Fact, string, error) {
		return club.Fact{}, fmt.Sprintf(format, args...), nil
	}
	switch p.Kind {
	case catalogue.MemberKnown:
		if s.member.ID.IsZero() {
			return no("the number belongs to no member")
		}
		if s.member.Status != "active" {
			return no("the membership is %s", s.member.Status)
		}
		return club.Fact{Value: s.member.ID.String(), Source: "members", At: s.member.UpdatedAt}, "", nil
	case catalogue.BayKnown:
		if s.bay.ID.IsZero() {
			return no("the bay is not known")
		}
		return club.Fact{Value: s.bay.Name, Source: "bays", At: s.bay.UpdatedAt}, "", nil
	case catalogue.DoorKnown:
		if s.target.ID.IsZero() || s.target.Kind != club.DeviceDoor {
			return no("%s", orElse(s.noTarget, "the target is no door"))
		}
		return club.Fact{Value: s.target.Name, Source: "devices", At: s.target.UpdatedAt}, "", nil
	case catalogue.BookingActive:
		if b.ID.IsZero() || tx.Now.After(b.EndsAt.Add(bookingReach)) {
			return no("there is no confirmed booking for this place")
		}
		return booked(club.Hours(b.StartsAt, b.EndsAt, s.location.TimeZone))
	case catalogue.WithinTimeWindow:
		switch {
		case b.ID.IsZero():
			return no("there is no confirmed booking for this place")
		case tx.Now.Before(b.StartsAt.Add(-p.Before)):
			return no("it is too early: the booking starts in %s", club.Span(b.StartsAt.Sub(tx.Now)))
		case tx.Now.After(b.EndsAt.Add(p.After)):
			return no("it is too late: the booking ended %s", ago(tx.Now, b.EndsAt))
		}
		return booked(club.Hours(b.StartsAt, b.EndsAt, s.location.TimeZone))
	case catalogue.MemberIsBooker:
		switch {
		case b.ID.IsZero():
			return no("there is no confirmed booking for this place")
		case b.SubjectID.IsZero():
			return no("the booking does not say who holds it")
		case !s.mine:
			return no("the booking belongs to somebody else")
		}
		return booked("the sender holds the booking")
	case catalogue.DeviceOnline:
		return online(tx.Now, s, seen)
	case catalogue.NoRecentAction:
		return recent(ctx, tx, p, s)
	}
	return no("%q cannot be proved", p.Kind)
}

// online takes only the vendor's fresh word: a vendor that cannot be asked proves nothing.
func online(now time.Time, s *scene, seen sight) (club.Fact, string, error) {
	why := ""
	switch age := now.Sub(seen.at); {
	case s.target.ID.IsZero():
		why = s.noTarget
	case seen.err != nil:
		why = fmt.Sprintf("%s cannot be asked for: its vendor does not answer", s.target.Name)
	case seen.device != s.target.ID, age > freshness, age < -freshness:
		why = fmt.Sprintf("what is known of %s is too old", s.target.Name)
	case seen.resting:
		why = s.target.Name + " is in maintenance"
	case !seen.online:
		why = s.target.Name + " is offline"
	}
	return club.Fact{Value: s.target.Name + " is online", Source: s.target.Vendor, At: seen.at}, why, nil
}

func recent(ctx context.Context, tx *store.Tx, p catalogue.Prerequisite, s *scene) (club.Fact, string, error) {
	fact := club.Fact{Value: "nothing within " + club.Span(p.Within), Source: "executions", At: tx.Now}
	if s.target.ID.IsZero() {
		return fact, s.noTarget, nil
	}
	last, err := tx.FindLatestSuccessOnDevice(ctx, s.target.ID)
	if err != nil {
		if missing(err) {
			return fact, "", nil
		}
		return fact, "", fmt.Errorf("find recent executions: %w", err)
	}
	done := last.CreatedAt
	if last.FinishedAt != nil {
		done = *last.FinishedAt
	}
	if tx.Now.Sub(done) < p.Within {
		return fact, fmt.Sprintf("%s was done on %s %s", spoken(last.Action), s.target.Name, ago(tx.Now, done)), nil
	}
	return fact, "", nil
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
