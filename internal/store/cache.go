package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strconv"
	"strings"
	"time"

	"clubos/internal/club"
)

// Cache keeps results of queries. It must be safe for concurrent use, and it fails nobody: what it cannot
// say is read from the database.
type Cache interface {
	// Mark returns the club's present mark, which every Forget moves on. What a snapshot that is taken
	// after it shows, is newer than everything that was forgotten up to it.
	Mark(tenant club.Slug) uint64
	// Get returns the result that a lookup is kept under. Where there is none, read makes it, and says
	// the mark from before its snapshot; others who want the same meanwhile may wait for it.
	Get(ctx context.Context, l Lookup, read func(context.Context) (result []byte, mark uint64, err error)) (result []byte, kept bool, err error)
	// Has reports whether Get would most likely not have to read.
	Has(l Lookup) bool
	// Forget drops what was read from what was changed; nil is everything. It is called once the
	// change is committed, on every replica.
	Forget(tenant club.Slug, changed []Touched)
	// Trust says whether this process hears of what others change. While it does not, nothing that is
	// kept counts; and once it does again, nothing from before.
	Trust(hears bool)
}

// Lookup is what a kept result is found by.
type Lookup struct {
	Tenant club.Slug
	Key    string   // of the query and its arguments
	Tables []string // that the query reads
	Row    string   // the only row that it reads, of its only table, by id; "": any
	Shared bool     // replicas may share it; it names no person in plain text
	Waits  bool     // who asks holds no connection, so that nobody waits in a ring if it waits for others
}

// keys name what replicas share: results that are asked for on nearly every request, and that hold
// nothing of members. Everything else is kept under its query's name, in the process that read it.
//
// A session's row is found by the digest of its token, and the name in it is sealed. A bay's devices are
// what "status" is of.
var keys = map[string]string{
	"FindBooking":           "booking",
	"FindLiveSOPStamps":     "sop:live",
	"FindSOP":               "sop",
	"FindDevicesOfBay":      "status",
	"FindDevicesOfLocation": "status",
	"FindSessionUser":       "session",
	"FindUserLocations":     "session:at",
	"FindSettings":          "setting",
	"FindLocation":          "place",
	"FindLocations":         "place:all",
	"FindBay":               "place",
	"FindLines":             "place:lines",
}

// mindful is a DBTX that answers reads from the cache where it can. Reads of what the transaction itself
// has changed, and those that depend on the instant, go to the database.
type mindful struct {
	DBTX
	t  *Tenant
	tx *Tx
	// session is of a transaction that has not begun yet, perhaps; nil of one that has.
	session *session
}

// QueryContext and QueryRowContext answer from the cache.
func (m mindful) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	l, ok := m.lookup(query, args)
	if !ok {
		return m.DBTX.QueryContext(ctx, query, args...)
	}
	result, err := m.result(ctx, l, query, args)
	if err != nil {
		return nil, err
	}
	return m.t.cache.replayer.QueryContext(context.WithoutCancel(ctx), "", replay{data: result})
}

func (m mindful) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	l, ok := m.lookup(query, args)
	if !ok {
		return m.DBTX.QueryRowContext(ctx, query, args...)
	}
	result, err := m.result(ctx, l, query, args)
	return m.t.cache.replayer.QueryRowContext(context.WithoutCancel(ctx), "", replay{result, err})
}

// lookup returns what a query's result is kept under; ok is false for what is not kept.
func (m mindful) lookup(query string, args []any) (l Lookup, ok bool) {
	s := m.t.ledger.of(query)
	if !s.kept || s.touches(m.tx.changed, args) {
		return l, false
	}
	key, shared := keys[s.name]
	if !shared {
		key = s.name
	}
	b, ok := appendArgs([]byte(key), args)
	if !ok {
		return l, false
	}
	return Lookup{Tenant: m.t.Slug, Key: string(b), Tables: s.reads, Row: s.row(args), Shared: shared, Waits: m.session != nil && m.session.db == nil}, true
}

// appendArgs writes arguments after the name of their query; ok is false where one cannot be written.
func appendArgs(b []byte, args []any) (_ []byte, ok bool) {
	for _, arg := range args {
		b = append(b, ':')
		if b, ok = appendArg(b, arg); !ok {
			return b, false
		}
	}
	return b, true
}

// Moment is what an instant is rounded down to by whoever looks at a page and does not mind: what depends on
// a round instant is the same for so long. What depends on any other is another result each time.
const Moment = 10 * time.Second

// appendArg writes an argument such that different ones look different, unless it is an instant that is
// not round.
func appendArg(b []byte, arg any) ([]byte, bool) {
	v, err := driver.DefaultParameterConverter.ConvertValue(arg)
	if err != nil {
		return b, false
	}
	switch v := v.(type) {
	case nil:
		return append(b, '~'), true
	case bool:
		return strconv.AppendBool(b, v), true
	case int64:
		return strconv.AppendInt(b, v, 10), true
	case float64:
		return strconv.AppendFloat(b, v, 'g', -1, 64), true
	case string:
		if v == "" || strings.ContainsAny(v, ":\"~\\") {
			return strconv.AppendQuote(b, v), true
		}
		return append(b, v...), true
	case []byte:
		return append(b, strconv.Quote(string(v))...), true
	case time.Time:
		if v.Equal(v.Truncate(Moment)) {
			return v.UTC().AppendFormat(b, "20060102T150405Z"), true
		}
	}
	return b, false
}

// result returns what is kept, or reads it.
func (m mindful) result(ctx context.Context, l Lookup, query string, args []any) ([]byte, error) {
	if !m.tx.writable { // a writing transaction has looked as it began
		m.t.heed(ctx)
	}
	result, kept, err := m.t.cache.Get(ctx, l, func(ctx context.Context) (result []byte, mark uint64, err error) {
		if early, ok := m.tx.early[l.Key]; ok {
			return early, m.tx.mark, nil
		}
		result, err = readRows(ctx, m.DBTX, query, args)
		return result, m.tx.mark, err
	})
	if kept && err == nil {
		m.t.ledger.answered.Add(1)
	}
	return result, err
}

// memory is a Cache with what replays its results.
type memory struct {
	Cache
	replayer *sql.DB
}

// forget drops what was read from what a transaction has changed.
func (t *Tenant) forget(changed []Touched) {
	if t.cache != nil && len(changed) > 0 {
		t.cache.Forget(t.Slug, changed)
	}
}

// heed drops everything that is kept where another process has written the club's file.
func (t *Tenant) heed(ctx context.Context) {
	if t.db.foreign != nil && t.db.foreign.look(ctx, t.clock.Now()) {
		t.cache.Forget(t.Slug, nil)
	}
}
