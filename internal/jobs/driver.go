package jobs

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// driver is River's driver of PostgreSQL without an answer that River panics at: when a job is made available by
// somebody else in the very moment in which its end is stored, River is told of the row as the statement first saw it,
// "running". That happens to a replica that was cut off, and comes back while others take up its jobs; the row is right,
// only the news of it is not, and nobody listens to those.
type driver struct{ riverdriver.Driver[pgx.Tx] }

func newDriver(pool *pgxpool.Pool) driver { return driver{riverpgxv5.New(pool)} }

// GetExecutor returns what runs River's statements.
func (d driver) GetExecutor() riverdriver.Executor { return executor{d.Driver.GetExecutor()} }

type executor struct{ riverdriver.Executor }

// JobSetStateIfRunningMany returns the jobs whose end was stored, and those that had ended before.
func (e executor) JobSetStateIfRunningMany(ctx context.Context, params *riverdriver.JobSetStateIfRunningManyParams) ([]*rivertype.JobRow, error) {
	rows, err := e.Executor.JobSetStateIfRunningMany(ctx, params)
	return slices.DeleteFunc(rows, func(j *rivertype.JobRow) bool { return j.State == rivertype.JobStateRunning }), err
}
