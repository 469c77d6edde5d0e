package app

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"clubos/internal/act"
	"clubos/internal/club"
	"clubos/internal/connector"
	"clubos/internal/connector/bookings"
	"clubos/internal/connector/email"
	"clubos/internal/connector/embeddings"
	"clubos/internal/connector/ninjaone"
	"clubos/internal/connector/openphone"
	"clubos/internal/connector/pagerduty"
	"clubos/internal/connector/slack"
	"clubos/internal/connector/twilio"
	"clubos/internal/connector/unifi"
	"clubos/internal/embedding"
	"clubos/internal/event"
	"clubos/internal/health"
	"clubos/internal/inbox"
	"clubos/internal/integration"
	"clubos/internal/notify"
	"clubos/internal/outbox"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// vendors keeps each club's clients, built from its integrations. Looking one up takes no database:
// a club's clients are loaded when it is opened, again when an integration changes, and, because word of
// a change may be lost and a load may fail, every reloadEvery.
type vendors struct {
	cluster   *store.Cluster
	ring      *vault.Ring
	publicURL string
	deps      connector.Deps
	log       *slog.Logger
	alarm     integration.Alarm       // brings a vendor that has locked us out before a person
	changed   func(club.Slug, string) // told of each change of a club, by its topic
	standIns  *StandIns               // in the place of everybody's vendors; nil: none

	mu      sync.RWMutex // guards the fields below
	clubs   map[club.Slug]*clients
	rebuild map[club.Slug]chan struct{} // told when a club's clients have been built

	done     chan struct{} // closed by close
	watching sync.WaitGroup
}

// clients are one club's vendors; nil where one is not connected.
type clients struct {
	openphone *openphone.Client
	twilio    *twilio.Client
	ninjaone  *ninjaone.Client
	unifi     *unifi.Client
	slack     *slack.Client
	pagerduty *pagerduty.Client
	email     *email.Client
	bookings  *bookings.Webhook
	vectors   *embeddings.Client
	space     embedding.Space // of vectors
	feeds     []inbox.Feed

	from map[string]integration.Fields // what they were built from
	zone string
}

// StandIns take the place of vendors within the process, where a year is lived in minutes and a call over
// the network would cost more than all that is simulated. None is nil.
type StandIns struct {
	SMS    outbox.SMS
	RMM    act.RMM
	Doors  act.Doors
	Poster notify.Poster
}

// reloadEvery bounds how long a secret that was withdrawn, or a vendor that was disconnected, may still
// count on a replica that was not told.
const reloadEvery = 30 * time.Second

func newVendors(cluster *store.Cluster, ring *vault.Ring, publicURL string, clock club.Clock, log *slog.Logger) *vendors {
	return &vendors{cluster: cluster, ring: ring, publicURL: publicURL, deps: connector.Deps{Clock: clock, Log: log}, log: log, changed: func(club.Slug, string) {}, clubs: map[club.Slug]*clients{}, rebuild: map[club.Slug]chan struct{}{}, done: make(chan struct{})}
}

// load builds a club's clients from what is stored. A vendor whose fields are wrong is left out and
// logged: the others must go on.
func (v *vendors) load(ctx context.Context, slug club.Slug) error {
	tenant, err := v.cluster.AnyTenant(ctx, slug) // a suspended club's webhooks are verified and kept
	if err != nil {
		return err
	}
	keys, err := v.ring.For(slug, tenant.Keyset)
	if err != nil {
		return err
	}
	var all map[string]integration.Fields
	zone := time.UTC
	err = tenant.Read(ctx, func(tx *store.Tx) error {
		if all, err = integration.Load(ctx, tx, keys); err != nil {
			return err
		}
		places, err := tx.FindLocations(ctx)
		if err == nil && len(places) > 0 {
			if z, zerr := time.LoadLocation(places[0].TimeZone); zerr == nil {
				zone = z
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	if v.builtFrom(slug, all, zone) {
		return nil // the clients know their tokens and how their vendors fare
	}
	c := &clients{from: all, zone: zone.String()}
	for name, f := range all {
		if err := v.connect(c, tenant, keys, name, f, zone); err != nil {
			v.log.ErrorContext(ctx, "vendor cannot be used", "event.action", "vendor.connect", "organization.id", slug.String(), "labels.vendor", name, "error.message", err.Error())
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.clubs[slug] = c
	select {
	case v.rebuiltLocked(slug) <- struct{}{}:
	default: // whoever listens will look anyway
	}
	return nil
}

// rebuilt is told when a club's clients have been built, for its one listener: word of the change itself comes
// before they have.
func (v *vendors) rebuilt(slug club.Slug) <-chan struct{} {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.rebuiltLocked(slug)
}

func (v *vendors) rebuiltLocked(slug club.Slug) chan struct{} {
	if v.rebuild[slug] == nil {
		v.rebuild[slug] = make(chan struct{}, 1)
	}
	return v.rebuild[slug]
}

func (v *vendors) builtFrom(slug club.Slug, all map[string]integration.Fields, zone *time.Location) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	c := v.clubs[slug]
	return c != nil && c.zone == zone.String() && maps.EqualFunc(c.from, all, maps.Equal[integration.Fields, integration.Fields])
}

func (v *vendors) connect(c *clients, tenant *store.Tenant, keys *vault.Tenant, name string, f integration.Fields, zone *time.Location) (err error) {
	switch name {
	case openphone.Provider:
		c.openphone, err = openphone.New(openphone.Config{APIKey: f["api_key"], BaseURL: f["base_url"], Version: f["version"], WebhookSecrets: f.List("webhook_secret"), LegacyKeys: f.List("legacy_key")}, v.deps)
	case twilio.Provider:
		c.twilio, err = twilio.New(twilio.Config{AccountSID: f["account_sid"], AuthTokens: f.List("auth_token"), APIKey: f["key_sid"], APISecret: f["key_secret"], BaseURL: f["base_url"],
			StatusCallback: v.publicURL + "/hooks/" + tenant.Slug.String() + "/twilio"}, v.deps)
	case ninjaone.Provider:
		c.ninjaone, err = ninjaone.New(ninjaone.Config{BaseURL: f["base_url"], ClientID: f["client_id"], ClientSecret: f["client_secret"], RefreshToken: f["refresh_token"],
			WebhookSecrets: f.List("webhook_secret"), Keeper: integration.NewTokens(tenant, keys, name, f["refresh_token"], v.alarm)}, v.deps)
	case unifi.Provider:
		c.unifi, err = unifi.New(unifi.Config{BaseURL: f["base_url"], Token: f["token"], PinSHA256: f["pin"], WebhookSecrets: f.List("webhook_secret")}, v.deps)
	case slack.Provider:
		c.slack, err = slack.New(slack.Config{BotToken: f["bot_token"], SigningSecrets: f.List("signing_secret"), BaseURL: f["base_url"]}, v.deps)
	case pagerduty.Provider:
		c.pagerduty, err = pagerduty.New(pagerduty.Config{RoutingKey: f["routing_key"], WebhookSecrets: f.List("webhook_secret"), BaseURL: f["base_url"]}, v.deps)
	case email.Provider:
		c.email, err = newEmail(f, v.deps)
	case embeddings.Provider:
		c.vectors, c.space, err = newEmbeddings(f, v.deps)
	case "bookings":
		for _, feed := range f.Feeds() {
			client, err := bookings.NewFeed(bookings.FeedConfig{URL: feed.URL, Location: feed.Location, Zone: zone}, v.deps)
			if err != nil { // the others are read all the same, and its state says what is wrong
				c.feeds = append(c.feeds, inbox.Feed{Name: feed.Name, Calendar: unusable{err}})
				continue
			}
			c.feeds = append(c.feeds, inbox.Feed{Name: feed.Name, Calendar: client})
		}
		c.bookings, err = bookings.NewWebhook(f.List("webhook_secret"))
	}
	return err
}

// watch loads a club's clients again when its integrations change, until close.
func (v *vendors) watch(slug club.Slug) {
	changes, end := v.cluster.Subscribe(slug)
	v.watching.Go(func() {
		defer end()
		again := time.NewTicker(reloadEvery)
		defer again.Stop()
		written := ""
		for {
			select {
			case <-v.done:
				return
			case <-again.C:
				if now := v.written(slug); (now == "" || now != written) && v.reload(slug) {
					written = now
				}
			case c := <-changes:
				if c.Topic == integration.Topic {
					v.reload(slug)
				}
				v.changed(slug, c.Topic)
			}
		}
	})
}

// written is the stamp of a club's file; "" where there is none, or none can be had.
func (v *vendors) written(slug club.Slug) string {
	tenant, err := v.cluster.AnyTenant(context.Background(), slug)
	if err != nil {
		return ""
	}
	return tenant.Written()
}

// reload reports whether the club's clients are those of what is stored.
func (v *vendors) reload(slug club.Slug) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := v.load(ctx, slug); err != nil {
		v.log.ErrorContext(ctx, "integrations cannot be read", "event.action", "vendor.load", "organization.id", slug.String(), "error.message", err.Error())
		return false
	}
	return true
}

// close ends the watching. It may be called more than once.
func (v *vendors) close() {
	v.mu.Lock()
	select {
	case <-v.done:
	default:
		close(v.done)
	}
	v.mu.Unlock()
	v.watching.Wait()
}

// open loads a club's clients and keeps them fresh.
func (v *vendors) open(ctx context.Context, slug club.Slug) error {
	v.mu.RLock()
	_, known := v.clubs[slug]
	v.mu.RUnlock()
	if known {
		return nil
	}
	if err := v.load(ctx, slug); err != nil {
		return fmt.Errorf("load integrations of %s: %w", slug, err)
	}
	v.watch(slug)
	return nil
}

// served lists the clubs whose clients are loaded, by short name.
func (v *vendors) served() []club.Slug {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.Sorted(maps.Keys(v.clubs))
}

func (v *vendors) of(slug club.Slug) *clients {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if c, ok := v.clubs[slug]; ok {
		return c
	}
	return &clients{}
}

// sender finds the vendor of a club's line.
func (v *vendors) sender(slug club.Slug, provider string) (outbox.SMS, bool) {
	if v.standIns != nil {
		return v.standIns.SMS, true
	}
	c := v.of(slug)
	switch {
	case provider == openphone.Provider && c.openphone != nil:
		return c.openphone, true
	case provider == twilio.Provider && c.twilio != nil:
		return c.twilio, true
	}
	return nil, false
}

func (v *vendors) rmm(slug club.Slug) (act.RMM, bool) {
	if v.standIns != nil {
		return v.standIns.RMM, true
	}
	c := v.of(slug).ninjaone
	return c, c != nil
}

func (v *vendors) doors(slug club.Slug) (act.Doors, bool) {
	if v.standIns != nil {
		return v.standIns.Doors, true
	}
	c := v.of(slug).unifi
	return c, c != nil
}

// breakers returns the breakers of a club's vendors. Of several feeds the worst counts.
func (v *vendors) breakers(slug club.Slug) map[string]health.Breaker {
	c := v.of(slug)
	out := map[string]health.Breaker{}
	add := func(name string, b connector.Breaker) {
		next := health.Breaker{State: health.BreakerState(b.State), RetryIn: b.RetryIn}
		if out[name].State != health.BreakerOpen {
			out[name] = next
		}
	}
	if c.openphone != nil {
		add(openphone.Provider, c.openphone.Breaker())
	}
	if c.twilio != nil {
		add(twilio.Provider, c.twilio.Breaker())
	}
	if c.ninjaone != nil {
		add(ninjaone.Provider, c.ninjaone.Breaker())
	}
	if c.unifi != nil {
		add(unifi.Provider, c.unifi.Breaker())
	}
	if c.slack != nil {
		add(slack.Provider, c.slack.Breaker())
	}
	if c.pagerduty != nil {
		add(pagerduty.Provider, c.pagerduty.Breaker())
	}
	if c.vectors != nil {
		add(embeddings.Provider, c.vectors.Breaker())
	}
	for _, f := range c.feeds {
		if feed, ok := f.Calendar.(*bookings.Feed); ok {
			add("bookings", feed.Breaker())
		}
	}
	return out
}

// feeds lists a club's feeds. A club whose vendors are not loaded is an error: that its feeds are not
// known must not be taken for their having been removed.
func (v *vendors) feeds(_ context.Context, tenant *store.Tenant) ([]inbox.Feed, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	c, ok := v.clubs[tenant.Slug]
	if v.standIns != nil {
		return nil, nil
	}
	if !ok {
		return nil, club.Unavailable(nil, "the club's vendors are not loaded yet")
	}
	return slices.Clone(c.feeds), nil
}

// mailboxes lists which of a club's text vendors can be asked for what their webhooks have not brought. OpenPhone cannot:
// it lists only by correspondent; but it goes on calling for a day.
func (v *vendors) mailboxes(_ context.Context, tenant *store.Tenant) (map[string]inbox.Mailbox, error) {
	c := v.of(tenant.Slug).twilio
	if c == nil || v.standIns != nil {
		return nil, nil
	}
	return map[string]inbox.Mailbox{twilio.Provider: c}, nil
}

// unusable is a feed whose address cannot be used.
type unusable struct{ err error }

func (u unusable) Fetch(context.Context) ([]club.BookingChange, bool, error) {
	return nil, false, &club.Error{Code: club.CodeInvalid, Msg: "The address of this feed cannot be used: it must begin with https://.", Err: u.err}
}

func (v *vendors) poster(slug club.Slug) (notify.Poster, bool) {
	if v.standIns != nil {
		return v.standIns.Poster, true
	}
	c := v.of(slug).slack
	return slackPoster{c}, c != nil
}

// slackPoster lays notes out for Slack.
type slackPoster struct{ client *slack.Client }

func (p slackPoster) Post(ctx context.Context, channel string, n notify.Note) (string, error) {
	return p.client.Post(ctx, channel, alert(n).Message())
}

func (p slackPoster) Update(ctx context.Context, channel, id string, n notify.Note) error {
	return p.client.Update(ctx, channel, id, alert(n).Message())
}

var alertSigns = map[club.Priority]string{club.PriorityEmergency: "🚨 ", club.PriorityHigh: "⚠️ "}

func alert(n notify.Note) slack.Alert {
	a := slack.Alert{Title: alertSigns[n.Priority] + n.Title, Lines: n.Lines}
	for _, f := range n.Fields {
		a.Fields = append(a.Fields, slack.Field{Name: f[0], Value: f[1]})
	}
	for _, b := range n.Buttons {
		a.Buttons = append(a.Buttons, slack.Button{Label: b.Label, ActionID: b.Action, Value: b.Value, Style: b.Style, Confirm: b.Confirm})
	}
	if n.Link != "" {
		a.Link = slack.Link{Label: "Open in ClubOS", URL: n.Link}
	}
	return a
}

// listers returns what of a club's vendors can list its devices, by vendor.
func (v *vendors) listers(slug club.Slug) map[string]event.Lister {
	c := v.of(slug)
	out := map[string]event.Lister{}
	if c.ninjaone != nil {
		out[ninjaone.Provider] = computers{c.ninjaone}
	}
	if c.unifi != nil {
		out[unifi.Provider] = doorsOnline{c.unifi}
	}
	return out
}

type computers struct{ *ninjaone.Client }

func (c computers) List(ctx context.Context) ([]club.DeviceState, error) { return c.Devices(ctx) }

// doorsOnline lists doors as devices: whether their controller reaches them.
type doorsOnline struct{ *unifi.Client }

func (d doorsOnline) List(ctx context.Context) ([]club.DeviceState, error) {
	list, err := d.Doors(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]club.DeviceState, len(list))
	for i, door := range list {
		out[i] = club.DeviceState{Ref: door.Ref, Name: door.Name, Online: door.Online}
	}
	return out, nil
}
