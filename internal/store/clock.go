package store

import (
	"context"
	"fmt"
	"time"
)

// Skew returns how far the database's clock is ahead of this process's, to within the time that the
// question takes. Instants are taken from processes, so that two hosts whose clocks differ disagree on
// what is due. On SQLite both are one clock.
func (c *Cluster) Skew(ctx context.Context) (time.Duration, error) {
	e, ok := c.engine.(*postgresEngine)
	if !ok {
		return 0, nil
	}
	// The first question opens a connection; the second one is measured.
	var theirs time.Time
	var before, after time.Time
	for range 2 {
		before = c.cfg.Clock.Now()
		if err := e.pool.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&theirs); err != nil {
			return 0, fmt.Errorf("ask for the database's time: %w", translate(err))
		}
		after = c.cfg.Clock.Now()
	}
	return theirs.Sub(before.Add(after.Sub(before) / 2)), nil
}
