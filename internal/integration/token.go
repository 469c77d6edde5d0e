package integration

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// claimFor is longer than any renewal takes; a claim that is older was left by a process that ended.
const claimFor = 30 * time.Second

// Tokens keeps a club's token of one vendor for all replicas, so that one at a time renews it: the
// vendor takes each refresh token once, and two renewals at once would lock the club out. It is safe
// for concurrent use, on any number of replicas.
type Tokens struct {
	db      *store.Tenant
	keys    *vault.Tenant
	vendor  string
	entered string
	origin  string
	alarm   Alarm
}

// Alarm brings before a person, in tx, that a vendor needs one. cause is the same for one trouble, so
// that it is told once.
type Alarm func(ctx context.Context, tx *store.Tx, vendor, trouble, cause string) error

// NewTokens returns the keeper of a vendor's token. entered is the refresh token that a person entered:
// where it is not the one that the stored token descends from, it begins anew.
func NewTokens(db *store.Tenant, keys *vault.Tenant, vendor, entered string, alarm Alarm) *Tokens {
	sum := sha256.Sum256([]byte("refresh token\x00" + entered)) // as random as the token: nothing to guess
	return &Tokens{db: db, keys: keys, vendor: vendor, entered: entered, origin: hex.EncodeToString(sum[:]), alarm: alarm}
}

// sealedToken is what a row holds of a token.
type sealedToken struct {
	Refresh string    `json:"refresh"`
	Access  string    `json:"access"`
	Expires time.Time `json:"expires"`
}

func tokenCell(vendor string) string { return "vendor_tokens.sealed/" + vendor }

// Find returns the newest token.
func (t *Tokens) Find(ctx context.Context) (tok club.VendorToken, err error) {
	err = t.db.Read(ctx, func(tx *store.Tx) error {
		tok, err = t.find(ctx, tx)
		return err
	})
	return tok, err
}

func (t *Tokens) find(ctx context.Context, tx *store.Tx) (club.VendorToken, error) {
	row, err := tx.FindVendorToken(ctx, t.vendor)
	if missing(err) {
		return club.VendorToken{Refresh: t.entered}, nil
	}
	if err != nil {
		return club.VendorToken{}, fmt.Errorf("find token of %s: %w", t.vendor, err)
	}
	if row.Origin != t.origin {
		return club.VendorToken{Refresh: t.entered, Version: row.Version}, nil
	}
	plain, err := t.keys.OpenSecret(tokenCell(t.vendor), row.Sealed)
	if err != nil {
		return club.VendorToken{}, fmt.Errorf("open token of %s: %w", t.vendor, err)
	}
	var s sealedToken
	if err := json.Unmarshal(plain, &s); err != nil {
		return club.VendorToken{}, fmt.Errorf("read token of %s: %w", t.vendor, err)
	}
	return club.VendorToken{Refresh: s.Refresh, Access: s.Access, Expires: s.Expires, Version: row.Version,
		Doubtful: row.ClaimedAt != nil && row.ClaimedAt.Before(tx.Now.Add(-claimFor))}, nil
}

// Claim takes the right to renew a token, for half a minute. False when somebody else has it, or has
// renewed the token already: look again.
func (t *Tokens) Claim(ctx context.Context, seen club.VendorToken) (claimed bool, err error) {
	sealed, err := t.seal(seen)
	if err != nil {
		return false, err
	}
	err = t.db.Write(ctx, func(tx *store.Tx) error {
		claimed = false
		if seen.Version == 0 {
			n, err := tx.CreateVendorToken(ctx, store.CreateVendorTokenParams{Vendor: t.vendor, Origin: t.origin, Sealed: sealed, Now: &tx.Now})
			if err != nil {
				return fmt.Errorf("claim token of %s: %w", t.vendor, err)
			}
			if claimed = n == 1; claimed {
				return nil
			}
		}
		stale := tx.Now.Add(-claimFor)
		n, err := tx.ClaimVendorToken(ctx, store.ClaimVendorTokenParams{Vendor: t.vendor, Version: seen.Version, Now: &tx.Now, StaleBefore: &stale})
		if err != nil {
			return fmt.Errorf("claim token of %s: %w", t.vendor, err)
		}
		claimed = n == 1
		return nil
	})
	return claimed, err
}

// Keep stores what the vendor gave for a claimed token, and gives the claim back. Conflict when the
// claimed token is no longer the newest.
func (t *Tokens) Keep(ctx context.Context, claimed, next club.VendorToken) error {
	sealed, err := t.seal(next)
	if err != nil {
		return err
	}
	return t.db.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.KeepVendorToken(ctx, store.KeepVendorTokenParams{Origin: t.origin, Sealed: sealed, UpdatedAt: tx.Now, Vendor: t.vendor, Version: claimed.Version})
		if err != nil {
			return fmt.Errorf("keep token of %s: %w", t.vendor, err)
		}
		if n == 0 {
			return club.Conflict("another token of %s was stored meanwhile", t.vendor)
		}
		return nil
	})
}

// Release gives a claim back without another token. trouble, when not empty, says for people why there
// is none and what to do: it stands in the health report until a renewal succeeds, and reaches a person.
func (t *Tokens) Release(ctx context.Context, claimed club.VendorToken, trouble string) error {
	return t.db.Write(ctx, func(tx *store.Tx) error {
		row, err := tx.FindVendorToken(ctx, t.vendor)
		if missing(err) {
			return nil // disconnected meanwhile
		}
		if err != nil {
			return fmt.Errorf("find token of %s: %w", t.vendor, err)
		}
		kept := trouble
		if trouble == "" || sameTrouble(row.Trouble, trouble) {
			kept = row.Trouble // what was said first knows how it began; and silence mends nothing
		}
		n, err := tx.ReleaseVendorToken(ctx, store.ReleaseVendorTokenParams{Trouble: kept, UpdatedAt: tx.Now, Vendor: t.vendor, Version: claimed.Version})
		if err != nil {
			return fmt.Errorf("release token of %s: %w", t.vendor, err)
		}
		if n == 0 || kept == row.Trouble {
			return nil
		}
		tx.Changed(Topic, t.vendor)
		if err := audit.Write(ctx, tx, audit.Entry{Actor: club.System("integration"), Action: "integration.locked_out", Object: t.vendor, Detail: map[string]any{"reason": trouble}}); err != nil {
			return err
		}
		return t.alarm(ctx, tx, t.vendor, trouble, fmt.Sprintf("token:%s:%s:%d", t.vendor, t.origin[:12], claimed.Version))
	})
}

// missing reports whether a query found no row.
func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

// sameTrouble reports whether two troubles begin with the same sentence.
func sameTrouble(a, b string) bool {
	a, _, _ = strings.Cut(a, ".")
	b, _, _ = strings.Cut(b, ".")
	return a == b
}

func (t *Tokens) seal(tok club.VendorToken) ([]byte, error) {
	plain, err := json.Marshal(sealedToken{Refresh: tok.Refresh, Access: tok.Access, Expires: tok.Expires.UTC()})
	if err != nil {
		return nil, fmt.Errorf("encode token of %s: %w", t.vendor, err)
	}
	sealed, err := t.keys.SealSecret(tokenCell(t.vendor), plain)
	if err != nil {
		return nil, fmt.Errorf("seal token of %s: %w", t.vendor, err)
	}
	return sealed, nil
}
