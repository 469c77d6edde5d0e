package oncall

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/rota"
	"clubos/internal/store"
)

// maxCover bounds how long a cover lasts; what lasts longer is a change of the week.
const maxCover = 62 * 24 * time.Hour

// CreateCover puts somebody on call for once, instead of one colleague or of everybody.
func CreateCover(ctx context.Context, tx *store.Tx, p identity.Principal, c rota.Cover) (rota.Cover, error) {
	if err := mayPut(ctx, tx, p, c.User, c.Location); err != nil {
		return c, err
	}
	c.Start, c.End = c.Start.UTC().Truncate(time.Microsecond), c.End.UTC().Truncate(time.Microsecond)
	switch {
	case !c.Start.Before(c.End):
		return c, club.Invalid("a cover ends after it begins")
	case !c.End.After(tx.Now):
		return c, club.Invalid("this cover is over already")
	case c.End.Sub(c.Start) > maxCover:
		return c, club.Invalid("a cover lasts at most %d days; change the weekly shifts instead", int(maxCover.Hours()/24))
	case c.InsteadOf == c.User:
		return c, club.Invalid("nobody covers for themselves")
	}
	if !c.InsteadOf.IsZero() {
		if _, err := tx.FindUser(ctx, c.InsteadOf); missing(err) {
			return c, club.Invalid("there is no such user to cover for")
		} else if err != nil {
			return c, fmt.Errorf("find user: %w", err)
		}
	}
	have, err := tx.FindCovers(ctx, tx.Now)
	if err != nil {
		return c, fmt.Errorf("find covers: %w", err)
	}
	if len(have) >= maxRows {
		return c, club.Conflict("there are %d covers already; remove some first", len(have))
	}
	for _, row := range have {
		same := coverOf(row)
		same.ID = ""
		if same.Start.Equal(c.Start) && same.End.Equal(c.End) && same.User == c.User && same.InsteadOf == c.InsteadOf && same.Location == c.Location {
			return coverOf(row), nil // pressed twice
		}
	}
	c.ID = club.NewCoverID(tx.Now)
	if err := tx.CreateCover(ctx, store.CreateCoverParams{ID: c.ID, UserID: c.User, InsteadOf: c.InsteadOf, LocationID: c.Location, StartsAt: c.Start, EndsAt: c.End,
		CreatedBy: p.Actor.String(), CreatedAt: tx.Now}); err != nil {
		return c, fmt.Errorf("create cover: %w", err)
	}
	return c, record(ctx, tx, p, "cover.created", c.ID.String(), coverDetail(c))
}

func coverDetail(c rota.Cover) map[string]any {
	return map[string]any{"user": c.User, "instead_of": c.InsteadOf, "location": c.Location, "start": c.Start, "end": c.End}
}

// DeleteCover removes a cover. NotFound when there is none at p's locations.
func DeleteCover(ctx context.Context, tx *store.Tx, p identity.Principal, id club.CoverID) error {
	if err := admit(tx, p, identity.OnCallWrite); err != nil {
		return err
	}
	row, err := tx.FindCover(ctx, id)
	if missing(err) || err == nil && !p.AllowsLocation(row.LocationID) {
		return club.NotFound("there is no such cover")
	}
	if err != nil {
		return fmt.Errorf("find cover: %w", err)
	}
	if row.LocationID.IsZero() && !p.Everywhere() {
		return club.Forbidden("this cover is of every location; you may change only your own")
	}
	if _, err := tx.DeleteCover(ctx, id); err != nil {
		return fmt.Errorf("delete cover: %w", err)
	}
	return record(ctx, tx, p, "cover.removed", id.String(), coverDetail(coverOf(row)))
}

// FindCovers lists the covers that are not over, at places that p may see.
func FindCovers(ctx context.Context, tx *store.Tx, p identity.Principal) ([]rota.Cover, error) {
	if err := admit(tx, p, identity.OnCallRead); err != nil {
		return nil, err
	}
	r, err := Load(ctx, tx, tx.Now)
	return slices.DeleteFunc(r.Covers, func(c rota.Cover) bool { return !p.AllowsLocation(c.Location) }), err
}
