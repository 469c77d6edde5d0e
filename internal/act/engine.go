package act

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/jobs"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// RMM manages the computers of bays. Errors say by club.EffectUnknown whether a command may have
// been taken.
type RMM interface {
	Device(ctx context.Context, ref string) (club.DeviceState, error)
	Reboot(ctx context.Context, ref, reason string, forced bool) error
	RunScript(ctx context.Context, ref, scriptID, parameters string) error
	// Activities lists what the vendor logged about the device since an instant, in any order.
	Activities(ctx context.Context, ref string, since time.Time) ([]club.DeviceActivity, error)
}

// Doors controls door locks.
type Doors interface {
	Door(ctx context.Context, ref string) (club.DoorState, error)
	// Unlock releases the door once. The key stands in the controller's log afterwards.
	Unlock(ctx context.Context, ref, key, actorName string) error
	Lock(ctx context.Context, ref string) error
	// Unlocked reports whether the controller's log since an instant has an unlock with our key.
	Unlocked(ctx context.Context, ref, key string, since time.Time) (bool, error)
}

// Escalation is why people are called to a thread.
type Escalation struct {
	Reason   string        // for people; masked
	Priority club.Priority // "" leaves the thread's
	Decision club.DecisionID
	// TellMember texts the member that a person was called.
	TellMember bool
}

// Ticket is work for the staff that a procedure writes down.
type Ticket struct {
	Thread   store.Thread
	Decision club.DecisionID
	SOP      club.SOPID // the procedure that writes it
	Title    string
	Detail   string
	Priority club.Priority
	Location club.LocationID
	Bay      club.BayID
	By       club.Actor
	DedupKey string // names the cause: one cause writes one ticket
}

// Config is what the engine works with. All fields are required but Log.
type Config struct {
	Cluster   *store.Cluster
	Ring      *vault.Ring
	Catalogue *catalogue.Catalogue
	// RMM and Doors find a club's vendors; false when none is configured.
	RMM   func(club.Slug) (RMM, bool)
	Doors func(club.Slug) (Doors, bool)
	// Escalate and CreateTicket work in the transaction that found the reason.
	Escalate     func(context.Context, *store.Tx, store.Thread, Escalation) error
	CreateTicket func(context.Context, *store.Tx, Ticket) error
	// Log defaults to slog.Default().
	Log *slog.Logger
}

// Engine runs decisions and acts.
type Engine struct {
	cfg Config
	// crash is called between commit points. An error stands for the process ending there; tests set it.
	crash func(failpoint.Point) error
}

// New returns an engine.
func New(cfg Config) *Engine {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Engine{cfg: cfg, crash: failpoint.Pass}
}

const (
	// lookTimeout bounds a question to a vendor.
	lookTimeout = 10 * time.Second
	// passLife is how long after the gate the vendor may be called: a door that opens long after it
	// was asked for lets in somebody else.
	passLife = 2 * time.Minute
	// poll and maxPoll bound the pause between two looks of a verification; it grows with the wait.
	poll    = 3 * time.Second
	maxPoll = 15 * time.Second
	// grace is how much longer than its time a verification goes on while the vendor does not answer.
	grace = 30 * time.Second
	// untold is how long after a call whose answer never came a vendor that cannot be asked about it either
	// is asked again: by then a person must know.
	untold = 45 * time.Second
	// stranded is the age at which an unfinished execution or run is taken as having lost its job. It
	// is longer than any verification.
	stranded = 15 * time.Minute
)

type executeJob struct {
	jobs.Meta
	Execution club.ExecutionID `json:"execution"`
}

func (executeJob) Kind() string { return "execute" }

type verifyJob struct {
	jobs.Meta
	Execution club.ExecutionID `json:"execution"`
}

func (verifyJob) Kind() string { return "verify_execution" }

type runJob struct {
	jobs.Meta
	Decision club.DecisionID `json:"decision"`
}

func (runJob) Kind() string { return "run_step" }

func vendorQueue() *river.InsertOpts { return &river.InsertOpts{Queue: jobs.QueueVendor} }

// Register registers the jobs that walk runs, call vendors and look again, and the sweep that finds
// work whose job was lost.
func (e *Engine) Register(r *jobs.Registry) {
	jobs.Handle(r, jobs.Handler[executeJob]{Work: e.execute, Lost: e.lostExecute, Timeout: time.Minute})
	jobs.Handle(r, jobs.Handler[verifyJob]{Work: e.verify, Lost: e.lostVerify, Timeout: time.Minute})
	jobs.Handle(r, jobs.Handler[runJob]{Work: e.walk, Lost: e.lostRun, Timeout: time.Minute})
	r.Every("act_sweep", 5*time.Minute, e.sweep)
}

// sweep gives stranded executions and runs a job again. Another job of theirs that is alive after all
// does no harm: each step is a conditional write.
func (e *Engine) sweep(ctx context.Context, tenant *store.Tenant) error {
	return tenant.Write(ctx, func(tx *store.Tx) error {
		before := tx.Now.Add(-stranded)
		list, err := tx.FindStrandedExecutions(ctx, store.FindStrandedExecutionsParams{CreatedAt: before, Limit: 200})
		if err != nil {
			return fmt.Errorf("find stranded executions: %w", err)
		}
		for _, x := range list {
			if x.Outcome == club.OutcomeClaimed {
				tx.Enqueue(executeJob{Meta: jobs.For(tx), Execution: x.ID}, vendorQueue())
			} else {
				tx.Enqueue(verifyJob{Meta: jobs.For(tx), Execution: x.ID}, vendorQueue())
			}
		}
		runs, err := tx.FindStrandedRuns(ctx, store.FindStrandedRunsParams{UpdatedAt: before, Limit: 200})
		if err != nil {
			return fmt.Errorf("find stranded runs: %w", err)
		}
		for _, id := range runs {
			tx.Enqueue(runJob{Meta: jobs.For(tx), Decision: id}, vendorQueue())
		}
		return nil
	})
}

func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

// errNoVendor is the error of a vendor that is not configured: it certainly did nothing.
var errNoVendor = errors.New("not configured")
