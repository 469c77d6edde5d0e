package store

import (
	"context"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// scheduler is how often River moves scheduled jobs along.
const scheduler = 5 * time.Second

// soon has a job that is due before River's scheduler would come round wait among the available ones,
// which are taken when their time has come; River does the same with a job that asks to run later.
type soon struct{ river.HookDefaults }

// InsertBegin is called for each job before it is inserted.
func (*soon) InsertBegin(_ context.Context, job *rivertype.JobInsertParams) error {
	if job.State == rivertype.JobStateScheduled && job.ScheduledAt != nil && time.Until(*job.ScheduledAt) < scheduler {
		job.State = rivertype.JobStateAvailable
	}
	return nil
}
