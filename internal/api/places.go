package api

import (
	"context"
	"time"

	"clubos/internal/club"
	"clubos/internal/place"
	"clubos/internal/store"
)

// Location is a location of the club.
type Location struct {
	ID        string            `json:"id"`
	Slug      string            `json:"slug"`
	Name      string            `json:"name"`
	TimeZone  string            `json:"time_zone" doc:"IANA name; the location's schedules are read in it."`
	Details   map[string]string `json:"details" doc:"What replies may quote."`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at"`
}

func showLocation(l store.Location) (Location, error) {
	return Location{ID: l.ID.String(), Slug: l.Slug, Name: l.Name, TimeZone: l.TimeZone, Details: place.Details(l), CreatedAt: l.CreatedAt.UTC(), UpdatedAt: l.UpdatedAt.UTC()}, nil
}

// Bay is a bay of a location.
type Bay struct {
	ID         string    `json:"id"`
	LocationID string    `json:"location_id"`
	Number     int64     `json:"number"`
	Name       string    `json:"name"`
	Status     string    `json:"status" enum:"active,out_of_service"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

func showBay(b store.Bay) (Bay, error) {
	return Bay{ID: b.ID.String(), LocationID: b.LocationID.String(), Number: b.Number, Name: b.Name, Status: b.Status, CreatedAt: b.CreatedAt.UTC(), UpdatedAt: b.UpdatedAt.UTC()}, nil
}

// Line is a number of the club that members text.
type Line struct {
	Number     string    `json:"number" doc:"E.164."`
	Provider   string    `json:"provider"`
	LocationID string    `json:"location_id,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
}

func showLine(l store.Line) (Line, error) {
	return Line{Number: l.Number, Provider: l.Provider, LocationID: l.LocationID.String(), CreatedAt: l.CreatedAt.UTC()}, nil
}

type newLocation struct {
	InClub
	Body struct {
		Slug     string            `json:"slug" doc:"Short name: lower-case letters, digits and hyphens. It stays."`
		Name     string            `json:"name"`
		TimeZone string            `json:"time_zone" example:"America/New_York"`
		Details  map[string]string `json:"details,omitempty"`
	}
}

type editLocation struct {
	ByID
	Edit
	Body struct {
		Name     *string           `json:"name,omitempty"`
		TimeZone *string           `json:"time_zone,omitempty"`
		Details  map[string]string `json:"details,omitempty"`
	}
}

type listBays struct {
	Paging
	Location string `query:"location" doc:"Of this location."`
}

type newBay struct {
	InClub
	Body struct {
		LocationID string `json:"location_id"`
		Number     int64  `json:"number" minimum:"1" maximum:"999" doc:"Unique within the location. It stays."`
		Name       string `json:"name,omitempty" doc:"Default: Bay and the number."`
	}
}

type editBay struct {
	ByID
	Edit
	Body struct {
		Name   *string `json:"name,omitempty"`
		Status *string `json:"status,omitempty" enum:"active,out_of_service"`
	}
}

type putLine struct {
	InClub
	Number string `path:"number" doc:"With its country code, like +15550101234." maxLength:"40"`
	Body   struct {
		Provider   string `json:"provider" example:"openphone"`
		LocationID string `json:"location_id,omitempty" doc:"Texts to the number belong there; absent: to no location by themselves."`
	}
}

func (a *api) registerPlaces() {
	register(a, "list-locations", func(ctx context.Context, c *call, in *Paging) (out *pageOut[Location], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			all, err := place.FindLocations(ctx, tx, c.by)
			if err != nil {
				return err
			}
			out, err = cut(*in, all, func(l store.Location) string { return l.ID.String() }, showLocation)
			return err
		})
		return out, err
	})
	register(a, "get-location", func(ctx context.Context, c *call, in *ByID) (*oneOut[Location], error) {
		return one(ctx, c.read, showLocation, versionOfLocation, func(tx *store.Tx) (store.Location, error) {
			return place.FindLocation(ctx, tx, c.by, club.LocationID(in.ID))
		})
	})
	register(a, "create-location", func(ctx context.Context, c *call, in *newLocation) (*madeOut[Location], error) {
		out, err := one(ctx, c.write, showLocation, versionOfLocation, func(tx *store.Tx) (store.Location, error) {
			return place.CreateLocation(ctx, tx, c.by, place.NewLocation{Slug: in.Body.Slug, Name: in.Body.Name, TimeZone: in.Body.TimeZone, Details: in.Body.Details})
		})
		if err != nil {
			return nil, err
		}
		return made(in.InClub, "/locations", out.Body.ID, out.ETag, out.Body), nil
	})
	register(a, "update-location", func(ctx context.Context, c *call, in *editLocation) (*oneOut[Location], error) {
		was, err := in.instant()
		if err != nil {
			return nil, err
		}
		return one(ctx, c.write, showLocation, versionOfLocation, func(tx *store.Tx) (store.Location, error) {
			return place.UpdateLocation(ctx, tx, c.by, club.LocationID(in.ID), place.LocationEdit{Name: in.Body.Name, TimeZone: in.Body.TimeZone, Details: in.Body.Details, IfUpdatedAt: was})
		})
	})
	a.registerBays()
	a.registerLines()
}

func versionOfLocation(l store.Location) string { return etagAt(l.UpdatedAt) }
func versionOfBay(b store.Bay) string           { return etagAt(b.UpdatedAt) }

func (a *api) registerBays() {
	register(a, "list-bays", func(ctx context.Context, c *call, in *listBays) (out *pageOut[Bay], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			all, err := place.FindBays(ctx, tx, c.by, club.LocationID(in.Location))
			if err != nil {
				return err
			}
			out, err = cut(in.Paging, all, func(b store.Bay) string { return b.ID.String() }, showBay)
			return err
		})
		return out, err
	})
	register(a, "get-bay", func(ctx context.Context, c *call, in *ByID) (*oneOut[Bay], error) {
		return one(ctx, c.read, showBay, versionOfBay, func(tx *store.Tx) (store.Bay, error) {
			return place.FindBay(ctx, tx, c.by, club.BayID(in.ID))
		})
	})
	register(a, "create-bay", func(ctx context.Context, c *call, in *newBay) (*madeOut[Bay], error) {
		out, err := one(ctx, c.write, showBay, versionOfBay, func(tx *store.Tx) (store.Bay, error) {
			return place.CreateBay(ctx, tx, c.by, place.NewBay{Location: club.LocationID(in.Body.LocationID), Number: in.Body.Number, Name: in.Body.Name})
		})
		if err != nil {
			return nil, err
		}
		return made(in.InClub, "/bays", out.Body.ID, out.ETag, out.Body), nil
	})
	register(a, "update-bay", func(ctx context.Context, c *call, in *editBay) (*oneOut[Bay], error) {
		was, err := in.instant()
		if err != nil {
			return nil, err
		}
		return one(ctx, c.write, showBay, versionOfBay, func(tx *store.Tx) (store.Bay, error) {
			return place.UpdateBay(ctx, tx, c.by, club.BayID(in.ID), place.BayEdit{Name: in.Body.Name, Status: in.Body.Status, IfUpdatedAt: was})
		})
	})
}

func (a *api) registerLines() {
	register(a, "list-lines", func(ctx context.Context, c *call, in *Paging) (out *pageOut[Line], err error) {
		err = c.read(ctx, func(tx *store.Tx) error {
			all, err := place.FindLines(ctx, tx, c.by)
			if err != nil {
				return err
			}
			out, err = cut(*in, all, func(l store.Line) string { return l.Number }, showLine)
			return err
		})
		return out, err
	})
	register(a, "put-line", func(ctx context.Context, c *call, in *putLine) (*oneOut[Line], error) {
		return one(ctx, c.write, showLine, func(store.Line) string { return "" }, func(tx *store.Tx) (store.Line, error) {
			return place.PutLine(ctx, tx, c.by, place.Line{Number: in.Number, Provider: in.Body.Provider, Location: club.LocationID(in.Body.LocationID)})
		})
	})
}

// one runs fn in a transaction and shows the row that it returns.
func one[R, T any](ctx context.Context, run func(context.Context, func(*store.Tx) error) error, show func(R) (T, error), version func(R) string, fn func(*store.Tx) (R, error)) (*oneOut[T], error) {
	var out *oneOut[T]
	err := run(ctx, func(tx *store.Tx) error {
		row, err := fn(tx)
		if err != nil {
			return err
		}
		body, err := show(row)
		out = &oneOut[T]{ETag: version(row), Body: body}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
