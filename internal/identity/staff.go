package identity

import (
	"context"
	"fmt"
	"slices"

	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Colleague is a user as the desk needs to know them: who may be called, and where.
type Colleague struct {
	ID        club.UserID
	Role      club.Role
	Active    bool              // or invited: may be called, though not signed in yet
	Locations []club.LocationID // empty: every location
}

// Works reports whether the colleague may be called to something at a place.
func (c Colleague) Works(at club.LocationID) bool {
	return c.Active && Principal{Locations: c.Locations}.AllowsLocation(at)
}

// Colleagues lists a club's users within a transaction, by age of their accounts. Names and addresses
// stay sealed.
func Colleagues(ctx context.Context, tx *store.Tx) ([]Colleague, error) {
	rows, err := tx.FindUsers(ctx)
	if err != nil {
		return nil, fmt.Errorf("find users: %w", err)
	}
	places, err := tx.FindAllUserLocations(ctx)
	if err != nil {
		return nil, fmt.Errorf("find users' locations: %w", err)
	}
	out := make([]Colleague, 0, len(rows))
	for _, row := range rows {
		out = append(out, Colleague{ID: row.ID, Role: row.Role, Active: row.Status != string(UserDisabled)})
	}
	for _, p := range places {
		if i := slices.IndexFunc(out, func(c Colleague) bool { return c.ID == p.UserID }); i >= 0 {
			out[i].Locations = append(out[i].Locations, p.LocationID)
		}
	}
	return out, nil
}

// OpenName opens the name in a user's row.
func OpenName(keys *vault.Tenant, row store.User) (string, error) {
	name, err := keys.OpenSecret("users.name/"+row.ID.String(), row.Name)
	return string(name), err
}

// OpenEmail opens the account's address.
func OpenEmail(keys *vault.Tenant, row store.User) (string, error) {
	email, err := keys.OpenSecret("users.email/"+row.ID.String(), row.Email)
	return string(email), err
}

// FindPrincipal returns the principal of an active user who is known by other means than a session: the
// number that a text came from, say. Forbidden when the account is disabled. A name that does not open is
// left out: who answers a call must be heard all the same.
func FindPrincipal(ctx context.Context, tx *store.Tx, keys *vault.Tenant, id club.UserID) (Principal, error) {
	row, err := tx.FindUser(ctx, id)
	if err != nil {
		return Principal{}, fmt.Errorf("find user: %w", err)
	}
	if row.Status == string(UserDisabled) {
		return Principal{}, club.Forbidden("this account is disabled")
	}
	at, err := tx.FindUserLocations(ctx, id)
	if err != nil {
		return Principal{}, fmt.Errorf("find user's locations: %w", err)
	}
	name, err := OpenName(keys, row)
	if err != nil {
		name = "a colleague"
	}
	return Principal{Tenant: tx.Tenant, Actor: club.Actor{Kind: club.ActorUser, ID: id.String(), Name: name}, Role: row.Role, UserID: id, Locations: at}, nil
}
