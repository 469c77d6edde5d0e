package cache_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clubos/internal/cache"
	"clubos/internal/club"
	"clubos/internal/redis"
	"clubos/internal/redis/redistest"
	"clubos/internal/store"
)

const slug club.Slug = "fairway"

func lookup(key string, tables ...string) store.Lookup {
	return store.Lookup{Tenant: slug, Key: key, Tables: tables, Shared: true, Waits: true}
}

// tables are changes of any rows.
func tables(names ...string) (list []store.Touched) {
	for _, name := range names {
		list = append(list, store.Touched{Table: name})
	}
	return list
}

// get asks for a result that a read would make, and reports whether it was read.
func get(t *testing.T, c *cache.Cache, l store.Lookup, fresh string) (string, bool) {
	t.Helper()
	got, kept, err := c.Get(t.Context(), l, func(context.Context) ([]byte, uint64, error) { return []byte(fresh), c.Mark(l.Tenant), nil })
	if err != nil {
		t.Fatal(err)
	}
	return string(got), !kept
}

func open(t *testing.T, cfg cache.Config) *cache.Cache {
	t.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	c := cache.New(cfg)
	t.Cleanup(c.Close)
	return c
}

func TestResultCountsUntilOneOfItsTablesChanges(t *testing.T) {
	t.Parallel()
	c := open(t, cache.Config{})
	l := lookup("k", "bays", "locations")
	for i, s := range []struct {
		change []string
		want   string
		read   bool
	}{{nil, "0", true}, {nil, "0", false}, {[]string{"threads"}, "0", false}, {[]string{"locations"}, "3", true}, {nil, "3", false}} {
		if s.change != nil {
			c.Forget(slug, tables(s.change...))
		}
		if got, read := get(t, c, l, fmt.Sprint(i)); got != s.want || read != s.read {
			t.Errorf("step %d: %q, read %v", i, got, read)
		}
	}
	c.Forget(slug, nil)
	if _, read := get(t, c, l, "x"); !read {
		t.Error("everything was forgotten, and yet something was kept")
	}
	other := l
	other.Tenant = "harbour"
	if _, read := get(t, c, other, "y"); !read {
		t.Error("another club got it")
	}
}

func TestResultOfOneRowCountsUntilThatRowMayHaveChanged(t *testing.T) {
	t.Parallel()
	c := open(t, cache.Config{})
	row := lookup("k", "bays")
	row.Row = "b1"
	all := lookup("all", "bays")
	get(t, c, row, "0")
	for i, s := range []struct {
		change store.Touched
		read   bool
	}{{store.Touched{Table: "bays", Row: "b2"}, false}, {store.Touched{Table: "bays", Row: "b1"}, true}, {store.Touched{Table: "doors"}, false}, {store.Touched{Table: "bays"}, true}} {
		get(t, c, all, "x")
		c.Forget(slug, []store.Touched{s.change})
		if _, read := get(t, c, row, fmt.Sprint(i)); read != s.read {
			t.Errorf("after %+v: read %v", s.change, read)
		}
		if _, read := get(t, c, all, "y"); read != (s.change.Table == "bays") {
			t.Errorf("all rows after %+v: read %v", s.change, read)
		}
	}
	for i := range 5000 { // more than are remembered one by one
		c.Forget(slug, []store.Touched{{Table: "bays", Row: fmt.Sprint("other", i)}})
		if i == 0 {
			c.Forget(slug, []store.Touched{{Table: "bays", Row: "b1"}})
		}
	}
	if _, read := get(t, c, row, "z"); !read {
		t.Error("a change was forgotten")
	}
}

func TestResultCountsAMinuteAtMost(t *testing.T) {
	t.Parallel()
	clock := club.NewManualClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	c := open(t, cache.Config{Clock: clock})
	get(t, c, lookup("k", "bays"), "1")
	clock.Advance(cache.TTL - time.Second)
	if _, read := get(t, c, lookup("k", "bays"), "2"); read {
		t.Error("it did not last")
	}
	clock.Advance(time.Second)
	if got, _ := get(t, c, lookup("k", "bays"), "3"); got != "3" {
		t.Error("it lasted too long")
	}
}

func TestSlowReaderBringsNothingBack(t *testing.T) {
	t.Parallel()
	c := open(t, cache.Config{})
	l := lookup("k", "bays")
	_, _, err := c.Get(t.Context(), l, func(context.Context) ([]byte, uint64, error) {
		mark := c.Mark(slug) // its snapshot is from here
		c.Forget(slug, tables("bays"))
		return []byte("old"), mark, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, read := get(t, c, l, "new"); got != "new" || !read {
		t.Errorf("got %q, read %v", got, read)
	}
}

func TestManyWhoWantTheSameReadItOnce(t *testing.T) {
	t.Parallel()
	c := open(t, cache.Config{})
	var reads atomic.Int64
	begun, go_on := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			got, _, err := c.Get(t.Context(), lookup("k", "bays"), func(context.Context) ([]byte, uint64, error) {
				if reads.Add(1) == 1 {
					close(begun)
				}
				<-go_on
				return []byte("v"), c.Mark(slug), nil
			})
			if err != nil || string(got) != "v" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	<-begun
	close(go_on)
	wg.Wait()
	if reads.Load() != 1 {
		t.Errorf("read %d times", reads.Load())
	}
}

func TestWhoeverWaitedForAReadThatFailsReadsByItself(t *testing.T) {
	t.Parallel()
	c := open(t, cache.Config{})
	boom := errors.New("boom")
	begun, go_on, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_, _, err := c.Get(t.Context(), lookup("k"), func(context.Context) ([]byte, uint64, error) {
			close(begun)
			<-go_on
			return nil, 0, boom
		})
		if !errors.Is(err, boom) {
			t.Errorf("error %v", err)
		}
	}()
	<-begun
	l := lookup("k")
	l.Waits = false // who holds a connection does not wait at all
	if got, read := get(t, c, l, "own"); got != "own" || !read {
		t.Errorf("%q", got)
	}
	time.AfterFunc(5*time.Millisecond, func() { close(go_on) })
	if got, _ := get(t, c, lookup("k"), "mine"); got != "mine" {
		t.Errorf("%q", got)
	}
	<-done
}

func TestNothingIsBelievedWhileOthersAreNotHeard(t *testing.T) {
	t.Parallel()
	c := open(t, cache.Config{})
	get(t, c, lookup("k", "bays"), "1")
	c.Trust(false)
	if got, read := get(t, c, lookup("k", "bays"), "2"); got != "2" || !read {
		t.Errorf("deaf: %q, read %v", got, read)
	}
	c.Trust(true)
	if got, read := get(t, c, lookup("k", "bays"), "3"); got != "3" || !read {
		t.Errorf("hearing again: %q, read %v", got, read)
	}
}

// TestKeptResultIsNeverOlderThanTheLastChangeOfItsTables models the database by a counter per table.
func TestKeptResultIsNeverOlderThanTheLastChangeOfItsTables(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := cache.New(cache.Config{Bytes: 1 << 16})
		defer c.Close()
		state := map[string]int{}
		names := []string{"a", "b", "c"}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			table := rapid.SampledFrom(names).Draw(r, "table")
			if rapid.Bool().Draw(r, "write") {
				state[table]++
				c.Forget(slug, tables(table))
				continue
			}
			other := rapid.SampledFrom(names).Draw(r, "other")
			show := func() string { return fmt.Sprint(state[table], state[other]) }
			got, _, err := c.Get(context.Background(), lookup(table+other, table, other), func(context.Context) ([]byte, uint64, error) { return []byte(show()), c.Mark(slug), nil })
			if err != nil || string(got) != show() {
				r.Fatalf("%q instead of %q, %v", got, show(), err)
			}
		}
	})
}

// seals is a Sealer that only marks what it has sealed, and for what.
type seals struct{}

func (seals) Seal(_ context.Context, tenant club.Slug, name string, plain []byte) ([]byte, error) {
	return append([]byte(tenant.String()+"|"+name+"|"), plain...), nil
}

func (seals) Open(_ context.Context, tenant club.Slug, name string, sealed []byte) ([]byte, error) {
	head := tenant.String() + "|" + name + "|"
	if len(sealed) < len(head) || string(sealed[:len(head)]) != head {
		return nil, errors.New("not sealed for this")
	}
	return sealed[len(head):], nil
}

// replicas returns two caches that share a Redis.
func replicas(t *testing.T, at string) (a, b *cache.Cache) {
	t.Helper()
	space := redistest.Space()
	next := func() *cache.Cache {
		r := redistest.Open(t, redis.Config{URL: at, Timeout: 200 * time.Millisecond, ProbeEvery: 10 * time.Millisecond})
		return open(t, cache.Config{Redis: r, Sealer: seals{}, Space: space})
	}
	a, b = next(), next()
	a.Mark(slug)
	b.Mark(slug)
	return a, b
}

// settle asks a replica until it has stored what it reads in Redis, for the other to find.
func settle(t *testing.T, a, b *cache.Cache, key, want string) {
	t.Helper()
	redistest.Await(t, "the other replica finds "+key, func() bool {
		get(t, a, lookup(key, "bays"), want)
		got, _, err := b.Get(t.Context(), lookup(key, "bays"), func(context.Context) ([]byte, uint64, error) { return nil, 0, errors.New("not there yet") })
		if err != nil {
			a.Forget(slug, tables("elsewhere"))
			c := a
			c.Forget(slug, tables("bays")) // so that it reads, and stores, once more
		}
		return err == nil && string(got) == want
	})
}

func TestReplicasShareWhatOneHasRead(t *testing.T) {
	t.Parallel()
	a, b := replicas(t, redistest.URL(t))
	settle(t, a, b, "k", "read by the first")
	if f := b.Facts(); f.Far == 0 || f.Redis != cache.RedisHere {
		t.Errorf("facts %+v", f)
	}
}

func TestReplicaThatHeardOfAChangeBelievesNothingFromBefore(t *testing.T) {
	t.Parallel()
	a, b := replicas(t, redistest.URL(t))
	for i := range 20 {
		key := fmt.Sprintf("k%d", i)
		settle(t, a, b, key, "old")
		// The change reaches b alone: whoever made it has died. What Redis has is from before.
		b.Forget(slug, tables("bays"))
		if got, _ := get(t, b, lookup(key, "bays"), "new"); got != "new" {
			t.Fatalf("round %d: %q", i, got)
		}
	}
}

func TestForgedAndForeignResultsInRedisAreNotBelieved(t *testing.T) {
	t.Parallel()
	a, b := replicas(t, redistest.URL(t))
	settle(t, a, b, "k", "genuine")
	l := lookup("other", "bays") // nobody has sealed anything for this name
	if got, _ := get(t, b, l, "own"); got != "own" {
		t.Errorf("%q", got)
	}
}

func TestRedisThatFailsCostsNobodyAnything(t *testing.T) {
	t.Parallel()
	for name, disturb := range map[string]func(*redistest.Wire){
		"hung": (*redistest.Wire).Hang, "reset": (*redistest.Wire).Reset, "down": (*redistest.Wire).Cut, "slow": func(w *redistest.Wire) { w.Slow(time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := redistest.NewWire(t)
			a, b := replicas(t, wire.URL)
			settle(t, a, b, "k", "1")
			disturb(wire)
			start := time.Now()
			for i := range 50 {
				if got, _ := get(t, a, lookup(fmt.Sprint("n", i), "bays"), "v"); got != "v" {
					t.Fatalf("%q", got)
				}
			}
			if took := time.Since(start); took > 15*time.Second {
				t.Errorf("50 reads took %s", took)
			}
			a.Forget(slug, tables("bays")) // Redis does not hear of it
			b.Forget(slug, tables("bays"))
			wire.Mend()
			redistest.Await(t, "Redis is back", func() bool { return a.Facts().Redis == cache.RedisHere && b.Facts().Redis == cache.RedisHere })
			if got, _ := get(t, b, lookup("k", "bays"), "2"); got != "2" {
				t.Errorf("after its return Redis brought back %q", got)
			}
			settle(t, a, b, "again", "shared")
		})
	}
}
