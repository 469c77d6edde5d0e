package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"clubos/internal/act"
	"clubos/internal/act/catalogue"
	"clubos/internal/club"
	"clubos/internal/console/page"
	"clubos/internal/console/static"
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

// Decider lets proposals run or not, and decides on what people raise.
type Decider interface {
	Approve(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ProposalID, edited *string, why decide.Why) error
	Reject(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.ProposalID, why decide.Why) error
	Raise(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.EventID) (club.ThreadID, error)
}

// Engine asks the gate for an action. The string is why the gate refused, "" when it did not.
type Engine interface {
	Request(ctx context.Context, tenant *store.Tenant, by club.Actor, in club.ThreadID, action club.ActionName, params map[string]any, why act.Ground) (club.ExecutionID, string, error)
	// RequestAt asks for no member, at a place; a zero bay is the whole location.
	RequestAt(ctx context.Context, tenant *store.Tenant, by club.Actor, location club.LocationID, bay club.BayID, action club.ActionName, why act.Ground) (club.ExecutionID, string, error)
}

// Bookings changes bookings by hand and by file.
type Bookings interface {
	CreateBooking(ctx context.Context, tenant *store.Tenant, p identity.Principal, h inbox.HandBooking) (store.Booking, error)
	UpdateBooking(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.BookingID, h inbox.HandBooking) (store.Booking, error)
	SetBookingStatus(ctx context.Context, tenant *store.Tenant, p identity.Principal, id club.BookingID, to club.BookingStatus, reason string, seen time.Time) (store.Booking, error)
	ImportBookingFile(ctx context.Context, tenant *store.Tenant, f inbox.BookingFile) (inbox.FileReport, error)
}

// Config is what the console works with. All fields are required but those with a default.
type Config struct {
	Cluster     *store.Cluster
	Ring        *vault.Ring
	Directories func(context.Context, club.Slug) (*identity.Directory, error)
	Library     *knowledge.Library
	Desk        *desk.Desk
	Memory      *learn.Memory
	Decider     Decider
	Engine      Engine
	Bookings    Bookings
	Catalogue   *catalogue.Catalogue
	Cookies     identity.Cookies

	// TrustedProxies are believed when they say from where a request came. Default: nobody.
	TrustedProxies []netip.Prefix
	// Limits bound how often somebody may ask. Default: nobody is limited.
	Limits *limit.Limits
	// Version of the program, shown on the account page.
	Version string
	// Breakers tells which vendors answer. Default: nobody knows.
	Breakers health.Breakers
	// Process looks at the server itself. Default: nobody can.
	Process health.Processes
	// Demo lists accounts that the sign-in page shows to everybody. Default: none.
	Demo func(club.Slug) []page.DemoAccount
	// Draining is closed when the server stops: streams end, so that it need not wait for them.
	Draining <-chan struct{}
	// Heartbeat is how often a stream says that it lives and asks whether its session does. Default 20 s.
	Heartbeat time.Duration
	// Log defaults to slog.Default().
	Log *slog.Logger
}

// console is the handler that New returns.
type console struct {
	Config
	mux    *http.ServeMux
	csrf   *http.CrossOriginProtection
	broken []byte // the page for when pages cannot be drawn

	mu      sync.Mutex // guards the fields below
	names   map[club.Slug]nameList
	streams map[club.SessionID]int
}

// New returns the handler of the console's pages, of its assets and of "/".
func New(cfg Config) (http.Handler, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = 20 * time.Second
	}
	c := &console{Config: cfg, mux: http.NewServeMux(), csrf: http.NewCrossOriginProtection(), names: map[club.Slug]nameList{}, streams: map[club.SessionID]int{}}
	var b bytes.Buffer
	if err := page.Error(page.ErrorPage{Status: http.StatusInternalServerError}).Render(context.Background(), &b); err != nil {
		return nil, fmt.Errorf("draw error page: %w", err)
	}
	c.broken = b.Bytes()
	c.mux.Handle(static.Prefix, static.Handler())
	var bad []error
	for _, rt := range c.routes() {
		if rt.perm == "" {
			bad = append(bad, fmt.Errorf("route %s %s says nobody may use it", rt.method, rt.pattern))
		}
		c.mux.Handle(rt.method+" "+rt.path(), c.door(rt))
	}
	c.mux.Handle("/", c.door(route{pattern: "/", perm: public, handle: func(*visit) error { return club.NotFound("There is no such page.") }}))
	return c, errors.Join(bad...)
}

func (c *console) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.mux.ServeHTTP(w, r) }
