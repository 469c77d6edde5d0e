package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"sync"
	"time"

	"clubos/internal/club"
	"clubos/internal/connector/pagerduty"
	"clubos/internal/connector/slack"
	"clubos/internal/desk"
	"clubos/internal/integration"
	"clubos/internal/notify"
	"clubos/internal/oncall"
	"clubos/internal/outage"
)

const (
	// rollAge is how old what is known of whom to tell may become; what changes here is heard of at once.
	rollAge = 30 * time.Minute
	// rollsAtOnce is how many clubs are read after a look at the database, each by some ten short queries.
	rollsAtOnce = 32
	// learnWithin bounds that, for the next look at the database waits for it; learnAgain is when a club that could not be
	// read has its next turn.
	learnWithin, learnAgain = 4 * time.Second, time.Minute
)

// newOutage has people told when the database is gone.
func (a *App) newOutage() *outage.Watch {
	a.rolls = &rolls{app: a, known: map[club.Slug]known{}}
	a.vendors.changed = a.rolls.heard
	return outage.New(outage.Config{Pulse: a.Cluster.Pulse, Learn: a.rolls.learn, Ways: a.rolls.ways, Tell: a.notifier.Tell, Marks: outage.NewMarks(a.Redis, a.space()),
		Node: a.Config.node(), Installation: a.Config.publicURL(), Clock: a.Cluster.Clock(), Timing: a.Config.Outage, Log: a.Log})
}

// rolls keep whom each club that is served here would have told.
type rolls struct {
	app *App

	mu    sync.Mutex // guards known
	known map[club.Slug]known
}

type known struct {
	roll  *desk.Roll // nil: nobody is to be told
	at    time.Time  // zero: it is to be read again
	heard int        // how often it was heard that something has changed
}

// heard has a club read again where what changed may change whom it has told.
func (r *rolls) heard(slug club.Slug, topic string) {
	if !slices.Contains([]string{oncall.Topic, integration.Topic, "user", "setting", "line"}, topic) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.known[slug]
	r.known[slug] = known{roll: k.roll, heard: k.heard + 1}
}

// due lists the clubs that are to be read: those first of which nothing is known, then the oldest.
func (r *rolls) due(now time.Time) []club.Slug {
	served := r.app.vendors.served()
	r.mu.Lock()
	defer r.mu.Unlock()
	due := slices.DeleteFunc(served, func(s club.Slug) bool {
		k := r.known[s]
		return !k.at.IsZero() && now.Sub(k.at) < rollAge
	})
	slices.SortStableFunc(due, func(a, b club.Slug) int { return r.known[a].at.Compare(r.known[b].at) })
	return due[:min(len(due), rollsAtOnce)]
}

// learn reads some clubs. What cannot be read is read after the next look.
func (r *rolls) learn(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, learnWithin)
	defer cancel()
	now := r.app.Cluster.Clock().Now()
	for _, slug := range r.due(now) {
		r.mu.Lock()
		k := r.known[slug]
		r.mu.Unlock()
		roll, err := r.read(ctx, slug)
		if code := club.CodeOf(err); err != nil && code != club.CodeForbidden && code != club.CodeNotFound { // suspended, or gone
			r.app.Log.WarnContext(ctx, "whom to tell without the database cannot be looked up", "event.action", "database.learn", "event.outcome", "failure", "organization.id", slug.String(), "error.message", err.Error())
			r.mu.Lock()
			r.known[slug] = known{roll: k.roll, at: now.Add(learnAgain - rollAge), heard: r.known[slug].heard}
			r.mu.Unlock()
			return // the next look says whether it is the database's fault
		}
		k.roll, k.at = roll, now
		r.mu.Lock()
		if k.heard != r.known[slug].heard { // while it was read
			k = known{roll: roll, heard: r.known[slug].heard}
		}
		r.known[slug] = k
		r.mu.Unlock()
	}
}

func (r *rolls) read(ctx context.Context, slug club.Slug) (*desk.Roll, error) {
	ctx, cancel := context.WithTimeout(ctx, findWithin)
	defer cancel()
	tenant, err := r.app.Cluster.Tenant(ctx, slug)
	if err != nil {
		return nil, err
	}
	return r.app.Desk.Roll(ctx, tenant)
}

// ways lists whom the clubs have told at an instant.
func (r *rolls) ways(now time.Time) (out []outage.Way) {
	r.mu.Lock()
	all := maps.Clone(r.known)
	r.mu.Unlock()
	for _, slug := range slices.Sorted(maps.Keys(all)) {
		roll := all[slug].roll
		if roll == nil {
			continue
		}
		for _, to := range roll.Call(now) {
			way := outage.Way{Target: to.Target, Club: roll.Club, Zone: roll.Zone, Mark: to.Index}
			// The index differs from club to club: the first club's, by short name, names the person everywhere.
			account := r.app.vendors.account(slug, to.Channel)
			way.Key = string(to.Channel) + ":" + account + ":" + to.To
			way.Mark = string(to.Channel) + ":" + cmp.Or(to.Index, account+":"+to.To)
			out = append(out, way)
		}
	}
	return out
}

// account names whose Slack or pager a club's is, so that clubs which share one are told of once; "" for what
// reaches a person whoever sends it.
func (v *vendors) account(slug club.Slug, by notify.Channel) string {
	secret := ""
	switch from := v.of(slug).from; by {
	case notify.ChannelSlack:
		secret = from[slack.Provider]["bot_token"]
	case notify.ChannelPagerDuty:
		secret = from[pagerduty.Provider]["routing_key"]
	case notify.ChannelSMS, notify.ChannelEmail:
		return ""
	}
	sum := sha256.Sum256([]byte("clubos account " + secret))
	return hex.EncodeToString(sum[:8])
}
