package app

import (
	"context"
	"fmt"

	"clubos/internal/cache"
	"clubos/internal/club"
	"clubos/internal/redis"
	"clubos/internal/store"
)

// openCache makes what stands before the database, and the connection to Redis where there is one.
func (a *App) openCache(at *store.Config) error {
	if url := a.Config.RedisURL; url != "" {
		var err error
		if a.Redis, err = redis.Open(redis.Config{URL: url, Log: a.Log}); err != nil {
			return fmt.Errorf("open redis: %w", err)
		}
	}
	if a.Config.CacheMemory == 0 {
		return nil
	}
	a.Cache = cache.New(cache.Config{Bytes: int64(a.Config.CacheMemory) << 20, Redis: a.Redis, Sealer: sealer{a}, Space: a.space(), Clock: at.Clock, Log: a.Log})
	at.Cache = a.Cache
	return nil
}

// space comes before every key in Redis.
func (a *App) space() string { return a.Config.SchemaPrefix + "clubos" }

// sealer seals what leaves the process for Redis by the club's own keys.
type sealer struct{ app *App }

func (s sealer) Seal(ctx context.Context, tenant club.Slug, name string, plain []byte) ([]byte, error) {
	_, keys, err := s.app.Tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return keys.SealSecret("cache/"+name, plain)
}

func (s sealer) Open(ctx context.Context, tenant club.Slug, name string, sealed []byte) ([]byte, error) {
	_, keys, err := s.app.Tenant(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return keys.OpenSecret("cache/"+name, sealed)
}
