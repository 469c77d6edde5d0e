package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/store/control"
)

// Statuses of a club.
const (
	StatusActive    = "active"
	StatusSuspended = "suspended"
)

// ErrSuspended is in the chain of what Cluster.Tenant returns for a club that is suspended.
var ErrSuspended = errors.New("the club is suspended")

// RosterAge is how long what the control plane said of a club is believed: what another process
// changes, counts here that much later at most.
const RosterAge = 2 * time.Second

// roster is what the control plane said of the clubs when it was last asked. Whoever finds it too old
// asks again while the others go on with what it says, so that looking a club up seldom costs a query.
type roster struct {
	asking sync.Mutex // held by who asks

	mu    sync.RWMutex // guards the fields below
	at    time.Time
	clubs map[club.Slug]TenantRecord
}

func (r *roster) find(slug club.Slug) (rec TenantRecord, at time.Time, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	rec, ok = r.clubs[slug]
	return rec, r.at, ok
}

func (r *roster) put(recs []TenantRecord, at time.Time) {
	clubs := make(map[club.Slug]TenantRecord, len(recs))
	for _, rec := range recs {
		clubs[rec.Slug] = rec
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.clubs = at, clubs
}

func (r *roster) add(rec TenantRecord) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.clubs == nil {
		r.clubs = map[club.Slug]TenantRecord{}
	}
	r.clubs[rec.Slug] = rec
}

// record returns a club as the control plane knows it, at most RosterAge ago. When the control plane
// does not answer, a club that was known goes on as it was.
func (c *Cluster) record(ctx context.Context, slug club.Slug) (TenantRecord, error) {
	rec, at, known := c.roster.find(slug)
	if !known {
		rec, err := c.FindTenant(ctx, slug)
		if err == nil {
			c.roster.add(rec)
		}
		return rec, err
	}
	now := c.cfg.Clock.Now()
	if age := now.Sub(at); age >= 0 && age < RosterAge || !c.roster.asking.TryLock() {
		return rec, nil
	}
	defer c.roster.asking.Unlock()
	recs, err := c.control.FindTenants(ctx)
	if err != nil {
		return rec, nil //nolint:nilerr // said above
	}
	c.roster.put(recs, now)
	if rec, _, known = c.roster.find(slug); !known {
		return rec, club.NotFound("there is no club %q here", slug)
	}
	return rec, nil
}

// Suspended reports whether a club is suspended. False for a club that is not here.
func (c *Cluster) Suspended(ctx context.Context, slug club.Slug) (bool, error) {
	rec, err := c.record(ctx, slug)
	if club.CodeOf(err) == club.CodeNotFound {
		return false, nil
	}
	return err == nil && rec.Status == StatusSuspended, err
}

// SetTenantStatus suspends a club or resumes it. It counts here at once and in other processes within
// RosterAge. NotFound when there is no such club.
func (c *Cluster) SetTenantStatus(ctx context.Context, slug club.Slug, status string) error {
	if status != StatusActive && status != StatusSuspended {
		return club.Invalid("a club is %s or %s", StatusActive, StatusSuspended)
	}
	n, err := c.control.UpdateTenantStatus(ctx, control.UpdateTenantStatusParams{Slug: slug, Status: status})
	switch {
	case err != nil:
		return translate(err)
	case n == 0:
		return club.NotFound("there is no club %q here", slug)
	}
	_, err = c.FindTenants(ctx)
	return err
}

// FindTenant returns a club by its short name.
func (c *Cluster) FindTenant(ctx context.Context, slug club.Slug) (TenantRecord, error) {
	rec, err := c.control.FindTenant(ctx, slug)
	if errors.Is(err, sql.ErrNoRows) {
		return rec, club.NotFound("there is no club %q here", slug)
	}
	return rec, translate(err)
}

// FindTenants returns every club by short name, as it is at this moment.
func (c *Cluster) FindTenants(ctx context.Context) ([]TenantRecord, error) {
	c.roster.asking.Lock() // whoever asked before must not put an older answer over this one
	defer c.roster.asking.Unlock()
	now := c.cfg.Clock.Now()
	recs, err := c.control.FindTenants(ctx)
	if err == nil {
		c.roster.put(recs, now)
	}
	return recs, translate(err)
}

// Tenant returns the club's database, opening it at the first call. A suspended club is Forbidden, with
// ErrSuspended in the chain.
func (c *Cluster) Tenant(ctx context.Context, slug club.Slug) (*Tenant, error) {
	rec, err := c.record(ctx, slug)
	if err != nil {
		return nil, err
	}
	if rec.Status == StatusSuspended {
		return nil, &club.Error{Code: club.CodeForbidden, Msg: "the club " + slug.String() + " is suspended", Err: ErrSuspended}
	}
	return c.openTenant(ctx, rec)
}

// AnyTenant is Tenant for what a suspension must not stop: taking in what would be lost otherwise,
// knowing who asks, and looking at how the club fares.
func (c *Cluster) AnyTenant(ctx context.Context, slug club.Slug) (*Tenant, error) {
	rec, err := c.record(ctx, slug)
	if err != nil {
		return nil, err
	}
	return c.openTenant(ctx, rec)
}

// openTenant returns the one Tenant that there is of a club.
func (c *Cluster) openTenant(ctx context.Context, rec TenantRecord) (*Tenant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.tenants[rec.Slug]; ok {
		return t, nil
	}
	db, err := c.engine.openTenant(ctx, rec.Slug)
	if err != nil {
		return nil, translate(err)
	}
	t := &Tenant{Slug: rec.Slug, Name: rec.Name, Keyset: rec.Keyset, db: db, clock: c.cfg.Clock, log: c.cfg.Log, queue: c.cfg.Queue, turn: c.cfg.Turn, pace: &pace{}, stored: c.stored, changes: c.changes, ledger: c.ledger, cache: c.cache}
	c.tenants[rec.Slug] = t
	return t, nil
}
