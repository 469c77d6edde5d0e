package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

const (
	// longLog is from how many pages on, 8 MiB, what is in the log is moved into the file.
	longLog  = 2048
	pageSize = 4096
	// longestLog is at how many pages, 64 MiB, the commit that finds so many does it itself, as SQLite would anyway.
	longestLog = "16384"
	// logEvery is after how many commits the log is looked at.
	logEvery = 16
	// checkpointWithin bounds the work.
	checkpointWithin = 30 * time.Second
)

// checkpoints moves what is in the log of a club's file of SQLite into the file, beside whoever writes. Left alone
// SQLite has the commit do it that makes the log long, and everybody who waits for that one waits for a thousand pages and two
// syncs more.
type checkpoints struct {
	log            string // the log's file
	reader, writer *sql.DB
	line           *line
	report         *slog.Logger

	mu      sync.Mutex // guards the fields below, and adding to running
	commits int
	working bool
	closed  bool
	running sync.WaitGroup
}

// committed is called after each commit.
func (c *checkpoints) committed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.commits++; c.commits%logEvery != 0 || c.working || c.closed {
		return
	}
	if info, err := os.Stat(c.log); err != nil || info.Size() < longLog*pageSize { // which stays as long as it ever was
		return
	}
	c.working = true
	c.running.Go(c.run)
}

// run moves the pages that are there. What is committed meanwhile, and the sync of the file, is left for a turn of the
// writer, which then begins the log anew: only when nothing is left in it can it be.
func (c *checkpoints) run() {
	ctx, cancel := context.WithTimeout(context.Background(), checkpointWithin)
	defer cancel()
	err := c.work(ctx)
	if err != nil {
		c.report.Warn("the log of a club's file could not be moved into it; the next commits try again", "event.action", "store.checkpoint", "error.message", err.Error())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.working = false
}

func (c *checkpoints) work(ctx context.Context) error {
	if pages, err := checkpoint(ctx, c.reader, "NOOP"); err != nil || pages < longLog {
		return err
	}
	if _, err := checkpoint(ctx, c.reader, "PASSIVE"); err != nil {
		return err
	}
	if err := c.line.enter(ctx, classUrgent); err != nil {
		return err
	}
	defer c.line.leave()
	_, err := checkpoint(ctx, c.writer, "PASSIVE")
	return err
}

// checkpoint moves what no reader needs in the log any more (PASSIVE), which holds up nobody but who uses the connection,
// or nothing (NOOP). It returns how many pages the log has, moved or not.
func checkpoint(ctx context.Context, db *sql.DB, mode string) (pages int64, err error) {
	var busy, moved int64
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &moved); err != nil {
		return 0, fmt.Errorf("checkpoint: %w", err)
	}
	return pages, nil
}

// close waits for what is under way.
func (c *checkpoints) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.running.Wait()
}
