// Package redis reaches the Redis server that replicas share, where there is one. Nothing depends on it:
// whoever asks gets an answer within Timeout or hears ErrAway, and goes on without.
//
// After a failure the server counts as away, and nobody waits for it again until it has answered the
// prober. Each time it goes or comes back is one line of the log.
package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"clubos/internal/club"
)

// ErrAway is what Do returns while Redis does not answer.
var ErrAway = errors.New("redis is away")

// Config says where Redis is.
type Config struct {
	// URL is redis://[user:password@]host:port[/db], or rediss:// with TLS. Required.
	URL string
	// Timeout bounds each question. Default 100 ms.
	Timeout time.Duration
	// ProbeEvery is how often it is asked, while it is away, whether it is back. Default 1 s.
	ProbeEvery time.Duration
	// Log defaults to slog.Default().
	Log *slog.Logger
}

// Client is a connection to Redis that may be gone at any moment. It is safe for concurrent use.
type Client struct {
	cfg    Config
	option rueidis.ClientOption

	here     atomic.Bool
	failures atomic.Int64
	client   atomic.Pointer[rueidis.Client]
	wake     chan struct{} // tells the prober that Redis went away
	stop     context.CancelFunc
	stopped  sync.WaitGroup

	mu   sync.Mutex // guards the fields below
	back []func()
	said bool // that it is away
}

// Check reports what is wrong with an address, without showing it: it may hold a password.
func Check(url string) error {
	if _, err := rueidis.ParseURL(url); err != nil {
		return club.Invalid("must look like redis://host:6379 (its value is not shown)")
	}
	return nil
}

// Open returns a client. It does not wait for Redis, which may be away. Close ends it.
func Open(cfg Config) (*Client, error) {
	if err := Check(cfg.URL); err != nil {
		return nil, err
	}
	option, err := rueidis.ParseURL(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("read the address of Redis: %w", err)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 100 * time.Millisecond
	}
	if cfg.ProbeEvery == 0 {
		cfg.ProbeEvery = time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	option.DisableRetry, option.DisableCache, option.ForceSingleClient = true, true, true
	option.ConnWriteTimeout, option.Dialer = 5*cfg.Timeout, net.Dialer{Timeout: 10 * cfg.Timeout}
	option.RingScaleEachConn, option.ReadBufferEachConn, option.WriteBufferEachConn = 8, 32<<10, 32<<10
	ctx, stop := context.WithCancel(context.Background())
	c := &Client{cfg: cfg, option: option, wake: make(chan struct{}, 1), stop: stop}
	c.wake <- struct{}{}
	c.stopped.Go(func() { c.probe(ctx) })
	return c, nil
}

// Close ends the client. It may be called more than once.
func (c *Client) Close() {
	c.stop()
	c.stopped.Wait()
	c.here.Store(false)
	if client := c.client.Swap(nil); client != nil {
		(*client).Close()
	}
}

// OnBack has fn called each time Redis is back. fn must not wait for Redis itself.
func (c *Client) OnBack(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.back = append(c.back, fn)
}

// Here reports whether Redis answered when it was last asked.
func (c *Client) Here() bool { return c.here.Load() }

// Failures counts the questions that Redis did not answer.
func (c *Client) Failures() int64 { return c.failures.Load() }

// Ping asks Redis by itself, also while it counts as away.
func (c *Client) Ping(ctx context.Context) error {
	client, err := c.connect()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	return client.Do(ctx, client.B().Ping().Build()).Error()
}

// Do asks Redis one question by several commands, which travel together. ErrAway when it does not answer
// in time; what the server itself refuses is in the results.
func (c *Client) Do(ctx context.Context, build func(rueidis.Builder) []rueidis.Completed) ([]rueidis.RedisResult, error) {
	client := c.client.Load()
	if client == nil || !c.here.Load() {
		return nil, ErrAway
	}
	asking, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	results := (*client).DoMulti(asking, build((*client).B())...)
	for _, r := range results {
		if err := r.NonRedisError(); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err() // who asked has gone: that says nothing of Redis
			}
			c.failed(err)
			return nil, ErrAway
		}
	}
	return results, nil
}

// Run runs a script, which Redis is given in full only where it does not know it.
func (c *Client) Run(ctx context.Context, script *rueidis.Lua, keys, args []string) (rueidis.RedisResult, error) {
	client := c.client.Load()
	if client == nil || !c.here.Load() {
		return rueidis.RedisResult{}, ErrAway
	}
	asking, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	r := script.Exec(asking, *client, keys, args)
	if err := r.NonRedisError(); err != nil {
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		c.failed(err)
		return r, ErrAway
	}
	return r, nil
}

func (c *Client) failed(err error) {
	c.failures.Add(1)
	if !c.here.Swap(false) {
		return
	}
	c.tell(err)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// tell logs that Redis is away, once.
func (c *Client) tell(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.said {
		c.said = true
		c.cfg.Log.Warn("redis is away: this process goes on with its own cache and limits", "event.action", "redis.away", "event.outcome", "failure", "error.message", err.Error())
	}
}

// connect returns the connection, making it when there is none.
func (c *Client) connect() (rueidis.Client, error) {
	if client := c.client.Load(); client != nil {
		return *client, nil
	}
	client, err := rueidis.NewClient(c.option)
	if err != nil {
		return nil, fmt.Errorf("connect to redis: %w", err)
	}
	if !c.client.CompareAndSwap(nil, &client) {
		client.Close()
		return *c.client.Load(), nil
	}
	return client, nil
}

// probe asks until Redis answers, whenever it went away.
func (c *Client) probe(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		}
		for {
			err := c.Ping(ctx)
			if err == nil {
				c.returned(ctx)
				break
			}
			if ctx.Err() == nil {
				c.tell(err)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(c.cfg.ProbeEvery):
			}
		}
	}
}

func (c *Client) returned(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.here.Store(true)
	for _, fn := range c.back {
		fn()
	}
	if c.said {
		c.said = false
		c.cfg.Log.InfoContext(ctx, "redis is back", "event.action", "redis.back")
	}
}
