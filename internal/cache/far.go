package cache

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"clubos/internal/club"
	"clubos/internal/store"
)

const (
	// leaseFor is how long the others leave a read to one replica, and leaseAsk how often they look.
	leaseFor = 150 * time.Millisecond
	leaseAsk = 15 * time.Millisecond
	// tokenFor is how long a token that is not used stays in Redis: far longer than any result.
	tokenFor = 24 * time.Hour
	// everything is the table that stands for all of them.
	everything = "*"
	// putsWaiting bounds results on their way to Redis; further ones are not stored.
	putsWaiting = 256
)

// far is the tier in Redis.
type far struct {
	c *Cache

	stop    context.CancelFunc
	stopped sync.WaitGroup
	puts    chan put
	wake    chan struct{} // there are tables to renew

	mu sync.Mutex // guards the field below
	// stale are tables that have changed and whose tokens in Redis may be the old ones. They are counted,
	// so that a change during a renewal is not taken for renewed.
	stale map[club.Slug]map[string]uint64
}

// put is a result, or missing tokens, on the way to Redis.
type put struct {
	l      store.Lookup
	tokens []string
	data   []byte
}

func newFar(c *Cache) *far {
	ctx, stop := context.WithCancel(context.Background())
	f := &far{c: c, stop: stop, puts: make(chan put, putsWaiting), wake: make(chan struct{}, 1), stale: map[club.Slug]map[string]uint64{}}
	c.cfg.Redis.OnBack(f.renewSoon)
	f.stopped.Go(func() { f.write(ctx) })
	f.stopped.Go(func() { f.renew(ctx) })
	return f
}

func (f *far) close() {
	f.stop()
	f.stopped.Wait()
}

// key is the one place where a key in Redis is made: the installation, the club, the family.
func (f *far) key(tenant club.Slug, name string) string {
	return f.c.cfg.Space + ":" + tenant.String() + ":" + name
}

func (f *far) tokenKey(tenant club.Slug, table string) string { return f.key(tenant, "token:"+table) }

// get asks Redis for a result and for the tokens that one must carry; nil tokens when none is to be stored.
func (f *far) get(ctx context.Context, l store.Lookup) (data []byte, tokens []string, ok bool) {
	if f.isStale(l) {
		return nil, nil, false
	}
	data, tokens, ok, err := f.ask(ctx, l)
	if ok || err != nil || len(tokens) == 0 {
		return data, nil, ok
	}
	if f.lease(ctx, l) || !l.Waits {
		return nil, tokens, false
	}
	for range int(leaseFor / leaseAsk) {
		select {
		case <-ctx.Done():
			return nil, nil, false
		case <-time.After(leaseAsk):
		}
		if data, tokens, ok, err = f.ask(ctx, l); ok || err != nil {
			return data, nil, ok
		}
	}
	return nil, tokens, false
}

// ask reads a result, its tokens and what they are by now, by one command.
func (f *far) ask(ctx context.Context, l store.Lookup) (data []byte, tokens []string, ok bool, err error) {
	keys := f.tokenKeys(l)
	results, err := f.c.cfg.Redis.Do(ctx, func(b rueidis.Builder) []rueidis.Completed {
		return []rueidis.Completed{b.Mget().Key(append([]string{f.key(l.Tenant, l.Key)}, keys...)...).Build()}
	})
	if err != nil {
		return nil, nil, false, err
	}
	list, err := results[0].ToArray()
	if err != nil || len(list) != 1+len(keys) {
		return nil, nil, false, err
	}
	for _, m := range list[1:] {
		token, err := m.ToString()
		if err != nil { // there is none: make them, for the next time
			f.send(put{l: l})
			return nil, nil, false, nil
		}
		tokens = append(tokens, token)
	}
	sealed, err := list[0].AsBytes()
	if err != nil {
		return nil, tokens, false, nil // there is none
	}
	data, ok = f.open(ctx, l, tokens, sealed)
	return data, tokens, ok, nil
}

func (f *far) tokenKeys(l store.Lookup) []string {
	keys := []string{f.tokenKey(l.Tenant, everything)}
	for _, t := range l.Tables {
		keys = append(keys, f.tokenKey(l.Tenant, t))
	}
	return keys
}

// lease reports whether this process is to read, rather than another replica.
func (f *far) lease(ctx context.Context, l store.Lookup) bool {
	results, err := f.c.cfg.Redis.Do(ctx, func(b rueidis.Builder) []rueidis.Completed {
		return []rueidis.Completed{b.Set().Key(f.key(l.Tenant, "lease:"+l.Key)).Value("1").Nx().Px(leaseFor).Build()}
	})
	return err != nil || results[0].Error() == nil // a nil answer says that somebody has it
}

// put stores a result in Redis, soon.
func (f *far) put(l store.Lookup, tokens []string, data []byte) {
	f.send(put{l: l, tokens: tokens, data: data})
}

func (f *far) send(p put) {
	select {
	case f.puts <- p:
	default: // Redis is slower than we are: it has enough to store
	}
}

// write stores results one after another.
func (f *far) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-f.puts:
			f.store(ctx, p)
		}
	}
}

func (f *far) store(ctx context.Context, p put) {
	if f.isStale(p.l) {
		return
	}
	if p.tokens == nil {
		_, _ = f.c.cfg.Redis.Do(ctx, func(b rueidis.Builder) []rueidis.Completed {
			var list []rueidis.Completed
			for _, k := range f.tokenKeys(p.l) {
				list = append(list, b.Set().Key(k).Value(rand.Text()).Nx().Ex(tokenFor).Build())
			}
			return list
		})
		return
	}
	sealed, err := f.seal(ctx, p)
	if err != nil {
		f.c.cfg.Log.WarnContext(ctx, "a result cannot be sealed for redis", "event.action", "cache.seal", "event.outcome", "failure", "organization.id", p.l.Tenant.String(), "error.message", err.Error())
		return
	}
	_, _ = f.c.cfg.Redis.Do(ctx, func(b rueidis.Builder) []rueidis.Completed {
		return []rueidis.Completed{b.Set().Key(f.key(p.l.Tenant, p.l.Key)).Value(rueidis.BinaryString(sealed)).Px(TTL).Build(),
			b.Del().Key(f.key(p.l.Tenant, "lease:"+p.l.Key)).Build()}
	})
}

// seal puts the tokens and when it was read before a result, and seals them together.
func (f *far) seal(ctx context.Context, p put) ([]byte, error) {
	b := binary.AppendVarint(nil, f.c.cfg.Clock.Now().UnixMicro())
	tokens := strings.Join(p.tokens, " ")
	b = append(binary.AppendUvarint(b, uint64(len(tokens))), tokens...)
	return f.c.cfg.Sealer.Seal(ctx, p.l.Tenant, f.key(p.l.Tenant, p.l.Key), append(b, p.data...))
}

// open returns a result if it is genuine, young, and carries the tokens that are there.
func (f *far) open(ctx context.Context, l store.Lookup, tokens []string, sealed []byte) ([]byte, bool) {
	b, err := f.c.cfg.Sealer.Open(ctx, l.Tenant, f.key(l.Tenant, l.Key), sealed)
	if err != nil {
		return nil, false
	}
	at, size := binary.Varint(b)
	if size <= 0 || f.c.cfg.Clock.Now().Sub(time.UnixMicro(at)).Abs() > TTL {
		return nil, false
	}
	b = b[size:]
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, false
	}
	b = b[size:]
	return b[n:], string(b[:n]) == strings.Join(tokens, " ")
}

// forget notes that tables have changed: until Redis has other tokens for them, it is not asked.
func (f *far) forget(tenant club.Slug, changed []store.Touched) {
	if changed == nil {
		changed = []store.Touched{{Table: everything}}
	}
	f.mu.Lock()
	if f.stale[tenant] == nil {
		f.stale[tenant] = map[string]uint64{}
	}
	for _, t := range changed {
		f.stale[tenant][t.Table]++
	}
	f.mu.Unlock()
	f.renewSoon()
}

func (f *far) isStale(l store.Lookup) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	tables := f.stale[l.Tenant]
	if len(tables) == 0 {
		return false
	}
	_, all := tables[everything]
	return all || slices.ContainsFunc(l.Tables, func(t string) bool { _, ok := tables[t]; return ok })
}

func (f *far) renewSoon() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// renew gives tables that have changed other tokens. While Redis is away they stay stale.
func (f *far) renew(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
			f.renewOnce(ctx)
		}
	}
}

type staleTable struct {
	tenant club.Slug
	table  string
	count  uint64
}

func (f *far) renewOnce(ctx context.Context) {
	var list []staleTable
	f.mu.Lock()
	for tenant, tables := range f.stale {
		for t, n := range tables {
			list = append(list, staleTable{tenant, t, n})
		}
	}
	f.mu.Unlock()
	for part := range slices.Chunk(list, 64) {
		results, err := f.c.cfg.Redis.Do(ctx, func(b rueidis.Builder) []rueidis.Completed {
			var commands []rueidis.Completed
			for _, s := range part {
				commands = append(commands, b.Set().Key(f.tokenKey(s.tenant, s.table)).Value(rand.Text()).Ex(tokenFor).Build())
			}
			return commands
		})
		if err != nil {
			return // it is asked again when Redis is back
		}
		f.mu.Lock()
		for i, s := range part {
			if results[i].Error() == nil && f.stale[s.tenant][s.table] == s.count {
				delete(f.stale[s.tenant], s.table)
			}
		}
		f.mu.Unlock()
	}
}
