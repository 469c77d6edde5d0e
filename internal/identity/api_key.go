package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// APIKey is an integrator's key as it can be shown: never the key itself. Scopes and Locations are what
// it was made with; Rights and Reach are what is left of them by its maker's present ones.
type APIKey struct {
	ID         club.APIKeyID
	Name       string
	Prefix     string // how the key begins, for its owner to recognise it
	Scopes     []Permission
	Locations  []club.LocationID // empty: every location
	CreatedBy  string            // an actor
	CreatedAt  time.Time
	ExpiresAt  *time.Time // nil: never
	RevokedAt  *time.Time
	LastUsedAt *time.Time // to about a minute

	Rights  []Permission      // what it may do at present
	Reach   []club.LocationID // where; empty: every location
	Stopped string            // why nothing, in words that follow "stopped:"; "" while it works
}

// NewAPIKey describes a key to create.
type NewAPIKey struct {
	Name      string
	Scopes    []Permission      // at least one, each one that the maker holds
	Locations []club.LocationID // empty: every location, if the maker has every location
	ExpiresAt time.Time         // zero: never
}

// Active reports whether the key is accepted at the instant.
func (k APIKey) Active(now time.Time) bool {
	return k.RevokedAt == nil && k.Stopped == "" && (k.ExpiresAt == nil || now.Before(*k.ExpiresAt))
}

// CreateAPIKey makes a key and returns its token, which is shown once and cannot be found again. A key
// cannot make keys, and carries no more than its maker may do.
func (d *Directory) CreateAPIKey(ctx context.Context, by Principal, n NewAPIKey) (k APIKey, token string, err error) {
	if err := d.require(by, KeysWrite); err != nil {
		return k, "", err
	}
	if by.Actor.Kind == club.ActorAPIKey {
		return k, "", club.Forbidden("an API key cannot make API keys")
	}
	name, err := checkName(n.Name)
	if err != nil {
		return k, "", err
	}
	if err := by.checkScopes(n); err != nil {
		return k, "", err
	}
	scopes, err := encodeList(n.Scopes)
	if err != nil {
		return k, "", err
	}
	locations, err := encodeList(n.Locations)
	if err != nil {
		return k, "", err
	}
	err = d.db.Write(ctx, func(tx *store.Tx) error {
		if !n.ExpiresAt.IsZero() && !n.ExpiresAt.After(tx.Now) {
			return club.Invalid("the key would have expired already")
		}
		k = APIKey{ID: club.NewAPIKeyID(tx.Now), Name: name, Scopes: n.Scopes, Locations: n.Locations, CreatedBy: by.Actor.String(), CreatedAt: tx.Now, Rights: n.Scopes, Reach: n.Locations}
		if !n.ExpiresAt.IsZero() {
			at := n.ExpiresAt.UTC().Truncate(time.Microsecond)
			k.ExpiresAt = &at
		}
		var err error
		if token, k.Prefix, err = newKeyToken(d.db.Slug, k.ID); err != nil {
			return err
		}
		for _, l := range n.Locations {
			if _, err := tx.FindLocation(ctx, l); errors.Is(err, sql.ErrNoRows) {
				return club.Invalid("there is no location %.40q", l)
			} else if err != nil {
				return fmt.Errorf("create API key: %w", err)
			}
		}
		err = tx.CreateAPIKey(ctx, store.CreateAPIKeyParams{
			ID: k.ID, Name: k.Name, Prefix: k.Prefix, Hash: hashToken(token), Scopes: scopes, Locations: locations,
			CreatedBy: k.CreatedBy, CreatedAt: k.CreatedAt, ExpiresAt: k.ExpiresAt,
		})
		if err != nil {
			return fmt.Errorf("create API key: %w", err)
		}
		return record(ctx, tx, by.Actor, "key.created", k.ID.String(), map[string]any{"scopes": n.Scopes, "locations": n.Locations, "expires_at": k.ExpiresAt})
	})
	if err != nil {
		return APIKey{}, "", err
	}
	return k, token, nil
}

func (p Principal) checkScopes(n NewAPIKey) error {
	if len(n.Scopes) == 0 {
		return club.Invalid("a key needs at least one scope")
	}
	for i, s := range n.Scopes {
		if _, err := ParsePermission(string(s)); err != nil {
			return err
		}
		if !p.Can(s) {
			return club.Forbidden("you cannot give a key the scope %s, which you do not have", s)
		}
		if slices.Contains(n.Scopes[:i], s) {
			return club.Invalid("the scope %s is listed twice", s)
		}
	}
	if !p.covers(n.Locations) {
		return club.Forbidden("this reaches beyond your own locations")
	}
	return nil
}

// FindAPIKeys returns the keys, newest first, revoked and expired ones included. A principal with
// limited locations sees the keys that are limited to them too.
func (d *Directory) FindAPIKeys(ctx context.Context, by Principal) ([]APIKey, error) {
	if err := d.require(by, KeysRead); err != nil {
		return nil, err
	}
	keys := []APIKey{}
	err := d.db.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.FindAPIKeys(ctx)
		if err != nil {
			return fmt.Errorf("find API keys: %w", err)
		}
		for _, r := range rows {
			k, err := keyOf(r)
			if err != nil {
				return err
			}
			if err := k.limit(ctx, tx); err != nil {
				return err
			}
			if by.covers(k.Locations) {
				keys = append(keys, k)
			}
		}
		return nil
	})
	return keys, err
}

// RevokeAPIKey ends a key for good, from the next request on. Revoking it twice is no error.
func (d *Directory) RevokeAPIKey(ctx context.Context, by Principal, id club.APIKeyID) error {
	if err := d.require(by, KeysWrite); err != nil {
		return err
	}
	none := club.NotFound("there is no such API key")
	return d.db.Write(ctx, func(tx *store.Tx) error {
		row, err := tx.FindAPIKey(ctx, id)
		if errors.Is(err, sql.ErrNoRows) {
			return none
		}
		if err != nil {
			return fmt.Errorf("find API key: %w", err)
		}
		k, err := keyOf(row)
		if err != nil {
			return err
		}
		if !by.covers(k.Locations) {
			return none
		}
		n, err := tx.RevokeAPIKey(ctx, store.RevokeAPIKeyParams{RevokedAt: &tx.Now, ID: id})
		if err != nil {
			return fmt.Errorf("revoke API key: %w", err)
		}
		if n == 0 {
			return nil
		}
		return record(ctx, tx, by.Actor, "key.revoked", id.String(), nil)
	})
}

// AuthenticateKey returns the principal behind an API key, with what is left of its scopes and
// locations by its maker's present ones. Unauthenticated when the key is unknown, expired, revoked or
// stopped; who holds a stopped key is told why.
func (d *Directory) AuthenticateKey(ctx context.Context, token string) (Principal, error) {
	refuse := club.Unauthenticated("the API key is not valid")
	if slug, ok := KeyTenant(token); !ok || slug != d.db.Slug {
		return Principal{}, refuse
	}
	var k APIKey
	var stale time.Time
	err := d.db.Look(ctx, func(tx *store.Tx) error {
		row, err := tx.FindAPIKeyByHash(ctx, hashToken(token))
		if errors.Is(err, sql.ErrNoRows) {
			return refuse
		}
		if err != nil {
			return fmt.Errorf("find API key: %w", err)
		}
		if k, err = keyOf(row); err != nil {
			return err
		}
		if !k.Active(tx.Now) {
			return refuse
		}
		if err := k.limit(ctx, tx); err != nil {
			return err
		}
		if k.Stopped != "" {
			return club.Unauthenticated("the API key is stopped: %s", k.Stopped)
		}
		if k.LastUsedAt == nil || tx.Now.Sub(*k.LastUsedAt) >= touchEvery {
			stale = tx.Now
		}
		return nil
	})
	if err != nil {
		return Principal{}, err
	}
	if !stale.IsZero() {
		err = d.db.Write(ctx, func(tx *store.Tx) error {
			return tx.TouchAPIKey(ctx, store.TouchAPIKeyParams{LastUsedAt: &stale, ID: k.ID})
		})
		d.forgo(ctx, err, "api_key_touch")
	}
	return Principal{
		Tenant: d.db.Slug, Actor: club.Actor{Kind: club.ActorAPIKey, ID: k.ID.String(), Name: k.Name},
		Scopes: k.Rights, Locations: k.Reach, KeyID: k.ID, AuthenticatedAt: k.CreatedAt,
	}, nil
}

func keyOf(r store.APIKey) (APIKey, error) {
	scopes, err := decodeList[Permission](r.Scopes)
	if err != nil {
		return APIKey{}, fmt.Errorf("read API key %s: %w", r.ID, err)
	}
	locations, err := decodeList[club.LocationID](r.Locations)
	if err != nil {
		return APIKey{}, fmt.Errorf("read API key %s: %w", r.ID, err)
	}
	return APIKey{
		ID: r.ID, Name: r.Name, Prefix: r.Prefix, Scopes: scopes, Locations: locations, CreatedBy: r.CreatedBy,
		CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt, RevokedAt: r.RevokedAt, LastUsedAt: r.LastUsedAt, Rights: scopes, Reach: locations,
	}, nil
}
