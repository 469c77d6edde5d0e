package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
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
// (https://www.sqlite.org/pragma.html#pragma_data_version). A club that is idle has no such connection; then the
// file's own stamp says whether anybody has written it, and another connection counts as another process.
type foreign struct {
	writer *sql.DB
	file   string
	opened atomic.Int64 // connections of the writer so far

	mu      sync.Mutex // guards the fields below
	looked  time.Time
	version int64
	of      int64  // the connection that version is of, as opened counts
	stamp   string // when there was no connection
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
	if f.writer.Stats().OpenConnections == 0 {
		f.mu.Lock()
		defer f.mu.Unlock()
		was := f.stamp
		f.stamp = stampOf(f.file)
		return was != f.stamp
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
	same, was := f.of == f.opened.Load(), f.version
	f.of, f.version, f.stamp = f.opened.Load(), version, ""
	return !same || was != version
}

// stampOf is another one whenever a file of SQLite, or its log, has been written. A log without pages is none.
func stampOf(file string) string {
	var b strings.Builder
	for _, name := range []string{file, file + "-wal"} {
		if info, err := os.Stat(name); err == nil && info.Size() > 0 {
			_, _ = fmt.Fprint(&b, info.Size(), " ", info.ModTime().UnixNano(), " ")
		}
	}
	return b.String()
}
