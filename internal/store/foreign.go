package store

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

const (
	// foreignEvery is how often it is looked whether another process has written a file of SQLite.
	foreignEvery = 250 * time.Millisecond
	// foreignWithin bounds the wait for the writer's connection.
	foreignWithin = 5 * time.Millisecond

	dataVersion = "PRAGMA data_version"
)

// foreign tells that another process has written a file of SQLite, the command line for example. The
// writer's one connection knows: its data_version moves on with every commit that is not its own
// (https://www.sqlite.org/pragma.html#pragma_data_version).
type foreign struct {
	writer *sql.DB

	mu      sync.Mutex // guards the fields below
	looked  time.Time
	version int64
}

// look reports whether another process has written since the last look. It looks no more often than
// foreignEvery.
func (f *foreign) look(ctx context.Context, now time.Time) bool {
	f.mu.Lock()
	early := now.Sub(f.looked).Abs() < foreignEvery
	if !early {
		f.looked = now
	}
	f.mu.Unlock()
	if early || f.writer.Stats().InUse > 0 { // whoever writes looks as it begins
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, foreignWithin)
	defer cancel()
	conn, err := f.writer.Conn(ctx)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	return f.moved(ctx, conn)
}

// moved reports it on the writer's connection, outside of a transaction.
func (f *foreign) moved(ctx context.Context, conn *sql.Conn) bool {
	var version int64
	if conn.QueryRowContext(ctx, dataVersion).Scan(&version) != nil {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	was := f.version
	f.version = version
	return was != 0 && was != version
}
