package notify

import (
	"context"
	"fmt"

	"clubos/internal/club"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Means are by what a club can call people.
type Means struct {
	Line  store.Line // that texts go out from
	SMS   bool
	Email bool
	Pager bool
	Slack string // the club's channel there; "" when it has none
}

// Means looks up by what the club can call people.
func (n *Notifier) Means(ctx context.Context, tx *store.Tx) (m Means, err error) {
	if m.Line, m.SMS, err = n.lineFor(ctx, tx, ""); err != nil {
		return m, err
	}
	_, m.Email = n.mailer(tx.Tenant)
	_, m.Pager = n.pager(tx.Tenant)
	if _, ok := n.cfg.Posters(tx.Tenant); ok {
		s, err := setting.Known(ctx, tx)
		if err != nil {
			return m, err
		}
		m.Slack = s.SlackChannel
	}
	return m, nil
}

// Target is where a note goes that is in no row.
type Target struct {
	Club    club.Slug // whose vendor is called
	Channel Channel
	To      string     // number, address or channel; "" for the pager. Not for logs
	Line    store.Line // that a text goes out from
}

// Tell calls a vendor at once, without the database: nothing is queued, recorded or tried again.
func (n *Notifier) Tell(ctx context.Context, to Target, note Note) error {
	if note.Ref == "" || note.Kind == "" || note.DedupKey == "" || note.Link != "" {
		return fmt.Errorf("BUG: a note to tell without kind, ref or dedup key, or with a link: %s %s", note.Kind, note.Ref)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	row := store.Notification{ID: club.NotificationID(note.DedupKey), Channel: string(to.Channel), Target: to.To, Kind: string(note.Kind), Ref: note.Ref}
	_, err := n.call(ctx, to.Club, delivery{row: row, note: note.masked(), to: to.To, line: to.Line})
	return err
}

// Final reports whether telling once more would certainly be refused too.
func Final(err error) bool { return final(err) }
