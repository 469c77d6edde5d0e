package place

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/phone"
	"clubos/internal/store"
)

// maxBay bounds a bay's number: texts speak of "bay 12", and a longer number is a slip.
const maxBay = 999

// NewBay describes a bay to create.
type NewBay struct {
	Location club.LocationID
	Number   int64  // 1 to 999, unique within the location
	Name     string // "" is "Bay <number>"
}

// BayEdit changes a bay; nil leaves a field as it is. Number and location stay.
type BayEdit struct {
	Name        *string
	Status      *string // BayActive or BayOutOfService
	IfUpdatedAt time.Time
}

// FindBay returns a bay that p may see.
func FindBay(ctx context.Context, tx *store.Tx, p identity.Principal, id club.BayID) (store.Bay, error) {
	none := club.NotFound("there is no such bay")
	if err := admit(tx, p, identity.PlacesRead); err != nil {
		return store.Bay{}, err
	}
	b, err := tx.FindBay(ctx, id)
	if missing(err) || err == nil && !p.AllowsLocation(b.LocationID) {
		return store.Bay{}, none
	}
	return b, err
}

// FindBays returns the bays that p may see, by location and number; of one location when it is given.
func FindBays(ctx context.Context, tx *store.Tx, p identity.Principal, location club.LocationID) ([]store.Bay, error) {
	if err := admit(tx, p, identity.PlacesRead); err != nil {
		return nil, err
	}
	all, err := tx.FindBays(ctx)
	if err != nil {
		return nil, fmt.Errorf("find bays: %w", err)
	}
	return slices.DeleteFunc(all, func(b store.Bay) bool {
		return !p.AllowsLocation(b.LocationID) || !location.IsZero() && b.LocationID != location
	}), nil
}

// CreateBay adds a bay. Conflict when the number is taken.
func CreateBay(ctx context.Context, tx *store.Tx, p identity.Principal, n NewBay) (store.Bay, error) {
	if err := admit(tx, p, identity.PlacesWrite); err != nil {
		return store.Bay{}, err
	}
	if _, err := FindLocation(ctx, tx, p, n.Location); err != nil {
		return store.Bay{}, err
	}
	if n.Number < 1 || n.Number > maxBay {
		return store.Bay{}, club.Invalid("a bay's number is 1 to %d", maxBay)
	}
	if n.Name == "" {
		n.Name = fmt.Sprintf("Bay %d", n.Number)
	}
	name, err := checkName("a bay's name", n.Name)
	if err != nil {
		return store.Bay{}, err
	}
	b := store.Bay{ID: club.NewBayID(tx.Now), LocationID: n.Location, Number: n.Number, Name: name, Status: BayActive, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	err = tx.CreateBay(ctx, store.CreateBayParams{ID: b.ID, LocationID: b.LocationID, Number: b.Number, Name: b.Name, Status: b.Status, CreatedAt: tx.Now})
	if store.IsUnique(err) {
		return b, club.Conflict("the location has a bay %d already", n.Number)
	}
	if err != nil {
		return b, fmt.Errorf("create bay: %w", err)
	}
	return b, record(ctx, tx, p.Actor, TopicBay, "created", b.ID.String(), map[string]any{"location": b.LocationID, "number": b.Number, "name": b.Name})
}

// UpdateBay edits a bay.
func UpdateBay(ctx context.Context, tx *store.Tx, p identity.Principal, id club.BayID, e BayEdit) (store.Bay, error) {
	if err := admit(tx, p, identity.PlacesWrite); err != nil {
		return store.Bay{}, err
	}
	b, err := FindBay(ctx, tx, p, id)
	if err != nil {
		return b, err
	}
	if !e.IfUpdatedAt.IsZero() {
		if err := hold(tx.HoldBay(ctx, store.HoldBayParams{ID: id, UpdatedAt: e.IfUpdatedAt})); err != nil {
			return b, err
		}
	}
	if e.Name != nil {
		name, err := checkName("a bay's name", *e.Name)
		if err != nil {
			return b, err
		}
		e.Name = &name
	}
	if e.Status != nil && *e.Status != BayActive && *e.Status != BayOutOfService {
		return b, club.Invalid("a bay is %s or %s", BayActive, BayOutOfService)
	}
	d := difference{}
	edit(d, "name", &b.Name, e.Name)
	edit(d, "status", &b.Status, e.Status)
	if len(d) == 0 {
		return b, nil
	}
	b.UpdatedAt = next(tx.Now, b.UpdatedAt)
	if _, err := tx.UpdateBay(ctx, store.UpdateBayParams{ID: id, Name: b.Name, Status: b.Status, UpdatedAt: b.UpdatedAt}); err != nil {
		return b, fmt.Errorf("update bay: %w", err)
	}
	return b, record(ctx, tx, p.Actor, TopicBay, "updated", b.ID.String(), d)
}

// Line is a number of the club that members text.
type Line struct {
	Number   string          // E.164
	Provider string          // the connector that serves it: "openphone", "twilio"
	Location club.LocationID // zero: texts to it belong to no location by themselves
}

// FindLines returns the lines that p may see, by number.
func FindLines(ctx context.Context, tx *store.Tx, p identity.Principal) ([]store.Line, error) {
	if err := admit(tx, p, identity.PlacesRead); err != nil {
		return nil, err
	}
	all, err := tx.FindLines(ctx)
	if err != nil {
		return nil, fmt.Errorf("find lines: %w", err)
	}
	return slices.DeleteFunc(all, func(l store.Line) bool { return !p.AllowsLocation(l.LocationID) }), nil
}

// PutLine adds a line or changes it. The number is E.164 already or written with its country code. Which
// location texts belong to is for those who see every location.
func PutLine(ctx context.Context, tx *store.Tx, p identity.Principal, l Line) (store.Line, error) {
	if err := admit(tx, p, identity.PlacesWrite); err != nil {
		return store.Line{}, err
	}
	if err := everywhere(p); err != nil {
		return store.Line{}, err
	}
	number, ok := phone.Normalise(l.Number, "")
	if !ok {
		return store.Line{}, club.Invalid("the number must be written with its country code, like +15550101234")
	}
	provider, err := checkName("the provider", l.Provider)
	if err != nil {
		return store.Line{}, err
	}
	if !l.Location.IsZero() {
		if _, err := FindLocation(ctx, tx, p, l.Location); err != nil {
			return store.Line{}, err
		}
	}
	if err := tx.PutLine(ctx, store.PutLineParams{Number: number, Provider: provider, LocationID: l.Location, CreatedAt: tx.Now}); err != nil {
		return store.Line{}, fmt.Errorf("put line: %w", err)
	}
	// The club's own number is published and no personal data.
	if err := record(ctx, tx, p.Actor, TopicLine, "put", number, map[string]any{"provider": provider, "location": l.Location}); err != nil {
		return store.Line{}, err
	}
	return tx.FindLine(ctx, number)
}
