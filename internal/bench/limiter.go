package bench

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"clubos/internal/limit"
	"clubos/internal/redis"
)

const (
	limiterKeys    = 1024
	limiterRounds  = 5
	limiterTakes   = 200_000
	redisAskers    = 512
	redisFor       = 3 * time.Second
	redisPatience  = 5 * time.Second
	limiterAtATime = 1 << 40 // so many that nobody is refused
)

// limiterNames are what is counted under: as many as there are people and keys at a time.
func limiterNames() []string {
	names := make([]string, limiterKeys)
	for i := range names {
		names[i] = fmt.Sprintf("usr_%026d", i)
	}
	return names
}

// measureLimiter takes from a limiter as every request does.
func measureLimiter(ctx context.Context, cfg Config, r *Report) error {
	l, rate, names := limit.New(limit.Config{}), limit.Rate{Name: "operator", Max: limiterAtATime, Window: time.Minute}, limiterNames()
	best := time.Duration(0)
	for range limiterRounds { // the best: what disturbs only adds
		start := time.Now()
		for i := range limiterTakes {
			l.Take(ctx, rate, names[i%limiterKeys])
		}
		if took := time.Since(start); best == 0 || took < best {
			best = took
		}
	}
	r.add(Measure{Name: "limiter_ns", Title: "asking whether somebody may, in the process", Value: float64(best.Nanoseconds()) / limiterTakes, Unit: "ns", Better: Less, Target: bound(150)})
	if cfg.RedisURL == "" {
		return nil
	}
	return measureLimiterOnRedis(ctx, cfg, r)
}

// measureLimiterOnRedis has many ask at a time, as the requests of several replicas do. What Redis did not
// answer in time was counted in the process, and is no part of the rate.
func measureLimiterOnRedis(ctx context.Context, cfg Config, r *Report) error {
	client, err := redis.Open(redis.Config{URL: cfg.RedisURL, Timeout: redisPatience, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer client.Close()
	l := limit.New(limit.Config{Redis: client, Space: "clubos:bench:" + random()})
	rate, names := limit.Rate{Name: "operator", Max: 1 << 20, Window: time.Minute}, limiterNames()
	for waited := time.Duration(0); ; waited += 10 * time.Millisecond { // until the connection stands
		alone := l.Facts().Alone
		if l.Take(ctx, rate, names[0]); l.Facts().Alone == alone {
			break
		}
		if waited > redisPatience {
			return fmt.Errorf("no Redis answers at the address given")
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	var takes atomic.Int64
	before := l.Facts().Alone
	start := time.Now()
	var all sync.WaitGroup
	for asker := range redisAskers {
		all.Go(func() {
			for i := asker; time.Since(start) < redisFor && ctx.Err() == nil; i++ {
				l.Take(ctx, rate, names[i%limiterKeys])
				takes.Add(1)
			}
		})
	}
	all.Wait()
	elapsed := time.Since(start)
	alone := l.Facts().Alone - before
	r.add(Measure{Name: "limiter_redis_rate", Title: fmt.Sprintf("… on Redis, by %d at a time", redisAskers), Value: float64(takes.Load()-alone) / elapsed.Seconds(), Unit: "/s", Better: More, Target: bound(150_000)},
		Measure{Name: "limiter_redis_alone", Title: "… that Redis did not answer in time", Value: float64(alone), Better: Less, Floor: bound(0)})
	return ctx.Err()
}
