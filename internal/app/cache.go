package app

import (
	"context"
	"fmt"
	"time"

	"clubos/internal/cache"
	"clubos/internal/club"
	"clubos/internal/limit"
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
	a.Limits = a.Config.limits(limit.New(limit.Config{Redis: a.Redis, Space: a.space()}))
	if a.Config.CacheMemory == 0 {
		return nil
	}
	a.Cache = cache.New(cache.Config{Bytes: int64(a.Config.CacheMemory) << 20, Redis: a.Redis, Sealer: sealer{a}, Space: a.space(), Clock: at.Clock, Log: a.Log})
	at.Cache = a.Cache
	return nil
}

// limits are the rates that the environment gives.
func (c Config) limits(l *limit.Limiter) *limit.Limits {
	return &limit.Limits{
		Limiter:  l,
		Instance: limit.Rate{Name: "instance", Max: c.LimitInstance, Window: time.Minute, Alone: true},
		Operator: limit.Rate{Name: "operator", Max: c.LimitOperator, Window: time.Minute},
		Key:      limit.Rate{Name: "key", Max: c.LimitKey, Window: time.Minute},
		Stranger: limit.Rate{Name: "address", Max: c.LimitStranger, Window: time.Duration(c.LimitWindow) * time.Millisecond},
	}
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
