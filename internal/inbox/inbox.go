package inbox

import (
	"context"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// AdvanceJob asks for the unread texts of a thread to be read, once the wait for the rest of a burst is
// over. Whatever is stored together for a thread has one. The job of its newest text reads all, and the
// others find nothing to do. A text that must count at once has a job without a message, which reads
// whatever is there.
type AdvanceJob struct {
	jobs.Meta
	Thread  club.ThreadID  `json:"thread"`
	Message club.MessageID `json:"message"` // the newest text by then; zero: whatever it is
}

// Kind names the job in the queue.
func (AdvanceJob) Kind() string { return "advance_thread" }

// Config is what an Inbox works with.
type Config struct {
	Cluster *store.Cluster // required
	Ring    *vault.Ring    // required
	Log     *slog.Logger   // default slog.Default()

	// Escalate brings a thread before a person, in tx. It is called when a text of ours did not reach
	// the member. Required.
	Escalate func(ctx context.Context, tx *store.Tx, thread store.Thread, reason string) error
	// HandReplied is called, in tx, when one of the club's people has answered a thread in the vendor's own app, for what
	// must then be withdrawn (an open proposal, a reply that waits) and what is to be learned of it. Nil
	// does nothing.
	HandReplied func(ctx context.Context, tx *store.Tx, thread store.Thread, by club.Actor, words string) error
	// Staff takes in what the club's own people answer to calls. Nil: every number is a member's.
	Staff Staff
	// DoorAlarm is called, in tx, when a door was forced or held open. Nil does nothing.
	DoorAlarm func(ctx context.Context, tx *store.Tx, e store.AccessEvent) error
	// Feeds returns the booking feeds of a club that PollFeeds reads. Nil means none.
	Feeds func(ctx context.Context, tenant *store.Tenant) ([]Feed, error)

	// Wait is how long a text waits for others to be committed with. Default 2 ms.
	Wait time.Duration
	// Batch bounds the texts of one transaction. Default 128.
	Batch int
	// Timeout bounds one transaction. Default 8 s, less than vendors wait.
	Timeout time.Duration
}

// Inbox stores what comes in. Close ends it.
type Inbox struct {
	cfg     Config
	numbers numbers

	mu      sync.RWMutex // guards lanes, closed, and adding to handing
	lanes   map[*store.Tenant][]*lane
	closed  bool
	handing sync.WaitGroup // who is putting an item into a lane's queue, which may be full
	running sync.WaitGroup // the lanes
}

// Result says what became of a delivery.
type Result struct {
	Thread    club.ThreadID  // zero when it belongs to none
	Message   club.MessageID // zero when it is none
	Duplicate bool           // it was stored before; Thread and Message are of that time
	Ignored   string         // why nothing was stored, for the log; "" when it was
}

// New returns an Inbox that is ready.
func New(cfg Config) *Inbox {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Wait == 0 {
		cfg.Wait = 2 * time.Millisecond
	}
	if cfg.Batch == 0 {
		cfg.Batch = 128
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 8 * time.Second
	}
	return &Inbox{cfg: cfg, lanes: map[*store.Tenant][]*lane{}}
}

// Close waits for what was handed in to be stored, and refuses what comes later. It may be called more
// than once.
func (in *Inbox) Close() {
	in.mu.Lock()
	first := !in.closed
	in.closed = true
	in.mu.Unlock()
	in.handing.Wait() // nobody sends on a queue any more
	if first {
		for _, lanes := range in.lanes {
			for _, l := range lanes {
				close(l.queue)
			}
		}
	}
	in.running.Wait()
}

// Deliver stores one verified delivery of a text-message vendor and returns once that is committed.
// Unavailable: try again. When ctx ends first its error is returned, and the delivery may be stored all
// the same: a second delivery of it is then a duplicate.
func (in *Inbox) Deliver(ctx context.Context, tenant *store.Tenant, d club.Delivery, provider string) (Result, error) {
	switch {
	case d.Inbound != nil:
		t := newText(d, provider, &in.numbers)
		return in.submit(ctx, tenant, d.Inbound.From, &item{text: t})
	case d.Report != nil:
		r := report{DeliveryReport: *d.Report, provider: provider, deliveryID: d.ID}
		return in.submit(ctx, tenant, d.Report.To, &item{work: r.store})
	}
	return Result{Ignored: "event of type " + clean(d.Ignored, 80)}, nil
}

// submit hands an item to the lane of key and waits for its commit.
func (in *Inbox) submit(ctx context.Context, tenant *store.Tenant, key string, it *item) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	it.key, it.correlation, it.done = key, club.CorrelationFrom(ctx), make(chan answer, 1)
	if it.correlation.IsZero() {
		it.correlation = club.NewCorrelationID(in.cfg.Cluster.Clock().Now())
	}
	if err := in.hand(ctx, tenant, key, it); err != nil {
		return Result{}, err
	}
	select {
	case a := <-it.done:
		return a.result, a.err
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

// hand puts an item into the queue of its lane. No lock is held meanwhile: a club whose database hangs
// must not hold up the others.
func (in *Inbox) hand(ctx context.Context, tenant *store.Tenant, key string, it *item) error {
	in.mu.RLock()
	lanes, ok := in.lanes[tenant]
	for !ok && !in.closed {
		in.mu.RUnlock()
		in.open(tenant)
		in.mu.RLock()
		lanes, ok = in.lanes[tenant]
	}
	if in.closed {
		in.mu.RUnlock()
		return club.Unavailable(nil, "ClubOS is shutting down; try again")
	}
	in.handing.Add(1)
	in.mu.RUnlock()
	defer in.handing.Done()
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	select {
	case lanes[h.Sum32()%uint32(len(lanes))].queue <- it:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// open starts a tenant's lanes. SQLite has one writer; on PostgreSQL transactions of different senders
// go side by side.
func (in *Inbox) open(tenant *store.Tenant) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if _, ok := in.lanes[tenant]; ok || in.closed {
		return
	}
	n := 1
	if in.cfg.Cluster.Engine() == "postgres" {
		n = postgresLanes
	}
	lanes := make([]*lane, n)
	for i := range lanes {
		lanes[i] = &lane{in: in, tenant: tenant, queue: make(chan *item, 2*in.cfg.Batch)}
		in.running.Go(lanes[i].run)
	}
	in.lanes[tenant] = lanes
}

func (in *Inbox) keys(tenant *store.Tenant) (*vault.Tenant, error) {
	return in.cfg.Ring.For(tenant.Slug, tenant.Keyset)
}
