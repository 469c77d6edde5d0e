package redis_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"clubos/internal/redis"
	"clubos/internal/redis/redistest"
)

func ping(ctx context.Context, c *redis.Client) error {
	_, err := c.Do(ctx, func(b rueidis.Builder) []rueidis.Completed { return []rueidis.Completed{b.Ping().Build()} })
	return err
}

func TestWhateverBecomesOfRedisNobodyWaitsLongAndEachTurnIsOneLine(t *testing.T) {
	t.Parallel()
	for name, disturb := range map[string]func(*redistest.Wire){
		"hung":  (*redistest.Wire).Hang,
		"slow":  func(w *redistest.Wire) { w.Slow(2 * time.Second) },
		"reset": (*redistest.Wire).Reset,
		"down":  (*redistest.Wire).Cut,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire, log := redistest.NewWire(t), &redistest.Log{}
			c := redistest.Open(t, redis.Config{URL: wire.URL, Timeout: 50 * time.Millisecond, ProbeEvery: 10 * time.Millisecond, Log: slog.New(slog.NewTextHandler(log, nil))})
			if err := ping(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			disturb(wire)
			start := time.Now()
			for range 100 {
				if err := ping(t.Context(), c); err != nil && !errors.Is(err, redis.ErrAway) {
					t.Fatal(err)
				}
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("100 questions took %s", took)
			}
			redistest.Await(t, "it counts as away", func() bool { return !c.Here() })
			wire.Mend()
			redistest.Await(t, "it is back", func() bool { return ping(t.Context(), c) == nil })
			redistest.Await(t, "both turns are told", func() bool { return log.Count("redis.away") > 0 && log.Count("redis.back") > 0 })
			if log.Count("redis.away") > 2 || log.Count("redis.back") != log.Count("redis.away") { // what was under way may fail once more
				t.Errorf("away is told %d times, back %d times", log.Count("redis.away"), log.Count("redis.back"))
			}
			if c.Failures() == 0 {
				t.Error("no failure was counted")
			}
		})
	}
}

func TestProcessStartsWithoutRedisAndFindsItLater(t *testing.T) {
	t.Parallel()
	wire := redistest.NewWire(t)
	wire.Cut()
	c, err := redis.Open(redis.Config{URL: wire.URL, ProbeEvery: 10 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	back := make(chan struct{}, 10)
	c.OnBack(func() { back <- struct{}{} })
	if err := ping(t.Context(), c); !errors.Is(err, redis.ErrAway) {
		t.Errorf("without Redis: %v", err)
	}
	wire.Mend()
	<-back
	if err := ping(t.Context(), c); err != nil {
		t.Error(err)
	}
}

func TestWhoGivesUpDoesNotMakeRedisAway(t *testing.T) {
	t.Parallel()
	c := redistest.Open(t, redis.Config{URL: redistest.URL(t)})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ping(gone, c); !errors.Is(err, context.Canceled) {
		t.Errorf("a request that is over: %v", err)
	}
	if !c.Here() || c.Failures() != 0 {
		t.Error("Redis counts as away")
	}
}

func TestAddressIsNeverShown(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"http://u:hunter2@h", "redis://u:hunter2@h:port", "hunter2"} {
		if _, err := redis.Open(redis.Config{URL: url}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}
