package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/people"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Member is a customer of the club.
type Member struct {
	ID             string    `json:"id"`
	Name           string    `json:"name"`
	Phone          string    `json:"phone,omitempty" doc:"E.164; absent when it was erased."`
	Email          string    `json:"email,omitempty"`
	HomeLocationID string    `json:"home_location_id,omitempty"`
	Status         string    `json:"status" enum:"active,suspended,left"`
	Consent        string    `json:"consent" enum:"given,withdrawn" doc:"Whether the member may be texted."`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
}

// memberOf opens a member's row. It is shown to those who may leaf through members only.
func (c *call) memberOf(ctx context.Context, tx *store.Tx) func(store.Member) (Member, error) {
	return func(m store.Member) (Member, error) {
		p, err := people.Of(ctx, tx, c.keys, m)
		if err != nil {
			return Member{}, err
		}
		return Member{ID: m.ID.String(), Name: p.Name, Phone: p.Phone, Email: p.Email, HomeLocationID: m.HomeLocationID.String(), Status: m.Status,
			Consent: string(p.Subject.Consent), CreatedAt: m.CreatedAt.UTC(), UpdatedAt: m.UpdatedAt.UTC()}, nil
	}
}

func errNoMember() error { return club.NotFound("there is no such member") }

// findMember returns a member whom the caller may see.
func (c *call) findMember(ctx context.Context, tx *store.Tx, id club.MemberID) (store.Member, error) {
	m, err := tx.FindMember(ctx, id)
	if missing(err) || err == nil && !c.by.AllowsLocation(m.HomeLocationID) {
		return store.Member{}, errNoMember()
	}
	if err != nil {
		return m, fmt.Errorf("find member: %w", err)
	}
	return m, nil
}

func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

type listMembers struct {
	Paging
	Q        string `query:"q" maxLength:"200" doc:"Whole words of a name, a phone number or an e-mail address. At most 200 are found."`
	Location string `query:"location" doc:"Whose home is this location."`
	Status   string `query:"status" enum:"active,suspended,left"`
}

type newMember struct {
	InClub
	Body struct {
		Name           string `json:"name"`
		Phone          string `json:"phone" doc:"In any written form; without a country code it is read by the club's region."`
		Email          string `json:"email,omitempty"`
		HomeLocationID string `json:"home_location_id,omitempty"`
	}
}

type editMember struct {
	ByID
	Edit
	Body struct {
		Name           *string `json:"name,omitempty"`
		Email          *string `json:"email,omitempty" doc:"Empty removes it."`
		Status         *string `json:"status,omitempty" enum:"active,suspended,left"`
		HomeLocationID *string `json:"home_location_id,omitempty" doc:"Empty: none."`
	}
}

func (a *api) registerMembers() {
	register(a, "list-members", func(ctx context.Context, c *call, in *listMembers) (out *pageOut[Member], err error) {
		err = c.read(ctx, func(tx *store.Tx) (err error) {
			if in.Q != "" {
				out, err = c.searchMembers(ctx, tx, *in)
				return err
			}
			m, err := in.mark()
			if err != nil {
				return err
			}
			rows, err := tx.FindMembersInScope(ctx, store.FindMembersInScopeParams{Scope: c.by.LocationScope(), Location: in.Location, Status: in.Status, After: m.id, Size: in.more()})
			if err != nil {
				return fmt.Errorf("find members: %w", err)
			}
			out, err = pageOf(in.Paging, rows, func(m store.Member) mark { return mark{id: m.ID.String()} }, c.memberOf(ctx, tx))
			return err
		})
		return out, err
	})
	register(a, "get-member", func(ctx context.Context, c *call, in *ByID) (*oneOut[Member], error) {
		return c.oneMember(ctx, c.read, func(tx *store.Tx) (store.Member, error) { return c.findMember(ctx, tx, club.MemberID(in.ID)) })
	})
	register(a, "create-member", func(ctx context.Context, c *call, in *newMember) (*madeOut[Member], error) {
		out, err := c.oneMember(ctx, c.write, func(tx *store.Tx) (store.Member, error) {
			settings, err := setting.Load(ctx, tx)
			if err != nil {
				return store.Member{}, err
			}
			home := club.LocationID(in.Body.HomeLocationID)
			if err := c.mayPlace(ctx, tx, home); err != nil {
				return store.Member{}, err
			}
			return people.Create(ctx, tx, c.keys, c.by.Actor, people.NewMember{Name: in.Body.Name, Phone: in.Body.Phone, Email: in.Body.Email, Home: home, Region: settings.Region})
		})
		if err != nil {
			return nil, err
		}
		return made(in.InClub, "/members", out.Body.ID, out.ETag, out.Body), nil
	})
	register(a, "update-member", func(ctx context.Context, c *call, in *editMember) (*oneOut[Member], error) {
		was, err := in.instant()
		if err != nil {
			return nil, err
		}
		id := club.MemberID(in.ID)
		return c.oneMember(ctx, c.write, func(tx *store.Tx) (store.Member, error) {
			if m, err := c.findMember(ctx, tx, id); err != nil {
				return m, err
			}
			if !was.IsZero() {
				if n, err := tx.HoldMember(ctx, store.HoldMemberParams{ID: id, UpdatedAt: was}); err != nil || n == 0 {
					return store.Member{}, orStale(err)
				}
			}
			change := people.Change{Name: in.Body.Name, Email: in.Body.Email, Status: in.Body.Status, Home: as[club.LocationID](in.Body.HomeLocationID)}
			if change.Home != nil {
				if err := c.mayPlace(ctx, tx, *change.Home); err != nil {
					return store.Member{}, err
				}
			}
			return people.Update(ctx, tx, c.keys, c.by.Actor, id, change)
		})
	})
}

func (c *call) oneMember(ctx context.Context, run func(context.Context, func(*store.Tx) error) error, fn func(*store.Tx) (store.Member, error)) (*oneOut[Member], error) {
	var out *oneOut[Member]
	err := run(ctx, func(tx *store.Tx) error {
		m, err := fn(tx)
		if err != nil {
			return err
		}
		body, err := c.memberOf(ctx, tx)(m)
		out = &oneOut[Member]{ETag: etagAt(m.UpdatedAt), Body: body}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *call) searchMembers(ctx context.Context, tx *store.Tx, in listMembers) (*pageOut[Member], error) {
	settings, err := setting.Load(ctx, tx)
	if err != nil {
		return nil, err
	}
	rows, err := people.Search(ctx, tx, c.keys, in.Q, settings.Region)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(m store.Member) bool {
		return !c.by.AllowsLocation(m.HomeLocationID) || in.Location != "" && m.HomeLocationID.String() != in.Location || in.Status != "" && m.Status != in.Status
	})
	return cut(in.Paging, rows, func(m store.Member) string { return m.ID.String() }, c.memberOf(ctx, tx))
}

// mayPlace checks that a location exists and is the caller's to name; zero is none.
func (c *call) mayPlace(ctx context.Context, tx *store.Tx, id club.LocationID) error {
	if id.IsZero() {
		return nil
	}
	none := club.Invalid("there is no such location")
	if !c.by.AllowsLocation(id) {
		return none
	}
	_, err := tx.FindLocation(ctx, id)
	if missing(err) {
		return none
	}
	return err
}

// everywhere refuses what concerns all locations to a caller who is limited to some.
func (c *call) everywhere() error {
	if !c.by.Everywhere() {
		return club.Forbidden("this concerns every location, and you are limited to some")
	}
	return nil
}

// orStale is what a Hold query that held nothing means.
func orStale(err error) error {
	if err != nil {
		return fmt.Errorf("hold row: %w", err)
	}
	return stale()
}
