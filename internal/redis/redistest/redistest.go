// Package redistest gives tests a Redis server of which each has keys of its own, and puts one behind
// whatever a network may do to it.
package redistest

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"clubos/internal/redis"
)

// URL returns the address of the server for tests. Without one the test is skipped, unless
// CLUBOS_TEST_REDIS_REQUIRED says that nothing may be left out.
func URL(t testing.TB) string {
	t.Helper()
	at := os.Getenv("CLUBOS_TEST_REDIS_URL")
	if at == "" && os.Getenv("CLUBOS_TEST_REDIS_REQUIRED") != "" {
		t.Fatal("CLUBOS_TEST_REDIS_URL is not set: scripts/test-redis.sh start prints it")
	}
	if at == "" {
		t.Skip("needs Redis: CLUBOS_TEST_REDIS_URL, which scripts/test-redis.sh start prints")
	}
	return at
}

// Space returns a beginning of keys that no other test has.
func Space() string { return "test" + rand.Text() }

// Open opens a client at an address and waits until Redis answers. The test's end closes it.
func Open(t testing.TB, cfg redis.Config) *redis.Client {
	t.Helper()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c, err := redis.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	Await(t, "Redis answers", c.Here)
	return c
}

// Await waits until something holds, for ten seconds at most.
func Await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// Wire is a connection to Redis that can be disturbed.
type Wire struct {
	t     testing.TB
	proxy *toxiproxy.Proxy
	URL   string
}

// NewWire puts a wire before the server for tests.
func NewWire(t testing.TB) *Wire {
	t.Helper()
	at, err := url.Parse(URL(t))
	if err != nil {
		t.Fatal(err)
	}
	quiet := zerolog.Nop()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), quiet)
	p := toxiproxy.NewProxy(server, "redis", "127.0.0.1:0", at.Host)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	w := &Wire{t: t, proxy: p, URL: "redis://" + p.Listen}
	t.Cleanup(p.Stop)
	return w
}

// Hang lets nothing through and closes nothing.
func (w *Wire) Hang() { w.add(`{"type":"timeout","attributes":{"timeout":0}}`) }

// Slow delays every answer.
func (w *Wire) Slow(by time.Duration) {
	w.add(fmt.Sprintf(`{"type":"latency","attributes":{"latency":%d}}`, by.Milliseconds()))
}

// Reset breaks every connection.
func (w *Wire) Reset() { w.add(`{"type":"reset_peer","attributes":{"timeout":0}}`) }

// Cut closes the wire: connecting fails.
func (w *Wire) Cut() { w.proxy.Stop() }

// Mend has the wire as it was at first.
func (w *Wire) Mend() {
	w.t.Helper()
	w.proxy.Toxics.ResetToxics(w.t.Context())
	if !w.proxy.Enabled {
		if err := w.proxy.Start(); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *Wire) add(toxic string) {
	w.t.Helper()
	if _, err := w.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		w.t.Fatal(err)
	}
}
