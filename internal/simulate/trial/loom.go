package trial

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"clubos/internal/club"
)

// loom lets tasks take turns. Each is a goroutine that runs only while it has the turn, and gives it back at
// points: before a transaction of its own, when it asks a vendor, and when the vendor answers. What lies between
// two points cannot be interleaved with anything else, which is all that a store with serialisable transactions lets
// others see.
//
// It is used by one goroutine; its points by that of the task which has the turn.
type loom struct {
	turns int64
	under []*task // by age
	await time.Duration
}

// fate is what becomes of a task when it is its turn again.
type fate int

const (
	goOn   fate = iota
	refuse      // the database does not answer
	cutOff      // its process has ended
)

// task is work under way.
type task struct {
	name  string
	where string    // the point that it waits at
	until time.Time // it waits at least until then; zero: for nothing
	turn  chan fate
	back  chan struct{}
	err   error
	ended func(err error) // called by the loom's goroutine; nil after the process has ended
	redo  func()          // called when the task was cut off; nil: nobody minds
	at    *replica

	inside bool  // a transaction
	last   int64 // the turn in which its last transaction began
	cut    bool
	over   bool
}

// errAway is what a transaction meets while the database does not answer.
var errAway = club.Unavailable(nil, "the database does not answer")

type taskKey struct{}

func taskOf(ctx context.Context) *task {
	t, _ := ctx.Value(taskKey{}).(*task)
	return t
}

// add adds a task, which waits for its first turn. ended takes in its end, unless it is cut off.
func (l *loom) add(ctx context.Context, at *replica, name string, do func(context.Context) error, ended func(error)) *task {
	t := &task{name: name, at: at, where: "begins", turn: make(chan fate), back: make(chan struct{}), ended: ended}
	l.under = append(l.under, t)
	ctx = context.WithValue(ctx, taskKey{}, t)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				t.err = fmt.Errorf("panic: %v", p)
			}
			t.over = true
			t.back <- struct{}{}
		}()
		if <-t.turn == cutOff {
			t.cut = true
			return
		}
		t.err = do(ctx)
	}()
	return t
}

// step gives a task its turn and waits until it gives it back.
func (l *loom) step(t *task, f fate) error {
	l.turns++
	t.turn <- f
	late := time.NewTimer(l.await)
	defer late.Stop()
	select {
	case <-t.back:
	case <-late.C:
		return fmt.Errorf("BUG: %s does not give its turn back after %q; beside it: %s", t.name, t.where, l.beside(t))
	}
	if !t.over {
		return nil
	}
	l.under = slices.DeleteFunc(l.under, func(other *task) bool { return other == t })
	if !t.cut {
		t.ended(t.err)
	}
	return nil
}

func (l *loom) beside(t *task) (out string) {
	for _, other := range l.under {
		if other != t {
			out += fmt.Sprintf("%s at %q; ", other.name, other.where)
		}
	}
	return out
}

// cut ends tasks where they stand.
func (l *loom) cut(all []*task) error {
	for _, t := range all {
		if err := l.step(t, cutOff); err != nil {
			return err
		}
	}
	return nil
}

// point gives the turn back and waits for the next. It is nothing to whoever is no task, or is in a transaction.
func (l *loom) point(ctx context.Context, where string, until time.Time) error {
	t := taskOf(ctx)
	if t == nil || t.inside {
		return nil
	}
	if t.cut {
		runtime.Goexit()
	}
	t.where, t.until = where, until.Truncate(time.Microsecond)
	t.back <- struct{}{}
	f := <-t.turn
	t.until = time.Time{}
	switch f {
	case cutOff:
		t.cut = true
		runtime.Goexit() // nothing of it goes on, and nobody takes it for an error
	case refuse:
		return errAway
	case goOn:
	}
	return nil
}

// transaction is the point before a transaction (store.Config.Turn).
func (l *loom) transaction(ctx context.Context) (end func(), err error) {
	t := taskOf(ctx)
	if t == nil || t.inside {
		return func() {}, nil
	}
	if err := l.point(ctx, atTransaction, time.Time{}); err != nil {
		return nil, err
	}
	t.inside, t.last = true, l.turns
	return func() { t.inside = false }, nil
}

const atTransaction = "transaction"
