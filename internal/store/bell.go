package store

import (
	"context"
	"database/sql"
	"strconv"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// River's topic of jobs that were inserted; its payload names their queue.
const topicInsert = "river_insert"

// bell tells whoever works the jobs of a SQLite club that there are some, within the process. River's own way
// is a table that each client asks twenty times a second: a hundred clubs in which nothing happens would ask two
// thousand times. What another process stores, or a ring that is lost, is found when the queues are looked at next.
type bell struct {
	mu     sync.Mutex // guards the fields below
	topics map[string]bool
	rung   []*riverdriver.Notification
	full   chan struct{}        // holds one while something has rung
	last   map[string]time.Time // by queue: when it rang for what is due at once, or will
}

func newBell() *bell {
	return &bell{topics: map[string]bool{}, full: make(chan struct{}, 1), last: map[string]time.Time{}}
}

// apart is how long after another the bell rings for a queue: to look for jobs takes the one writer.
const apart = 20 * time.Millisecond

// ring is heard by who listens to the topic. One who has not come for the same before hears it once.
func (b *bell) ring(topic, payload string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.topics[topic] {
		return
	}
	for _, n := range b.rung {
		if n.Topic == topic && n.Payload == payload {
			return
		}
	}
	b.rung = append(b.rung, &riverdriver.Notification{Topic: topic, Payload: payload})
	select {
	case b.full <- struct{}{}:
	default:
	}
}

// jobs rings for jobs that are due at once, and for those that wait for a time which comes before River's scheduler does:
// they are among the available ones already. River rings too, but not for what is stored within a tenth of a second
// of other jobs, which it expects to be found by polling.
func (b *bell) jobs(list []river.InsertManyParams) {
	for _, j := range list {
		opts := river.InsertOpts{}
		if j.InsertOpts != nil {
			opts = *j.InsertOpts
		}
		if wait := time.Until(opts.ScheduledAt); wait <= 0 {
			b.now(opts.Queue)
		} else if wait < scheduler {
			b.later(wait, opts.Queue)
		}
	}
}

// now rings for a queue, or has it rung for in a moment if that was done a moment ago.
func (b *bell) now(queue string) {
	now := time.Now()
	b.mu.Lock()
	wait := b.last[queue].Add(apart).Sub(now)
	if wait <= apart { // else it will be already
		b.last[queue] = now.Add(max(wait, 0))
	}
	b.mu.Unlock()
	switch {
	case wait <= 0:
		b.ring(topicInsert, insertedInto(queue))
	case wait <= apart:
		b.later(wait, queue)
	}
}

// later rings after a while. The margin is what the database rounds instants by.
func (b *bell) later(wait time.Duration, queue string) {
	time.AfterFunc(wait+2*time.Millisecond, func() { b.ring(topicInsert, insertedInto(queue)) })
}

// insertedInto returns the payload that says that there are jobs in a queue.
func insertedInto(queue string) string {
	if queue == "" {
		queue = river.QueueDefault
	}
	return `{"queue": ` + strconv.Quote(queue) + `}`
}

// belled is River's driver for SQLite whose clients in this process hear of each other's jobs by a bell.
type belled struct {
	*riversqlite.Driver
	bell *bell
}

func newBelled(db *sql.DB) belled { return belled{riversqlite.New(db), newBell()} }

// GetExecutor, GetListener and the others are those of riverdriver.Driver that River's own cannot serve.
func (d belled) GetExecutor() riverdriver.Executor {
	return belledExecutor{d.Driver.GetExecutor(), d.bell}
}

func (d belled) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return listener{bell: d.bell}
}

func (d belled) UnwrapExecutor(tx *sql.Tx) riverdriver.ExecutorTx {
	return belledTx{d.Driver.UnwrapExecutor(tx), d.bell}
}

func (d belled) UnwrapTx(tx riverdriver.ExecutorTx) *sql.Tx {
	if b, ok := tx.(belledTx); ok {
		tx = b.ExecutorTx
	}
	return d.Driver.UnwrapTx(tx)
}

type belledExecutor struct {
	riverdriver.Executor
	bell *bell
}

func (e belledExecutor) Begin(ctx context.Context) (riverdriver.ExecutorTx, error) {
	tx, err := e.Executor.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return belledTx{tx, e.bell}, nil
}

func (e belledExecutor) NotifyMany(_ context.Context, params *riverdriver.NotifyManyParams) error {
	return notifyMany(e.bell, params)
}

type belledTx struct {
	riverdriver.ExecutorTx
	bell *bell
}

func (t belledTx) Begin(ctx context.Context) (riverdriver.ExecutorTx, error) {
	tx, err := t.ExecutorTx.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return belledTx{tx, t.bell}, nil
}

func (t belledTx) NotifyMany(_ context.Context, params *riverdriver.NotifyManyParams) error {
	return notifyMany(t.bell, params)
}

// notifyMany rings before the transaction commits, and is heard after it: to look for a job takes the connection
// that the transaction holds.
func notifyMany(b *bell, params *riverdriver.NotifyManyParams) error {
	for _, payload := range params.Payload {
		b.ring(params.Topic, payload)
	}
	return nil
}

// listener hears the bell.
type listener struct{ bell *bell }

// Connect and the others are those of riverdriver.Listener. There is no connection that could be lost.
func (listener) Connect(context.Context) error { return nil }
func (listener) Close(context.Context) error   { return nil }
func (listener) Ping(context.Context) error    { return nil }
func (listener) Schema() string                { return "" }
func (listener) SetAfterConnectExec(string)    {}

func (l listener) Listen(_ context.Context, topic string) error {
	l.bell.mu.Lock()
	defer l.bell.mu.Unlock()
	l.bell.topics[topic] = true
	return nil
}

func (l listener) Unlisten(_ context.Context, topic string) error {
	l.bell.mu.Lock()
	defer l.bell.mu.Unlock()
	delete(l.bell.topics, topic)
	return nil
}

func (l listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	for {
		if n := l.next(); n != nil {
			return n, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.bell.full:
		}
	}
}

func (l listener) next() *riverdriver.Notification {
	l.bell.mu.Lock()
	defer l.bell.mu.Unlock()
	if len(l.bell.rung) == 0 {
		return nil
	}
	n := l.bell.rung[0]
	l.bell.rung = l.bell.rung[1:]
	return n
}

// JobDriver returns the driver that the jobs of a SQLite club are worked by; nil on PostgreSQL.
func (t *Tenant) JobDriver() riverdriver.Driver[*sql.Tx] {
	if t.db.bell == nil {
		return nil
	}
	return *t.db.bell
}

// JobsIn has the queue of a SQLite club looked at after a while, because a job of it is to be tried again then.
// On PostgreSQL, where one client looks at all clubs' queues all the time, it does nothing.
//
// River writes down only after the try, together with other jobs, that there is to be another: the bell rings once
// more for a job that was not there yet.
func (t *Tenant) JobsIn(wait time.Duration, queue string) {
	if t.db.bell == nil {
		return
	}
	for _, more := range []time.Duration{0, 100 * time.Millisecond, 400 * time.Millisecond, 1500 * time.Millisecond} {
		t.db.bell.bell.later(wait+more, queue)
	}
}
