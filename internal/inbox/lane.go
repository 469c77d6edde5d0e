package inbox

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"clubos/internal/club"
	"clubos/internal/store"
)

// postgresLanes is how many transactions of one tenant are under way at a time on PostgreSQL. All of
// a sender's texts go through one lane.
const postgresLanes = 4

// work stores one thing in a batch's transaction. It runs again when the transaction does.
type work func(ctx context.Context, b *batch) (Result, error)

// item is a piece of work and who waits for it. done has room for the answer, so that a caller who has
// gone away holds nobody up.
type item struct {
	work        work
	text        *text // what it stores, when that is a text: batches look up for all of them at once
	correlation club.CorrelationID
	done        chan answer
}

type answer struct {
	result Result
	err    error
}

// lane commits items in batches, one transaction after the other. While one commits, the next batch
// gathers in the queue.
type lane struct {
	in     *Inbox
	tenant *store.Tenant
	queue  chan *item

	// lastID is the instant of the last message id made here: ids go up even when the clock stands.
	lastID time.Time
}

// run works until the queue is closed and empty.
func (l *lane) run() {
	for first := range l.queue {
		l.store(l.gather(first))
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

// maxAside is how many items may spoil a batch before the rest is stored one by one.
const maxAside = 3

// store commits items together. An item that fails is put aside and the others tried again without it,
// so that one bad item never fails another; what was put aside is then tried once alone.
func (l *lane) store(items []*item) {
	var aside []*item
	for len(items) > 0 {
		results, at, err := l.attempt(items)
		if err == nil {
			for i, it := range items {
				it.done <- answer{result: results[i]}
			}
			break
		}
		if at < 0 && club.CodeOf(err) == club.CodeUnavailable {
			refuse(append(items, aside...), err)
			return
		}
		if at < 0 || len(aside) >= maxAside {
			aside = append(aside, items...)
			break
		}
		aside = append(aside, items[at])
		items = slices.Delete(items, at, at+1)
	}
	for i, it := range aside {
		results, at, err := l.attempt(aside[i : i+1])
		if err != nil && at < 0 && club.CodeOf(err) == club.CodeUnavailable {
			refuse(aside[i:], err)
			return
		}
		a := answer{err: err}
		if err == nil {
			a.result = results[0]
		}
		it.done <- a
	}
}

func refuse(items []*item, err error) {
	for _, it := range items {
		it.done <- answer{err: err}
	}
}

// attempt runs items in one transaction. When one of them failed, at is its index; at is -1 when the
// transaction itself did.
func (l *lane) attempt(items []*item) (results []Result, at int, err error) {
	// No caller's context: the end of one must not fail the others.
	ctx, cancel := context.WithTimeout(context.Background(), l.in.cfg.Timeout)
	defer cancel()
	at = -1
	keys, err := l.in.keys(l.tenant)
	if err != nil {
		return nil, -1, fmt.Errorf("open keys: %w", err)
	}
	results = make([]Result, len(items))
	err = l.tenant.Write(ctx, func(tx *store.Tx) error {
		at = -1
		b := &batch{Tx: tx, in: l.in, keys: keys, lane: l, senders: map[string]*sender{}, deliveries: map[delivery]bool{}}
		if err := b.prefetch(ctx, textsOf(items)); err != nil {
			return err
		}
		for i, it := range items {
			at = i
			tx.Correlation = it.correlation
			r, err := guarded(club.WithCorrelation(ctx, it.correlation), b, it.work)
			if err != nil {
				return err
			}
			results[i] = r
		}
		at = -1
		return nil
	})
	return results, at, err
}

// guarded turns a panic into an error: the lane serves everybody.
func guarded(ctx context.Context, b *batch, w work) (r Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return w(ctx, b)
}

func textsOf(items []*item) []*text {
	texts := make([]*text, 0, len(items))
	for _, it := range items {
		if it.text != nil {
			texts = append(texts, it.text)
		}
	}
	return texts
}
