// Package cache keeps what was read from clubs' databases: in this process, and in Redis where replicas
// share one. It implements store.Cache.
//
// In this process a result counts until a table it was read from has changed, and for TTL at most. It
// carries the club's mark from before the snapshot it was read in, and each change notes its own mark for
// the tables, or for single rows of them: a result that is older than the last change of what it was read from is none. So nothing has to
// be looked for when something changes, and a slow reader cannot bring back what was there before.
//
// In Redis each table of a club has a token, which every process that hears of a change replaces by
// another one before it believes Redis again about that table. A result is stored with the tokens that
// were there before it was read, and counts while they are still there. So replicas need not agree on an
// order, a process that dies between its commit and its message to Redis does no harm (PostgreSQL tells
// the others), and a Redis that loses keys loses results only. Results are sealed by the club's keys, each
// bound to its name: whoever can write to Redis can make nobody believe anything.
//
// A missing row is a result like any other. One process reads a key once at a time, and replicas
// leave a short lease in Redis so that, as a rule, one of them reads.
package cache

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"clubos/internal/club"
	"clubos/internal/redis"
	"clubos/internal/store"
)

// TTL is how long a result counts at most: what is changed past ClubOS, by hand in the database, is seen
// that much later.
const TTL = time.Minute

// Sealer seals what leaves the process. The name is bound to what is sealed.
type Sealer interface {
	Seal(ctx context.Context, tenant club.Slug, name string, plain []byte) ([]byte, error)
	Open(ctx context.Context, tenant club.Slug, name string, sealed []byte) ([]byte, error)
}

// Config says how much is kept and where.
type Config struct {
	// Bytes bounds what is kept in this process. Default 32 MiB.
	Bytes int64
	// Redis, when set, is shared with other replicas. It must be closed after the cache.
	Redis *redis.Client
	// Sealer is required with Redis.
	Sealer Sealer
	// Space comes before every key in Redis, so that installations may share a server. Required with Redis.
	Space string
	// Clock defaults to club.SystemClock.
	Clock club.Clock
	// Log defaults to slog.Default().
	Log *slog.Logger
}

// Cache is a store.Cache. Close it when the store is closed.
type Cache struct {
	cfg    Config
	near   *otter.Cache[nearKey, result]
	far    *far // nil without Redis
	deaf   atomic.Bool
	counts counts

	mu      sync.Mutex // guards the fields below
	clubs   map[club.Slug]*shelf
	flights map[flightKey]*flight
}

type nearKey struct {
	tenant club.Slug
	key    string
}

// result is what is kept in this process.
type result struct {
	data  []byte
	mark  uint64
	until time.Time
}

// flightKey makes those wait for one another who would read the same.
type flightKey struct {
	nearKey
	since uint64 // mark of the last change of the tables
}

type flight struct {
	done chan struct{} // closed when the fields below are set
	data []byte
	ok   bool
}

// New returns an empty cache.
func New(cfg Config) *Cache {
	cfg.Bytes = cmp.Or(cfg.Bytes, 32<<20)
	if cfg.Clock == nil {
		cfg.Clock = club.SystemClock{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	c := &Cache{cfg: cfg, clubs: map[club.Slug]*shelf{}, flights: map[flightKey]*flight{}}
	c.near = otter.Must(&otter.Options[nearKey, result]{
		MaximumWeight: uint64(cfg.Bytes),
		Weigher: func(k nearKey, r result) uint32 {
			return uint32(len(k.tenant) + len(k.key) + len(r.data) + entryBytes)
		},
		ExpiryCalculator: otter.ExpiryWriting[nearKey, result](TTL),
	})
	if cfg.Redis != nil {
		c.far = newFar(c)
	}
	return c
}

const (
	// entryBytes is about what an entry takes beside its key and its data.
	entryBytes = 160
	// mostBytes bounds a result that is kept.
	mostBytes = 256 << 10
)

// Close ends what runs beside. It may be called more than once.
func (c *Cache) Close() {
	if c.far != nil {
		c.far.close()
	}
	c.near.StopAllGoroutines()
}

// Mark implements store.Cache.
func (c *Cache) Mark(tenant club.Slug) uint64 { return c.shelf(tenant).mark.Load() }

// Forget implements store.Cache.
func (c *Cache) Forget(tenant club.Slug, changed []store.Touched) {
	c.shelf(tenant).forget(changed)
	if c.far != nil {
		c.far.forget(tenant, changed)
	}
}

// Trust implements store.Cache.
func (c *Cache) Trust(hears bool) {
	if !hears {
		c.deaf.Store(true)
		return
	}
	c.mu.Lock()
	var all []club.Slug
	for slug := range c.clubs {
		all = append(all, slug)
	}
	c.mu.Unlock()
	for _, slug := range all {
		c.Forget(slug, nil)
	}
	c.deaf.Store(false)
}

// shelf returns what is known of a club. The first time, nothing that Redis has of it is believed: nobody
// here has heard what changed.
func (c *Cache) shelf(tenant club.Slug) *shelf {
	c.mu.Lock()
	s, ok := c.clubs[tenant]
	if !ok {
		s = newShelf()
		c.clubs[tenant] = s
	}
	c.mu.Unlock()
	if !ok && c.far != nil {
		c.far.forget(tenant, nil)
	}
	return s
}

// Get implements store.Cache.
func (c *Cache) Get(ctx context.Context, l store.Lookup, read func(context.Context) ([]byte, uint64, error)) ([]byte, bool, error) {
	if c.deaf.Load() {
		c.counts.passed.Add(1)
		data, _, err := read(ctx)
		return data, false, err
	}
	s, key := c.shelf(l.Tenant), nearKey{l.Tenant, l.Key}
	since := s.since(l)
	if r, ok := c.near.GetIfPresent(key); ok && r.mark >= since && c.cfg.Clock.Now().Before(r.until) {
		c.counts.near.Add(1)
		return r.data, true, nil
	}
	for {
		f, first := c.board(flightKey{key, since})
		switch {
		case first:
			return c.lead(ctx, l, s, flightKey{key, since}, f, read)
		case !l.Waits:
			c.counts.missed.Add(1)
			data, _, err := read(ctx)
			return data, false, err
		}
		select {
		case <-f.done:
			if f.ok {
				c.counts.near.Add(1)
				return f.data, true, nil
			}
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

// Has implements store.Cache. What only Redis has counts as not there: to ask it costs as much as to ask the database.
func (c *Cache) Has(l store.Lookup) bool {
	if c.deaf.Load() {
		return false
	}
	r, ok := c.near.GetIfPresent(nearKey{l.Tenant, l.Key})
	return ok && r.mark >= c.shelf(l.Tenant).since(l) && c.cfg.Clock.Now().Before(r.until)
}

func (c *Cache) board(k flightKey) (f *flight, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, ok := c.flights[k]; ok {
		return f, false
	}
	f = &flight{done: make(chan struct{})}
	c.flights[k] = f
	return f, true
}

// lead finds a result for everybody who wants it at this moment. Where it cannot, they find it themselves.
func (c *Cache) lead(ctx context.Context, l store.Lookup, s *shelf, k flightKey, f *flight, read func(context.Context) ([]byte, uint64, error)) (data []byte, kept bool, err error) {
	defer func() {
		c.mu.Lock()
		delete(c.flights, k)
		c.mu.Unlock()
		close(f.done)
	}()
	var tokens []string
	if c.far != nil && l.Shared {
		mark := s.mark.Load() // what Redis says is newer than this
		if data, tokens, kept = c.far.get(ctx, l); kept {
			c.counts.far.Add(1)
			c.keep(k.nearKey, data, mark)
			f.data, f.ok = data, true
			return data, true, nil
		}
	}
	c.counts.missed.Add(1)
	data, mark, err := read(ctx)
	if err != nil {
		return nil, false, err
	}
	if mark >= k.since { // else its snapshot is older than what others know
		f.data, f.ok = data, true
	}
	if len(data) <= mostBytes {
		c.keep(k.nearKey, data, mark)
		if len(tokens) > 0 && mark >= s.since(l) {
			c.far.put(l, tokens, data)
		}
	}
	return data, false, nil
}

func (c *Cache) keep(k nearKey, data []byte, mark uint64) {
	c.near.Set(k, result{data: data, mark: mark, until: c.cfg.Clock.Now().Add(TTL)})
}
