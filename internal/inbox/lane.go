package inbox

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/store"
)

// postgresLanes is how many transactions of one tenant are under way at a time on PostgreSQL. All of
// a sender's texts go through one lane.
const postgresLanes = 2

// work stores one thing, other than a text, in a batch's transaction. It runs again when the transaction does.
type work func(ctx context.Context, b *batch) (Result, error)

// item is a piece of work and who waits for it. done has room for the answer, so that a caller who has
// gone away holds nobody up.
type item struct {
	work        work   // nil for a text
	text        *text  // a batch stores all of them at once
	key         string // items of one key are stored in their order
	correlation club.CorrelationID
	patient     bool // a text that may be filed after it was acknowledged
	done        chan answer
}

// mayKeep reports whether the text may be filed later: danger, STOP and START count at once.
func (it *item) mayKeep() bool { return it.patient && !it.text.urgent && !it.text.consent }

type answer struct {
	result Result
	err    error
	// later, when it is not nil, says that nothing was done because texts of the item's key wait to be
	// filed. It is closed when they are.
	later <-chan struct{}
}

// lane commits items in batches, one transaction after the other. While one commits, the next batch
// gathers in the queue.
type lane struct {
	*intake
	queue chan *item
}

// run works until the queue is closed and empty.
func (l *lane) run() {
	for first := range l.queue {
		items := l.gather(first)
		now := time.Now()
		l.filer.lately.Store(now.UnixNano())
		if len(items)*len(l.lanes) > crowd {
			l.filer.crowded.Store(now.Add(crowdFor).UnixNano())
		}
		_ = l.store(items) // who waits has been told
	}
}

// gather collects items until the batch is full, the wait is over, or nothing has come for an eighth of it.
func (l *lane) gather(first *item) []*item {
	items := []*item{first}
	pause := l.in.cfg.Wait / 8
	end := time.Now().Add(l.in.cfg.Wait)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for len(items) < l.in.cfg.Batch {
		select {
		case it, ok := <-l.queue:
			if !ok {
				return items
			}
			items = append(items, it)
			if len(l.queue) > 0 {
				continue
			}
			left := time.Until(end)
			if left <= 0 {
				return items
			}
			timer.Reset(min(pause, left))
		case <-timer.C:
			return items
		}
	}
	return items
}

// maxAside is how many items may spoil a batch before it is stored in halves.
const maxAside = 3

// store commits items together. An item that fails is put aside and the others tried again without it;
// what was put aside is then tried once alone. When nobody can say which item it was, the halves are
// tried, one after the other. So one bad item never fails another. An error is said of a database that
// is away: then all items are refused at once.
func (l *lane) store(items []*item) error {
	var aside []*item
	for len(items) > 0 {
		answers, at, err := l.attempt(items)
		if err == nil {
			for i, it := range items {
				it.done <- answers[i]
			}
			break
		}
		if at < 0 && club.CodeOf(err) == club.CodeUnavailable {
			refuse(append(items, aside...), err)
			return err
		}
		if len(items) == 1 {
			items[0].done <- answer{err: err}
			break
		}
		if at < 0 || len(aside) >= maxAside {
			return l.storeParts([][]*item{items[:len(items)/2], items[len(items)/2:]}, aside)
		}
		aside = append(aside, items[at])
		items = slices.Delete(items, at, at+1)
	}
	return l.storeParts(nil, aside)
}

// storeParts stores each part, and each item that was put aside, by itself.
func (l *lane) storeParts(parts [][]*item, aside []*item) error {
	for _, it := range aside {
		parts = append(parts, []*item{it})
	}
	for i, part := range parts {
		if err := l.store(part); err != nil {
			for _, rest := range parts[i+1:] {
				refuse(rest, err)
			}
			return err
		}
	}
	return nil
}

func refuse(items []*item, err error) {
	for _, it := range items {
		it.done <- answer{err: err}
	}
}

// attempt runs items in one transaction. When one of them failed, at is its index; at is nobody when the
// transaction itself did.
func (l *lane) attempt(items []*item) (answers []answer, at int, err error) {
	// No caller's context: the end of one must not fail the others.
	ctx, cancel := context.WithTimeout(context.Background(), l.in.cfg.Timeout)
	defer cancel()
	keys, err := l.in.keys(l.tenant)
	if err != nil {
		return nil, nobody, fmt.Errorf("open keys: %w", err)
	}
	var b *batch
	err = l.tenant.WriteFirst(ctx, func(tx *store.Tx) error {
		if b != nil {
			b.takeBack() // the transaction begins anew
		}
		b = l.newBatch(tx, keys)
		err := b.run(ctx, items, l.storm(items))
		failpoint.Hit(failpoint.TextStore)
		return err
	})
	failpoint.Hit(failpoint.TextStored)
	switch {
	case b == nil:
		return nil, nobody, err
	case err != nil:
		b.takeBack()
		return nil, b.at, err
	case len(b.kept) > 0:
		l.unfiled.commit(b.kept)
		l.filer.rouse()
	}
	if l.unfiled.pressed() {
		l.filer.press()
	}
	answers = make([]answer, len(items))
	for i := range items {
		answers[i] = answer{result: b.results[i], later: b.later[i]}
	}
	return answers, nobody, nil
}

// storm reports whether texts come faster than they are filed one batch after the other, as Config.Storm says.
func (l *lane) storm(items []*item) bool {
	if l.in.cfg.Storm < 0 {
		return false
	}
	n := 0
	for _, it := range items {
		if it.text != nil && it.mayKeep() {
			n++
		}
	}
	return n > 0 && (n >= l.in.cfg.Storm || l.unfiled.any())
}

// run does what is to be done for items. The texts among them are stored together; other work on a key
// waits for the texts of that key that came before it.
func (b *batch) run(ctx context.Context, items []*item, storm bool) error {
	b.results = make([]Result, len(items))
	now, err := b.split(ctx, items, storm)
	if err != nil {
		return err
	}
	var texts []*filing
	waiting := map[string]bool{} // the keys of texts
	for i, it := range items {
		if !now[i] {
			continue
		}
		if it.text != nil {
			texts, waiting[it.key] = append(texts, &filing{text: it.text, key: it.key, item: i, correlation: it.correlation}), true
			continue
		}
		if waiting[it.key] {
			if err := b.file(ctx, texts); err != nil {
				return err
			}
			texts = nil
			clear(waiting)
		}
		b.at, b.Correlation = i, it.correlation
		err := guarded(func() (err error) {
			b.results[i], err = it.work(club.WithCorrelation(ctx, it.correlation), b)
			return err
		})
		if err != nil {
			return err
		}
		b.at = nobody
	}
	return b.file(ctx, texts)
}

// guarded turns a panic into an error: the lane serves everybody.
func guarded(work func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return work()
}
