package inbox

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/jobs"
	"clubos/internal/store"
	"clubos/internal/thread"
)

// findConversations finds the thread that each text continues, or opens one.
func (b *batch) findConversations(ctx context.Context, all []*filing) error {
	left, err := b.continueThreads(ctx, all)
	if err != nil || len(left) == 0 {
		return err
	}
	// About to open some. Another replica may be about to, for a text that came a moment before: whoever
	// gets a sender's row first opens the thread, the other one finds it. Everybody takes them in one order.
	first := map[club.SubjectID]*filing{}
	for _, f := range left {
		if _, ok := first[f.sender.ID]; !ok {
			first[f.sender.ID] = f
		}
	}
	lock := slices.SortedFunc(maps.Values(first), func(x, y *filing) int { return cmp.Compare(x.sender.ID, y.sender.ID) })
	_, err = b.Each(ctx, len(lock), func(q *store.Queries, i int) (int64, error) {
		return 0, q.LockSubject(ctx, store.LockSubjectParams{ID: lock[i].sender.ID, UpdatedAt: b.Now})
	})
	if err != nil {
		return b.blame(lock, fmt.Errorf("lock sender: %w", err))
	}
	if left, err = b.continueThreads(ctx, left); err != nil {
		return err
	}
	if err := b.settleKnown(ctx, left); err != nil { // a repetition opens nothing
		return err
	}
	return b.openThreads(ctx, underWay(left))
}

// continueThreads finds the threads that texts continue, and returns the texts that continue none.
func (b *batch) continueThreads(ctx context.Context, all []*filing) (left []*filing, err error) {
	settings, err := b.Settings(ctx)
	if err != nil {
		return nil, err
	}
	byLine := map[string]set{}
	bySubject := map[club.SubjectID]*sender{}
	for _, f := range all {
		if f.into = f.sender.threads[f.line]; f.into == nil {
			byLine[f.line] = byLine[f.line].with(f.sender.ID.String())
			bySubject[f.sender.ID] = f.sender
		}
	}
	for line, subjects := range byLine {
		rows, err := b.FindLatestThreads(ctx, store.FindLatestThreadsParams{Subjects: subjects.json(), Line: line})
		if err != nil {
			return nil, fmt.Errorf("find threads: %w", err)
		}
		for _, th := range rows {
			if s := bySubject[th.SubjectID]; thread.Continues(th, b.Now, settings.EpisodeGap) {
				s.threads[line] = newConversation(th, b.Now)
			}
		}
	}
	for _, f := range all {
		if f.into = f.sender.threads[f.line]; f.into == nil {
			left = append(left, f)
		}
	}
	return left, nil
}

// openThreads opens a thread for each sender and line.
func (b *batch) openThreads(ctx context.Context, all []*filing) error {
	var opened []*filing // the first text of each
	for _, f := range all {
		if f.into = f.sender.threads[f.line]; f.into != nil {
			continue
		}
		err := b.of(f, func() error {
			place, err := f.place(ctx, b, f.sender)
			if err != nil {
				return err
			}
			f.into = newConversation(newThread(b, f.sender, f.line, f.provider, place), b.Now)
			return nil
		})
		if err != nil {
			return err
		}
		f.sender.threads[f.line] = f.into
		opened = append(opened, f)
	}
	_, err := b.Each(ctx, len(opened), func(q *store.Queries, i int) (int64, error) { return 0, create(ctx, q, opened[i].into.Thread) })
	return b.blame(opened, err)
}

// moveThreads tells the threads of the texts that were stored, and has them read. Where somebody else
// has changed a thread since it was read, it is read again: a text never waits for the machine or an
// operator.
func (b *batch) moveThreads(ctx context.Context, all []*filing) error {
	var left []*conversation
	for _, f := range all {
		if c := f.into; c != nil && len(c.texts) > 0 && c.texts[0] == f {
			left = append(left, c)
		}
	}
	moved := slices.Clone(left)                                                            // in the order of their texts
	slices.SortFunc(left, func(x, y *conversation) int { return cmp.Compare(x.ID, y.ID) }) // one order for everybody
	for range 3 {
		changed, err := b.moveOnce(ctx, left)
		if err != nil {
			return err
		}
		if left = changed; len(left) == 0 {
			break
		}
		for _, c := range left {
			fresh, err := b.FindThread(ctx, c.ID)
			if err != nil {
				return fmt.Errorf("find thread: %w", err)
			}
			if err := b.refresh(ctx, c, fresh); err != nil {
				return err
			}
		}
	}
	if len(left) > 0 {
		b.at = left[0].texts[0].item
		return club.Conflict("the conversation changes too often; try again")
	}
	for _, c := range moved {
		b.enqueue(c)
		c.texts = nil
	}
	return nil
}

// refresh takes over a thread that somebody else has changed. Texts of ours that are stored come after
// theirs, whoever began first.
func (b *batch) refresh(ctx context.Context, c *conversation, fresh store.Thread) error {
	c.Thread = fresh
	at := behind(fresh, c.at)
	if at.Equal(c.at) {
		return nil
	}
	c.at = at
	_, err := b.Each(ctx, len(c.texts), func(q *store.Queries, i int) (int64, error) {
		return q.RestampMessage(ctx, store.RestampMessageParams{ID: c.texts[i].row.ID, CreatedAt: at})
	})
	return b.blame(c.texts, err)
}

// moveOnce saves the threads as the texts leave them, and returns those that have changed since they
// were read.
func (b *batch) moveOnce(ctx context.Context, all []*conversation) (changed []*conversation, err error) {
	next := make([]*store.Thread, len(all))
	entries := make([][]audit.Entry, len(all))
	for i, c := range all {
		th := c.Thread
		for _, f := range c.texts {
			err := b.of(f, func() (err error) {
				from := th.Status
				m := f.move()
				if th, err = thread.Next(f.arrives(b, th), m); err != nil {
					return err
				}
				if e, worth := thread.Entry(from, th, m); worth {
					e.Correlation = f.correlation
					entries[i] = append(entries[i], e)
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		next[i] = &th
	}
	saved, err := thread.SaveEach(ctx, b.Tx, next)
	if err != nil {
		if i, ok := store.FailedRow(err); ok {
			b.at = all[i].texts[0].item
		}
		return nil, err
	}
	var log []audit.Entry
	for i, c := range all {
		if !saved[i] {
			changed = append(changed, c)
			continue
		}
		c.Thread = *next[i]
		log = append(log, entries[i]...)
	}
	return changed, audit.WriteEach(ctx, b.Tx, log)
}

// enqueue has the texts of a conversation read: after the wait for the rest of a burst, or at once when
// one of them is urgent. An urgent job is for whatever is unread, not for one text, so that it does its
// work even when another text has come by then.
func (b *batch) enqueue(c *conversation) {
	last := c.texts[len(c.texts)-1]
	if b.burst != nil {
		b.enqueueOnce(c)
		return
	}
	job := AdvanceJob{Meta: jobs.Meta{Tenant: b.Tenant, Correlation: last.correlation}, Thread: c.ID, Message: last.row.ID}
	if slices.ContainsFunc(c.texts, func(f *filing) bool { return f.urgent }) {
		job.Message, job.Urgent = "", true
		b.Enqueue(job, jobs.Urgent())
		return
	}
	b.Enqueue(job, jobs.At(b.Now.Add(b.settings.BurstWait)))
}
