package inbox

import (
	"cmp"
	"context"
	"slices"
	"sync/atomic"
	"time"

	"clubos/internal/club"
	"clubos/internal/failpoint"
	"clubos/internal/store"
)

const (
	filedAgain   = 250 * time.Millisecond // after the database failed; then twice that, and so on
	mostAgain    = 30 * time.Second
	filedOnClose = 2 * time.Second // how long the end waits for what was kept

	// While more texts come together than crowd, in all lanes, and for a moment after that, a turn is followed by a pause so
	// many times as long: what is acknowledged is safe, what is not may never come again.
	crowd     = 24
	crowdFor  = 100 * time.Millisecond
	pauses    = 8
	mostPause = 500 * time.Millisecond
	// While some find no place at all, much longer, for filing and what follows from it can be done afterwards; but
	// only for a while, for who is acknowledged waits for an answer.
	pausesBehind, mostPauseBehind, behindFor = 64, 4 * time.Second, 30 * time.Second

	// Rows of kept texts that are filed in one transaction. SQLite has one writer, for whom those wait who want
	// their text acknowledged: a row takes it for about 4 ms.
	sqliteRows, postgresRows = 1, 8
	// catchUp times as many are when there is a backlog and no text has come for quietFor.
	catchUp  = 8
	quietFor = 50 * time.Millisecond
	// While a backlog is filed, the texts of a thread are read when it is expected to be over, though after
	// mostBacklog: what is decided before then is decided again, and takes the time in which others could be filed.
	mostBacklog = 30 * time.Second
)

// filer files the texts of a club that were kept for later, in the order in which they were, one
// transaction after the other. All replicas do so: each row is taken by the transaction that deletes it.
// Those transactions do not wait for the disk, for what they lose in a power cut is still there to be filed.
type filer struct {
	*intake
	wake    chan struct{}
	hurry   chan struct{} // something urgent waits until texts of its sender are filed
	closing chan struct{}
	crowded atomic.Int64 // until then, in ns since the epoch, the lanes are busy: acknowledging goes first
	lately  atomic.Int64 // when texts came last, in ns since the epoch
	burst   *bursts
	rows    int32
	each    time.Duration // that a row takes, of late
	// behindSince is since when it has given way to those who find no place; zero: it does not.
	behindSince time.Time
}

func (t *intake) newFiler() *filer {
	f := &filer{intake: t, wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1), closing: make(chan struct{}), burst: newBursts(), rows: sqliteRows}
	if t.in.cfg.Cluster.Engine() == "postgres" {
		f.rows = postgresRows
	}
	return f
}

// rouse says that there is something to file.
func (f *filer) rouse() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// press says that something urgent waits until texts of its sender are filed.
func (f *filer) press() {
	select {
	case f.hurry <- struct{}{}:
	default:
	}
}

// run works until the filer is closed.
func (f *filer) run() {
	wait := filedAgain
	again := time.NewTimer(0) // what an earlier process has kept
	defer again.Stop()
	for {
		select {
		case <-f.wake:
		case <-again.C:
		case <-f.closing:
			ctx, cancel := context.WithTimeout(context.Background(), filedOnClose)
			_ = f.drain(ctx, nil) // what is left waits for the next start
			cancel()
			return
		}
		if err := f.drain(context.Background(), f.closing); err != nil {
			f.in.cfg.Log.Warn("kept texts cannot be filed yet", "event.action", "inbox.file", "event.outcome", "failure",
				"organization.id", f.tenant.Slug.String(), "error.message", err.Error())
			again.Reset(wait)
			wait = min(2*wait, mostAgain)
		} else {
			wait = filedAgain
		}
	}
}

// drain files until nothing is left that is due, or until stop is closed.
func (f *filer) drain(ctx context.Context, stop <-chan struct{}) error {
	rows := f.rows
	for {
		start := time.Now()
		f.burst.backlog = 0
		f.overtake(ctx)
		f.burst.backlog = f.backlog(rows)
		n, err := f.turn(ctx, rows)
		if err != nil || n == 0 || n < int(rows) && !f.unfiled.any() {
			return err
		}
		took := time.Since(start)
		f.each += (took/time.Duration(n) - f.each) / 4
		var wait time.Duration
		if rows, wait = f.pace(n, start, took); stop == nil { // the end, for which no pause is left
			wait = 0
		}
		pause := time.NewTimer(wait)
		select {
		case <-stop:
			pause.Stop()
			return nil
		case <-f.hurry:
			pause.Stop()
		case <-pause.C:
		}
	}
}

// pace says how many rows the next turn files, after one that filed n, and how long it waits for that.
func (f *filer) pace(n int, start time.Time, took time.Duration) (rows int32, wait time.Duration) {
	behind := f.in.cfg.Behind != nil && f.in.cfg.Behind(f.tenant.Slug)
	switch {
	case !behind:
		f.behindSince = time.Time{}
	case f.behindSince.IsZero():
		f.behindSince = start
	}
	many := f.rows
	if n >= int(f.rows) {
		many *= catchUp
	}
	switch {
	case f.unfiled.pressed(): // and its texts could not be filed before the others
		return many, 0
	case behind && start.Sub(f.behindSince) < behindFor:
		return f.rows, min(pausesBehind*took, mostPauseBehind)
	case start.UnixNano() < f.crowded.Load():
		return f.rows, min(pauses*took, mostPause)
	case start.UnixNano() > f.lately.Load()+int64(quietFor):
		return many, 0
	}
	return f.rows, 0
}

// backlog returns how long what is left after a turn will take, if nothing is in its way.
func (f *filer) backlog(rows int32) time.Duration {
	left := f.unfiled.len() - int(rows)
	return min(time.Duration(max(0, left))*f.each, mostBacklog)
}

// spot is a text among kept ones.
type spot struct {
	row   club.ArrivalID
	index int
}

// turn files some rows and returns how many. A text that fails is kept again, by itself and for later, so
// that it holds up no other; when nobody can say which it was, all of a row are.
func (f *filer) turn(ctx context.Context, rows int32) (int, error) {
	stored := f.unfiled.stored()
	aside := map[spot]bool{}
	apart := false
	for {
		taken, at, err := f.attempt(ctx, rows, aside, apart)
		switch {
		case err == nil:
			f.unfiled.drop(taken)
			if len(taken) < int(rows) { // there were no more, or another replica is at them
				f.dropGone(ctx, stored, taken)
			}
			return len(taken), f.burst.committed(ctx, f.tenant, f.in.cfg.Cluster.Clock().Now())
		case ctx.Err() != nil || at == nil && club.CodeOf(err) == club.CodeUnavailable:
			return 0, err
		case at != nil && len(aside) < maxAside:
			f.complain(ctx, err)
			aside[*at] = true
		case len(taken) == 0 || apart: // it is no matter of the texts
			return 0, err
		case rows > 1:
			rows = 1
		default:
			f.complain(ctx, err)
			apart = true
		}
	}
}

// dropGone forgets those of some rows, taken apart, that another replica has filed. If that cannot be found out they stay: who
// files next asks again.
func (f *filer) dropGone(ctx context.Context, rows, taken []club.ArrivalID) {
	var asked set
	for _, id := range rows {
		if !slices.Contains(taken, id) {
			asked = asked.with(id.String())
		}
	}
	if len(asked) == 0 {
		return
	}
	var left []club.ArrivalID
	err := f.tenant.Read(ctx, func(tx *store.Tx) (err error) {
		left, err = tx.FindArrivalsLeft(ctx, asked.json())
		return err
	})
	if err == nil {
		f.unfiled.drop(slices.DeleteFunc(slices.Clone(rows), func(id club.ArrivalID) bool { return slices.Contains(taken, id) || slices.Contains(left, id) }))
	}
}

func (f *filer) complain(ctx context.Context, err error) {
	f.in.cfg.Log.ErrorContext(ctx, "a text that is acknowledged could not be filed; it is tried again", "event.action", "inbox.file", "event.outcome", "failure",
		"organization.id", f.tenant.Slug.String(), "error.message", err.Error())
}

// attempt files the first rows in one transaction and returns them. When a text of theirs failed, at is where
// it stands. Texts aside, and with apart all, are kept again.
func (f *filer) attempt(ctx context.Context, rows int32, aside map[spot]bool, apart bool) (taken []club.ArrivalID, at *spot, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.in.cfg.Timeout)
	defer cancel()
	keys, err := f.in.keys(f.tenant)
	if err != nil {
		return nil, nil, err
	}
	var b *batch
	var spots []spot
	var postponed []store.CreateArrivalParams
	err = f.tenant.WriteRelaxed(ctx, func(tx *store.Tx) error {
		taken, spots = nil, nil
		f.burst.begin(f.in.cfg.Cluster.Lost())
		b = f.newBatch(tx, keys)
		b.burst = f.burst
		list, err := tx.TakeArrivals(ctx, store.TakeArrivalsParams{Now: tx.Now, Size: rows})
		if err != nil {
			return err
		}
		slices.SortFunc(list, func(x, y store.Arrival) int { return cmp.Compare(x.ID, y.ID) })
		var texts []*filing
		var again []store.CreateArrivalParams
		for _, row := range list {
			taken = append(taken, row.ID)
			kept, err := f.open(b, row)
			if err != nil { // there is nothing to be done but to keep it: whoever mends the keys has it still
				f.complain(ctx, err)
				again = append(again, store.CreateArrivalParams{ID: row.ID, Sealed: row.Sealed, Tries: row.Tries + 1, DueAt: tx.Now.Add(patience(row.Tries)), ReceivedAt: row.ReceivedAt})
				continue
			}
			for i, t := range kept {
				s := spot{row.ID, i}
				x := &filing{text: t.text, key: t.From, item: len(spots), correlation: t.correlation}
				if !apart && !aside[s] {
					texts, spots = append(texts, x), append(spots, s)
					continue
				}
				r, err := b.keptRow([]*filing{x}, store.Arrival{Tries: row.Tries + 1, DueAt: tx.Now.Add(patience(row.Tries)), ReceivedAt: row.ReceivedAt})
				if err != nil {
					return err
				}
				again = append(again, r)
			}
		}
		b.results = make([]Result, len(texts))
		if err := b.fileRecorded(ctx, texts); err != nil {
			return err
		}
		if len(texts) > 0 {
			failpoint.Hit(failpoint.TextFile)
		}
		postponed = again
		return b.createArrivals(ctx, again)
	})
	if len(spots) > 0 {
		failpoint.Hit(failpoint.TextFiled)
	}
	if err == nil {
		for _, row := range postponed {
			time.AfterFunc(patience(row.Tries-1), f.rouse)
		}
	}
	if err != nil && b != nil && b.at != nobody && b.at < len(spots) {
		at = &spots[b.at]
	}
	return taken, at, err
}

// open reads the texts of a row.
func (f *filer) open(b *batch, row store.Arrival) ([]keptText, error) {
	plain, err := b.keys.OpenRow(columnKept, row.ID.String(), row.Sealed)
	if err != nil {
		return nil, err
	}
	return decodeKept(plain, &f.in.numbers)
}

// patience is the pause before a text is tried again that failed so often before.
func patience(tries int64) time.Duration {
	return min(time.Second<<min(tries, 6), time.Minute)
}
