package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clubos/internal/audit"
	"clubos/internal/club"
	"clubos/internal/health"
	"clubos/internal/identity"
	"clubos/internal/notify"
	"clubos/internal/oncall"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// alarmStale is how long what a process measured of itself counts: one that is gone says no more that it is over.
const alarmStale = 15 * time.Minute

// Alarm takes in what a look at the club and a process (node) came to. Whoever is on call, and those who run
// the club, are told once of what has lasted for setting.Settings.AlarmAfter, whichever process sees it, and
// once more when it is over everywhere.
func (d *Desk) Alarm(ctx context.Context, tenant *store.Tenant, node string, j health.Judgement) error {
	idle := false
	err := tenant.Read(ctx, func(tx *store.Tx) error {
		rows, err := tx.FindAlarms(ctx)
		idle = len(rows) == 0 && len(j.Faults) == 0
		return err
	})
	if err != nil || idle {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error {
		s, err := setting.Known(ctx, tx)
		if err != nil {
			return err
		}
		w := &watchman{d: d, tx: tx, node: node, after: s.AlarmAfter, now: map[string]health.Fault{}, title: map[string]string{}}
		for _, f := range j.Looked {
			w.title[f.Name] = f.Title
		}
		for _, f := range j.Faults {
			w.now[f.Name] = f
		}
		return w.settle(ctx, j)
	})
}

// watchman brings the stored alarms up to a look.
type watchman struct {
	d     *Desk
	tx    *store.Tx
	node  string
	after time.Duration // 0: nobody is told
	now   map[string]health.Fault
	title map[string]string
}

func (w *watchman) at(f health.Fault) string {
	if f.Here {
		return w.node
	}
	return ""
}

func (w *watchman) settle(ctx context.Context, j health.Judgement) error {
	for _, f := range j.Faults {
		if err := w.tx.SeeAlarm(ctx, store.SeeAlarmParams{Name: f.Name, Node: w.at(f), Since: w.tx.Now}); err != nil {
			return fmt.Errorf("note alarm: %w", err)
		}
	}
	rows, err := w.tx.FindAlarms(ctx)
	if err != nil {
		return fmt.Errorf("find alarms: %w", err)
	}
	byName := map[string][]store.Alarm{}
	var names []string
	for _, row := range rows {
		if byName[row.Name] == nil {
			names = append(names, row.Name)
		}
		byName[row.Name] = append(byName[row.Name], row)
	}
	for _, name := range names {
		if err := w.one(ctx, name, byName[name], j); err != nil {
			return err
		}
	}
	return nil
}

// one settles what is stored of one name.
func (w *watchman) one(ctx context.Context, name string, rows []store.Alarm, j health.Judgement) error {
	var told *time.Time
	since := rows[0].Since
	var left []store.Alarm
	for _, row := range rows {
		if row.ToldAt != nil {
			told, since = row.ToldAt, row.Since
		}
		if !w.over(row, j) {
			left = append(left, row)
			continue
		}
		if n, err := w.tx.EndAlarm(ctx, store.EndAlarmParams{Name: name, Node: row.Node}); err != nil || n == 0 {
			return err // 0: somebody else is at it
		}
	}
	switch {
	case len(left) == 0 && told != nil:
		return w.tell(ctx, name, since, true)
	case len(left) == 0 || w.after == 0:
		return nil
	case told != nil: // they know; it may be that who told them is well again and another is not
		if !slices.ContainsFunc(left, func(a store.Alarm) bool { return a.ToldAt != nil }) {
			_, err := w.tx.TellAlarm(ctx, store.TellAlarmParams{Name: name, Node: left[0].Node, Now: told})
			return err
		}
		return nil
	case w.tx.Now.Sub(left[0].Since) < w.after:
		return nil
	}
	n, err := w.tx.TellAlarm(ctx, store.TellAlarmParams{Name: name, Node: left[0].Node, Now: &w.tx.Now})
	if err != nil || n == 0 {
		return err
	}
	return w.tell(ctx, name, left[0].Since, false)
}

// over reports whether what a row says does not hold any more.
func (w *watchman) over(row store.Alarm, j health.Judgement) bool {
	i := slices.IndexFunc(j.Looked, func(f health.Fault) bool { return f.Name == row.Name && w.at(f) == row.Node })
	if i >= 0 {
		_, holds := w.now[row.Name]
		return !holds
	}
	return w.tx.Now.Sub(row.SeenAt) > alarmStale
}

// tell writes to the club's channel, to the pager, and to those who must know.
func (w *watchman) tell(ctx context.Context, name string, since time.Time, over bool) error {
	title, event, action := w.title[name], notify.PageTrigger, "alarm.raised"
	lasted := club.Span(w.tx.Now.Sub(since))
	n := notify.Note{Kind: notify.KindProblem, Ref: "alarm:" + name, Title: title, Priority: club.PriorityHigh, Link: "/health",
		Lines: []string{"For " + lasted + " by now."}, DedupKey: fmt.Sprintf("alarm:%s:%d", name, since.UnixMicro())}
	if f, ok := w.now[name]; ok {
		n.Lines = append(n.Lines, f.Detail)
	}
	if over {
		event, action = notify.PageResolve, "alarm.ended"
		n.Title, n.Lines, n.Priority = "Over: "+title, []string{"It lasted for " + lasted + "."}, club.PriorityNormal
		n.DedupKey += ":over"
	}
	if err := audit.Write(ctx, w.tx, audit.Entry{Actor: self, Action: action, Object: name, Detail: map[string]any{"since": since, "title": title}}); err != nil {
		return err
	}
	tenant := w.tx.Tenant.String()
	w.tx.AfterCommit(func() {
		w.d.cfg.Log.Warn("people are told how the club fares", "event.action", action, "organization.id", tenant, "labels.alarm", name)
	})
	if err := w.d.cfg.Notifier.Queue(ctx, w.tx, n); err != nil {
		return err
	}
	page := n
	page.Page = notify.Page{Event: event, Key: fmt.Sprintf("alarm:%s:%d", name, since.UnixMicro()), Source: "ClubOS"}
	if _, err := w.d.cfg.Notifier.Call(ctx, w.tx, notify.ChannelPagerDuty, "", page); err != nil {
		return err
	}
	return w.d.tellStaff(ctx, w.tx, n)
}

// tellStaff writes to whoever is on call, by each way that they have, and to owners and admins, by mail
// where they have it.
func (d *Desk) tellStaff(ctx context.Context, tx *store.Tx, n notify.Note) error {
	keys, err := d.keys(ctx, tx)
	if err != nil {
		return err
	}
	colleagues, err := identity.Colleagues(ctx, tx)
	if err != nil {
		return err
	}
	rota, err := oncall.Load(ctx, tx, tx.Now)
	if err != nil {
		return err
	}
	onCall := rota.OnCall(tx.Now, "") // anywhere
	for _, c := range colleagues {
		called := slices.Contains(onCall, c.ID)
		if !c.Active || !called && c.Role != club.RoleOwner && c.Role != club.RoleAdmin {
			continue
		}
		contact, err := oncall.Reach(ctx, tx, keys, c.ID)
		if err != nil {
			return err
		}
		ways := contact.Ways()
		if !called {
			ways = waysToInform(contact, tx.Now)
		}
		for _, way := range ways {
			if _, err := d.cfg.Notifier.Call(ctx, tx, notify.Channel(way), c.ID, n); err != nil {
				return err
			}
		}
	}
	return nil
}
