package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/decide"
	"clubos/internal/desk"
	"clubos/internal/health"
	"clubos/internal/identity"
	"clubos/internal/inbox"
	"clubos/internal/knowledge"
	"clubos/internal/learn"
	"clubos/internal/limit"
	"clubos/internal/store"
	"clubos/internal/vault"
)

// Prefix is where the API is mounted.
const Prefix = "/api/v1"

// Config is what the API works with. Every field is required but Log, PublicURL, Breakers and Process.
type Config struct {
	Cluster *store.Cluster
	Ring    *vault.Ring
	// Directories returns a club's users, sessions and keys; NotFound for a club that is not here.
	Directories func(ctx context.Context, slug club.Slug) (*identity.Directory, error)
	Library     *knowledge.Library
	Inbox       *inbox.Inbox // takes in bookings
	Desk        *desk.Desk
	Decider     *decide.Decider
	Engine      *act.Engine
	Memory      *learn.Memory
	Catalogue   *catalogue.Catalogue
	Cookies     identity.Cookies
	// PublicURL is the address under which browsers reach this installation, like
	// https://club.example.com; its origin may send the session cookie.
	PublicURL string
	Version   string
	// Breakers returns the breakers of a club's vendors, for the health report. Nil shows none.
	Breakers health.Breakers
	// Limits bound how often somebody may ask. Default: nobody is limited.
	Limits *limit.Limits
	// TrustedProxies are believed when they say from where a request came. Default: nobody.
	TrustedProxies []netip.Prefix
	// Process looks at the process itself, for the health report. Nil shows nothing of it.
	Process health.Processes
	// Log defaults to slog.Default().
	Log *slog.Logger
}

// api is the handler.
type api struct {
	cfg       Config
	log       *slog.Logger
	mux       *http.ServeMux
	huma      huma.API
	csrf      *http.CrossOriginProtection
	byID      map[string]*operation
	byPattern map[string]*operation
}

// New returns the handler of everything under Prefix. It panics when an operation has no row in the
// table or the table a row without an operation, which is our bug and is found by the first test.
func New(cfg Config) http.Handler {
	a := &api{cfg: cfg, log: cfg.Log, mux: http.NewServeMux(), csrf: http.NewCrossOriginProtection(), byID: map[string]*operation{}, byPattern: map[string]*operation{}}
	if a.log == nil {
		a.log = slog.Default()
	}
	if u, err := url.Parse(cfg.PublicURL); err == nil && u.Host != "" {
		if err := a.csrf.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			a.log.Error("public address is no origin", "event.action", "api.start", "error.message", err.Error())
		}
	}
	for _, op := range operations() {
		if a.byID[op.id] != nil {
			panic("BUG: two operations are named " + op.id)
		}
		a.byID[op.id], a.byPattern[op.pattern()] = &op, &op
	}
	a.huma = a.newHuma()
	a.registerThreads()
	a.registerDecisions()
	a.registerReviews()
	a.registerResults()
	a.registerExecutions()
	a.registerTickets()
	a.registerTicketRelations()
	a.registerPlaces()
	a.registerDevices()
	a.registerAccessEvents()
	a.registerMembers()
	a.registerBookings()
	a.registerUsers()
	a.registerKeys()
	a.registerOnCall()
	a.registerSettings()
	a.registerIntegrations()
	a.registerPatterns()
	a.registerAutonomy()
	a.registerSOPs()
	a.registerSOPFiles()
	a.registerSOPEffects()
	a.registerAudit()
	a.registerHealth()
	for id, op := range a.byID {
		if !op.served {
			panic("BUG: nothing serves the operation " + id)
		}
	}
	a.describe()
	return a
}

// read and write run fn in a transaction of the caller's club.

func (c *call) read(ctx context.Context, fn func(*store.Tx) error) error {
	return c.tenant.Read(ctx, fn)
}

func (c *call) write(ctx context.Context, fn func(*store.Tx) error) error {
	return c.tenant.Write(ctx, fn)
}

// register serves an operation of the table.
func register[I, O any](a *api, id string, handler func(ctx context.Context, c *call, in *I) (*O, error)) {
	op, ok := a.byID[id]
	if !ok || op.served {
		panic(fmt.Sprintf("BUG: operation %s is not in the table, or is served twice", id))
	}
	op.served = true
	huma.Register(a.huma, op.huma(), func(ctx context.Context, in *I) (*O, error) {
		c := callFrom(ctx)
		if c == nil {
			return nil, a.problem(ctx, fmt.Errorf("BUG: %s was reached without passing the door", id))
		}
		out, err := handler(ctx, c, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}
