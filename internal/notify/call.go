package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"clubos/internal/club"
	"clubos/internal/oncall"
	"clubos/internal/setting"
	"clubos/internal/store"
)

// Texter sends texts.
type Texter interface {
	Send(ctx context.Context, m club.Outbound) (club.Receipt, error)
}

// Mailer sends mail.
type Mailer interface {
	Mail(ctx context.Context, m Mail) error
}

// Mail is one mail to one person.
type Mail struct {
	To, Subject, Text string
	ID                string // ours; a second sending of one mail has the same
	Matter            string // what it is about: mails about one matter belong together
	Urgent            bool
}

// Pager wakes whoever is on call at the club's paging service.
type Pager interface {
	Page(ctx context.Context, p Paging) error
}

// Event is what happens to a matter at the pager.
type Event string

// The events.
const (
	PageTrigger     Event = "trigger"
	PageAcknowledge Event = "acknowledge"
	PageResolve     Event = "resolve"
)

// Page is the pager's part of a note.
type Page struct {
	Event  Event  `json:"event"`
	Key    string `json:"key"`    // names the matter; later events of it have the same
	Source string `json:"source"` // where it happened
}

// Paging is what a pager is told.
type Paging struct {
	Page
	Summary  string
	Priority club.Priority
	Details  map[string]string
	Link     string // "" when the club's console has no address
}

// errNoAddress ends a call of somebody who has no number or address any more, or to whom no line leads.
var errNoAddress = errors.New("there is no number or address to call")

// Can reports whether the club has the means to call by a channel.
func (n *Notifier) Can(ctx context.Context, tx *store.Tx, by Channel) (bool, error) {
	switch by {
	case ChannelSMS:
		_, ok, err := n.lineFor(ctx, tx, "")
		return ok, err
	case ChannelEmail:
		_, ok := n.mailer(tx.Tenant)
		return ok, nil
	case ChannelPagerDuty:
		_, ok := n.pager(tx.Tenant)
		return ok, nil
	case ChannelSlack:
	}
	s, err := setting.Known(ctx, tx)
	_, ok := n.cfg.Posters(tx.Tenant)
	return ok && s.SlackChannel != "", err
}

// Call queues a note for one person, or for the pager when the user is zero, and reports whether it is on
// its way. It is not when the club has no means for that channel. One dedup key calls a person once by
// each channel.
func (n *Notifier) Call(ctx context.Context, tx *store.Tx, by Channel, user club.UserID, note Note) (bool, error) {
	if note.DedupKey == "" || note.Ref == "" || note.Kind == "" || (by == ChannelPagerDuty) != user.IsZero() {
		return false, fmt.Errorf("BUG: a call without kind, ref, dedup key or somebody to call: %s %s", note.Kind, note.Ref)
	}
	if ok, err := n.Can(ctx, tx, by); err != nil || !ok {
		return false, err
	}
	payload, err := note.encode()
	if err != nil {
		return false, err
	}
	id := club.NewNotificationID(tx.Now)
	created, err := tx.CreateNotification(ctx, store.CreateNotificationParams{ID: id, Channel: string(by), UserID: user, Kind: string(note.Kind), Ref: note.Ref, ThreadID: note.Thread,
		Payload: payload, DedupKey: note.DedupKey + ":" + string(by) + ":" + user.String(), Now: tx.Now})
	if err != nil {
		return false, fmt.Errorf("queue call: %w", err)
	}
	if created > 0 {
		enqueue(tx, id)
	}
	return true, nil
}

// Withdraw takes back the calls about ref that have not gone out: those whose dedup key begins with "call:".
func (n *Notifier) Withdraw(ctx context.Context, tx *store.Tx, ref string) error {
	payload, err := Note{Ref: ref, Withdrawn: true}.encode()
	if err != nil {
		return err
	}
	if err := tx.WithdrawCalls(ctx, store.WithdrawCallsParams{Ref: ref, Withdrawn: payload, Now: tx.Now}); err != nil {
		return fmt.Errorf("withdraw calls: %w", err)
	}
	return nil
}

// withdraw ends a claimed call that nobody needs any more. One that had gone out all the same stays sent.
func withdraw(ctx context.Context, tx *store.Tx, row store.Notification) error {
	status := "withdrawn"
	if row.ExternalID != "" {
		status = "sent"
	}
	if _, err := tx.SettleNotification(ctx, store.SettleNotificationParams{ID: row.ID, Status: status, Now: tx.Now}); err != nil {
		return fmt.Errorf("end withdrawn call: %w", err)
	}
	return nil
}

// Undelivered takes in a vendor's word that a text to one of the staff did not arrive. It does nothing for
// texts that are no calls.
func (n *Notifier) Undelivered(ctx context.Context, tx *store.Tx, externalID, code string) error {
	row, err := tx.FailText(ctx, store.FailTextParams{ExternalID: externalID, Error: "the text did not arrive " + clip(code, 64), Now: tx.Now})
	if club.CodeOf(store.Translate(err)) == club.CodeNotFound {
		return nil
	}
	if err != nil {
		return fmt.Errorf("fail text: %w", err)
	}
	tx.Changed(Topic, row.ID.String())
	return n.failed(ctx, tx, row)
}

func (n *Notifier) mailer(tenant club.Slug) (Mailer, bool) {
	if n.cfg.Mailers == nil {
		return nil, false
	}
	return n.cfg.Mailers(tenant)
}

func (n *Notifier) pager(tenant club.Slug) (Pager, bool) {
	if n.cfg.Pagers == nil {
		return nil, false
	}
	return n.cfg.Pagers(tenant)
}

// address finds where a call goes at this moment.
func (n *Notifier) address(ctx context.Context, tx *store.Tx, tenant *store.Tenant, row store.Notification) (to string, line store.Line, err error) {
	by := Channel(row.Channel)
	if by != ChannelSMS && by != ChannelEmail {
		return "", line, nil
	}
	keys, err := n.cfg.Ring.For(tenant.Slug, tenant.Keyset)
	if err != nil {
		return "", line, err
	}
	c, err := oncall.Reach(ctx, tx, keys, row.UserID)
	if err != nil {
		return "", line, err
	}
	if !slices.Contains(c.Ways(), string(by)) {
		return "", line, errNoAddress
	}
	if by == ChannelEmail {
		return c.Email, line, nil
	}
	line, ok, err := n.lineFor(ctx, tx, row.ThreadID)
	if err == nil && !ok {
		err = errNoAddress
	}
	return c.Phone, line, err
}

// lineFor chooses the club's line that a text to the staff goes out from: that of the thread, else one of
// its place, else any whose vendor is connected.
func (n *Notifier) lineFor(ctx context.Context, tx *store.Tx, in club.ThreadID) (store.Line, bool, error) {
	if n.cfg.Texters == nil {
		return store.Line{}, false, nil
	}
	all, err := tx.Known().FindLines(ctx)
	if err != nil {
		return store.Line{}, false, fmt.Errorf("find lines: %w", err)
	}
	all = slices.DeleteFunc(all, func(l store.Line) bool {
		_, ok := n.cfg.Texters(tx.Tenant, l.Provider)
		return !ok
	})
	if len(all) == 0 {
		return store.Line{}, false, nil
	}
	if in.IsZero() {
		return all[0], true, nil
	}
	t, err := tx.FindThread(ctx, in)
	if err != nil {
		return store.Line{}, false, fmt.Errorf("find thread: %w", err)
	}
	for _, fits := range []func(store.Line) bool{
		func(l store.Line) bool { return l.Number == t.Line },
		func(l store.Line) bool { return !t.LocationID.IsZero() && l.LocationID == t.LocationID },
	} {
		if i := slices.IndexFunc(all, fits); i >= 0 {
			return all[i], true, nil
		}
	}
	return all[0], true, nil
}

// maxText bounds a text to the staff, in characters: about four parts of an SMS.
const maxText = 600

func (n *Notifier) text(ctx context.Context, tenant club.Slug, d delivery) (string, error) {
	texter, ok := n.cfg.Texters(tenant, d.line.Provider)
	if !ok {
		return "", errNoPoster
	}
	tail := ""
	for _, part := range []string{d.note.Answer, d.note.Link} {
		if part != "" {
			tail += "\n" + part
		}
	}
	words := clip(strings.Join(append([]string{d.note.Title}, d.note.Lines...), "\n"), max(maxText-len([]rune(tail)), 40))
	r, err := texter.Send(ctx, club.Outbound{From: d.line.Number, To: d.to, Text: words + tail})
	return r.ProviderMessageID, err
}

func (n *Notifier) mail(ctx context.Context, tenant club.Slug, d delivery) (string, error) {
	mailer, ok := n.mailer(tenant)
	if !ok {
		return "", errNoPoster
	}
	var b strings.Builder
	b.WriteString(d.note.Title + "\n")
	for _, l := range d.note.Lines {
		b.WriteString("\n" + l + "\n")
	}
	b.WriteString("\n")
	for _, f := range d.note.Fields {
		b.WriteString(f[0] + ": " + f[1] + "\n")
	}
	if d.note.Link != "" {
		b.WriteString("\nOpen the conversation to take it (you must be signed in):\n" + d.note.Link + "\n")
	} else if d.note.Kind != KindOutage {
		b.WriteString("\nOpen it in ClubOS to take it.\n")
	}
	id := d.row.ID.String()
	return id, mailer.Mail(ctx, Mail{To: d.to, Subject: d.note.Title, Text: b.String(), ID: id, Matter: d.row.Ref, Urgent: d.note.Priority == club.PriorityEmergency})
}

func (n *Notifier) page(ctx context.Context, tenant club.Slug, d delivery) (string, error) {
	pager, ok := n.pager(tenant)
	if !ok {
		return "", errNoPoster
	}
	details := map[string]string{}
	for _, f := range d.note.Fields {
		details[strings.ToLower(f[0])] = f[1]
	}
	if len(d.note.Lines) > 0 {
		details["reason"] = d.note.Lines[0]
	}
	return d.note.Page.Key, pager.Page(ctx, Paging{Page: d.note.Page, Summary: d.note.Title, Priority: d.note.Priority, Details: details, Link: d.note.Link})
}
