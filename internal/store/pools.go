package store

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Pools are connections that outlive the installation that made them. The zero value has none.
type Pools struct {
	mu    sync.Mutex // guards byURL
	byURL map[string]*pgxpool.Pool
}

// take hands out the pool of a URL; nil where there is none that works and nobody uses. Nil Pools have none.
func (p *Pools) take(ctx context.Context, url string) *pgxpool.Pool {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	pool := p.byURL[url]
	delete(p.byURL, url)
	p.mu.Unlock()
	if pool == nil || pool.Ping(ctx) != nil { // somebody closed it
		return nil
	}
	return pool
}

// put keeps a pool that nobody uses any more, and reports whether it did: one whose connections are still in use is not
// kept, and nil Pools keep none.
func (p *Pools) put(url string, pool *pgxpool.Pool) bool {
	if p == nil || pool.Stat().AcquiredConns() > 0 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byURL[url] != nil {
		return false
	}
	if p.byURL == nil {
		p.byURL = map[string]*pgxpool.Pool{}
	}
	p.byURL[url] = pool
	return true
}
