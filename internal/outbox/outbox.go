package outbox

import (
	"context"
	"log/slog"
	"time"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/jobs"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// SMS is a text-message vendor.
type SMS interface {
	// Send sends one text. Its error says by club.EffectUnknown whether the text may have gone out.
	Send(ctx context.Context, out club.Outbound) (club.Receipt, error)
	// Find asks the vendor for a text that was sent since an instant. False without an error means that
	// it certainly did not go out; an error means that the vendor cannot say.
	Find(ctx context.Context, out club.Outbound, since time.Time) (club.Receipt, bool, error)
}

// Config is what the outbox works with. All fields are required but Log.
type Config struct {
	Cluster *store.Cluster
	Ring    *vault.Ring
	// Senders finds the vendor of a club's line; false when none is configured.
	Senders func(tenant club.Slug, provider string) (SMS, bool)
	// Escalate hands a thread to people, in the transaction that found the reason.
	Escalate func(ctx context.Context, tx *store.Tx, thread store.Thread, reason string) error
	// Log defaults to slog.Default().
	Log *slog.Logger
}

// Outbox sends what is queued. It is safe for concurrent use.
type Outbox struct {
	cfg Config
	// crash is called between commit points. An error stands for the process ending there; tests set it.
	crash func(failpoint.Point) error
}

// New returns an outbox.
func New(cfg Config) *Outbox {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Outbox{cfg: cfg, crash: failpoint.Pass}
}

// How sending goes about time and tries.
const (
	maxTries = 6                // of texts that certainly did not go out
	timeout  = 20 * time.Second // of one try, vendor's answer included
	// settle is how long after a claim a vendor's "never seen it" is not yet believed: the request
	// may still be on its way. It is longer than timeout.
	settle = 45 * time.Second
	// giveUp is how long after a claim a vendor that does not answer is asked again: with the pause and the
	// question that are under way by then, a person must know within a minute.
	giveUp   = 30 * time.Second
	stranded = 5 * time.Minute // untouched for so long, a text's job is taken as lost
	skew     = time.Minute     // by which a vendor's clock may be behind ours
)

// sendJob sends one message.
type sendJob struct {
	jobs.Meta
	Message club.MessageID `json:"message"`
}

func (sendJob) Kind() string { return "send_message" }

// Register registers the job that sends a message and the sweep that finds texts whose job was lost.
func (o *Outbox) Register(r *jobs.Registry) {
	jobs.Handle(r, jobs.Handler[sendJob]{Work: o.send, Lost: o.lost, Timeout: timeout + 5*time.Second})
	r.Every("outbox_sweep", time.Minute, o.sweep)
}

// sweep gives texts that nothing has touched for a while a job again. That another job of theirs is
// alive after all does no harm: the claim is one UPDATE, and a claimed text is only asked about.
func (o *Outbox) sweep(ctx context.Context, tenant *store.Tenant) error {
	var ids []club.MessageID
	find := func(tx *store.Tx) (err error) {
		ids, err = tx.FindStrandedMessages(ctx, store.FindStrandedMessagesParams{UpdatedAt: tx.Now.Add(-stranded), Limit: 200})
		return err
	}
	if err := tenant.Read(ctx, find); err != nil || len(ids) == 0 {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		if err := find(tx); err != nil {
			return err
		}
		for _, id := range ids {
			enqueue(tx, id)
		}
		return nil
	})
}
