package desk

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"clubos/internal/club"
	"clubos/internal/identity"
	"clubos/internal/jobs"
	"clubos/internal/learn"
	"clubos/internal/notify"
	"clubos/internal/people"
	"clubos/internal/store"
	"clubos/internal/thread"
	"clubos/internal/vault"
)

// Config is what the desk works with. All fields are required but Log.
type Config struct {
	Cluster  *store.Cluster
	Ring     *vault.Ring
	Notifier *notify.Notifier
	Memory   *learn.Memory // what people answer by hand teaches it
	// Advance enqueues the job in which the machine looks at a thread; a zero message means at all texts
	// that nothing has taken up.
	Advance func(tx *store.Tx, thread club.ThreadID, message club.MessageID)
	// Log defaults to slog.Default().
	Log *slog.Logger
}

// Desk is where people work. It is safe for concurrent use.
type Desk struct {
	cfg       Config
	templates []TicketTemplate // read only
}

// New returns a desk.
func New(cfg Config) *Desk {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	templates, err := readTemplates(ticketTemplates)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return &Desk{cfg: cfg, templates: templates}
}

// Register registers the desk's timers and its sweep.
func (d *Desk) Register(r *jobs.Registry) {
	jobs.Handle(r, jobs.Handler[escalationDue]{Work: d.remind})
	jobs.Handle(r, jobs.Handler[escalationStep]{Work: d.step})
	jobs.Handle(r, jobs.Handler[silenceOver]{Work: d.endSilence})
	jobs.Handle(r, jobs.Handler[ticketSLA]{Work: d.warn})
	r.Every("desk_neglect", sweepEvery, d.Sweep)
}

// Log lines and audit entries name the desk as the actor of what it does by itself.
var self = club.System("desk")

// keys returns the keys of the transaction's tenant.
func (d *Desk) keys(ctx context.Context, tx *store.Tx) (*vault.Tenant, error) {
	tenant, err := d.cfg.Cluster.AnyTenant(ctx, tx.Tenant)
	if err != nil {
		return nil, err
	}
	return d.cfg.Ring.For(tenant.Slug, tenant.Keyset)
}

// names returns the words of the member's name, for masking. A key that does not open must not keep a
// person from being called, so nothing is masked by name then; numbers and addresses still are. A row that
// cannot be read is another matter: it can be the next time.
func (d *Desk) names(ctx context.Context, tx *store.Tx, t store.Thread) ([]string, error) {
	keys, err := d.keys(ctx, tx)
	if err == nil {
		var p people.Person
		if p, err = people.Find(ctx, tx, keys, t.SubjectID); err == nil || !vault.Unreadable(err) {
			return p.Names(), err
		}
	}
	d.cfg.Log.ErrorContext(ctx, "member's name not known for masking", "event.action", "desk.names", "organization.id", tx.Tenant.String(),
		"labels.thread", t.ID.String(), "error.message", err.Error())
	return nil, nil
}

// find returns a thread that p may see. One outside p's places is as unknown as one that does not exist.
func find(ctx context.Context, tx *store.Tx, p identity.Principal, perm identity.Permission, id club.ThreadID) (store.Thread, error) {
	if err := admit(tx, p, perm); err != nil {
		return store.Thread{}, err
	}
	t, err := thread.Find(ctx, tx, id)
	if err != nil {
		return t, err
	}
	if !p.AllowsLocation(t.LocationID) {
		return store.Thread{}, club.NotFound("there is no such conversation")
	}
	return t, nil
}

// admit reports whether p may do something of the kind in the transaction's tenant.
func admit(tx *store.Tx, p identity.Principal, perm identity.Permission) error {
	if err := p.Require(perm); err != nil {
		return err
	}
	if p.Tenant != tx.Tenant {
		return club.Forbidden("you belong to another club")
	}
	return nil
}

// act runs fn on a thread that p may change. When somebody else changes the thread at the same moment,
// fn looks at it again, so that it sees what the other did; it is Conflict only if that forbids the act.
func (d *Desk) act(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ThreadID, fn func(*store.Tx, store.Thread) (store.Thread, error)) (store.Thread, error) {
	var out store.Thread
	err := again(ctx, tenant, func(tx *store.Tx) error {
		t, err := find(ctx, tx, p, identity.ThreadsWrite, id)
		if err != nil {
			return err
		}
		out, err = fn(tx, t)
		return err
	})
	return out, err
}

// again writes, and writes again when somebody else was first. A rule that says no says it three times,
// which costs little and needs no second kind of conflict.
func again(ctx context.Context, tenant *store.Tenant, fn func(*store.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := tenant.Write(ctx, fn)
		if club.CodeOf(err) != club.CodeConflict || attempt == 3 {
			return err
		}
	}
}

func missing(err error) bool { return club.CodeOf(store.Translate(err)) == club.CodeNotFound }

// checkText refuses what cannot be kept or sent.
func checkText(what, text string, most int) (string, error) {
	text = strings.TrimSpace(text)
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return "", club.Invalid("%s is empty", what)
	case n > most:
		return "", club.Invalid("%s has %d characters; %d is the limit", what, n, most)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "", club.Invalid("%s is not valid text", what)
	}
	return text, nil
}

// sentence writes a reason as people read it; reasons are kept as they follow "because".
func sentence(s string) string {
	if s == "" {
		return s
	}
	first, n := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[n:]
	if !strings.ContainsAny(s[len(s)-1:], ".?!") && !strings.HasSuffix(s, "…") {
		s += "."
	}
	return s
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// place names where a thread or ticket belongs, for people: "Northside, Bay 3".
func place(ctx context.Context, tx *store.Tx, location club.LocationID, bay club.BayID) (string, error) {
	if location.IsZero() {
		return "", nil
	}
	l, err := tx.Known().FindLocation(ctx, location)
	if err != nil {
		return "", fmt.Errorf("find location: %w", err)
	}
	if bay.IsZero() {
		return l.Name, nil
	}
	b, err := tx.Known().FindBay(ctx, bay)
	if err != nil {
		return "", fmt.Errorf("find bay: %w", err)
	}
	return l.Name + ", " + b.Name, nil
}

// dueAt says an instant by the clocks of a location, with their name: whoever reads it may be elsewhere.
func dueAt(ctx context.Context, tx *store.Tx, location club.LocationID, at time.Time, layout string) (string, error) {
	zone := time.UTC
	if !location.IsZero() {
		l, err := tx.Known().FindLocation(ctx, location)
		if err != nil {
			return "", fmt.Errorf("find location: %w", err)
		}
		zone = club.Zone(l.TimeZone)
	}
	return at.In(zone).Format(layout + " MST"), nil
}

// nameOf shows an actor to colleagues.
func nameOf(a club.Actor) string {
	if a.Name != "" {
		return a.Name
	}
	return string(a.Kind)
}

func pointer[T any](v T) *T { return &v }

// sweepEvery is how often neglected threads are looked for.
const sweepEvery = 20 * time.Second
