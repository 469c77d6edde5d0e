package health

import (
	"context"
	"time"

	"clubos/internal/club"
	"clubos/internal/integration"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// BreakerState says whether calls to a vendor go out.
type BreakerState string

// The states of a breaker.
const (
	BreakerClosed   BreakerState = "closed"    // calls go out
	BreakerOpen     BreakerState = "open"      // the vendor failed repeatedly; calls are refused at once
	BreakerHalfOpen BreakerState = "half-open" // one call may try
)

// Breaker is the state of the breaker before a vendor, in the process that is asked.
type Breaker struct {
	State   BreakerState
	RetryIn time.Duration // of an open one: when a call may try
}

// Breakers returns the breakers of a club's vendors by the vendor's name. A vendor that is never called
// has none.
type Breakers func(club.Slug) map[string]Breaker

// Vendor is how one of a club's vendors fares.
type Vendor struct {
	Name      string
	Title     string
	Help      string
	Connected bool
	Breaker   Breaker // zero where the vendor is not connected or never called
	Trouble   string  // why a person is needed, and what to do; "" when none is
}

// Well reports whether there is nothing to do about the vendor.
func (v Vendor) Well() bool { return v.Trouble == "" && v.Breaker.State != BreakerOpen }

// FindVendors returns every vendor that ClubOS speaks to, and how it fares. breakers may be nil.
func FindVendors(ctx context.Context, tx *store.Tx, keys *vault.Tenant, breakers Breakers) ([]Vendor, error) {
	all, err := integration.Describe(ctx, tx, keys)
	if err != nil {
		return nil, err
	}
	var state map[string]Breaker
	if breakers != nil {
		state = breakers(tx.Tenant)
	}
	out := make([]Vendor, 0, len(all))
	for _, s := range all {
		v := Vendor{Name: s.Vendor.Name, Title: s.Vendor.Title, Help: s.Vendor.Help, Connected: s.Connected, Trouble: s.Trouble}
		if s.Connected {
			v.Breaker = state[s.Vendor.Name]
		}
		out = append(out, v)
	}
	return out, nil
}
