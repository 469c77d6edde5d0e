package notify

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/setting"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Topic is what Tx.Changed announces when a note was queued, posted or given up.
const Topic = "notification"

// Channel is a way to people.
type Channel string

// The channels.
const (
	ChannelSlack     Channel = "slack" // the club's channel there
	ChannelSMS       Channel = "sms"
	ChannelEmail     Channel = "email"
	ChannelPagerDuty Channel = "pagerduty"
)

// Poster posts notes to people and edits its posts.
type Poster interface {
	// Post returns the vendor's id of the post.
	Post(ctx context.Context, channel string, n Note) (id string, err error)
	Update(ctx context.Context, channel, id string, n Note) error
}

// Config is what the notifier works with.
type Config struct {
	// Posters finds a club's poster; false when it has none. It is called inside transactions: it must
	// not use the club's database. Required.
	Posters func(tenant club.Slug) (Poster, bool)
	// Texters, Mailers and Pagers find by what a club calls single people, like Posters. Nil: by nothing.
	Texters func(tenant club.Slug, provider string) (Texter, bool)
	Mailers func(tenant club.Slug) (Mailer, bool)
	Pagers  func(tenant club.Slug) (Pager, bool)
	// Ring opens numbers and addresses of the staff. Required with Texters or Mailers.
	Ring *vault.Ring
	// Failed is told, in the transaction that records it, of a call that did not go out at its first try,
	// or never will. Nil tells nobody.
	Failed func(ctx context.Context, tx *store.Tx, call store.Notification) error
	// Log defaults to slog.Default().
	Log *slog.Logger
}

// Notifier queues and posts notes. It is safe for concurrent use.
type Notifier struct{ cfg Config }

// New returns a notifier.
func New(cfg Config) *Notifier {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Notifier{cfg: cfg}
}

// Register registers the job that posts.
func (n *Notifier) Register(r *jobs.Registry) {
	jobs.Handle(r, jobs.Handler[PostJob]{Work: n.Post, Lost: n.lost, Timeout: timeout})
}

const (
	timeout = 15 * time.Second // of one try
	// stale is the age of a claim that a process has left which ended: longer than a try and recording it take
	// together, and less than whoever waits for the call can spare.
	stale = 28 * time.Second
)

// PostJob asks for a note to be posted.
type PostJob struct {
	jobs.Meta
	Notification club.NotificationID `json:"notification"`
}

// Kind names the job in the queue.
func (PostJob) Kind() string { return "notify_post" }

// Queue stores a note and the job that posts it. It does nothing when the dedup key is known, or when
// the club has no poster or no channel: that is logged, and the console shows the matter anyway.
func (n *Notifier) Queue(ctx context.Context, tx *store.Tx, note Note) error {
	if note.DedupKey == "" || note.Ref == "" || note.Kind == "" {
		return fmt.Errorf("BUG: a note without kind, ref or dedup key: %s %s", note.Kind, note.Ref)
	}
	s, err := setting.Known(ctx, tx)
	if err != nil {
		return err
	}
	if _, ok := n.cfg.Posters(tx.Tenant); !ok || s.SlackChannel == "" {
		why := "no channel is set"
		if !ok {
			why = "no connection is configured"
		}
		tenant, correlation := tx.Tenant.String(), tx.Correlation.String()
		tx.AfterCommit(func() {
			n.cfg.Log.Info("nobody is called: "+why, "event.action", "notify.skipped", "organization.id", tenant,
				"labels.kind", string(note.Kind), "labels.ref", note.Ref, "trace.id", correlation)
		})
		return nil
	}
	payload, err := note.encode()
	if err != nil {
		return err
	}
	id := club.NewNotificationID(tx.Now)
	created, err := tx.CreateNotification(ctx, store.CreateNotificationParams{
		ID: id, Channel: string(ChannelSlack), Target: s.SlackChannel, Kind: string(note.Kind), Ref: note.Ref, ThreadID: note.Thread,
		Payload: payload, DedupKey: note.DedupKey, Now: tx.Now,
	})
	if err != nil {
		return fmt.Errorf("queue note: %w", err)
	}
	if created > 0 {
		enqueue(tx, id)
	}
	return nil
}

// Update gives every post about ref in the club's channel new words and buttons. Posts that never went out are posted with
// the new words. It does nothing when there are none; DedupKey is not needed.
func (n *Notifier) Update(ctx context.Context, tx *store.Tx, ref string, note Note) error {
	note.Ref = ref
	payload, err := note.encode()
	if err != nil {
		return err
	}
	ids, err := tx.ReplaceNotification(ctx, store.ReplaceNotificationParams{Payload: payload, Now: tx.Now, Ref: ref})
	if err != nil {
		return fmt.Errorf("update note: %w", err)
	}
	slices.Sort(ids) // the oldest first: the database names them in any order
	for _, id := range ids {
		enqueue(tx, id)
	}
	return nil
}

// Failures returns the notes since an instant that reached nobody, newest first, at most 100. A console
// shows them on its health page.
func Failures(ctx context.Context, tx *store.Tx, since time.Time) ([]store.Notification, error) {
	rows, err := tx.FindFailedNotifications(ctx, store.FindFailedNotificationsParams{UpdatedAt: since, Limit: 100})
	if err != nil {
		return nil, fmt.Errorf("find failed notes: %w", err)
	}
	return rows, nil
}

func enqueue(tx *store.Tx, id club.NotificationID) {
	tx.Enqueue(PostJob{Meta: jobs.For(tx), Notification: id}, &river.InsertOpts{Queue: jobs.QueueVendor})
	tx.Changed(Topic, id.String())
}
