package inbox

import (
	"context"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/phrase"
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
	// Unfiled is called, in tx, again and again while texts are acknowledged and cannot be filed, for people to
	// see to them. Nil does nothing.
	Unfiled func(ctx context.Context, tx *store.Tx, u Unfiled) error
	// Feeds returns the booking feeds of a club that PollFeeds reads. Nil means none.
	Feeds func(ctx context.Context, tenant *store.Tenant) ([]Feed, error)

	// Mailboxes returns, by vendor, what ReadMailboxes reads of a club. Nil means none.
	Mailboxes func(ctx context.Context, tenant *store.Tenant) (map[string]Mailbox, error)

	// Wait is how long a text waits for others to be committed with. Default 2 ms.
	Wait time.Duration
	// Batch bounds the texts of one transaction. Default 256.
	Batch int
	// Storm is how many texts that come together are kept and acknowledged first, and filed in a moment. Fewer
	// are filed before they are acknowledged; negative: however many. Default 9, and 1 on PostgreSQL, where to file
	// one takes twenty round trips.
	Storm int
	// Behind reports whether more is asked for a club than this process can do at the moment: what is kept is then filed
	// afterwards. Nil: never.
	Behind func(club.Slug) bool
	// Await, if set, waits until texts are filed, in the place of whoever must; and nothing is filed but by File. It is for
	// installations whose work takes turns (store.Config.Turn). Nil: each club's kept texts are filed as they come.
	Await func(ctx context.Context, filed <-chan struct{}) error
	// Timeout bounds one transaction. Default 8 s, less than vendors wait.
	Timeout time.Duration
}

// Inbox stores what comes in. Close ends it.
type Inbox struct {
	cfg     Config
	numbers numbers

	mu      sync.RWMutex // guards lanes, closed, and adding to handing
	intakes map[*store.Tenant]*intake
	closed  bool
	handing sync.WaitGroup // who is putting an item into a lane's queue, which may be full
	running sync.WaitGroup // the lanes
	filing  sync.WaitGroup // the filers
}

// intake is what takes in a club's texts.
type intake struct {
	in      *Inbox
	tenant  *store.Tenant
	lanes   []*lane
	filer   *filer
	ids     instants
	unfiled *unfiled
}

// Result says what became of a delivery.
type Result struct {
	Thread    club.ThreadID  // zero when it belongs to none
	Message   club.MessageID // zero when it is none
	Duplicate bool           // it was stored before; Thread and Message are of that time
	Kept      bool           // it is stored, and filed in a moment: Thread and Message are not known yet
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
		cfg.Batch = 256
	}
	if cfg.Storm == 0 {
		cfg.Storm = 9
		if cfg.Cluster.Engine() == "postgres" {
			cfg.Storm = 1
		}
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 8 * time.Second
	}
	return &Inbox{cfg: cfg, intakes: map[*store.Tenant]*intake{}}
}

// Close waits for what was handed in to be stored, and for a moment for what was kept to be filed, and refuses
// what comes later. It may be called more than once.
func (in *Inbox) Close() {
	in.mu.Lock()
	first := !in.closed
	in.closed = true
	in.mu.Unlock()
	in.handing.Wait() // nobody sends on a queue any more
	if first {
		for _, t := range in.intakes {
			for _, l := range t.lanes {
				close(l.queue)
			}
		}
	}
	in.running.Wait()
	if first {
		for _, t := range in.intakes {
			close(t.filer.closing)
		}
	}
	in.filing.Wait()
}

// Deliver stores one verified delivery of a text-message vendor in its thread and returns once that is
// committed. Unavailable: try again. When ctx ends first its error is returned, and the delivery may be
// stored all the same: a second delivery of it is then a duplicate.
func (in *Inbox) Deliver(ctx context.Context, tenant *store.Tenant, d club.Delivery, provider string) (Result, error) {
	return in.take(ctx, tenant, Read(d), provider, false)
}

// Reading is a delivery with what its words say at once.
type Reading struct {
	club.Delivery
	said phrase.Reading // of a text
}

// Read reads a delivery, before anybody knows whether there is a place for it.
func Read(d club.Delivery) Reading {
	r := Reading{Delivery: d}
	if d.Inbound != nil {
		r.said = phrase.Read(d.Inbound.Text)
	}
	return r
}

// Danger reports whether a text speaks of danger.
func (r Reading) Danger() bool { return r.said.Emergency != phrase.EmergencyNone }

// Accept is Deliver for whoever needs no more than to know that the delivery cannot be lost any more. When
// many come together, and always on PostgreSQL, they are kept as they are, which is quickly done, and filed in their
// threads in a moment (Result.Kept), whatever becomes of this process. Texts that must count at once are filed first.
func (in *Inbox) Accept(ctx context.Context, tenant *store.Tenant, r Reading, provider string) (Result, error) {
	return in.take(ctx, tenant, r, provider, true)
}

// Resume files what an earlier process, or another replica that is gone, has kept of a club's texts.
func (in *Inbox) Resume(tenant *store.Tenant) {
	if t := in.intake(tenant); t != nil {
		t.filer.rouse()
	}
}

// File files some of a club's kept texts, where Config.Await is set, and returns how many rows of them.
func (in *Inbox) File(ctx context.Context, tenant *store.Tenant) (int, error) {
	t := in.intake(tenant)
	if t == nil {
		return 0, nil
	}
	t.filer.overtake(ctx)
	return t.filer.turn(ctx, t.filer.rows)
}

// Settle waits until the texts that were accepted here are filed.
func (in *Inbox) Settle(ctx context.Context, tenant *store.Tenant) error {
	t := in.intake(tenant)
	if t == nil {
		return nil
	}
	for {
		filed := t.unfiled.one()
		if filed == nil {
			return nil
		}
		select {
		case <-filed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (in *Inbox) take(ctx context.Context, tenant *store.Tenant, d Reading, provider string, patient bool) (Result, error) {
	switch {
	case d.Inbound != nil:
		return in.submit(ctx, tenant, d.Inbound.From, &item{text: newText(d, provider, &in.numbers), patient: patient})
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
	for {
		if err := in.hand(ctx, tenant, key, it); err != nil {
			return Result{}, err
		}
		var a answer
		select {
		case a = <-it.done:
		case <-ctx.Done():
			return Result{}, ctx.Err()
		}
		if a.later == nil {
			return a.result, a.err
		}
		if err := in.await(ctx, a.later); err != nil { // and try again
			return Result{}, err
		}
	}
}

func (in *Inbox) await(ctx context.Context, filed <-chan struct{}) error {
	if in.cfg.Await != nil {
		return in.cfg.Await(ctx, filed)
	}
	select {
	case <-filed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hand puts an item into the queue of its lane. No lock is held meanwhile: a club whose database hangs
// must not hold up the others.
func (in *Inbox) hand(ctx context.Context, tenant *store.Tenant, key string, it *item) error {
	t := in.intake(tenant)
	in.mu.RLock()
	if in.closed || t == nil {
		in.mu.RUnlock()
		return club.Unavailable(nil, "ClubOS is shutting down; try again")
	}
	in.handing.Add(1)
	in.mu.RUnlock()
	defer in.handing.Done()
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	select {
	case t.lanes[h.Sum32()%uint32(len(t.lanes))].queue <- it:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// intake returns a club's, and starts it the first time; nil after Close. SQLite has one writer; on
// PostgreSQL transactions of different senders go side by side.
func (in *Inbox) intake(tenant *store.Tenant) *intake {
	in.mu.RLock()
	t := in.intakes[tenant]
	in.mu.RUnlock()
	if t != nil {
		return t
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if t := in.intakes[tenant]; t != nil || in.closed {
		return t
	}
	n := 1
	if in.cfg.Cluster.Engine() == "postgres" {
		n = postgresLanes
	}
	t = &intake{in: in, tenant: tenant, unfiled: newUnfiled()}
	t.filer = t.newFiler()
	for range n {
		l := &lane{intake: t, queue: make(chan *item, 2*in.cfg.Batch)}
		t.lanes = append(t.lanes, l)
		in.running.Go(l.run)
	}
	if in.cfg.Await == nil {
		in.filing.Go(t.filer.run)
	}
	in.intakes[tenant] = t
	return t
}

func (in *Inbox) keys(tenant *store.Tenant) (*vault.Tenant, error) {
	return in.cfg.Ring.For(tenant.Slug, tenant.Keyset)
}
