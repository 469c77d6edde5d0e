package app

import (
	"context"
	"errors"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"clubos/internal/api"
	"clubos/internal/club"
	"clubos/internal/console"
	"clubos/internal/decide"
	"clubos/internal/health"
	"clubos/internal/identity"
	"clubos/internal/integration"
	"clubos/internal/store"
	"clubos/internal/webhook"
)

// handler puts the faces together.
func (a *App) handler(s *Server) (http.Handler, error) {
	proxies, err := a.Config.proxies()
	if err != nil {
		return nil, err
	}
	cookies := identity.Cookies{PlainHTTP: a.Config.plainHTTP()}
	busy, err := console.Overloaded(cookies)
	if err != nil {
		return nil, err
	}
	pages, err := console.New(console.Config{
		Cluster: a.Cluster, Ring: a.Ring, Directories: a.Directory, Library: a.Library, Desk: a.Desk, Memory: a.Memory, Decider: a.Decider, Engine: a.Engine, Bookings: a.Inbox,
		Catalogue: a.Catalogue, Log: a.Log, Cookies: cookies, TrustedProxies: proxies, Version: Version, Demo: a.demoAccounts, Draining: s.drained, Limits: a.Limits, Breakers: a.vendors.breakers, Process: a.process,
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", a.timed(health.TimingCheck, http.HandlerFunc(live)))
	mux.Handle("GET /readyz", a.timed(health.TimingCheck, http.HandlerFunc(s.ready)))
	hooks := a.timed(health.TimingIntake, webhook.New(webhook.Config{
		Cluster: a.Cluster, Inbox: a.Inbox, Receivers: a.vendors.receivers, SlackActions: slackActions{a}, PagerChange: a.pagerChange, DeviceReport: a.Events.Reported, Admit: a.admitVendor, PublicURL: a.Config.publicURL(), TrustedProxies: proxies, Limits: a.Limits, Log: a.Log,
	}))
	mux.Handle(hooksPath, hooks)
	programs := onDemand(func() http.Handler {
		return api.New(api.Config{
			Cluster: a.Cluster, Ring: a.Ring, Directories: a.Directory, Library: a.Library, Inbox: a.Inbox, Desk: a.Desk, Decider: a.Decider, Memory: a.Memory,
			Engine: a.Engine, Catalogue: a.Catalogue, Log: a.Log, PublicURL: a.Config.publicURL(), Cookies: cookies, Version: Version, Breakers: a.vendors.breakers, Process: a.process, Limits: a.Limits, TrustedProxies: proxies,
		})
	})
	mux.Handle("/api/", a.limiter.Protect(programs, classOf, api.Overloaded(a.Cluster.Clock())))
	mux.Handle("/", a.timed(health.TimingPage, a.limiter.Protect(pages, classOf, busy)))
	return a.metrics.Count(unredirected(hooksPath, hooks, mux), routeName), nil
}

const hooksPath = "/hooks/"

// onDemand is a handler that is made for the first request. That of programs has the forms of all their requests and
// answers in memory, and many clubs have no programs.
func onDemand(build func() http.Handler) http.Handler {
	once := sync.OnceValue(build)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { once().ServeHTTP(w, r) })
}

// unredirected has all below a path served as it was asked for: a mux redirects what is not the shortest
// form of a path, and no vendor follows with its body.
func unredirected(below string, h, others http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at := r.URL.Path; at+"/" == below || strings.HasPrefix(at, below) && path.Clean(at) != at {
			h.ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	})
}

// receivers returns who verifies and reads a club's webhooks.
func (v *vendors) receivers(_ context.Context, tenant *store.Tenant) (webhook.Receivers, error) {
	c := v.of(tenant.Slug)
	var r webhook.Receivers
	if c.openphone != nil {
		r.OpenPhone = c.openphone
	}
	if c.twilio != nil {
		r.Twilio = c.twilio
	}
	if c.bookings != nil {
		r.Bookings = c.bookings
	}
	if c.unifi != nil {
		r.UniFi = func(h http.Header, body []byte, now time.Time) (club.DoorEvent, error) {
			e, err := c.unifi.Receive(h, body, now)
			return e.DoorEvent(), err
		}
	}
	if c.ninjaone != nil {
		r.NinjaOne = c.ninjaone.Receive
	}
	if c.slack != nil {
		r.Slack = func(h http.Header, body []byte, now time.Time) (webhook.Press, error) {
			i, err := c.slack.Receive(h, body, now)
			return webhook.Press{User: i.UserID, Action: i.ActionID, Value: i.Value}, err
		}
	}
	if c.pagerduty != nil {
		r.PagerDuty = func(h http.Header, body []byte) (webhook.PagerChange, error) {
			ch, err := c.pagerduty.Receive(h, body)
			return webhook.PagerChange{ID: ch.ID, Type: ch.Type, Key: ch.Key, Who: ch.Who, At: ch.At}, err
		}
	}
	return r, nil
}

// slackActions carries out presses of buttons in Slack, with the rights of who pressed.
type slackActions struct{ app *App }

func (s slackActions) Press(ctx context.Context, tenant *store.Tenant, slackUserID, action, value string) (string, error) {
	d, err := s.app.Directory(ctx, tenant.Slug)
	if err != nil {
		return "", err
	}
	p, err := d.FindPrincipalBySlackID(ctx, slackUserID)
	if err != nil && club.CodeOf(err) != club.CodeForbidden {
		return "", err
	}
	if err != nil {
		return "Your Slack account belongs to no active user of ClubOS. An admin can enter your Slack id under Users.", nil
	}
	switch action {
	case "approve":
		err = s.app.Decider.Approve(ctx, tenant, p, club.ProposalID(value), nil, decide.Why{Reason: "approved in Slack"})
	case "reject":
		err = s.app.Decider.Reject(ctx, tenant, p, club.ProposalID(value), decide.Why{Reason: "rejected in Slack"})
	case "claim":
		_, err = s.app.Desk.Claim(ctx, tenant, p, club.ThreadID(value))
	case "resolve":
		err = s.app.Desk.ResolveAsSeen(ctx, tenant, p, value)
	default:
		return "This button is not known here.", nil
	}
	var own *club.Error
	switch {
	case err == nil:
		return "Done.", nil
	case errors.As(err, &own) && own.Code != club.CodeUnavailable && own.Code != club.CodeInternal:
		return own.Msg, nil
	}
	return "", err
}

// Connect stores a vendor's credentials for a club.
func (a *App) Connect(ctx context.Context, slug club.Slug, by club.Actor, vendor string, f integration.Fields) error {
	tenant, keys, err := a.Tenant(ctx, slug)
	if err != nil {
		return err
	}
	return tenant.Write(ctx, func(tx *store.Tx) error { return integration.Put(ctx, tx, keys, by, vendor, f) })
}
