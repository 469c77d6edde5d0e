package api

import (
	"context"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/oncall"
	"clubos/internal/place"
	"clubos/internal/rota"
	"clubos/internal/store"
)

// OnCall is who is on call at a location.
type OnCall struct {
	LocationID string   `json:"location_id"`
	UserIDs    []string `json:"user_ids" nullable:"false" doc:"Empty: nobody is."`
	Gaps       []Gap    `json:"gaps" nullable:"false" doc:"When nobody will be, within the next seven days."`
}

// Gap is a stretch of time in which nobody is on call.
type Gap struct {
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at"`
}

// Shift comes every week.
type Shift struct {
	ID         string   `json:"id"`
	UserID     string   `json:"user_id"`
	LocationID string   `json:"location_id,omitempty" doc:"Absent: every location."`
	Days       []string `json:"days" doc:"On which it begins."`
	From       string   `json:"from" example:"18:00" doc:"By the clocks of the place."`
	Until      string   `json:"until" example:"02:00" doc:"Not after from: on the next day."`
}

func showShift(s rota.Shift) (Shift, error) {
	return Shift{ID: s.ID.String(), UserID: s.User.String(), LocationID: s.Location.String(), Days: s.Days.Names(), From: s.From.String(), Until: s.Until.String()}, nil
}

type newShift struct {
	InClub
	Body struct {
		UserID     string   `json:"user_id" maxLength:"80"`
		LocationID string   `json:"location_id,omitempty" maxLength:"80" doc:"Absent: every location."`
		Days       []string `json:"days" minItems:"1" maxItems:"7" enum:"mon,tue,wed,thu,fri,sat,sun"`
		From       string   `json:"from" maxLength:"5" example:"18:00"`
		Until      string   `json:"until" maxLength:"5" example:"02:00"`
	}
}

// Cover puts somebody on call for once.
type Cover struct {
	ID         string    `json:"id"`
	UserID     string    `json:"user_id"`
	InsteadOf  string    `json:"instead_of,omitempty" doc:"Absent: of everybody."`
	LocationID string    `json:"location_id,omitempty" doc:"Absent: every location."`
	StartsAt   time.Time `json:"starts_at"`
	EndsAt     time.Time `json:"ends_at"`
}

func showCover(c rota.Cover) (Cover, error) {
	return Cover{ID: c.ID.String(), UserID: c.User.String(), InsteadOf: c.InsteadOf.String(), LocationID: c.Location.String(), StartsAt: c.Start.UTC(), EndsAt: c.End.UTC()}, nil
}

type newCover struct {
	InClub
	Body struct {
		UserID     string    `json:"user_id" maxLength:"80"`
		InsteadOf  string    `json:"instead_of,omitempty" maxLength:"80" doc:"A user who then is not called. Absent: nobody else is."`
		LocationID string    `json:"location_id,omitempty" maxLength:"80" doc:"Absent: every location."`
		StartsAt   time.Time `json:"starts_at"`
		EndsAt     time.Time `json:"ends_at"`
	}
}

// Contact is how a user is called.
type Contact struct {
	Phone      string `json:"phone,omitempty"`
	Email      string `json:"email,omitempty" doc:"The account's address unless another was set."`
	BySMS      bool   `json:"by_sms"`
	ByEmail    bool   `json:"by_email"`
	QuietFrom  string `json:"quiet_from,omitempty" doc:"No texts in quiet hours, but for an emergency or while on call."`
	QuietUntil string `json:"quiet_until,omitempty"`
	TimeZone   string `json:"time_zone,omitempty" doc:"Of the quiet hours."`
}

func showContact(c oncall.Contact) Contact {
	out := Contact{Phone: c.Phone, Email: c.Email, BySMS: c.BySMS, ByEmail: c.ByEmail}
	if c.Quiet != nil {
		out.QuietFrom, out.QuietUntil, out.TimeZone = c.Quiet.From.String(), c.Quiet.Until.String(), c.Quiet.Zone
	}
	return out
}

// contactEdit replaces how a user is called.
type contactEdit struct {
	Phone      string `json:"phone,omitempty" maxLength:"64"`
	Email      string `json:"email,omitempty" maxLength:"254"`
	BySMS      bool   `json:"by_sms"`
	ByEmail    bool   `json:"by_email"`
	QuietFrom  string `json:"quiet_from,omitempty" maxLength:"5" example:"22:00"`
	QuietUntil string `json:"quiet_until,omitempty" maxLength:"5" example:"07:00"`
	TimeZone   string `json:"time_zone,omitempty" maxLength:"64" doc:"Absent: that of the club's first location."`
}

type putContact struct {
	ByID
	Body contactEdit
}

type putMyContact struct {
	InClub
	Body contactEdit
}

type contactOut struct{ Body Contact }

func (a *api) registerOnCall() {
	register(a, "list-on-call", listOnCall)
	register(a, "list-shifts", func(ctx context.Context, c *call, in *Paging) (*pageOut[Shift], error) {
		var all []rota.Shift
		if err := c.read(ctx, func(tx *store.Tx) (err error) { all, err = oncall.FindShifts(ctx, tx, c.by); return err }); err != nil {
			return nil, err
		}
		return cut(*in, all, func(s rota.Shift) string { return s.ID.String() }, showShift)
	})
	register(a, "create-shift", createShift)
	register(a, "delete-shift", func(ctx context.Context, c *call, in *ByID) (*noneOut, error) {
		return &noneOut{}, c.write(ctx, func(tx *store.Tx) error { return oncall.DeleteShift(ctx, tx, c.by, club.ShiftID(in.ID)) })
	})
	register(a, "list-covers", func(ctx context.Context, c *call, in *Paging) (*pageOut[Cover], error) {
		var all []rota.Cover
		if err := c.read(ctx, func(tx *store.Tx) (err error) { all, err = oncall.FindCovers(ctx, tx, c.by); return err }); err != nil {
			return nil, err
		}
		return cut(*in, all, func(s rota.Cover) string { return s.ID.String() }, showCover)
	})
	register(a, "create-cover", func(ctx context.Context, c *call, in *newCover) (*madeOut[Cover], error) {
		b := in.Body
		cover := rota.Cover{User: club.UserID(b.UserID), InsteadOf: club.UserID(b.InsteadOf), Location: club.LocationID(b.LocationID), Start: b.StartsAt, End: b.EndsAt}
		if err := c.write(ctx, func(tx *store.Tx) (err error) { cover, err = oncall.CreateCover(ctx, tx, c.by, cover); return err }); err != nil {
			return nil, err
		}
		body, err := showCover(cover)
		return made(in.InClub, "/covers", body.ID, "", body), err
	})
	register(a, "delete-cover", func(ctx context.Context, c *call, in *ByID) (*noneOut, error) {
		return &noneOut{}, c.write(ctx, func(tx *store.Tx) error { return oncall.DeleteCover(ctx, tx, c.by, club.CoverID(in.ID)) })
	})
	register(a, "get-contact", func(ctx context.Context, c *call, in *ByID) (*contactOut, error) {
		return c.contact(ctx, club.UserID(in.ID))
	})
	register(a, "put-contact", func(ctx context.Context, c *call, in *putContact) (*contactOut, error) {
		return c.saveContact(ctx, club.UserID(in.ID), in.Body)
	})
	register(a, "get-my-contact", func(ctx context.Context, c *call, _ *InClub) (*contactOut, error) {
		if c.by.SessionID.IsZero() {
			return nil, errNoSession()
		}
		return c.contact(ctx, c.by.UserID)
	})
	register(a, "put-my-contact", func(ctx context.Context, c *call, in *putMyContact) (*contactOut, error) {
		if c.by.SessionID.IsZero() {
			return nil, errNoSession()
		}
		return c.saveContact(ctx, c.by.UserID, in.Body)
	})
}

// contact and saveContact are for whomever the room admits: oneself, or those who manage users.

func (c *call) contact(ctx context.Context, user club.UserID) (*contactOut, error) {
	var got oncall.Contact
	err := c.read(ctx, func(tx *store.Tx) (err error) {
		got, err = oncall.FindContact(ctx, tx, c.keys, c.by, user)
		return err
	})
	return &contactOut{showContact(got)}, err
}

func (c *call) saveContact(ctx context.Context, user club.UserID, b contactEdit) (*contactOut, error) {
	var got oncall.Contact
	err := c.write(ctx, func(tx *store.Tx) (err error) {
		got, err = oncall.SaveContact(ctx, tx, c.keys, c.by, user, oncall.ContactEdit{Phone: b.Phone, Email: b.Email, BySMS: b.BySMS, ByEmail: b.ByEmail, QuietFrom: b.QuietFrom, QuietUntil: b.QuietUntil, Zone: b.TimeZone})
		return err
	})
	return &contactOut{showContact(got)}, err
}

func createShift(ctx context.Context, c *call, in *newShift) (*madeOut[Shift], error) {
	b := in.Body
	s := rota.Shift{User: club.UserID(b.UserID), Location: club.LocationID(b.LocationID)}
	var err error
	if s.Days, err = rota.ParseDays(b.Days...); err != nil {
		return nil, err
	}
	if s.From, err = rota.ParseClock(b.From); err != nil {
		return nil, err
	}
	if s.Until, err = rota.ParseClock(b.Until); err != nil {
		return nil, err
	}
	if err := c.write(ctx, func(tx *store.Tx) (err error) { s, err = oncall.CreateShift(ctx, tx, c.by, s); return err }); err != nil {
		return nil, err
	}
	body, err := showShift(s)
	return made(in.InClub, "/shifts", body.ID, "", body), err
}

func listOnCall(ctx context.Context, c *call, in *Paging) (out *pageOut[OnCall], err error) {
	err = c.read(ctx, func(tx *store.Tx) error {
		if err := c.by.Require(identity.PlacesRead); err != nil {
			return err
		}
		all, err := place.FindLocations(ctx, tx, c.by)
		if err != nil {
			return err
		}
		r, err := oncall.Load(ctx, tx, tx.Now)
		if err != nil {
			return err
		}
		out, err = cut(*in, all, func(l store.Location) string { return l.ID.String() }, func(l store.Location) (OnCall, error) {
			o := OnCall{LocationID: l.ID.String(), UserIDs: texts(r.OnCall(tx.Now, l.ID)), Gaps: []Gap{}}
			for _, g := range r.Gaps(tx.Now, tx.Now.AddDate(0, 0, 7), l.ID) {
				o.Gaps = append(o.Gaps, Gap{StartsAt: g.Start.UTC(), EndsAt: g.End.UTC()})
			}
			return o, nil
		})
		return err
	})
	return out, err
}
